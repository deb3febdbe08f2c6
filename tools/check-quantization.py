#!/usr/bin/env python3
"""Checks quantized models with an independent runtime: runs the results of `infold quantize` in ONNX
Runtime, and those of `quantize_static` in Infold.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    swift build -c release --product infold
    .venv/bin/python tools/check-quantization.py [MODEL.onnx ...]

Quantizes each classifier (by default EfficientNet-Lite0) with `infold quantize`, with and without samples, and with ONNX Runtime's
quantize_static on the same samples, and runs each result in both runtimes. The check passes if

- ONNX's checker accepts the file,
- both runtimes have the same best class on every committed picture, and on at least 99 % of the crops (random squares of two of these
  pictures), and
- ONNX Runtime computes every convolution of Infold's files with integers.

It also prints how often the best class equals that of the float model.

For a model without a sidecar, pictures are normalized with the usual ImageNet statistics.
"""

from __future__ import annotations

import argparse
import collections
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import version_converter
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

from split_mix_64 import split_mix_64

ROOT = Path(__file__).resolve().parent.parent
recording = importlib.import_module("record-expectations")

FIXTURES = ROOT / "Tests" / "InfoldImageTests" / "Fixtures"
PICTURES = [
    *sorted((ROOT / "Models" / "images").glob("*.png")), FIXTURES / "resize" / "color.png", FIXTURES / "decoding" / "rgb.png",
    FIXTURES / "decoding" / "rgb.jpg", *sorted((ROOT / "Tests" / "Recorded" / "ppocr").glob("*.png"))]
CALIBRATION_SEED, EVALUATION_SEED = 1, 2
CALIBRATION_COUNT = 32
LEAST_SHARE = 0.99
IMAGENET = {"mean": [123.675, 116.28, 103.53], "standardDeviation": [58.395, 57.12, 57.375]}


def description(path: Path, shape: tuple[int, ...]) -> dict:
    sidecar = path.with_suffix(".json")
    if sidecar.exists():
        return json.loads(sidecar.read_text())
    return {"size": list(shape[2:]), "cropFraction": 1, "filter": "bicubic"} | IMAGENET


def crops(seed: int, count: int, how: dict) -> list[np.ndarray]:
    """Returns random squares with 40 to 100 % of the shorter side of a natural picture."""
    pictures = [Image.open(path).convert("RGB") for path in PICTURES[:2]]
    numbers = iter(split_mix_64(seed, 3 * count).astype(np.float64) / 2**64)
    height, width = how["size"]
    tensors = []
    for index in range(count):
        picture = pictures[index % len(pictures)]
        side = int(min(picture.size) * (0.4 + 0.6 * next(numbers)))
        left, top = (int((length - side) * next(numbers)) for length in picture.size)
        crop = picture.crop((left, top, left + side, top + side)).resize((width, height), Image.Resampling.BICUBIC)
        tensors.append(recording.normalized(crop, how))
    return tensors


class Samples(CalibrationDataReader):
    def __init__(self, name: str, tensors: list[np.ndarray]):
        self.rest = iter([{name: tensor} for tensor in tensors])

    def get_next(self):
        return next(self.rest, None)


def quantize_by_infold(infold: Path, path: Path, tensors: list[np.ndarray], folder: Path, options: list[str]) -> Path:
    samples, output = folder / "samples", folder / f"{path.stem}.infold.onnx"
    samples.mkdir(exist_ok=True)
    for index, tensor in enumerate(tensors):
        np.save(samples / f"{index:04}.npy", tensor)
    command = [infold, "quantize", path, *(["--inputs", samples] if tensors else []), "-o", output, "--json", *options]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    worst = min((float(value["sqnr"]), value["name"]) for value in report["values"] if "sqnr" in value)
    outputs = ", ".join(f"{output['name']} {float(output['sqnr']):.1f} dB" for output in report["outputs"])
    print(
        f"  infold quantize: {report['quantizedNodes']} nodes, {report['bytesBefore']} -> {report['bytesAfter']} bytes, "
        f"SQNR of outputs: {outputs}; least {worst[0]:.1f} dB ({worst[1]})")
    return output


def quantize_by_onnxruntime(path: Path, name: str, tensors: list[np.ndarray], folder: Path) -> Path:
    prepared, output = folder / "prepared.onnx", folder / f"{path.stem}.static.onnx"
    model = onnx.load(path)
    if model.opset_import[0].version < 13:
        model = version_converter.convert_version(model, 13)
    model.ir_version = max(model.ir_version, 7)
    onnx.save(model, prepared)
    quant_pre_process(prepared, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared, output, Samples(name, tensors), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    return output


def run_onnxruntime(path: Path, name: str, tensors: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(folder / "optimized.onnx")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return [session.run(None, {name: tensor})[0] for tensor in tensors]


def run_infold(infold: Path, path: Path, name: str, tensors: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    results, input = folder / "results", folder / "input.npy"
    outputs = []
    for tensor in tensors:
        np.save(input, tensor)
        subprocess.run(
            [infold, "run", path, "--input", f"{name}={input}", "--output", results], check=True, capture_output=True)
        outputs.append(np.load(next(results.glob("*.npy"))))
    return outputs


def same_best(a: list[np.ndarray], b: list[np.ndarray]) -> int:
    return sum(int(x.argmax() == y.argmax()) for x, y in zip(a, b))


def decibels(floats: list[np.ndarray], results: list[np.ndarray]) -> float:
    signal = sum(float(np.square(x.astype(np.float64)).sum()) for x in floats)
    noise = sum(float(np.square(x.astype(np.float64) - y).sum()) for x, y in zip(floats, results))
    return float("inf") if noise == 0 else 10 * np.log10(signal / noise)


def check(infold: Path, path: Path, count: int, folder: Path) -> bool:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    shape = tuple(size if isinstance(size, int) else 1 for size in session.get_inputs()[0].shape)
    how = description(path, shape)
    print(path.name)
    calibration = crops(CALIBRATION_SEED, CALIBRATION_COUNT, how)
    pictures = [recording.normalized(recording.resized(Image.open(picture), how), how) for picture in PICTURES]
    sets = {"pictures": pictures, "crops": crops(EVALUATION_SEED, count, how)}
    floats = {kind: [session.run(None, {name: tensor})[0] for tensor in tensors] for kind, tensors in sets.items()}
    for kind, results in floats.items():
        print(f"  {kind}: {len(results)}, {len({int(result.argmax()) for result in results})} best classes")
    passed = True
    tools = {
        "infold quantize": (calibration, []), "infold quantize, rounding searched": (calibration, ["--rounding", "search"]),
        "infold quantize without samples": ([], []), "quantize_static": (calibration, [])}
    for tool, (samples, options) in tools.items():
        if tool.startswith("infold"):
            quantized = quantize_by_infold(infold, path, samples, folder, options)
        else:
            quantized = quantize_by_onnxruntime(path, name, calibration, folder)
        onnx.checker.check_model(str(quantized), full_check=True)
        for kind, tensors in sets.items():
            theirs = run_onnxruntime(quantized, name, tensors, folder)
            ours = run_infold(infold, quantized, name, tensors, folder)
            same = same_best(ours, theirs)
            agrees = same == len(tensors) if kind == "pictures" else same >= LEAST_SHARE * len(tensors)
            passed = passed and agrees
            largest = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs))
            print(
                f"  {tool}, {kind}: the same best class in both runtimes for {same} of {len(tensors)}, largest difference "
                f"{largest:.2e}; as the float model: Infold {same_best(ours, floats[kind])}, ONNX Runtime "
                f"{same_best(theirs, floats[kind])}, SQNR {decibels(floats[kind], ours):.1f} dB{'' if agrees else '  FAILED'}")
        operators = collections.Counter(node.op_type for node in onnx.load(folder / "optimized.onnx").graph.node)
        print("  in ONNX Runtime: " + ", ".join(f"{number} {operator}" for operator, number in operators.most_common()))
        if tool.startswith("infold") and operators["Conv"]:
            print("  FAILED: ONNX Runtime computes convolutions with floats")
            passed = False
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--infold", type=Path, default=ROOT / ".build" / "release" / "infold")
    parser.add_argument("--crops", type=int, default=200)
    parser.add_argument("models", type=Path, nargs="*", default=[ROOT / "Models" / "efficientnet-lite0.onnx"])
    arguments = parser.parse_args()
    results = []
    for path in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            results.append(check(arguments.infold, path, arguments.crops, Path(folder)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
