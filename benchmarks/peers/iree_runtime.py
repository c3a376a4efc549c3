"""IREE: v * gate, then iree_linalg_ext.attention, compiled for this machine."""

from common import answer, median_ms, missing, problem, unsupported

try:
    import numpy as np
    from iree import compiler, runtime
except ImportError:
    missing("iree-base-compiler with iree-base-runtime")

p = problem()
if p["dtype"] != "f32":
    unsupported("only its f32 attention is measured")
if p["h"] != p["hkv"] or p["causal"]:
    unsupported("its attention is measured without grouped heads and masks")
h, sq, sk, d = p["b"] * p["h"], p["sq"], p["sk"], p["d"]
q, kv, g = (f"tensor<{h}x{sq}x{d}xf32>", f"tensor<{h}x{sk}x{d}xf32>", f"tensor<{h}x{sk}xf32>")
source = f"""
func.func @main(%q: {q}, %k: {kv}, %v: {kv}, %g: {g}) -> {q} {{
  %scale = arith.constant {d ** -0.5:.8f} : f32
  %values = tensor.empty() : {kv}
  %gated = linalg.generic {{
      indexing_maps = [affine_map<(b, s, d) -> (b, s, d)>, affine_map<(b, s, d) -> (b, s)>,
                       affine_map<(b, s, d) -> (b, s, d)>],
      iterator_types = ["parallel", "parallel", "parallel"]}}
      ins(%v, %g : {kv}, {g}) outs(%values : {kv}) {{
  ^bb0(%value: f32, %gate: f32, %out: f32):
    %product = arith.mulf %value, %gate : f32
    linalg.yield %product : f32
  }} -> {kv}
  %empty = tensor.empty() : {q}
  %o = iree_linalg_ext.attention <{{
      indexing_maps = [affine_map<(b, m, n, k, l) -> (b, m, k)>,
                       affine_map<(b, m, n, k, l) -> (b, l, k)>,
                       affine_map<(b, m, n, k, l) -> (b, l, n)>,
                       affine_map<(b, m, n, k, l) -> ()>,
                       affine_map<(b, m, n, k, l) -> (b, m, n)>]}}>
      ins(%q, %k, %gated, %scale : {q}, {kv}, {kv}, f32) outs(%empty : {q}) {{
  ^bb0(%score: f32):
    iree_linalg_ext.yield %score : f32
  }} -> {q}
  return %o : {q}
}}
"""
binary = compiler.compile_str(
    source,
    target_backends=["llvm-cpu"],
    input_type="none",
    extra_args=["--iree-llvmcpu-target-cpu=host"],
)
config = runtime.Config("local-task")
context = runtime.SystemContext(config=config)
context.add_vm_module(runtime.VmModule.copy_buffer(context.instance, binary))
main = context.modules.module["main"]
rng = np.random.default_rng(0)
arrays = [
    runtime.asdevicearray(config.device, rng.standard_normal(shape, dtype=np.float32))
    for shape in ((h, sq, d), (h, sk, d), (h, sk, d), (h, sk))
]
answer(median_ms(lambda: main(*arrays).to_host(), p["runs"]), "iree")
