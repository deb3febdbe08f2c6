"""The runtimes that compare-runtimes.py compares, and how each prepares a model."""
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

# The package of each runtime, by the name of the option, which is also that of its function below.
PACKAGES = {
    "onnxruntime": "onnxruntime",
    "openvino": "openvino",
    "mnn": "MNN",
    "ncnn": "ncnn",
    "tract": "tract",
    "opencv": "opencv-python-headless",
}

# Functions that prepare a model, and return a function that runs it once and returns its first
# output.


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


def prepare_ncnn(model, tensor, threads):
    import ncnn
    import numpy as np

    if model.shape[0] != 1:
        raise RuntimeError("ncnn does not support batches")
    network = ncnn.Net()
    network.opt.num_threads = threads
    for option in dir(network.opt):
        if option.startswith(("use_fp16_", "use_bf16_", "use_int8_")):
            setattr(network.opt, option, False)
    with tempfile.TemporaryDirectory() as folder:
        model.write_with_fixed_shape(f"{folder}/model.onnx")
        shape = ",".join(map(str, model.shape))
        convert = [pnnx_program(), "model.onnx", f"inputshape=[{shape}]", "fp16=0"]
        subprocess.run(convert, cwd=folder, stdout=subprocess.DEVNULL, check=True)
        if network.load_param(f"{folder}/model.ncnn.param") or network.load_model(f"{folder}/model.ncnn.bin"):
            raise RuntimeError("ncnn does not load the output of pnnx")
    source, sink = network.input_names()[0], network.output_names()[0]
    image = ncnn.Mat(tensor[0])

    def run():
        extractor = network.create_extractor()
        extractor.input(source, image)
        status, output = extractor.extract(sink)
        if status:
            raise RuntimeError(f"ncnn stops with {status}")
        return np.array(output)

    return run


def pnnx_program():
    """The converter to the format of ncnn, a program in a package that would import much more."""
    package = importlib.util.find_spec("pnnx")
    if package is None:
        raise RuntimeError("the package pnnx, which converts models for ncnn, is missing")
    return Path(package.submodule_search_locations[0]) / "pnnx"


def prepare_tract(model, tensor, threads):
    import tract

    if threads > 1:
        raise RuntimeError("tract's Python package cannot set the number of threads: it is timed with one only")
    with tempfile.TemporaryDirectory() as folder:
        model.write_with_fixed_shape(f"{folder}/model.onnx")
        network = tract.onnx().load(f"{folder}/model.onnx")
    network.set_input_fact(0, ",".join(map(str, model.shape)) + ",f32")
    runnable = tract.runtime_for_name("default").prepare(network.into_model())
    return lambda: runnable.run([tensor])[0].to_numpy()


def prepare_opencv(model, tensor, threads):
    import cv2

    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromONNX(str(model.path))

    def run():
        network.setInput(tensor)
        return network.forward(model.outputs[0])

    return run
