"""The two runtimes that are compared on networks: the infold command and ONNX Runtime."""
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

BINARY = Path(__file__).resolve().parent.parent / ".build/release/infold"


class Refusal(Exception):
    """The reason why a runtime does not run a model, in its own words."""


class Infold:
    """The infold command, with a time limit."""

    def __init__(self, binary, seconds):
        self.binary, self.seconds = str(binary), seconds

    def call(self, command, model, *options, seconds=None):
        limit = seconds or self.seconds
        try:
            done = subprocess.run(
                [self.binary, command, str(model), *options, "--json"], capture_output=True, text=True, errors="replace", timeout=limit
            )
        except subprocess.TimeoutExpired:
            raise Refusal(f"infold {command} took more than {limit:g} s") from None
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if not line.startswith("infold: warning")]
            raise Refusal(" ".join(" ".join(lines).split())[:600] or f"infold {command} ended with {done.returncode}")
        return json.loads(done.stdout)

    def outputs(self, model, inputs, *options):
        """Arrays by name."""
        with tempfile.TemporaryDirectory() as folder:
            files = input_options(inputs, folder)
            report = self.call("run", model, *files, "--output", folder, *options)
            return {name: np.load(path) for name, path in report["files"].items()}


def input_options(inputs, folder):
    options = []
    for i, (name, array) in enumerate(inputs.items()):
        path = Path(folder) / f"input{i}.npy"
        np.save(path, array)
        options += ["--input", f"{name}={path}"]
    return options


def shape_options(inputs):
    options = []
    for name, array in inputs.items():
        if array.ndim:
            options += ["--shape", f"{name}={'x'.join(map(str, array.shape))}"]
    return options


def with_defaults(model, inputs, folder):
    """The model, or a copy in `folder` with defaults for single numbers, such as a rate, for which
    random values are meaningless."""
    import onnx

    numbers = {name: array for name, array in inputs.items() if not array.ndim}
    if not numbers:
        return model
    copy = onnx.load(model)
    copy.graph.initializer.extend(onnx.numpy_helper.from_array(array, name) for name, array in numbers.items())
    path = Path(folder) / "model.onnx"
    onnx.save(copy, path)
    return path


def session(model, threads, optimized=True):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # has no class of its own
        raise Refusal(" ".join(str(error).split())[:400]) from None


def peer_outputs(model, inputs, threads=1, optimized=True):
    runner = session(model, threads, optimized)
    names = [value.name for value in runner.get_outputs()]
    try:
        return dict(zip(names, runner.run(None, inputs)))
    except Exception as error:  # has no class of its own
        raise Refusal(" ".join(str(error).split())[:400]) from None
