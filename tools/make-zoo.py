#!/usr/bin/env python3
"""Creates five networks from the light networks in the PyPI package onnx, with parameters that
reveal errors.

    python=$(tools/python-environment.sh)
    $python tools/make-zoo.py .build/zoo

In a light network, every large weight tensor is constant, so the output does not depend on what
happens inside. Here every parameter is drawn from a seeded generator: weights as in He et al.
(arXiv 1502.01852, section 2.2), scales uniform in [0.5, 1.5), biases normal with a standard
deviation of 0.1. The statistics of a batch normalization are those of its input. The batch
dimension becomes the symbol N, and a final Softmax is removed, so that the output is logits.
Operators, their order, the opset and the names of values are kept.

The files are the same, bit for bit, on every machine. NumPy's PCG64 and the versions in
requirements-tests.txt are fixed. Statistics are computed in double precision and kept with 12
significant bits, so that the order of additions, which changes them by some 1e-15, has no effect.
(Tested with AVX2 and AVX-512 disabled in NumPy and OpenBLAS.) `fetch-zoo.sh` compares them with
`zoo.sha256`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Callable

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import helper, numpy_helper

from split_mix_64 import random_input

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
# The light networks with less than 60 MB of weights, each with the seed of its parameters.
NETWORKS = {"densenet121": 1, "inception_v1": 2, "inception_v2": 3, "shufflenet": 4, "squeezenet": 5}
BATCH = "N"
CALIBRATION_SEED = 1000
CALIBRATION_BATCH = 2
STATISTICS_BITS = 12


def attributes(node: onnx.NodeProto) -> dict:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


# Parameters


def draw(random: np.random.Generator, node: onnx.NodeProto, position: int, shape: tuple[int, ...]) -> np.ndarray:
    """A parameter for the input of `node` at `position`."""
    match node.op_type, position:
        case "Conv", 1:
            values = random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
        case "Gemm", 1:
            if not attributes(node).get("transB"):
                raise SystemExit(f"{node.output[0]}: a Gemm whose weights are not transposed")
            values = random.standard_normal(shape) * np.sqrt(2 / shape[-1])
        case ("BatchNormalization" | "Mul"), 1:
            values = random.uniform(0.5, 1.5, shape)
        case (("Conv" | "Gemm" | "BatchNormalization"), 2) | ("Add", 1):
            values = random.standard_normal(shape) * 0.1
        case "BatchNormalization", (3 | 4):
            values = np.full(shape, np.nan)  # until it is measured
        case _:
            raise SystemExit(f"{node.output[0]}: a {node.op_type} with a parameter at position {position}")
    return values.astype(np.float32)


def redraw_parameters(graph: onnx.GraphProto, random: np.random.Generator) -> None:
    """Replaces every float parameter, stored or from a ConstantOfShape, by an initializer."""
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    shapes = {name: array.shape for name, array in stored.items() if array.dtype == np.float32}
    source = {name: name for name in shapes}
    for node in graph.node:
        if node.op_type == "ConstantOfShape":
            shapes[node.output[0]] = tuple(stored[node.input[0]])
            source[node.output[0]] = node.output[0]
        elif node.op_type in ("Unsqueeze", "Reshape") and node.input[0] in source:
            source[node.output[0]] = source[node.input[0]]
    drawn: dict[str, np.ndarray] = {}
    for node in graph.node:
        if node.op_type in ("Unsqueeze", "Reshape"):
            continue
        for position, name in enumerate(node.input):
            parameter = source.get(name)
            if parameter is not None and parameter not in drawn:
                drawn[parameter] = draw(random, node, position, shapes[parameter])
    nodes = [node for node in graph.node if node.op_type != "ConstantOfShape"]
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used and tensor.name not in drawn]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*kept, *(numpy_helper.from_array(array, name) for name, array in drawn.items())])


# The network around them


def replace_initializer(graph: onnx.GraphProto, name: str, array: np.ndarray) -> None:
    tensor = next(tensor for tensor in graph.initializer if tensor.name == name)
    tensor.CopyFrom(numpy_helper.from_array(array, name))


def keep_only_data_inputs(model: onnx.ModelProto) -> None:
    """Removes initializers from the inputs, which IR version 4 allows, so that they are constants.
    """
    initializers = {tensor.name for tensor in model.graph.initializer}
    constants = {output for node in model.graph.node for output in node.output} | initializers
    used = {name for node in model.graph.node for name in node.input} - constants
    inputs = [value for value in model.graph.input if value.name in used]
    if len(inputs) != 1:
        raise SystemExit(f"{model.graph.name} has {len(inputs)} inputs")
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = 4


def free_batch(graph: onnx.GraphProto) -> None:
    """Gives inputs and outputs the batch dimension N. A Reshape of data to [1, …] keeps the batch
    of its input (0)."""
    for value in (graph.input[0], graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    initializers = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[0] not in initializers:
            target = initializers[node.input[1]].copy()
            if target[0] != 1:
                raise SystemExit(f"{node.output[0]}: a Reshape to {target.tolist()}")
            target[0] = 0
            replace_initializer(graph, node.input[1], target)


def end_at_logits(graph: onnx.GraphProto) -> None:
    """Removes a final Softmax. The output keeps its name."""
    last = graph.node[-1]
    if last.op_type != "Softmax":
        return
    output = last.output[0]
    producer = next(node for node in graph.node if last.input[0] in node.output)
    producer.output[0] = output
    graph.node.remove(last)


# Statistics, measured in double precision


def windows(x: np.ndarray, node: onnx.NodeProto, padding: float) -> np.ndarray:
    """[N, C, H, W, kernel height, kernel width] of [N, C, H, W]."""
    options = attributes(node)
    top, left, bottom, right = options.get("pads", [0, 0, 0, 0])
    rows, columns = options.get("strides", [1, 1])
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=padding)
    return sliding_window_view(padded, options["kernel_shape"], axis=(2, 3))[:, :, ::rows, ::columns]


def convolve(node: onnx.NodeProto, x: np.ndarray, weights: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    groups = attributes(node).get("group", 1)
    patches = windows(x, node, 0)
    pieces = [
        np.einsum("nchwij,ocij->nohw", part, filters, optimize=True)
        for part, filters in zip(np.split(patches, groups, axis=1), np.split(weights, groups))
    ]
    y = np.concatenate(pieces, axis=1)
    return y if bias is None else y + bias[:, np.newaxis, np.newaxis]


def average(node: onnx.NodeProto, x: np.ndarray) -> np.ndarray:
    """The average over existing elements, as count_include_pad = 0 means."""
    return np.nanmean(windows(x, node, np.nan), axis=(4, 5))


def reshape(node: onnx.NodeProto, x: np.ndarray, shape: np.ndarray) -> np.ndarray:
    return x.reshape([x.shape[axis] if size == 0 else size for axis, size in enumerate(shape.astype(int))])


FORWARD: dict[str, Callable[..., np.ndarray]] = {
    "Add": lambda node, a, b: a + b,
    "AveragePool": average,
    "Concat": lambda node, *parts: np.concatenate(parts, axis=attributes(node)["axis"]),
    "Conv": convolve,
    "MaxPool": lambda node, x: windows(x, node, -np.inf).max(axis=(4, 5)),
    "Mul": lambda node, a, b: a * b,
    "Relu": lambda node, x: np.maximum(x, 0),
    "Reshape": reshape,
    "Sum": lambda node, *terms: sum(terms[1:], terms[0]),
    "Transpose": lambda node, x: x.transpose(attributes(node)["perm"]),
    "Unsqueeze": lambda node, x: np.expand_dims(x, tuple(attributes(node)["axes"])),
}


def rounded(values: np.ndarray) -> np.ndarray:
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(np.ldexp(mantissa, STATISTICS_BITS)), exponent - STATISTICS_BITS)


def measure_statistics(graph: onnx.GraphProto) -> None:
    """Gives every batch normalization the statistics of its own input, in one pass from the first
    node."""
    last = max((i for i, node in enumerate(graph.node) if node.op_type == "BatchNormalization"), default=-1)
    last_use = {name: i for i, node in enumerate(graph.node) for name in node.input}
    values = {tensor.name: numpy_helper.to_array(tensor).astype(np.float64) for tensor in graph.initializer}
    sizes = [dimension.dim_value for dimension in graph.input[0].type.tensor_type.shape.dim[1:]]
    values[graph.input[0].name] = random_input(CALIBRATION_SEED, (CALIBRATION_BATCH, *sizes)).astype(np.float64)
    for i, node in enumerate(graph.node[: last + 1]):
        operands = [values[name] for name in node.input]
        if node.op_type == "BatchNormalization":
            x, scale, bias = operands[:3]
            mean, variance = rounded(x.mean(axis=(0, 2, 3))), rounded(x.var(axis=(0, 2, 3)))
            for name, statistic in zip(node.input[3:], (mean, variance)):
                replace_initializer(graph, name, statistic.astype(np.float32))
            factor = scale / np.sqrt(variance + attributes(node).get("epsilon", 1e-5))
            offset = bias - mean * factor
            result = x * factor[:, np.newaxis, np.newaxis] + offset[:, np.newaxis, np.newaxis]
        else:
            result = FORWARD[node.op_type](node, *operands)
        values[node.output[0]] = result
        for name in set(node.input):
            if last_use[name] == i:
                del values[name]


def make(network: str) -> bytes:
    model = onnx.load(LIGHT / f"light_{network}.onnx")
    redraw_parameters(model.graph, np.random.Generator(np.random.PCG64(NETWORKS[network])))
    keep_only_data_inputs(model)
    free_batch(model.graph)
    end_at_logits(model.graph)
    measure_statistics(model.graph)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the output folder")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for network in NETWORKS:
        (arguments.folder / f"{network}.onnx").write_bytes(make(network))


if __name__ == "__main__":
    main()
