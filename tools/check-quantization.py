#!/usr/bin/env python3
"""Compares models that `infold quantize` and ONNX Runtime's quantize_static make, each run by Infold and by ONNX Runtime.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    swift build -c release --product infold
    .venv/bin/python tools/check-quantization.py Models/efficientnet-lite0.onnx --mean 127 --deviation 128

The samples are crops of the pictures in Models/images, at random places and of random sizes, and the pictures themselves. Prints for
each model how often the runtimes put the same class first, and how often it is that of the model in floats; fails below 99 % between the
runtimes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import version_converter
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SEED = 3


def samples(count: int, size: int, mean: list[float], deviation: list[float], bgr: bool) -> list[np.ndarray]:
    random = np.random.default_rng(SEED)
    pictures = [Image.open(path).convert("RGB") for path in sorted((ROOT / "Models" / "images").glob("*.png"))]

    def tensor(picture: Image.Image) -> np.ndarray:
        pixels = np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC)).astype(np.float32)
        pixels = (pixels[:, :, ::-1] if bgr else pixels) - np.array(mean, np.float32)
        return np.ascontiguousarray((pixels / np.array(deviation, np.float32)).transpose(2, 0, 1)[None])

    result = [tensor(picture) for picture in pictures]
    for index in range(count):
        picture = pictures[index % len(pictures)]
        side = int(random.uniform(0.3, 0.9) * min(picture.size))
        left = int(random.integers(0, picture.size[0] - side + 1))
        top = int(random.integers(0, picture.size[1] - side + 1))
        crop = picture.crop((left, top, left + side, top + side))
        result.append(tensor(crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if index % 3 == 0 else crop))
    return result


class Reader(CalibrationDataReader):
    def __init__(self, name: str, tensors: list[np.ndarray]) -> None:
        self.feeds = iter([{name: tensor} for tensor in tensors])

    def get_next(self) -> dict | None:
        return next(self.feeds, None)


def quantize_by_onnxruntime(model: Path, output: Path, name: str, tensors: list[np.ndarray], work: Path) -> None:
    loaded = onnx.load(model)
    if loaded.opset_import[0].version < 13:
        loaded = version_converter.convert_version(loaded, 13)
    onnx.save(loaded, work / "raised.onnx")
    quant_pre_process(work / "raised.onnx", work / "prepared.onnx", skip_symbolic_shape=True)
    quantize_static(
        work / "prepared.onnx", output, Reader(name, tensors), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )


def run_onnxruntime(model: Path, name: str, tensors: list[np.ndarray]) -> list[np.ndarray]:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    return [session.run(None, {name: tensor})[0] for tensor in tensors]


def run_infold(infold: Path, model: Path, name: str, tensors: list[np.ndarray], work: Path) -> list[np.ndarray]:
    results = []
    for tensor in tensors:
        np.save(work / "input.npy", tensor)
        output = work / "output"
        subprocess.run(
            [infold, "run", model, "--input", f"{name}={work / 'input.npy'}", "--output", output], check=True,
            stdout=subprocess.DEVNULL,
        )
        results.append(np.load(next(output.glob("*.npy"))))
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--crops", type=int, default=200)
    parser.add_argument("--calibration", type=int, default=50, help="how many of the samples show the ranges")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--mean", type=float, nargs="+", default=[0.0])
    parser.add_argument("--deviation", type=float, nargs="+", default=[1.0])
    parser.add_argument("--bgr", action="store_true")
    parser.add_argument("--infold", type=Path, default=ROOT / ".build" / "release" / "infold")
    options = parser.parse_args()
    ort.set_default_logger_severity(3)
    tensors = samples(options.crops, options.size, options.mean, options.deviation, options.bgr)
    loaded = onnx.load(options.model)
    constants = {initializer.name for initializer in loaded.graph.initializer}
    name = next(value.name for value in loaded.graph.input if value.name not in constants)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        inputs = work / "calibration"
        inputs.mkdir()
        for index, tensor in enumerate(tensors[: options.calibration]):
            np.save(inputs / f"{index:04}.npy", tensor)
        subprocess.run(
            [options.infold, "quantize", options.model, "--inputs", inputs, "-o", work / "infold.onnx"], check=True,
            stdout=subprocess.DEVNULL,
        )
        quantize_by_onnxruntime(options.model, work / "onnxruntime.onnx", name, tensors[: options.calibration], work)
        floats = [np.argmax(result) for result in run_onnxruntime(options.model, name, tensors)]
        for maker in ("infold", "onnxruntime"):
            model = work / f"{maker}.onnx"
            theirs = run_onnxruntime(model, name, tensors)
            ours = run_infold(options.infold, model, name, tensors, work)
            same = sum(np.argmax(a) == np.argmax(b) for a, b in zip(ours, theirs))
            equal = sum(np.array_equal(a, b) for a, b in zip(ours, theirs))
            right = sum(np.argmax(a) == b for a, b in zip(ours, floats))
            report = {
                "model": options.model.name, "quantized by": maker, "samples": len(tensors), "same class first": int(same),
                "equal to the last bit": int(equal), "class of the floats first": int(right),
            }
            print(json.dumps(report))
            failed = failed or same < 0.99 * len(tensors)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
