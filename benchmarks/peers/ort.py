"""ONNX Runtime: v * gate, then its fused attention (com.microsoft MultiHeadAttention)."""

from common import answer, median_ms, missing, problem, unsupported

try:
    import numpy as np
    import onnxruntime as ort
    from onnx import TensorProto, helper
except ImportError:
    missing("onnxruntime (with onnx)")

p = problem()
if p["dtype"] != "f32":
    unsupported(f"its fused attention does not take {p['dtype']} on the CPU")
if p["h"] != p["hkv"]:
    unsupported("MultiHeadAttention has no grouped heads")
b, h, sq, sk, d = (p[name] for name in ("b", "h", "sq", "sk", "d"))
# Positions before heads, [B, S, H * D], as the operator has them; the gate is [B, S, H, 1].
shapes = {"q": [b, sq, h * d], "k": [b, sk, h * d], "v": [b, sk, h, d], "g": [b, sk, h, 1]}
nodes = [
    helper.make_node("Mul", ["v", "g"], ["gated"]),
    helper.make_node("Reshape", ["gated", "flat"], ["values"]),
    helper.make_node("MultiHeadAttention", ["q", "k", "values"], ["o"], domain="com.microsoft",
                     num_heads=h, unidirectional=int(p["causal"])),
]  # fmt: skip
graph = helper.make_graph(
    nodes, "attention",
    [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()],
    [helper.make_tensor_value_info("o", TensorProto.FLOAT, [b, sq, h * d])],
    [helper.make_tensor("flat", TensorProto.INT64, [3], [b, sk, h * d])],
)  # fmt: skip
opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
options = ort.SessionOptions()
options.intra_op_num_threads = p["threads"]
session = ort.InferenceSession(
    model.SerializeToString(), options, providers=["CPUExecutionProvider"]
)
rng = np.random.default_rng(0)
binding = session.io_binding()
for name, shape in shapes.items():
    binding.bind_cpu_input(name, rng.standard_normal(shape, dtype=np.float32))
binding.bind_output("o")
step = lambda: session.run_with_iobinding(binding)  # noqa: E731
answer(median_ms(step, p["runs"]), f"onnxruntime {ort.__version__}")
