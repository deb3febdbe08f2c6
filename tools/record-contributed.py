#!/usr/bin/env python3
"""Records the results of ONNX Runtime for small models, each with one operator of com.microsoft,
for Tests/Recorded/contributed.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/record-contributed.py [FOLDER]
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

OUTPUT = Path(__file__).resolve().parent.parent / "Tests" / "Recorded" / "contributed"
SEED = 20261129
DOMAIN = "com.microsoft"


class Fixed:
    """A constant of the model."""

    def __init__(self, array: np.ndarray):
        self.array = array


def value_info(name: str, array: np.ndarray) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def record(name: str, op_type: str, inputs: list, outputs: int | list[bool] = 1, domain: str = DOMAIN, version: int = 13, **attributes) -> None:
    """Records a model with one node. An input is an array passed to the run, a constant (`Fixed`),
    or None if omitted."""
    if isinstance(outputs, int):
        outputs = [True] * outputs
    results = [f"output{index}" if present else "" for index, present in enumerate(outputs)]
    names, feeds, constants = [], {}, []
    for index, value in enumerate(inputs):
        names.append("" if value is None else f"input{index}")
        if isinstance(value, Fixed):
            constants.append(numpy_helper.from_array(value.array, names[-1]))
        elif value is not None:
            feeds[names[-1]] = value

    def model(declared: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
        graph = helper.make_graph(
            [helper.make_node(op_type, names, results, domain=domain, **attributes)],
            name, [value_info(n, a) for n, a in feeds.items()], declared, constants,
        )
        imports = [helper.make_opsetid("", version), helper.make_opsetid(DOMAIN, 1)]
        return helper.make_model(graph, opset_imports=imports, ir_version=8, producer_name="record-contributed")

    present = [result for result in results if result]
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # Without optimization, so that a fused operator does not become another one.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    draft = model([helper.make_empty_tensor_value_info(result) for result in present])
    session = ort.InferenceSession(draft.SerializeToString(), options, providers=["CPUExecutionProvider"])
    arrays = session.run(None, feeds)
    folder = OUTPUT / name
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(model([value_info(n, a) for n, a in zip(present, arrays)]), folder / "model.onnx")
    for index, (feed, array) in enumerate(feeds.items()):
        (data / f"input_{index}.pb").write_bytes(numpy_helper.from_array(array, feed).SerializeToString())
    for index, array in enumerate(arrays):
        (data / f"output_{index}.pb").write_bytes(numpy_helper.from_array(array, present[index]).SerializeToString())


random = np.random.default_rng(SEED)


def floats(*shape: int) -> np.ndarray:
    return random.standard_normal(shape).astype(np.float32)


def integers(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def scale(*shape: int, factor: float = 0.02) -> np.ndarray:
    return np.asarray(factor * random.uniform(0.5, 1.5, shape), np.float32)


def zero(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    low, high = (100, 150) if dtype == np.uint8 else (-20, 20)
    return np.asarray(random.integers(low, high, shape), dtype)


def fused_products() -> None:
    x, w, b = floats(1, 4, 5, 6), Fixed(floats(6, 2, 3, 3)), Fixed(floats(6))
    geometry = {"group": 2, "kernel_shape": [3, 3], "pads": [1, 0, 1, 1], "strides": [2, 1], "dilations": [1, 2]}
    plain = {"kernel_shape": [1, 1]}
    for activation, parameters in [
        ("Relu", None), ("Tanh", None), ("Sigmoid", None), ("LeakyRelu", [0.25]), ("Clip", [-0.5, 0.75]),
        ("HardSigmoid", [0.3, 0.4]),
    ]:
        extra = {"activation_params": parameters} if parameters else {}
        record(f"conv-{activation.lower()}", "FusedConv", [x, w, b], activation=activation, **extra, **geometry)
    record("conv-sum-relu", "FusedConv", [floats(2, 3, 4, 4), Fixed(floats(5, 3, 1, 1)), Fixed(floats(5)), floats(2, 5, 4, 4)], activation="Relu", **plain)
    record("conv-sum-no-bias", "FusedConv", [floats(1, 3, 2, 1), Fixed(floats(5, 3, 1, 1)), None, floats(1, 5, 2, 1)], activation="Relu", **plain)
    record("conv-same", "FusedConv", [floats(1, 1, 5, 1), Fixed(floats(2, 1, 2, 1))], activation="Relu", auto_pad="SAME_UPPER", kernel_shape=[2, 1])
    for activation, parameters in [
        ("Relu", {}), ("LeakyRelu", {"activation_alpha": 0.25}), ("Elu", {"activation_alpha": 0.5}),
        ("Selu", {"activation_alpha": 1.5, "activation_gamma": 1.25}), ("HardSigmoid", {"activation_alpha": 0.3, "activation_beta": 0.4}),
        ("Sigmoid", {}), ("Tanh", {}), ("Softplus", {}), ("Softsign", {}), ("ThresholdedRelu", {"activation_alpha": 0.5}),
    ]:
        record(f"gemm-{activation.lower()}", "FusedGemm", [floats(3, 4), Fixed(floats(4, 5)), Fixed(floats(5))], activation=activation, **parameters)
    record("gemm-transposed", "FusedGemm", [floats(4, 3), floats(5, 4), floats(3, 1)], activation="Relu", alpha=0.5, beta=2.0, transA=1, transB=1)
    record("gemm-no-sum", "FusedGemm", [floats(1, 2), Fixed(floats(2, 1))], activation="Relu")
    for a in range(2):
        for b in range(2):
            left = floats(2, 3, 5, 4) if a else floats(2, 3, 4, 5)
            right = floats(2, 3, 6, 5) if b else floats(2, 3, 5, 6)
            record(f"matmul-{a}{b}", "FusedMatMul", [left, right], transA=a, transB=b, alpha=0.25)
    for a in range(2):
        for b in range(2):
            # The batch dimensions 3 and 2 follow the first dimension of A and of B.
            left = floats(5, 3, 2, 4) if a else floats(4, 3, 2, 5)
            right = floats(6, 3, 2, 5) if b else floats(5, 3, 2, 6)
            record(f"matmul-batch-{a}{b}", "FusedMatMul", [left, right], transA=a, transB=b, transBatchA=1, transBatchB=1)
    record("matmul-batch-left", "FusedMatMul", [floats(4, 3, 5), floats(3, 5, 2)], transBatchA=1)
    record("matmul-row", "FusedMatMul", [floats(5), floats(6, 5)], transA=1, transB=1, alpha=2.0)
    record("matmul-matrices", "FusedMatMul", [floats(1, 2), Fixed(floats(1, 2))], transB=1)


def activations() -> None:
    x = floats(2, 3, 8) * 2
    record("gelu", "Gelu", [x])
    record("quick-gelu", "QuickGelu", [x], alpha=1.25)
    record("quick-gelu-default", "QuickGelu", [x])
    record("bias-gelu", "BiasGelu", [x, Fixed(floats(8))])
    record("fast-gelu", "FastGelu", [x, Fixed(floats(8))])
    record("fast-gelu-no-bias", "FastGelu", [floats(1, 2)])


def normalizations() -> None:
    x, skip, gamma, beta, bias = floats(2, 3, 8), floats(2, 3, 8), Fixed(floats(8)), Fixed(floats(8)), Fixed(floats(8))
    record("skip-layer", "SkipLayerNormalization", [x, skip, gamma, beta, bias], epsilon=0.01)
    record("skip-layer-sum", "SkipLayerNormalization", [x, skip, gamma, beta], outputs=[True, False, False, True])
    record("skip-layer-no-beta", "SkipLayerNormalization", [x, skip, gamma])
    record("skip-layer-bias-only", "SkipLayerNormalization", [x, skip, gamma, None, bias], outputs=[True, False, False, True])
    record("skip-layer-broadcast", "SkipLayerNormalization", [x, floats(1, 3, 8), gamma, beta, bias])
    record("skip-layer-matrix", "SkipLayerNormalization", [x, floats(3, 8), gamma, beta, bias])
    record("skip-simplified", "SkipSimplifiedLayerNormalization", [x, skip, gamma, bias], epsilon=0.01)
    record("skip-simplified-sum", "SkipSimplifiedLayerNormalization", [x, skip, gamma], outputs=[True, False, False, True])
    record("simplified", "SimplifiedLayerNormalization", [x, gamma], domain="", epsilon=0.01)
    record("simplified-axis", "SimplifiedLayerNormalization", [x, Fixed(floats(3, 8))], outputs=2, domain="", axis=1)
    record("layer-opset-11", "LayerNormalization", [x, Fixed(floats(3, 8)), Fixed(floats(3, 8))], outputs=3, domain="", version=11, axis=1, epsilon=0.01)


def quantized(dtype: type) -> None:
    suffix = "-" + dtype.__name__

    def parameters(factor: float = 0.02) -> list[Fixed]:
        return [Fixed(scale(factor=factor)), Fixed(zero(dtype=dtype))]

    def data(*shape: int) -> np.ndarray:
        return integers(*shape, dtype=dtype)

    x = data(2, 3, 5)
    for op in ["Add", "Mul"]:
        name = op.lower() + suffix
        record(name, f"QLinear{op}", [x, *parameters(), data(2, 3, 5), *parameters(), *parameters(0.05)])
        record(name + "-broadcast", f"QLinear{op}", [x, *parameters(), Fixed(data(3, 1)), *parameters(), *parameters(0.05)])
        record(name + "-scalar", f"QLinear{op}", [data(1), *parameters(), data(1, 2), *parameters(), *parameters(0.05)])
    record("concat" + suffix, "QLinearConcat", [*parameters(0.03), x, *parameters(), data(2, 1, 5), *parameters(0.03)], axis=1)
    same = parameters()
    record("concat-same-scales" + suffix, "QLinearConcat", [*same, data(1, 2), *same, data(1, 3), *same], axis=-1)
    record("sigmoid" + suffix, "QLinearSigmoid", [x, *parameters(), *parameters(0.004)])
    record("sigmoid-no-zero-points" + suffix, "QLinearSigmoid", [x, Fixed(scale()), None, *parameters(0.004)])
    record("leaky-relu" + suffix, "QLinearLeakyRelu", [x, *parameters(), *parameters()], alpha=0.2)
    record("leaky-relu-default" + suffix, "QLinearLeakyRelu", [x, *parameters(), *parameters()])
    record("softmax" + suffix, "QLinearSoftmax", [x, *parameters(), *parameters(0.004)], axis=-1, opset=13)
    record("softmax-axis" + suffix, "QLinearSoftmax", [x, *parameters(), *parameters(0.004)], axis=1, opset=13)
    image = data(1, 3, 6, 5)
    record("average-pool" + suffix, "QLinearAveragePool", [image, *parameters(), *parameters()], kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1])
    record("average-pool-padding" + suffix, "QLinearAveragePool", [image, *parameters(), *parameters()], kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1], count_include_pad=1)
    record("average-pool-last" + suffix, "QLinearAveragePool", [data(1, 6, 5, 3), *parameters(), *parameters()], kernel_shape=[2, 2], strides=[2, 2], channels_last=1)
    record("global-pool" + suffix, "QLinearGlobalAveragePool", [image, *parameters(), *parameters()])
    record("global-pool-last" + suffix, "QLinearGlobalAveragePool", [data(2, 6, 5, 3), *parameters(), *parameters()], channels_last=1)
    record("max-pool-last" + suffix, "NhwcMaxPool", [data(1, 6, 5, 3)], kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1], dilations=[1, 2])
    record("max-pool-ceiling" + suffix, "NhwcMaxPool", [data(1, 6, 5, 2)], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    weights = Fixed(random.integers(-60, 60, (4, 3, 3, 3)).astype(np.int8))
    columns = [Fixed(scale(4)), Fixed(np.zeros(4, np.int8))]
    bias = Fixed(random.integers(-500, 500, 4).astype(np.int32))
    geometry = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 1]}
    record("conv" + suffix, "QLinearConv", [image, *parameters(), weights, *columns, *parameters(0.1), bias], **geometry)
    record("conv-last" + suffix, "QLinearConv", [data(1, 6, 5, 3), *parameters(), weights, *columns, *parameters(0.1), bias], channels_last=1, **geometry)
    record("quantize" + suffix, "QuantizeLinear", [floats(2, 3, 4), Fixed(scale()), Fixed(zero(dtype=dtype))])
    record("quantize-axis" + suffix, "QuantizeLinear", [floats(2, 3, 4), Fixed(scale(3)), Fixed(zero(3, dtype=dtype))], axis=1)
    record("dequantize" + suffix, "DequantizeLinear", [x, *parameters()])
    record("dequantize-axis" + suffix, "DequantizeLinear", [x, Fixed(scale(5)), Fixed(zero(5, dtype=dtype))], axis=-1)


def quantized_products() -> None:
    for left, right in [(np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)]:
        suffix = f"-{left.__name__}-{right.__name__}"
        a, b = integers(3, 7, dtype=left), Fixed(integers(7, 5, dtype=right))
        ofA, ofB = [Fixed(scale()), Fixed(zero(dtype=left))], [Fixed(scale()), Fixed(zero(dtype=right))]
        columns = [Fixed(scale(5)), Fixed(zero(5, dtype=right))]
        sums = Fixed(random.integers(-3000, 3000, 5).astype(np.int32))
        result = [Fixed(scale(factor=0.3)), Fixed(zero(dtype=left))]
        record("qgemm" + suffix, "QGemm", [a, *ofA, b, *ofB, sums, *result])
        record("qgemm-columns" + suffix, "QGemm", [a, *ofA, b, *columns, sums, *result])
        record("qgemm-float" + suffix, "QGemm", [a, *ofA, b, *ofB, sums], alpha=0.5)
        record("qgemm-transposed" + suffix, "QGemm", [integers(7, 3, dtype=left), *ofA, Fixed(integers(5, 7, dtype=right)), *columns, None, *result], transA=1, transB=1)
        record("qgemm-variable" + suffix, "QGemm", [a, *ofA, integers(7, 1, dtype=right), *ofB, None, *result], alpha=2.0)
        record("to-float" + suffix, "MatMulIntegerToFloat", [a, b, ofA[0], ofB[0], ofA[1], ofB[1], Fixed(floats(5))])
        record("to-float-columns" + suffix, "MatMulIntegerToFloat", [integers(2, 3, 7, dtype=left), b, ofA[0], columns[0], ofA[1], columns[1]])
        record("to-float-no-zero-points" + suffix, "MatMulIntegerToFloat", [integers(1, 7, dtype=left), integers(7, 2, dtype=right), scale(), scale()])
    for dtype in [np.uint8, np.int8]:
        suffix = "-" + dtype.__name__
        b = Fixed(integers(7, 5, dtype=dtype))
        record("dynamic-matmul" + suffix, "DynamicQuantizeMatMul", [floats(3, 7), b, Fixed(scale()), Fixed(zero(dtype=dtype)), Fixed(floats(5))])
        record("dynamic-matmul-columns" + suffix, "DynamicQuantizeMatMul", [floats(2, 3, 7), b, Fixed(scale(5)), Fixed(zero(5, dtype=dtype))])
        record("dynamic-matmul-no-zero-point" + suffix, "DynamicQuantizeMatMul", [floats(1, 7), b, Fixed(scale())])
    for bits in [4, 8]:
        record_blocks(bits)


def record_blocks(bits: int) -> None:
    for name, n, k, block, zeros, bias in [
        ("plain", 5, 32, 16, None, False), ("zero-points", 5, 64, 16, "packed", False), ("rest", 3, 40, 16, "packed", True),
        ("float-zero-points", 2, 32, 32, "floats", True), ("one", 1, 16, 16, None, True),
    ]:
        blocks = -(-k // block)
        points = None
        if zeros == "packed":
            points = Fixed(integers(n, -(-blocks * bits // 8)))
        elif zeros == "floats":
            points = Fixed((random.uniform(4, 12, (n, blocks))).astype(np.float32))
        inputs = [floats(2, 3, k), Fixed(integers(n, blocks, block * bits // 8)), Fixed(scale(n, blocks)), points, None, Fixed(floats(n)) if bias else None]
        while inputs[-1] is None:
            inputs.pop()
        try:
            record(f"matmul-{bits}-bits-{name}", "MatMulNBits", inputs, K=k, N=n, bits=bits, block_size=block)
        except Exception as error:  # noqa: BLE001: not every form is there for every number of bits
            print(f"{name} with {bits} bits: {str(error)[:200]}")


def recurrent() -> None:
    for name, directions, direction, columns, dtype in [
        ("forward", 1, "forward", False, np.int8), ("both", 2, "bidirectional", True, np.int8), ("reverse", 1, "reverse", True, np.uint8),
    ]:
        hidden, size = 4, 6
        def parameters() -> list[Fixed]:
            shape = (directions, 4 * hidden) if columns else (directions,)
            # ONNX Runtime expects one zero point for all.
            zeros = np.full(shape, 125 if dtype == np.uint8 else 0, dtype)
            return [Fixed(scale(*shape, factor=0.008)), Fixed(zeros)]
        lengths = Fixed(np.array([5, 3], np.int32)) if columns else None
        inputs = [
            floats(5, 2, size), Fixed(integers(directions, size, 4 * hidden, dtype=dtype)), Fixed(integers(directions, hidden, 4 * hidden, dtype=dtype)),
            Fixed(floats(directions, 8 * hidden)), lengths, Fixed(floats(directions, 2, hidden)), Fixed(floats(directions, 2, hidden)),
            Fixed(floats(directions, 3 * hidden)), *parameters(), *parameters(),
        ]
        record("lstm-" + name, "DynamicQuantizeLSTM", inputs, outputs=3, direction=direction, hidden_size=hidden)
    # A single sequence, since ONNX Runtime quantizes states per sequence with any number of
    # threads.
    for name, directions, direction, hidden, size, zero, dtype in [
        ("one-forward", 1, "forward", 20, 7, 0, np.int8), ("one-both", 2, "bidirectional", 9, 30, 131, np.uint8),
        ("one-reverse", 1, "reverse", 33, 5, 128, np.uint8),
    ]:
        def parameters(columns: bool) -> list[Fixed]:
            shape = (directions, 4 * hidden) if columns else (directions,)
            return [Fixed(scale(*shape, factor=0.003)), Fixed(np.full(shape, zero, dtype))]
        def weights(*shape: int) -> Fixed:
            # Without an instruction that adds four products of bytes, ONNX Runtime saturates sums
            # of two int8 products to 16 bits.
            return Fixed(integers(*shape, dtype=dtype) // (2 if dtype == np.int8 else 1))
        inputs = [
            floats(6, 1, size), weights(directions, size, 4 * hidden), weights(directions, hidden, 4 * hidden),
            Fixed(floats(directions, 8 * hidden)), None, Fixed(floats(directions, 1, hidden)), Fixed(floats(directions, 1, hidden)),
            None, *parameters(False), *parameters(True),
        ]
        record("lstm-" + name, "DynamicQuantizeLSTM", inputs, outputs=3, direction=direction, hidden_size=hidden)


README = """Models of one node each, of an operator that ONNX Runtime's optimizer or quantizer writes (most of the domain com.microsoft), with random
numbers (seed {seed}), and what ONNX Runtime {version} makes of them: recorded by `tools/record-contributed.py` for this project, and under
its licence.
"""


def main() -> None:
    global OUTPUT
    if len(sys.argv) > 1:
        OUTPUT = Path(sys.argv[1])
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    fused_products()
    activations()
    normalizations()
    quantized(np.uint8)
    quantized(np.int8)
    quantized_products()
    recurrent()
    (OUTPUT / "README.md").write_text(README.format(seed=SEED, version=ort.__version__))
    print(sum(1 for _ in OUTPUT.glob("*/model.onnx")), "cases")


if __name__ == "__main__":
    main()
