#!/usr/bin/env python3
"""Records the results of ONNX Runtime or OpenVINO for every value of a model, for `infold compare
MODEL --recorded FOLDER`.

    record-values.py MODEL FOLDER [--input NAME=FILE.npy]... [--seed 1] [--samples 256] [--runtime onnxruntime|openvino] [--optimize]

Each value that is a numeric tensor is written to NAME.npy, with _ in place of each / or : in the name.
This includes inputs and outputs. Inputs without a file are noise with the statistics of natural
pictures. Without --optimize, ONNX Runtime runs the nodes of the model unchanged. OpenVINO always
rewrites the graph, but returns all requested values.

A wrong weight can only be found with many numbers, and layers with few outputs, such as those after
the last pooling, give few numbers for each input. So the script runs the model on further random
inputs, and writes the inputs and outputs of these layers to FOLDER/sample-1, sample-2 and so on.
"""

import argparse
import math
import pathlib

import numpy as np
import onnx
from onnx import numpy_helper

# The number of positions of a layer's output that is enough for the comparison.
POSITIONS = 1024


def every_value_returned(model):
    """Adds the outputs of all nodes to the outputs of the model. Returns the model and all output names."""
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


def natural_noise(generator, sizes):
    """Returns noise of random contrast, sharpness, saturation and channel means."""
    noise = np.zeros(sizes)
    axes = range(2, len(sizes))
    step = 1
    gray = generator.uniform()
    while axes and step <= max(sizes[2:]):
        coarse = generator.standard_normal([*sizes[:2], *(-(-sizes[axis] // step) for axis in axes)])
        coarse = gray * math.sqrt(sizes[1]) * coarse.mean(1, keepdims=True) + (1 - gray) * coarse
        for axis in axes:
            coarse = np.repeat(coarse, step, axis).take(range(sizes[axis]), axis)
        noise += np.exp(generator.standard_normal()) * coarse
        step *= 2
    if not axes:
        noise = generator.standard_normal(sizes)
    noise *= np.exp(0.5 * generator.standard_normal()) / max(noise.std(), 1e-6)
    return noise + 0.5 * generator.standard_normal([*sizes[:2], *(1 for _ in axes)])


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
            inputs[value.name] = natural_noise(generator, sizes).astype(kind)
        else:
            inputs[value.name] = generator.integers(0, 2, sizes).astype(kind)
    return inputs


def layers(model):
    """Yields the input, the output and the number of output channels of each layer with a constant weight."""
    constants = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t).shape
    for node in model.graph.node:
        if node.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul") or node.input[1] not in constants:
            continue
        shape = constants[node.input[1]]
        numbers = {attribute.name: attribute.i for attribute in node.attribute}
        if node.op_type == "Conv" or numbers.get("transB"):
            channels = shape[0]
        else:
            channels = shape[-1 if node.op_type != "ConvTranspose" else 1] * numbers.get("group", 1)
        yield node.input[0], node.output[0], max(channels, 1)


def values_of_sample(model, first, number):
    """Returns the names of the values to record for a further sample, given the values of the first one."""
    names = set()
    for read, made, channels in layers(model):
        if made in first and number < math.ceil(POSITIONS * channels / max(first[made].size, 1)):
            names |= {read, made}
    return names


class OnnxRuntime:
    def __init__(self, model, outputs, optimize):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        levels = onnxruntime.GraphOptimizationLevel
        options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimize else levels.ORT_DISABLE_ALL
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.outputs = outputs

    def run(self, inputs):
        return dict(zip(self.outputs, self.session.run(self.outputs, inputs)))


class OpenVINO:
    def __init__(self, model, outputs):
        import openvino

        core = openvino.Core()
        network = core.read_model(model.SerializeToString())
        # Without this hint, OpenVINO computes in bfloat16 on processors that support it.
        self.compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self.outputs = set(outputs)

    def run(self, inputs):
        results = self.compiled(inputs)
        return {
            name: np.array(results[output])
            for output in self.compiled.outputs for name in output.get_names() if name in self.outputs}


def file_name(value):
    """Returns the name of the file with a value."""
    return value.replace("/", "_").replace(":", "_") + ".npy"


def write(folder, values):
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        if isinstance(value, np.ndarray) and value.dtype != object:
            np.save(folder / file_name(name), value)


def record(model, folder, runtime="onnxruntime", given={}, seed=1, samples=256, optimize=False):
    """Records a model's values in `folder`. Returns those of the first sample."""
    inputs = random_inputs(model, given, seed)
    complete = onnx.ModelProto()
    complete.CopyFrom(model)
    complete, outputs = every_value_returned(complete)
    engine = OpenVINO(complete, outputs) if runtime == "openvino" else OnnxRuntime(complete, outputs, optimize)
    first = {**inputs, **engine.run(inputs)}
    write(folder, first)
    for number in range(1, samples):
        names = values_of_sample(model, first, number)
        inputs = random_inputs(model, {}, seed + number)
        if not names or any(inputs[name].shape != first[name].shape for name in inputs):
            break
        values = {**inputs, **engine.run(inputs)}
        write(folder / f"sample-{number}", {name: values[name] for name in names if name in values})
    return first


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--input", action="append", default=[], metavar="NAME=FILE.npy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=256, help="number of inputs to run the model on")
    parser.add_argument("--runtime", choices=["onnxruntime", "openvino"], default="onnxruntime")
    parser.add_argument("--optimize", action="store_true", help="enable all graph optimizations of ONNX Runtime")
    arguments = parser.parse_args()
    given = dict(text.rsplit("=", 1) for text in arguments.input)
    values = record(
        onnx.load(arguments.model), arguments.folder, arguments.runtime, given, arguments.seed, arguments.samples,
        arguments.optimize)
    print(f"{len(values)} values written to {arguments.folder}")


if __name__ == "__main__":
    main()
