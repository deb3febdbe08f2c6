#!/usr/bin/env python3
"""Writes the repository of models in Tests/Models that the tests of the server use: small, with results that can be written down.

    $(tools/python-environment.sh) Server/tools/make-test-models.py
"""

import pathlib
import shutil

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Models"

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
    target = FOLDER / path
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


if __name__ == "__main__":
    main()
