#!/usr/bin/env python3
"""Writes the repository of models in Tests/Models that the tests of the server use: small, with results that can be written down. And
Tests/Load/work.onnx, which takes about a millisecond, for check-server-load.py.

    $(tools/python-environment.sh) Server/tools/make-test-models.py
"""

import pathlib
import shutil

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Models"
WORK = FOLDER.parent / "Load" / "work.onnx"

# The names that the Open Inference Protocol has for element types.
TYPES = {
    "BOOL": TensorProto.BOOL,
    "UINT8": TensorProto.UINT8,
    "UINT16": TensorProto.UINT16,
    "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64,
    "INT8": TensorProto.INT8,
    "INT16": TensorProto.INT16,
    "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64,
    "FP16": TensorProto.FLOAT16,
    "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE,
    "BF16": TensorProto.BFLOAT16,
}


def value(name, shape, element=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, element, shape)


def write(path, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, "test", inputs, outputs, list(initializers))
    model = helper.make_model(graph, producer_name="infold-tests", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    target = FOLDER / path  # which may be absolute
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, target)


def main():
    if FOLDER.exists():
        shutil.rmtree(FOLDER)

    # Sum and difference of two matrices: two inputs, two outputs, requests that may be put together.
    write(
        "add/1/model.onnx",
        [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])],
        [value("a", ["n", 3]), value("b", ["n", 3])],
        [value("sum", ["n", 3]), value("difference", ["n", 3])],
    )

    # What comes in goes out: one model for each type of elements.
    for name, element in TYPES.items():
        write(
            f"echo_{name.lower()}/1/model.onnx",
            [helper.make_node("Identity", ["x"], ["y"])],
            [value("x", ["n", "m"], element)],
            [value("y", ["n", "m"], element)],
        )

    # The same name in two versions: x · version.
    for version in (1, 2):
        write(
            f"versions/{version}/model.onnx",
            [helper.make_node("Mul", ["x", "factor"], ["y"])],
            [value("x", ["n"])],
            [value("y", ["n"])],
            [numpy_helper.from_array(np.float32(version).reshape(1), "factor")],
        )
    (FOLDER / "versions" / "serving.json").write_text('{ "allVersions": true }\n')

    # A file by itself, with an input that may be left out.
    write(
        "scale.onnx",
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        [value("x", ["n"]), value("factor", [1])],
        [value("y", ["n"])],
        [numpy_helper.from_array(np.array([2], np.float32), "factor")],
    )

    # Some sizes fit and others do not, which only a run finds out.
    write(
        "rows/1/model.onnx",
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        [value("x", ["n", "k"])],
        [value("y", ["m", 4])],
        [numpy_helper.from_array(np.array([-1, 4], np.int64), "shape")],
    )

    write_work()


def write_work(channels=64, layers=6):
    """Convolutions whose weights are sines, so that the file has none: requests are put together, and each takes about a millisecond."""
    nodes, initializers = [], []

    def constant(name, array):
        initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    zero, one = constant("zero", np.int64(0)), constant("one", np.int64(1))
    current, inputs = "x", 4
    for layer in range(layers):
        shape = [channels, inputs, 3, 3]
        count = constant(f"count{layer}", np.int64(np.prod(shape)))
        places = node("Cast", [node("Range", [zero, count, one], f"range{layer}")], f"places{layer}", to=TensorProto.FLOAT)
        phases = node("Mul", [places, constant(f"step{layer}", np.float32(1.3 + 0.1 * layer))], f"phases{layer}")
        scale = constant(f"scale{layer}", np.float32((4 / (inputs * 9)) ** 0.5))
        sines = node("Mul", [node("Sin", [phases], f"sines{layer}"), scale], f"scaled{layer}")
        weights = node("Reshape", [sines, constant(f"shape{layer}", np.int64(shape))], f"weights{layer}")
        current = node("Conv", [current, weights], f"sums{layer}", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        current = node("Relu", [current], f"values{layer}")
        inputs = channels
    node("GlobalAveragePool", [current], "y")
    write(WORK, nodes, [value("x", ["n", 4, 16, 16])], [value("y", ["n", channels, 1, 1])], initializers)


if __name__ == "__main__":
    main()
