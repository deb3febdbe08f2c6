#!/usr/bin/env python3
"""Checks `infold validate --folded` with files from other tools.

  tools/check-foreign-folds.py INFOLD MODEL...

ONNX Runtime's optimizer (levels basic and extended) folds each model, and so do onnxsim and
onnxoptimizer if they are installed. `infold validate` must pass each file, and must find each error
that the tool plants in it: an omitted epsilon, two swapped channels, a dropped bias, a weight that is
wrong by one part in a thousand. Prints one line per file. The exit code is 1 if an answer is wrong.
"""

import os
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import numpy_helper


def by_onnxruntime(path, target, level):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, "ORT_ENABLE_" + level.upper())
    options.optimized_model_filepath = target
    options.log_severity_level = 3
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def by_onnxsim(path, target):
    import onnxsim

    model, _ = onnxsim.simplify(onnx.load(path))
    onnx.save(model, target)


def by_onnxoptimizer(path, target):
    import onnxoptimizer

    passes = [
        "fuse_bn_into_conv", "fuse_add_bias_into_conv", "fuse_pad_into_conv", "eliminate_identity", "eliminate_nop_dropout",
        "eliminate_unused_initializer", "fuse_matmul_add_bias_into_gemm",
    ]
    model = onnx.load(path)
    known = {value.name for value in model.graph.input}
    if model.ir_version < 4:
        # The tool folds only initializers that are listed among the inputs.
        for tensor in model.graph.initializer:
            if tensor.name not in known:
                model.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    available = set(onnxoptimizer.get_available_passes())
    onnx.save(onnxoptimizer.optimize(model, [name for name in passes if name in available]), target)


TOOLS = [
    ("onnxruntime basic", lambda path, target: by_onnxruntime(path, target, "basic")),
    ("onnxruntime extended", lambda path, target: by_onnxruntime(path, target, "extended")),
    ("onnxsim", by_onnxsim),
    ("onnxoptimizer", by_onnxoptimizer),
]


def convolutions(model):
    """The convolutions with constant weights and biases, as their nodes and tensors."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    found = []
    for node in model.graph.node:
        if node.op_type in ("Conv", "FusedConv") and len(node.input) > 2 and node.input[1] in constants:
            if node.input[2] in constants and constants[node.input[1]].dims[0] > 3:
                found.append((node, constants[node.input[1]], constants[node.input[2]]))
    return found


def set_numbers(tensor, numbers):
    tensor.CopyFrom(numpy_helper.from_array(numbers.astype(numpy_helper.to_array(tensor).dtype), tensor.name))


def omitted_epsilon(weight, bias):
    # The weights of a channel whose variance is 20 times epsilon, without epsilon.
    numbers = numpy_helper.to_array(weight).copy()
    numbers[1] *= 1.0247
    set_numbers(weight, numbers)


def swapped_channels(weight, bias):
    for tensor in (weight, bias):
        numbers = numpy_helper.to_array(tensor).copy()
        numbers[[0, 2]] = numbers[[2, 0]]
        set_numbers(tensor, numbers)


def dropped_bias(weight, bias):
    numbers = numpy_helper.to_array(bias).copy()
    numbers[:] = 0
    set_numbers(bias, numbers)


def small_error(weight, bias):
    numbers = numpy_helper.to_array(weight).copy()
    place = int(numpy.argmax(numpy.abs(numbers)))
    numbers.flat[place] *= 1.001
    set_numbers(weight, numbers)


ERRORS = [omitted_epsilon, swapped_channels, dropped_bias, small_error]


def validate(infold, model, file):
    command = [infold, "validate", model, "--folded", file, "--samples", "1", "--precision", "fast"]
    shape = os.environ.get("SHAPE_" + os.path.basename(model)[:-5].replace("-", "_"))
    if shape:
        command += ["--shape", shape]
    result = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
    return result.returncode, lines


def main():
    infold, wrong = sys.argv[1], 0
    for model in sys.argv[2:]:
        with tempfile.TemporaryDirectory() as folder:
            for tool, fold in TOOLS:
                file = os.path.join(folder, "folded.onnx")
                try:
                    fold(model, file)
                except Exception as error:  # The tool is not installed, or rejects the model.
                    print(f"{os.path.basename(model)}, {tool}: left out, {str(error).splitlines()[0][:100]}", flush=True)
                    continue
                status, lines = validate(infold, model, file)
                matched = next((line.strip() for line in lines if line.startswith("operators with weights")), "")
                print(f"{os.path.basename(model)}, {tool}: {'passed' if status == 0 else f'WRONG ({status})'}  {matched}", flush=True)
                if status != 0:
                    wrong += 1
                    print("    " + "\n    ".join(lines[-12:]), flush=True)
                    continue
                for error in ERRORS:
                    changed = onnx.load(file)
                    sites = convolutions(changed)
                    if not sites:
                        continue
                    node, weight, bias = sites[len(sites) // 2]
                    if error is dropped_bias and not numpy_helper.to_array(bias).any():
                        continue
                    error(weight, bias)
                    planted = os.path.join(folder, "planted.onnx")
                    onnx.save(changed, planted)
                    status, lines = validate(infold, model, planted)
                    if status != 1:
                        wrong += 1
                        print(f"    {error.__name__} in {node.name or node.output[0]}: NOT FOUND ({status})", flush=True)
                        print("      " + "\n      ".join(lines[-8:]), flush=True)
                    else:
                        print(f"    {error.__name__}: found", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
