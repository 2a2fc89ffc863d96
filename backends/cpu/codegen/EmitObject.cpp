//===- EmitObject.cpp - llvm dialect to an ELF object ---------------------===//
//
// Translates to LLVM IR in a context of its own, runs a pipeline that is short because
// kernels are loop nests without calls, and emits code for the target. No library call may
// appear, so the pipeline knows no library function and recognizes no idiom.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Codegen.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace lz::cpu {
namespace {

// Scalars first, then loops are brought into the shape the vectorizer wants; full unrolling
// comes before it, so that small inner reductions become straight code.
constexpr StringLiteral kPipeline =
    "ipsccp,deadargelim,"
    "function(sroa<modify-cfg>,early-cse<memssa>,simplifycfg,"
    "instcombine<no-verify-fixpoint>,"
    "loop-mssa(licm<allowspeculation>,loop-rotate,licm<allowspeculation>,"
    "simple-loop-unswitch<no-nontrivial;trivial>),"
    "simplifycfg,instcombine<no-verify-fixpoint>,"
    "loop(indvars,loop-deletion,loop-unroll-full),"
    "sroa<modify-cfg>,gvn,sccp,instcombine<no-verify-fixpoint>,"
    "loop-mssa(licm<allowspeculation>),dse,adce,"
    "simplifycfg,instcombine<no-verify-fixpoint>,"
    "loop(loop-rotate),loop-vectorize,instcombine<no-verify-fixpoint>,"
    "simplifycfg<forward-switch-cond;switch-range-to-icmp;sink-common-insts>,"
    "slp-vectorizer,vector-combine,instcombine<no-verify-fixpoint>,"
    "loop-mssa(licm<allowspeculation>),early-cse,adce,simplifycfg)";

void setAttributes(llvm::Module &module, const CpuTarget &target) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty())
      function.addFnAttr("target-features", target.features);
    function.addFnAttr("prefer-vector-width", std::to_string(target.vectorBytes * 8));
    function.addFnAttr("no-builtins");
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
}

LogicalResult optimize(llvm::Module &module, TargetMachine &machine) {
  PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.LoopInterleaving = true;
  PassBuilder builder(&machine, tuning);
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager sccs;
  ModuleAnalysisManager modules;
  TargetLibraryInfoImpl library(module.getTargetTriple());
  library.disableAllFunctions();
  functions.registerPass([&] { return TargetLibraryAnalysis(library); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  ModulePassManager passes;
  if (Error error = builder.parsePassPipeline(passes, kPipeline)) {
    errs() << "internal error: " << toString(std::move(error)) << "\n";
    return failure();
  }
  passes.run(module, modules);
  return success();
}

std::string print(const llvm::Module &module) {
  std::string text;
  raw_string_ostream os(text);
  module.print(os, nullptr);
  return text;
}

LogicalResult emit(llvm::Module &module, TargetMachine &machine, CodeGenFileType kind,
                   std::string &result) {
  SmallVector<char, 0> bytes;
  raw_svector_ostream os(bytes);
  legacy::PassManager passes;
  TargetLibraryInfoImpl library(module.getTargetTriple());
  library.disableAllFunctions();
  passes.add(new TargetLibraryInfoWrapperPass(library));
  if (machine.addPassesToEmitFile(passes, os, nullptr, kind, /*DisableVerify=*/true))
    return failure();
  passes.run(module);
  result.assign(bytes.begin(), bytes.end());
  return success();
}

} // namespace

mlir::FailureOr<std::string> emitObject(mlir::ModuleOp op, const CpuTarget &target,
                                        const Dump &dump) {
  LLVMContext context;
  std::unique_ptr<llvm::Module> module = mlir::translateModuleToLLVMIR(op, context);
  if (!module)
    return op.emitOpError("internal error: no translation to LLVM IR");
  std::unique_ptr<TargetMachine> machine = target.createMachine();
  module->setTargetTriple(machine->getTargetTriple());
  module->setDataLayout(machine->createDataLayout());
  setAttributes(*module, target);
  if (!dump.dir.empty())
    dump.write("6-llvm", "ll", print(*module));
  if (failed(optimize(*module, *machine)))
    return op.emitOpError("internal error: the optimizer's pipeline is wrong");
  if (!dump.dir.empty()) {
    dump.write("7-optimized", "ll", print(*module));
    std::string text;
    std::unique_ptr<llvm::Module> copy = llvm::CloneModule(*module);
    if (succeeded(emit(*copy, *machine, CodeGenFileType::AssemblyFile, text)))
      dump.write("8-code", "s", text);
  }
  std::string object;
  if (failed(emit(*module, *machine, CodeGenFileType::ObjectFile, object)))
    return op.emitOpError("internal error: the target emits no objects");
  return object;
}

} // namespace lz::cpu
