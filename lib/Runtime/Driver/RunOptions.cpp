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
enum class Target { CPU, CUDA };

struct CommandLine {
  cl::OptionCategory category{"vga-run options"};

  cl::opt<std::string> model{cl::Positional, cl::Required,
                             cl::desc("<module>"), cl::cat(category)};
  cl::opt<std::string> entry{
      "entry",
      cl::desc("Function to run (default: main, or the only public one)"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<Target> target{
      "target", cl::desc("Processor to run on:"),
      cl::values(clEnumValN(Target::CPU, "cpu", "this machine's processor"),
                 clEnumValN(Target::CUDA, "cuda", "an NVIDIA GPU")),
      cl::init(Target::CPU), cl::cat(category)};
  cl::opt<std::string> weights{"weights",
                               cl::desc("Weights of parameters; 16-bit floats "
                                        "are widened for f32 parameters"),
                               cl::value_desc("file.safetensors"),
                               cl::cat(category)};
  cl::list<std::string> inputs{
      "input", cl::desc("The next input; give one for each"),
      cl::value_desc("file.npy"), cl::cat(category)};
  cl::list<std::string> outputs{
      "output",
      cl::desc("Where the next result goes; give one for each, or none"),
      cl::value_desc("file.npy"), cl::cat(category)};
  cl::opt<unsigned> threads{
      "threads", cl::desc("Threads to use (default: one for each core)"),
      cl::value_desc("n"), cl::init(0), cl::cat(category)};
  cl::opt<unsigned> optLevel{"O", cl::Prefix,
                             cl::desc("Optimization level of LLVM (default: "
                                      "3)"),
                             cl::value_desc("0-3"), cl::init(3),
                             cl::cat(category)};
  cl::opt<bool> json{"json",
                     cl::desc("Report --benchmark or --prompt as JSON on "
                              "standard output"),
                     cl::cat(category)};

  cl::opt<std::string> runList{
      "runs",
      cl::desc("Run a list of functions of the module, compiled together: "
               "[{\"entry\": name, \"inputs\": [npy, ...], \"outputs\": "
               "[npy, ...]}, ...]; paths are relative to the list"),
      cl::value_desc("file.json"), cl::cat(category)};
  cl::opt<unsigned> benchmark{
      "benchmark",
      cl::desc("Run n times after a warm-up; report min, median and max time "
               "and the FLOP rate. Counted are attention as 2*B*Hq*Sq*Sk*"
               "(Dk+Dv), half if causal and Sq=Sk, and contractions such as "
               "linalg.matmul as 2*M*N*K"),
      cl::value_desc("n"), cl::cat(category)};
  cl::opt<CodeFormat> emit{
      "emit", cl::desc("Write the code for this machine instead of running it:"),
      cl::values(clEnumValN(CodeFormat::LLVMIR, "llvm", "optimized LLVM IR"),
                 clEnumValN(CodeFormat::Object, "obj", "an object file")),
      cl::cat(category)};
  cl::opt<std::string> emitPath{"o", cl::desc("File for --emit (default: -)"),
                                cl::value_desc("file"), cl::init("-"),
                                cl::cat(category)};

  cl::opt<std::string> prompt{
      "prompt",
      cl::desc("Continue this text with a byte-level language model: a "
               "function from tensor<?xi32> (or i64) to tensor<?x256xf32>, "
               "whose attribute vga.context bounds the tokens it is given"),
      cl::value_desc("text"), cl::cat(category)};
  cl::opt<unsigned> tokens{"tokens",
                           cl::desc("Bytes to generate (default: 256)"),
                           cl::value_desc("n"), cl::init(256),
                           cl::cat(category)};
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

  /// The option that chooses the mode, or null.
  llvm::Expected<const cl::Option *> getModeOption() const;
  /// The options that say something in a mode chosen by this option.
  SmallVector<const cl::Option *> getOptionsOf(const cl::Option *mode) const;
  Error checkCombination(const cl::Option *mode) const;
  Error checkValues() const;
  RunOptions get(const cl::Option *mode) const;
};
} // namespace

llvm::Expected<const cl::Option *> CommandLine::getModeOption() const {
  const cl::Option *mode = nullptr;
  for (const cl::Option *option :
       {static_cast<const cl::Option *>(&runList),
        static_cast<const cl::Option *>(&benchmark),
        static_cast<const cl::Option *>(&emit),
        static_cast<const cl::Option *>(&prompt)}) {
    if (option->getNumOccurrences() == 0)
      continue;
    if (mode)
      return createStringError("--" + mode->ArgStr + " and --" +
                               option->ArgStr + " do not go together");
    mode = option;
  }
  return mode;
}

SmallVector<const cl::Option *>
CommandLine::getOptionsOf(const cl::Option *mode) const {
  if (mode == &runList)
    return {&weights};
  if (mode == &emit)
    return {&entry, &emitPath};
  if (mode == &prompt)
    return {&entry, &weights, &tokens, &temperature, &topK, &seed, &json};
  if (mode == &benchmark)
    return {&entry, &weights, &inputs, &outputs, &json};
  return {&entry, &weights, &inputs, &outputs};
}

Error CommandLine::checkCombination(const cl::Option *mode) const {
  SmallVector<const cl::Option *> allowed = getOptionsOf(mode);
  // In the order of the first mode that an option belongs to.
  const std::pair<const cl::Option *, StringRef> options[] = {
      {&entry, ""},       {&weights, ""},           {&inputs, ""},
      {&outputs, ""},     {&emitPath, "--emit"},    {&tokens, "--prompt"},
      {&topK, "--prompt"}, {&temperature, "--prompt"}, {&seed, "--prompt"},
      {&json, "--benchmark or --prompt"}};
  for (auto [option, needed] : options) {
    if (option->getNumOccurrences() == 0 || llvm::is_contained(allowed, option))
      continue;
    std::string name = (option->ArgStr.size() == 1 ? "-" : "--") +
                       option->ArgStr.str();
    if (!needed.empty())
      return createStringError(name + " needs " + needed);
    return createStringError("--" + mode->ArgStr + " and " + name +
                             " do not go together");
  }
  return Error::success();
}

Error CommandLine::checkValues() const {
  if (target == Target::CUDA)
    return createStringError(
        "--target cuda: this version compiles for the CPU only");
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

RunOptions CommandLine::get(const cl::Option *mode) const {
  RunOptions options;
  using Mode = RunOptions::Mode;
  options.mode = mode == &runList     ? Mode::RunList
                 : mode == &benchmark ? Mode::Benchmark
                 : mode == &prompt    ? Mode::Generate
                 : mode == &emit      ? Mode::Emit
                                      : Mode::Run;
  options.model = model;
  if (entry.getNumOccurrences() != 0)
    options.entry = entry;
  options.weights = weights;
  options.inputs = inputs;
  options.outputs = outputs;
  options.threads = threads;
  options.json = json;
  options.compile.optLevel = optLevel;
  options.compile.parallel = threads != 1;
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
  // Options stay registered for as long as the process lives.
  static CommandLine commandLine;
  registerMLIRContextCLOptions();
  registerAsmPrinterCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  for (auto &[name, option] : cl::getRegisteredOptions())
    if (!llvm::is_contained(option->Categories, &commandLine.category) &&
        !llvm::is_contained(option->Categories, &cl::getGeneralCategory()))
      option->setHiddenFlag(cl::Hidden);
  cl::ParseCommandLineOptions(argc, argv, kOverview);

  auto mode = commandLine.getModeOption();
  if (!mode)
    return mode.takeError();
  if (Error error = commandLine.checkCombination(*mode))
    return std::move(error);
  if (Error error = commandLine.checkValues())
    return std::move(error);
  return commandLine.get(*mode);
}
