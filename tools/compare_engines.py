"""The runtimes that compare-runtimes.py compares: how each prepares a model."""
import subprocess
import sys
import tempfile
from pathlib import Path

# What the models of the repository leave open beside the batch.
SHAPES = {"ppocr-cls": (1, 3, 48, 192), "ppocr-det": (1, 3, 640, 640), "ppocr-rec": (1, 3, 48, 320)}


class Model:
    """A model with the shape of its first input."""

    def __init__(self, argument):
        import onnx

        path, _, shape = argument.partition("@")
        self.path = Path(path)
        self.name = self.path.stem
        graph = onnx.load(self.path, load_external_data=False).graph
        constants = {tensor.name for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in constants]
        if len(inputs) != 1:
            raise SystemExit(f"{path} has {len(inputs)} inputs; only models with one are compared")
        self.input = inputs[0].name
        self.outputs = [value.name for value in graph.output]
        if shape:
            self.shape = tuple(int(size) for size in shape.split("x"))
        elif self.name in SHAPES:
            self.shape = SHAPES[self.name]
        else:
            sizes = [dimension.dim_value for dimension in inputs[0].type.tensor_type.shape.dim]
            self.shape = (sizes[0] or 1, *sizes[1:])
            if 0 in self.shape:
                raise SystemExit(f"{path} leaves open the shape of its input: write {path}@1x3x224x224")

    @property
    def shape_text(self):
        return "x".join(map(str, self.shape))

    @property
    def argument(self):
        return f"{self.path}@{self.shape_text}"

    def tensor(self):
        import numpy as np

        return np.random.default_rng(0).uniform(-1, 1, self.shape).astype(np.float32)


# The other runtimes: functions that prepare a model, and return one that runs it once and returns its first output.


def prepare_onnxruntime(model, tensor, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(model.path), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(model.outputs[:1], {model.input: tensor})[0]


def prepare_openvino(model, tensor, threads):
    import openvino

    core = openvino.Core()
    network = core.read_model(model.path)
    network.reshape({network.inputs[0]: list(model.shape)})
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = core.compile_model(network, "CPU", settings)
    request = compiled.create_infer_request()
    return lambda: request.infer({0: tensor})[compiled.outputs[0]]


def prepare_mnn(model, tensor, threads):
    import MNN.expr
    import MNN.nn

    with tempfile.TemporaryDirectory() as folder:
        converted = f"{folder}/model.mnn"
        convert = [Path(sys.executable).parent / "mnnconvert", "-f", "ONNX", "--modelFile", model.path]
        convert += ["--MNNModel", converted, "--bizCode", "compare"]
        subprocess.run(convert, stdout=subprocess.DEVNULL, check=True)
        settings = {"backend": 0, "numThread": threads, "precision": "high"}
        runtime = MNN.nn.create_runtime_manager((settings,))
        network = MNN.nn.load_module_from_file(
            converted, [model.input], model.outputs, runtime_manager=runtime
        )
    variable = MNN.expr.const(tensor, list(model.shape), MNN.expr.NCHW)

    def run(runtime=runtime):  # which has to live as long as the network
        output = network.forward([variable])[0]
        if output.data_format == MNN.expr.NC4HW4:
            output = MNN.expr.convert(output, MNN.expr.NCHW)
        return output.read()

    return run


def prepare_tract(model, tensor, threads):
    import tract

    if threads > 1:
        raise RuntimeError("tract's Python package has no setting for threads: it is timed with one only")
    with tempfile.TemporaryDirectory() as folder:
        network = tract.onnx().load(with_fixed_shape(model, f"{folder}/model.onnx"))
    network.set_input_fact(0, ",".join(map(str, model.shape)) + ",f32")
    runnable = tract.runtime_for_name("default").prepare(network.into_model())
    return lambda: runnable.run([tensor])[0].to_numpy()


def with_fixed_shape(model, path):
    """The path of a copy that declares no open sizes, which tract does not unify with those it is given."""
    import onnx

    copy = onnx.load(model.path)
    del copy.graph.value_info[:]
    for value in copy.graph.output:
        value.type.tensor_type.ClearField("shape")
    for value in copy.graph.input:
        if value.name == model.input:
            for dimension, size in zip(value.type.tensor_type.shape.dim, model.shape):
                dimension.dim_value = size
    onnx.save(copy, path)
    return path


def prepare_opencv(model, tensor, threads):
    import cv2

    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromONNX(str(model.path))

    def run():
        network.setInput(tensor)
        return network.forward(model.outputs[0])

    return run
