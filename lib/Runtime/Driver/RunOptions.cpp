//===- RunOptions.cpp - The command line of vga-run -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunOptions.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include <cmath>

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;
namespace cl = llvm::cl;

static constexpr StringLiteral kOverview(R"(run a function of an MLIR module

Arguments of the function with the attribute vga.param = "name" are read from
the file of --weights by that name; the others are the files of --input, by
position. Without --output the results are printed.

Options of MLIR's pass manager, such as --mlir-print-ir-after-all and
--mlir-timing, are listed by --help-hidden.
)");

namespace {
enum class Affinity { None, Cores };

struct CommandLine {
  cl::OptionCategory category{"vga-run options"};

  cl::opt<std::string> model{cl::Positional, cl::Required, cl::desc("<module>"),
                             cl::cat(category)};
  cl::opt<std::string> entry{
      "entry",
      cl::desc("Function to run (default: main, or the only public one)"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<Processor> target{
      "target", cl::desc("Processor to run on:"),
      cl::values(clEnumValN(Processor::CPU, "cpu", "this machine's processor"),
                 clEnumValN(Processor::CUDA, "cuda", "an NVIDIA GPU")),
      cl::init(Processor::CPU), cl::cat(category)};
  cl::opt<std::string> weights{"weights",
                               cl::desc("Weights of parameters; 16-bit floats "
                                        "are widened for f32 parameters"),
                               cl::value_desc("file.safetensors"),
                               cl::cat(category)};
  cl::list<std::string> inputs{"input",
                               cl::desc("The next input; give one for each"),
                               cl::value_desc("file.npy"), cl::cat(category)};
  cl::list<std::string> outputs{
      "output",
      cl::desc("Where the next result goes; give one for each, or none"),
      cl::value_desc("file.npy"), cl::cat(category)};
  cl::opt<AttentionLowering> attention{
      "attention", cl::desc("How attention is computed:"),
      getAttentionLowerings(), cl::init(AttentionLowering::Auto),
      cl::cat(category)};
  cl::opt<bool> checkPages{
      "check-pages",
      cl::desc("Check that block tables name pages that there are, which\n"
               "costs a look at all entries in use"),
      cl::cat(category)};
  cl::opt<bool> runtimeChecks{
      "runtime-checks",
      cl::desc("Check sizes at run time; to be left on but to measure them"),
      cl::init(true), cl::Hidden, cl::cat(category)};
  cl::opt<std::string> cpu{
      "mcpu",
      cl::desc("Processor to generate code for, such as x86-64-v3\n"
               "(default: this machine's)"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<std::string> gpu{
      "mgpu", cl::desc("GPU to generate code for (default: sm_90a)"),
      cl::value_desc("name"), cl::init("sm_90a"), cl::cat(category)};
  cl::opt<bool> tf32{
      "tf32",
      cl::desc("Let a GPU round operands of f32 products, and of attention,\n"
               "to tf32: faster, with relative errors of about 5e-4"),
      cl::cat(category)};
  cl::opt<bool> noCuBLAS{
      "no-cublas",
      cl::desc("Multiply all matrices on a GPU by kernels of this compiler,\n"
               "none by NVIDIA's library"),
      cl::cat(category)};
  cl::opt<std::string> schedule{
      "schedule",
      cl::desc("How all attention is computed on a GPU, instead of the\n"
               "schedules that are chosen: see #vga.schedule, and\n"
               "#vga.warp_schedule, which is warp<rows = 64, ...>"),
      cl::value_desc("<queries = 128, ...>"), cl::cat(category)};
  cl::opt<unsigned> threads{
      "threads", cl::desc("Threads to use (default: one for each core)"),
      cl::value_desc("n"), cl::init(0), cl::cat(category)};
  cl::opt<Affinity> affinity{
      "affinity", cl::desc("Where threads run, unless OMP_PROC_BIND says it:"),
      cl::values(clEnumValN(Affinity::None, "none", "where the system likes"),
                 clEnumValN(Affinity::Cores, "cores",
                            "each on a core of its own, for good; for a "
                            "machine that does nothing else")),
      cl::init(Affinity::None), cl::cat(category)};
  cl::opt<std::string> cacheDirectory{
      "cache-dir",
      cl::desc("Where compiled code is kept, to be used again\n"
               "(default: vga in the user's cache directory)"),
      cl::value_desc("directory"), cl::cat(category)};
  cl::opt<bool> noCache{"no-cache", cl::desc("Compile, and keep nothing"),
                        cl::cat(category)};
  cl::opt<unsigned> optLevel{"O",
                             cl::Prefix,
                             cl::desc("Optimization level of LLVM (default: "
                                      "3)"),
                             cl::value_desc("0-3"),
                             cl::init(3),
                             cl::cat(category)};
  cl::opt<bool> json{"json",
                     cl::desc("Report --benchmark or --prompt as JSON on "
                              "standard output"),
                     cl::cat(category)};

  cl::opt<std::string> runList{
      "runs",
      cl::desc("Run a list of functions of the module, compiled together:\n"
               "[{\"entry\": name, \"inputs\": [path, ...],\n"
               "\"outputs\": [path, ...]}, ...], paths relative to the list;\n"
               "states are zeros, or, with \"continues\": true, what the last\n"
               "run of the function has left;\n"
               "one that fails does not keep the others from being run;\n"
               "with --benchmark they are timed in turns"),
      cl::value_desc("file.json"), cl::cat(category)};
  cl::opt<unsigned> benchmark{
      "benchmark",
      cl::desc("Run n times after a warm-up; report min, median and max time\n"
               "and the FLOP rate: 2*B*Hq*Sq*Sk*(Dk+Dv) for attention, half\n"
               "of it if causal and Sq=Sk, 2*M*N*K for contractions such as\n"
               "linalg.matmul, nothing for the rest"),
      cl::value_desc("n"), cl::cat(category)};
  cl::opt<CodeFormat> emit{
      "emit", cl::desc("Write the code instead of running it:"),
      cl::values(clEnumValN(CodeFormat::LLVMIR, "llvm", "optimized LLVM IR"),
                 clEnumValN(CodeFormat::Object, "obj", "an object file"),
                 clEnumValN(CodeFormat::PTX, "ptx", "kernels for a GPU"),
                 clEnumValN(CodeFormat::Cubin, "cubin",
                            "the same, assembled by ptxas")),
      cl::cat(category)};
  bool emitsKernels() const {
    return emit == CodeFormat::PTX || emit == CodeFormat::Cubin;
  }
  cl::opt<std::string> emitPath{"o", cl::desc("File for --emit (default: -)"),
                                cl::value_desc("file"), cl::init("-"),
                                cl::cat(category)};

  cl::opt<std::string> prompt{
      "prompt",
      cl::desc("Continue this text with a byte-level language model: a\n"
               "function from tensor<?xi32> (or i64) to tensor<?x256xf32>;\n"
               "its attribute vga.context bounds the tokens it is given"),
      cl::value_desc("text"), cl::cat(category)};
  cl::opt<unsigned> tokens{
      "tokens", cl::desc("Bytes to generate (default: 256)"),
      cl::value_desc("n"), cl::init(256), cl::cat(category)};
  cl::opt<double> temperature{
      "temperature",
      cl::desc("Randomness of the text (default: 0, the most probable byte)"),
      cl::value_desc("t"), cl::init(0), cl::cat(category)};
  cl::opt<unsigned> topK{
      "top-k",
      cl::desc("Choose among the k most probable bytes (default: 0, all)"),
      cl::value_desc("k"), cl::init(0), cl::cat(category)};
  cl::opt<uint64_t> seed{"seed",
                         cl::desc("Seed of the random choices (default: 0)"),
                         cl::value_desc("n"), cl::init(0), cl::cat(category)};

  using Mode = RunOptions::Mode;
  llvm::Expected<Mode> getMode() const;
  Error checkCombination(Mode mode) const;
  Error checkValues() const;
  std::string getCacheDirectory() const;
  RunOptions get(Mode mode) const;
};
} // namespace

/// The option as the user writes it.
static std::string getSpelling(const cl::Option &option) {
  return (option.ArgStr.size() == 1 ? "-" : "--") + option.ArgStr.str();
}

llvm::Expected<RunOptions::Mode> CommandLine::getMode() const {
  const std::pair<const cl::Option &, Mode> choices[] = {
      {runList, Mode::RunList},
      {benchmark, Mode::Benchmark},
      {prompt, Mode::Generate},
      {emit, Mode::Emit}};
  const cl::Option *chosen = nullptr;
  Mode mode = Mode::Run;
  for (auto &[option, choice] : choices) {
    if (option.getNumOccurrences() == 0)
      continue;
    if (mode == Mode::RunList && choice == Mode::Benchmark) {
      mode = Mode::BenchmarkList;
      continue;
    }
    if (chosen)
      return createStringError(getSpelling(*chosen) + " and " +
                               getSpelling(option) + " do not go together");
    chosen = &option;
    mode = choice;
  }
  return mode;
}

Error CommandLine::checkCombination(Mode mode) const {
  struct Rule {
    const cl::Option &option;
    /// Where the option means something, and how to say so.
    SmallVector<Mode, 5> modes;
    StringRef where;
  };
  const Rule rules[] = {
      {entry,
       {Mode::Run, Mode::Benchmark, Mode::Generate, Mode::Emit},
       "cannot go with --runs"},
      {weights,
       {Mode::Run, Mode::RunList, Mode::Benchmark, Mode::BenchmarkList,
        Mode::Generate},
       "cannot go with --emit"},
      {inputs,
       {Mode::Run, Mode::Benchmark},
       "cannot go with --runs, --prompt or --emit"},
      {outputs,
       {Mode::Run, Mode::Benchmark},
       "cannot go with --runs, --prompt or --emit"},
      {emitPath, {Mode::Emit}, "needs --emit"},
      {tokens, {Mode::Generate}, "needs --prompt"},
      {temperature, {Mode::Generate}, "needs --prompt"},
      {topK, {Mode::Generate}, "needs --prompt"},
      {seed, {Mode::Generate}, "needs --prompt"},
      {cacheDirectory,
       {Mode::Run, Mode::RunList, Mode::Benchmark, Mode::BenchmarkList,
        Mode::Generate},
       "cannot go with --emit"},
      {noCache,
       {Mode::Run, Mode::RunList, Mode::Benchmark, Mode::BenchmarkList,
        Mode::Generate},
       "cannot go with --emit"},
      {affinity,
       {Mode::Run, Mode::RunList, Mode::Benchmark, Mode::BenchmarkList,
        Mode::Generate},
       "cannot go with --emit"},
      {json,
       {Mode::Benchmark, Mode::BenchmarkList, Mode::Generate},
       "needs --benchmark or --prompt"}};
  for (const Rule &rule : rules)
    if (rule.option.getNumOccurrences() != 0 &&
        !llvm::is_contained(rule.modes, mode))
      return createStringError(getSpelling(rule.option) + " " + rule.where);
  return Error::success();
}

Error CommandLine::checkValues() const {
  if (noCache && cacheDirectory.getNumOccurrences() != 0)
    return createStringError("--cache-dir and --no-cache do not go together");
  if (cacheDirectory.getNumOccurrences() != 0 && cacheDirectory.empty())
    return createStringError("--cache-dir must not be empty");
  if (target == Processor::CUDA) {
    for (const cl::Option *option :
         std::initializer_list<const cl::Option *>{&cpu, &threads, &affinity})
      if (option->getNumOccurrences() != 0)
        return createStringError(getSpelling(*option) +
                                 " cannot go with --target cuda");
    if (emit.getNumOccurrences() != 0 && !emitsKernels())
      return createStringError("--target cuda emits ptx and cubin only");
  } else {
    if (emit.getNumOccurrences() != 0 && emitsKernels())
      return createStringError(
          "--emit=ptx and --emit=cubin need --target cuda");
    for (const cl::Option *option : std::initializer_list<const cl::Option *>{
             &gpu, &tf32, &noCuBLAS, &schedule})
      if (option->getNumOccurrences() != 0)
        return createStringError(getSpelling(*option) + " needs --target cuda");
  }
  if (optLevel > 3)
    return createStringError("-O must be one of 0, 1, 2 and 3, got " +
                             Twine(optLevel));
  // As OpenMP takes an int, and far more than there is to win by threads.
  if (threads > 4096)
    return createStringError("--threads must be at most 4096, got " +
                             Twine(threads));
  if (benchmark.getNumOccurrences() != 0 && benchmark == 0)
    return createStringError("--benchmark must be at least 1");
  if (!std::isfinite(temperature) || temperature < 0)
    return createStringError("--temperature must be a number that is not "
                             "negative");
  if (prompt.getNumOccurrences() != 0) {
    size_t offset;
    if (prompt.empty())
      return createStringError("--prompt must not be empty");
    if (!llvm::json::isUTF8(prompt, &offset))
      return createStringError("--prompt is not valid UTF-8 at byte " +
                               Twine(offset));
  }
  return Error::success();
}

/// Nothing is kept when stages of the compilation are to be seen.
std::string CommandLine::getCacheDirectory() const {
  bool isWatched =
      llvm::any_of(llvm::make_second_range(cl::getRegisteredOptions()),
                   [&](const cl::Option *option) {
                     return option->getNumOccurrences() != 0 &&
                            !llvm::is_contained(option->Categories, &category);
                   });
  if (noCache || isWatched)
    return "";
  if (cacheDirectory.getNumOccurrences() != 0)
    return cacheDirectory;
  SmallString<128> directory;
  if (!llvm::sys::path::cache_directory(directory))
    return "";
  llvm::sys::path::append(directory, "vga");
  return directory.str().str();
}

RunOptions CommandLine::get(Mode mode) const {
  RunOptions options;
  options.mode = mode;
  options.model = model;
  if (entry.getNumOccurrences() != 0)
    options.entry = entry;
  options.weights = weights;
  options.inputs.assign(inputs.begin(), inputs.end());
  options.outputs.assign(outputs.begin(), outputs.end());
  options.schedule = schedule;
  options.threads = threads;
  options.json = json;
  options.compile.optLevel = optLevel;
  options.compile.parallel = threads != 1;
  options.compile.attention = attention;
  options.compile.checkPages = checkPages;
  options.compile.runtimeChecks = runtimeChecks;
  options.compile.processor = target;
  options.compile.cpu = cpu;
  options.compile.gpu = gpu;
  options.compile.tf32 = tf32;
  options.compile.cublas = !noCuBLAS;
  options.compile.cacheDirectory = getCacheDirectory();
  options.bindThreads = affinity == Affinity::Cores;
  options.compile.configurePassManager = [](PassManager &pm) {
    applyDefaultTimingPassManagerCLOptions(pm);
    return applyPassManagerCLOptions(pm);
  };
  options.runList = runList;
  options.benchmarkRuns = benchmark;
  options.prompt = prompt;
  options.tokens = tokens;
  options.sampling = {temperature, topK, seed};
  options.emitFormat = emit;
  options.emitPath = emitPath;
  return options;
}

llvm::Expected<RunOptions> RunOptions::parse(int argc, char **argv) {
  // LLVM's libraries bring options of their own, for developers of LLVM; one
  // of them has a name that users expect here.
  if (cl::Option *threads = cl::getRegisteredOptions().lookup("threads"))
    threads->removeArgument();
  // Options stay registered for as long as the process lives.
  static CommandLine commandLine;
  registerMLIRContextCLOptions();
  registerAsmPrinterCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  for (auto &[name, option] : cl::getRegisteredOptions()) {
    StringRef category = option->Categories.front()->getName();
    if (category != commandLine.category.getName() &&
        category != "Generic Options") // --help and the like
      option->setHiddenFlag(cl::Hidden);
  }
  cl::ParseCommandLineOptions(argc, argv, kOverview);

  auto mode = commandLine.getMode();
  if (!mode)
    return mode.takeError();
  if (Error error = commandLine.checkCombination(*mode))
    return std::move(error);
  if (Error error = commandLine.checkValues())
    return std::move(error);
  return commandLine.get(*mode);
}
