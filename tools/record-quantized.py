#!/usr/bin/env python3
"""Records the results of ONNX Runtime for small models, each with one quantized operator, for
Tests/Recorded/quantized.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/record-quantized.py
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

OUTPUT = Path(__file__).resolve().parent.parent / "Tests" / "Recorded" / "quantized"
SEED = 20261126
TYPES = {np.uint8: TensorProto.UINT8, np.int8: TensorProto.INT8, np.float32: TensorProto.FLOAT, np.int32: TensorProto.INT32}


def tensor_type(array: np.ndarray) -> int:
    return TYPES[array.dtype.type]


def record(name: str, op_type: str, opset: int, inputs: list[tuple[np.ndarray, bool]], attributes: dict, outputs: int = 1) -> None:
    """Records a model with one node. Each input is marked as a constant of the model or not."""
    names = [f"input{index}" for index in range(len(inputs))]
    results = [f"output{index}" for index in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node(op_type, names, results, **attributes)],
        name,
        [helper.make_tensor_value_info(n, tensor_type(a), a.shape) for n, (a, fixed) in zip(names, inputs) if not fixed],
        [helper.make_empty_tensor_value_info(result) for result in results],
        [numpy_helper.from_array(a, n) for n, (a, fixed) in zip(names, inputs) if fixed],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feeds = {n: a for n, (a, fixed) in zip(names, inputs) if not fixed}
    folder = OUTPUT / name
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(model, folder / "model.onnx")
    for index, (feed, array) in enumerate(feeds.items()):
        (data / f"input_{index}.pb").write_bytes(numpy_helper.from_array(array, feed).SerializeToString())
    for index, array in enumerate(session.run(None, feeds)):
        (data / f"output_{index}.pb").write_bytes(numpy_helper.from_array(array, results[index]).SerializeToString())


def numbers(random: np.random.Generator, shape: list[int], dtype: type) -> np.ndarray:
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def convolutions(random: np.random.Generator) -> None:
    # Channels, outputs, groups, window, strides, pads, dilations.
    shapes = [
        (3, 8, 1, (3, 3), (2, 2), (1, 1, 1, 1), (1, 1)),
        (8, 5, 1, (1, 1), (1, 1), (0, 0, 0, 0), (1, 1)),
        (6, 6, 6, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)),
        (9, 9, 9, (5, 5), (2, 2), (2, 2, 2, 2), (1, 1)),
        (4, 6, 2, (3, 2), (1, 2), (0, 1, 1, 0), (1, 1)),
        (5, 7, 1, (3, 3), (1, 1), (2, 2, 2, 2), (2, 2)),
        (1, 3, 1, (7, 7), (3, 3), (3, 3, 3, 3), (1, 1)),
        (16, 17, 1, (2, 2), (2, 2), (0, 0, 0, 0), (1, 1)),
    ]
    kinds = [(np.uint8, np.int8), (np.int8, np.int8), (np.uint8, np.uint8)]
    for index, (channels, outputs, groups, window, strides, pads, dilations) in enumerate(shapes):
        for x_type, w_type in kinds:
            per_channel = index % 2 == 0
            count = outputs if per_channel else 1
            symmetric = np.iinfo(w_type).min // 2 + np.iinfo(w_type).max // 2 + (w_type == np.uint8)
            zero_point = symmetric if per_channel or w_type == np.int8 else symmetric + 3
            x = numbers(random, [2, channels, 7, 6], x_type)
            w = numbers(random, [outputs, channels // groups, *window], w_type)
            size = w[0].size
            inputs = [
                (x, False),
                (np.float32(random.uniform(0.01, 0.1)), True),
                (np.array(numbers(random, [], x_type), x_type), True),
                (w, True),
                (random.uniform(0.001, 0.01, count if per_channel else []).astype(np.float32), True),
                (np.full(count if per_channel else [], zero_point, w_type), True),
                (np.float32(random.uniform(0.01, 0.03) * np.sqrt(size)), True),
                (np.array(numbers(random, [], x_type), x_type), True),
            ]
            if index % 3:
                inputs.append((random.integers(-2000, 2000, [outputs]).astype(np.int32), True))
            inputs = [(np.asarray(array), fixed) for array, fixed in inputs]
            name = f"conv-{index}-{x_type.__name__}-{w_type.__name__}"
            attributes = dict(group=groups, strides=strides, pads=pads, dilations=dilations)
            record(name, "QLinearConv", 10, inputs, attributes)


def products(random: np.random.Generator) -> None:
    for index, (rows, inner, columns) in enumerate([(1, 5, 3), (4, 33, 17), (7, 64, 40)]):
        for x_type, w_type in [(np.uint8, np.int8), (np.int8, np.int8), (np.uint8, np.uint8)]:
            per_column = index == 1
            inputs = [
                (numbers(random, [rows, inner], x_type), False),
                (np.float32(random.uniform(0.01, 0.1)), True),
                (np.array(numbers(random, [], x_type), x_type), True),
                (numbers(random, [inner, columns], w_type), True),
                (random.uniform(0.001, 0.01, columns if per_column else []).astype(np.float32), True),
                (np.full(columns if per_column else [], 128 if w_type == np.uint8 else 0, w_type), True),
                (np.float32(0.02 * np.sqrt(inner)), True),
                (np.array(numbers(random, [], x_type), x_type), True),
            ]
            inputs = [(np.asarray(array), fixed) for array, fixed in inputs]
            record(f"matmul-{index}-{x_type.__name__}-{w_type.__name__}", "QLinearMatMul", 10, inputs, {})


def integers(random: np.random.Generator) -> None:
    for index, zero_points in enumerate([False, True]):
        for x_type, w_type in [(np.uint8, np.uint8), (np.uint8, np.int8)]:
            name = f"integer-{index}-{w_type.__name__}"
            points = [(np.array(9, x_type), True), (np.array(-5 if w_type == np.int8 else 5, w_type), True)] if zero_points else []
            x, w = numbers(random, [3, 20], x_type), numbers(random, [20, 6], w_type)
            record(f"matmul-{name}", "MatMulInteger", 10, [(x, False), (w, True), *points], {})
            if w_type == np.uint8:
                x, w = numbers(random, [1, 3, 6, 5], x_type), numbers(random, [4, 3, 3, 3], w_type)
                record(f"conv-{name}", "ConvInteger", 10, [(x, False), (w, True), *points], dict(pads=(1, 1, 1, 1)))


def conversions(random: np.random.Generator) -> None:
    # Many of the quotients are halfway between two integers.
    halves = (np.arange(-300, 300) / 2).astype(np.float32).reshape(2, 3, 100)
    for dtype in (np.uint8, np.int8):
        for scale in (1.0, 0.1, 3.0):
            point = np.array(5, dtype)
            name = f"{dtype.__name__}-{scale}"
            inputs = [(halves * np.float32(scale), False), (np.array(scale, np.float32), True), (point, True)]
            record(f"quantize-{name}", "QuantizeLinear", 13, inputs, {})
        scales = random.uniform(0.01, 0.1, 3).astype(np.float32)
        points = numbers(random, [3], dtype)
        inputs = [(random.standard_normal((2, 3, 20)).astype(np.float32), False), (scales, True), (points, True)]
        record(f"quantize-{dtype.__name__}-channels", "QuantizeLinear", 13, inputs, dict(axis=1))
        bytes_ = numbers(random, [2, 3, 50], dtype)
        record(f"dequantize-{dtype.__name__}-channels", "DequantizeLinear", 13, [(bytes_, False), (scales, True), (points, True)], dict(axis=1))
        inputs = [(bytes_, False), (np.array(0.037, np.float32), True), (np.array(7, dtype), True)]
        record(f"dequantize-{dtype.__name__}", "DequantizeLinear", 13, inputs, {})
    for index in range(3):
        x = (random.standard_normal((4, 9)) * 10**index + index).astype(np.float32)
        record(f"dynamic-{index}", "DynamicQuantizeLinear", 11, [(x, False)], {}, outputs=3)


def main() -> None:
    shutil.rmtree(OUTPUT, ignore_errors=True)
    random = np.random.default_rng(SEED)
    convolutions(random)
    products(random)
    integers(random)
    conversions(random)
    (OUTPUT / "README.md").write_text(
        f"Small models of one quantized operator each, with random numbers (seed {SEED}), and what ONNX Runtime {ort.__version__} makes of\n"
        "them: recorded by `tools/record-quantized.py` for this project, and under its licence.\n"
    )


if __name__ == "__main__":
    main()
