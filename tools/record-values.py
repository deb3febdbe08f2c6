#!/usr/bin/env python3
"""Writes the results of ONNX Runtime or OpenVINO for every value of a model, for `infold compare
MODEL --recorded FOLDER`.

    record-values.py MODEL FOLDER [--input NAME=FILE.npy]... [--seed 1] [--runtime onnxruntime|openvino] [--optimize]

Each numeric tensor, including inputs and outputs, is written to NAME.npy, with / and : of the name
replaced by _. Inputs without a file are random. Without --optimize, ONNX Runtime runs the nodes of
the model unchanged. OpenVINO always rewrites the model, but provides all requested values.
"""

import argparse
import pathlib

import numpy as np
import onnx


def every_value_returned(model):
    """The model with the outputs of all nodes as outputs, and their names."""
    inferred = onnx.shape_inference.infer_shapes(model)
    known = {value.name: value for value in inferred.graph.value_info}
    outputs = [value.name for value in model.graph.output]
    for node in model.graph.node:
        for name in node.output:
            if not name or name in outputs:
                continue
            outputs.append(name)
            model.graph.output.append(known.get(name) or onnx.helper.make_empty_tensor_value_info(name))
    return model, outputs


def random_inputs(model, given, seed):
    generator = np.random.default_rng(seed)
    initializers = {tensor.name for tensor in model.graph.initializer}
    inputs = {}
    for value in model.graph.input:
        if value.name in initializers:
            continue
        if value.name in given:
            inputs[value.name] = np.load(given[value.name])
            continue
        tensor = value.type.tensor_type
        sizes = [max(dimension.dim_value, 1) for dimension in tensor.shape.dim]
        kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        if np.issubdtype(kind, np.floating):
            inputs[value.name] = generator.standard_normal(sizes).astype(kind)
        else:
            inputs[value.name] = generator.integers(0, 2, sizes).astype(kind)
    return inputs


def run_onnx_runtime(model, outputs, inputs, optimize):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimize else levels.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(outputs, session.run(outputs, inputs)))


def run_openvino(model, outputs, inputs):
    import openvino

    core = openvino.Core()
    network = core.read_model(model.SerializeToString())
    compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = compiled(inputs)
    values = {}
    for output in compiled.outputs:
        for name in output.get_names():
            if name in outputs:
                values[name] = results[output]
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--input", action="append", default=[], metavar="NAME=FILE.npy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runtime", choices=["onnxruntime", "openvino"], default="onnxruntime")
    parser.add_argument("--optimize", action="store_true", help="let ONNX Runtime fuse what it can")
    arguments = parser.parse_args()

    model = onnx.load(arguments.model)
    inputs = random_inputs(model, dict(text.rsplit("=", 1) for text in arguments.input), arguments.seed)
    model, outputs = every_value_returned(model)
    if arguments.runtime == "openvino":
        values = run_openvino(model, outputs, inputs)
    else:
        values = run_onnx_runtime(model, outputs, inputs, arguments.optimize)

    arguments.folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, value in {**inputs, **values}.items():
        if isinstance(value, np.ndarray) and value.dtype != object:
            np.save(arguments.folder / (name.replace("/", "_").replace(":", "_") + ".npy"), value)
            count += 1
    print(f"{count} values written to {arguments.folder}")


if __name__ == "__main__":
    main()
