//===- Codegen.cpp - From a module to machine code ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Codegen.h"

#include "AssemblePTX.h"
#include "BFloat16.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Target/LLVM/NVVM/Target.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/OpenMP/OpenMPToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"
#include "vga/Dialect/VGA/Transforms/Parameters.h"
#include "vga/Pipelines/CPU.h"
#include "vga/Pipelines/GPU.h"
#include "vga/Runtime/CUDA.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::Expected;

/// Removes what vga says of functions, but what is `kept`.
static void stripVGAAttributes(FunctionOpInterface function,
                               ArrayRef<StringRef> kept = {}) {
  auto strip = [&](ArrayRef<NamedAttribute> attributes, auto remove) {
    for (NamedAttribute attribute : attributes)
      if (attribute.getName().getValue().starts_with("vga.") &&
          !llvm::is_contained(kept, attribute.getName().getValue()))
        remove(attribute.getName());
  };
  strip(llvm::to_vector(function->getDiscardableAttrs()),
        [&](StringAttr name) { function->removeDiscardableAttr(name); });
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    strip(function.getArgAttrs(i),
          [&](StringAttr name) { function.removeArgAttr(i, name); });
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    strip(function.getResultAttrs(i),
          [&](StringAttr name) { function.removeResultAttr(i, name); });
}

void vga::dropAnnotations(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    stripVGAAttributes(function, {"vga.param", "vga.position", "vga.state"});
}

/// The pipelines for GPUs translate kernels on their way.
static void registerGPUTranslations(MLIRContext *context) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
  NVVM::registerNVVMTargetInterfaceExternalModels(registry);
  context->appendDialectRegistry(registry);
}

void vga::exportOnly(ModuleOp module, const llvm::StringSet<> &names) {
  MLIRContext *context = module.getContext();
  context->getOrLoadDialect<LLVM::LLVMDialect>();
  for (auto function : module.getOps<func::FuncOp>()) {
    if (names.contains(function.getName())) {
      function.setPublic();
      function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                        UnitAttr::get(context));
    } else if (!function.isDeclaration()) {
      function.setPrivate();
      function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(
                                            context, LLVM::Linkage::Internal));
    }
  }
}

/// The width of the vector registers that arithmetic is fastest in.
static unsigned getVectorBits(const llvm::TargetMachine &machine) {
  const llvm::MCSubtargetInfo &subtarget = *machine.getMCSubtargetInfo();
  if (!machine.getTargetTriple().isX86())
    return 128;
  if (subtarget.checkFeatures("+avx512f"))
    return 512;
  return subtarget.checkFeatures("+avx") ? 256 : 128;
}

/// The number of vector registers.
static unsigned getVectorRegisters(const llvm::TargetMachine &machine) {
  const llvm::Triple &triple = machine.getTargetTriple();
  bool has32 = triple.isAArch64() ||
               (triple.isX86() &&
                machine.getMCSubtargetInfo()->checkFeatures("+avx512f"));
  return has32 ? 32 : 16;
}

static bool hasMatrixUnits(const llvm::TargetMachine &machine) {
  return machine.getTargetTriple().isX86() &&
         machine.getMCSubtargetInfo()->checkFeatures("+amx-bf16");
}

/// The fastest products of bf16 that the processor has.
static BF16Products getBF16Products(const llvm::TargetMachine &machine) {
  const llvm::MCSubtargetInfo &subtarget = *machine.getMCSubtargetInfo();
  if (!machine.getTargetTriple().isX86() ||
      !subtarget.checkFeatures("+avx512bf16,+avx512vl"))
    return BF16Products::Widen;
  return hasMatrixUnits(machine) ? BF16Products::Matrix : BF16Products::Dot;
}

LogicalResult vga::separatePreparation(ModuleOp module,
                                       const CompileOptions &options) {
  // Those of a module that has been prepared before are arguments like others.
  for (auto function : module.getOps<func::FuncOp>())
    function->removeAttr(kPreparation);
  PassManager pm(module.getContext());
  if (options.configurePassManager && failed(options.configurePassManager(pm)))
    return failure();
  pm.addPass(createSymbolDCEPass());
  buildPreparationPipeline(pm);
  return pm.run(module);
}

/// Runs a pipeline to the llvm dialect. What vga says of functions has no
/// meaning in LLVM IR.
static LogicalResult run(PassManager &pm, ModuleOp module) {
  if (failed(pm.run(module)))
    return failure();
  for (auto function : module.getOps<FunctionOpInterface>())
    stripVGAAttributes(function);
  return success();
}

static void setGPUOptions(GPUPipelineOptions &pipeline,
                          const CompileOptions &options) {
  pipeline.chip = options.gpu;
  pipeline.attention = options.attention;
  pipeline.tf32 = options.tf32;
  pipeline.cublas = options.cublas;
  pipeline.checkPages = options.checkPages;
  pipeline.runtimeChecks = options.runtimeChecks;
}

LogicalResult vga::lowerToLLVMDialect(ModuleOp module,
                                      const llvm::TargetMachine &machine,
                                      const CompileOptions &options) {
  PassManager pm(module.getContext());
  if (options.configurePassManager && failed(options.configurePassManager(pm)))
    return failure();
  // Most of a library of functions has nothing to do with the exported ones.
  pm.addPass(createSymbolDCEPass());
  if (options.processor == Processor::CUDA) {
    registerGPUTranslations(module.getContext());
    GPUPipelineOptions pipelineOptions;
    setGPUOptions(pipelineOptions, options);
    buildGPUPipeline(pm, pipelineOptions);
    return run(pm, module);
  }
  CPUPipelineOptions pipelineOptions;
  pipelineOptions.vectorBits = getVectorBits(machine);
  pipelineOptions.vectorRegisters = getVectorRegisters(machine);
  pipelineOptions.bf16Products = getBF16Products(machine);
  pipelineOptions.parallel = options.parallel;
  pipelineOptions.attention = options.attention;
  pipelineOptions.checkPages = options.checkPages;
  pipelineOptions.runtimeChecks = options.runtimeChecks;
  buildCPUPipeline(pm, pipelineOptions);
  return run(pm, module);
}

//===----------------------------------------------------------------------===//
// External functions
//===----------------------------------------------------------------------===//

/// Those of the runtime, whose addresses no symbol table need have.
static ArrayRef<std::pair<StringRef, void *>> getRuntimeFunctions() {
  static const std::pair<StringRef, void *> functions[] = {
      {"vgaRuntimeError", reinterpret_cast<void *>(vgaRuntimeError)},
      {"vgaCudaMakeTensorMap", reinterpret_cast<void *>(vgaCudaMakeTensorMap)},
      {"vgaCudaLaunch", reinterpret_cast<void *>(vgaCudaLaunch)},
      {"vgaCudaMultiply", reinterpret_cast<void *>(vgaCudaMultiply)},
      {"vgaCudaGetReport", reinterpret_cast<void *>(vgaCudaGetReport)},
      {"vgaCudaRead", reinterpret_cast<void *>(vgaCudaRead)},
      {"__truncsfbf2",
       reinterpret_cast<void *>(static_cast<float (*)(float)>(truncateToBF16))},
      {"__truncdfbf2", reinterpret_cast<void *>(
                           static_cast<float (*)(double)>(truncateToBF16))},
      // What functions for a GPU allocate is its memory.
      {"_mlir_memref_to_llvm_alloc", reinterpret_cast<void *>(vgaCudaAllocate)},
      {"_mlir_memref_to_llvm_free", reinterpret_cast<void *>(vgaCudaFree)}};
  return functions;
}

llvm::orc::SymbolMap
vga::getRuntimeSymbols(llvm::orc::MangleAndInterner mangle) {
  llvm::orc::SymbolMap symbols;
  for (auto [name, function] : getRuntimeFunctions())
    symbols[mangle(name)] = {llvm::orc::ExecutorAddr::fromPtr(function),
                             llvm::JITSymbolFlags::Exported};
  return symbols;
}

LogicalResult vga::checkExternalFunctions(ModuleOp module) {
  // This process is one of the libraries to search.
  llvm::sys::DynamicLibrary::LoadLibraryPermanently(nullptr);
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    StringRef name = function.getName();
    if (!function.isExternal() || name.starts_with("llvm.") ||
        function.symbolKnownUseEmpty(module))
      continue;
    bool isKnown =
        llvm::is_contained(llvm::make_first_range(getRuntimeFunctions()),
                           name) ||
        llvm::sys::DynamicLibrary::SearchForAddressOfSymbol(name.str());
    if (!isKnown)
      return function.emitError()
             << "the function '" << name << "' is called but has no body";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// LLVM IR
//===----------------------------------------------------------------------===//

/// Fails if the processor that `machine` generates code for has a feature that
/// this machine's lacks.
static llvm::Error checkHostRuns(const llvm::TargetMachine &machine) {
  const llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  for (const llvm::SubtargetFeatureKV &feature :
       machine.getMCSubtargetInfo()->getEnabledProcessorFeatures())
    if (auto it = host.find(feature.Key); it != host.end() && !it->second)
      return llvm::createStringError(
          "the processor '" + machine.getTargetCPU() + "' has the feature '" +
          feature.Key + "', which this machine's lacks");
  return llvm::Error::success();
}

Expected<std::unique_ptr<llvm::TargetMachine>>
vga::createMachine(const CompileOptions &options, bool isRunHere) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();
  auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!builder)
    return builder.takeError();
  if (!options.cpu.empty()) {
    builder->setCPU(options.cpu);
    builder->getFeatures() = llvm::SubtargetFeatures();
  }
  builder->setCodeGenOptLevel(
      llvm::CodeGenOpt::getLevel(std::min(options.optLevel, 3u))
          .value_or(llvm::CodeGenOptLevel::Aggressive));
  builder->setRelocationModel(llvm::Reloc::PIC_);
  auto machine = builder->createTargetMachine();
  if (machine && isRunHere && hasMatrixUnits(**machine) &&
      !requestMatrixUnits()) {
    builder->getFeatures().AddFeature("amx-tile", /*Enable=*/false);
    machine = builder->createTargetMachine();
  }
  if (!machine || options.cpu.empty())
    return machine;
  if (!(*machine)->getMCSubtargetInfo()->isCPUStringValid(options.cpu))
    return llvm::createStringError(
        "no processor is named '" + options.cpu + "'; " +
        "llc -mcpu=help lists those of this architecture");
  if (isRunHere)
    if (llvm::Error error = checkHostRuns(**machine))
      return std::move(error);
  return machine;
}

std::string vga::getPackedName(StringRef function) {
  return ("vga_packed_" + function).str();
}

/// A function `void(void **)` that calls the C interface of another, whose
/// arguments are all pointers.
static void addPackedCall(llvm::Module &module, StringRef name) {
  llvm::Function *callee = module.getFunction(("_mlir_ciface_" + name).str());
  if (!callee)
    return;
  llvm::LLVMContext &context = module.getContext();
  llvm::Type *pointer = llvm::PointerType::getUnqual(context);
  auto *packed = llvm::Function::Create(
      llvm::FunctionType::get(llvm::Type::getVoidTy(context), {pointer},
                              /*isVarArg=*/false),
      llvm::Function::ExternalLinkage, vga::getPackedName(name), module);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(context, "entry", packed));
  SmallVector<llvm::Value *> arguments;
  for (unsigned i = 0; i < callee->arg_size(); ++i)
    arguments.push_back(builder.CreateLoad(
        pointer, builder.CreateConstGEP1_64(pointer, packed->getArg(0), i)));
  builder.CreateCall(callee, arguments);
  builder.CreateRetVoid();
}

/// The same vectors, or elements of them, as integers.
static llvm::Value *castToIntegers(llvm::IRBuilder<> &builder,
                                   llvm::Value *value) {
  llvm::Type *type = builder.getInt16Ty();
  if (auto *vector = dyn_cast<llvm::VectorType>(value->getType()))
    type = llvm::VectorType::get(type, vector->getElementCount());
  return builder.CreateBitCast(value, type);
}

/// Moves elements of bf16 within vectors as integers of 16 bits. LLVM makes
/// long vectors of small arrays on the stack, and then can not legalize moves
/// of their elements on processors that have vectors of bf16 but no bf16 by
/// itself (AVX512-BF16).
static void moveBF16AsIntegers(llvm::Module &module) {
  constexpr unsigned kRegisterElements = 32;
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction :
         llvm::make_early_inc_range(llvm::instructions(function))) {
      llvm::Type *type = instruction.getType();
      if (!isa<llvm::FixedVectorType>(type) ||
          !type->getScalarType()->isBFloatTy())
        continue;
      llvm::IRBuilder<> builder(&instruction);
      auto asIntegers = [&](unsigned operand) {
        return castToIntegers(builder, instruction.getOperand(operand));
      };
      llvm::Value *moved = nullptr;
      if (isa<llvm::InsertElementInst>(instruction)) {
        moved = builder.CreateInsertElement(asIntegers(0), asIntegers(1),
                                            instruction.getOperand(2));
      } else if (auto *shuffle =
                     dyn_cast<llvm::ShuffleVectorInst>(&instruction)) {
        auto *from =
            cast<llvm::FixedVectorType>(shuffle->getOperand(0)->getType());
        auto *to = cast<llvm::FixedVectorType>(type);
        if (std::max(from->getNumElements(), to->getNumElements()) >
            kRegisterElements)
          moved = builder.CreateShuffleVector(asIntegers(0), asIntegers(1),
                                              shuffle->getShuffleMask());
      }
      if (!moved)
        continue;
      instruction.replaceAllUsesWith(builder.CreateBitCast(moved, type));
      instruction.eraseFromParent();
    }
}

std::unique_ptr<llvm::Module>
vga::buildLLVMModule(ModuleOp module, llvm::TargetMachine &machine,
                     llvm::LLVMContext &llvmContext,
                     const CompileOptions &options,
                     const llvm::StringSet<> &packed) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerOpenMPDialectTranslation(registry);
  module.getContext()->appendDialectRegistry(registry);

  std::unique_ptr<llvm::Module> llvmModule =
      translateModuleToLLVMIR(module, llvmContext);
  if (!llvmModule) {
    module.emitError("cannot translate the module to LLVM IR");
    return nullptr;
  }
  ExecutionEngine::setupTargetTripleAndDataLayout(llvmModule.get(), &machine);
  for (StringRef name : packed.keys())
    addPackedCall(*llvmModule, name);
  auto optimize =
      makeOptimizingTransformer(options.optLevel, /*sizeLevel=*/0, &machine);
  if (llvm::Error error = optimize(llvmModule.get())) {
    module.emitError("cannot optimize the module: ")
        << toString(std::move(error));
    return nullptr;
  }
  moveBF16AsIntegers(*llvmModule);
  return llvmModule;
}

LogicalResult vga::emitObject(llvm::Module &llvmModule,
                              llvm::TargetMachine &machine,
                              SmallVectorImpl<char> &object) {
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager codegen;
  if (machine.addPassesToEmitFile(codegen, stream, nullptr,
                                  llvm::CodeGenFileType::ObjectFile))
    return failure();
  codegen.run(llvmModule);
  return success();
}

/// Writes the kernels of the module, as PTX or assembled.
static LogicalResult emitKernels(ModuleOp module, CodeFormat format,
                                 const CompileOptions &options,
                                 raw_ostream &os) {
  PassManager pm(module.getContext());
  if (options.configurePassManager && failed(options.configurePassManager(pm)))
    return failure();
  pm.addPass(createSymbolDCEPass());
  registerGPUTranslations(module.getContext());
  GPUPipelineOptions pipelineOptions;
  setGPUOptions(pipelineOptions, options);
  buildGPUKernelPipeline(pm, pipelineOptions);
  if (failed(pm.run(module)))
    return failure();
  auto binaries = module.getOps<gpu::BinaryOp>();
  if (binaries.empty())
    return module.emitError("has no kernels");
  // All kernels are in one module.
  StringRef ptx = cast<gpu::ObjectAttr>((*binaries.begin()).getObjects()[0])
                      .getObject()
                      .getValue()
                      .rtrim('\0');
  if (format == CodeFormat::PTX) {
    os << ptx;
    return success();
  }
  llvm::Expected<std::string> code = assemblePTX(ptx, options.gpu);
  if (!code)
    return module.emitError(toString(code.takeError()));
  os << *code;
  return success();
}

LogicalResult vga::emitCode(ModuleOp module, CodeFormat format,
                            const CompileOptions &options, raw_ostream &os) {
  llvm::StringSet<> names;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic())
      names.insert(function.getName());
  exportOnly(module, names);
  dropAnnotations(module);
  if (format == CodeFormat::PTX || format == CodeFormat::Cubin)
    return emitKernels(module, format, options, os);
  auto machine = createMachine(options, /*isRunHere=*/false);
  if (!machine)
    return module.emitError("cannot generate code: ")
           << toString(machine.takeError());
  if (failed(lowerToLLVMDialect(module, **machine, options)))
    return failure();
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> llvmModule =
      buildLLVMModule(module, **machine, llvmContext, options, /*packed=*/{});
  if (!llvmModule)
    return failure();
  if (format == CodeFormat::LLVMIR) {
    llvmModule->print(os, nullptr);
    return success();
  }

  SmallVector<char, 0> object;
  if (failed(emitObject(*llvmModule, **machine, object)))
    return module.emitError("this target writes no object files");
  os << object;
  return success();
}
