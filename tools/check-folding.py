#!/usr/bin/env python3
"""Checks folded models with independent tools: ONNX's checker, ONNX Runtime, OpenVINO and tract.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt openvino==2026.4.1 tract==0.23.9
    swift build -c release
    .venv/bin/python tools/check-folding.py [MODEL.onnx ...]

Folds each model (EfficientNet-Lite0 by default) with `infold fold`. The checker must accept the
file, every runtime must load it, and each must compute the same as for the original, for 20 seeds
of random inputs and, if the model has a sidecar, for the pictures in Models/images. For a
classifier, the five best classes must be equal, and the probabilities may differ by 5e-6.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
recording = importlib.import_module("record-expectations")

SEEDS = range(20)
TOLERANCE = 5e-6


def input_shape(model: onnx.ModelProto) -> tuple[str, tuple[int, ...]]:
    """The first input that is not an initializer. Dynamic dimensions are 1 for the batch, and
    otherwise those of the PP-OCR classifier."""
    initializers = {tensor.name for tensor in model.graph.initializer}
    value = next(value for value in model.graph.input if value.name not in initializers)
    sizes = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
    fallback = (1, 3, 48, 192)
    return value.name, tuple(size or fallback[axis] for axis, size in enumerate(sizes))


def inputs(path: Path, shape: tuple[int, ...]) -> list[np.ndarray]:
    tensors = [recording.random_input(seed, shape) for seed in SEEDS]
    sidecar = path.with_suffix(".json")
    if sidecar.exists():
        description = json.loads(sidecar.read_text())
        for picture in sorted((ROOT / "Models" / "images").glob("*.png")):
            tensors.append(recording.normalized(recording.resized(Image.open(picture), description), description))
    return tensors


def run_onnxruntime(path: Path, name: str, tensors: list[np.ndarray]) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return [session.run(None, {name: tensor})[0] for tensor in tensors]


def run_openvino(path: Path, name: str, tensors: list[np.ndarray]) -> list[np.ndarray]:
    import openvino

    core = openvino.Core()
    compiled = core.compile_model(core.read_model(str(path)), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return [compiled([tensor])[compiled.output(0)] for tensor in tensors]


def run_tract(path: Path, name: str, tensors: list[np.ndarray]) -> list[np.ndarray]:
    import tract

    runnable = tract.onnx().load(str(path)).into_model().into_runnable()
    return [runnable.run([tensor])[0].to_numpy() for tensor in tensors]


def compare(runtime: str, before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    largest = max(float(np.abs(a - b).max()) for a, b in zip(before, after))
    is_classifier = before[0].ndim == 2 and before[0].shape[1] >= 5
    same = sum(set(np.argsort(-a[0])[:5]) == set(np.argsort(-b[0])[:5]) for a, b in zip(before, after))
    ranks = f", the same best five for {same} of {len(before)}" if is_classifier else ""
    agrees = largest <= TOLERANCE and (not is_classifier or same == len(before))
    print(f"  {runtime}: largest difference {largest:.2e}{ranks}{'' if agrees else '  FAILED'}")
    return agrees


def check(infold: Path, path: Path, folder: Path) -> bool:
    folded = folder / path.name
    report = json.loads(
        subprocess.run([infold, "fold", path, "-o", folded, "--json"], check=True, capture_output=True).stdout)
    print(f"{path.name}: {report['folded']} of {report['normalizations']} folded")
    onnx.checker.check_model(str(folded), full_check=True)
    print("  accepted by onnx.checker")
    name, shape = input_shape(onnx.load(path))
    tensors = inputs(path, shape)
    results = [report["folded"] == report["normalizations"]]
    for runtime, run in {"ONNX Runtime": run_onnxruntime, "OpenVINO": run_openvino, "tract": run_tract}.items():
        try:
            before = run(path, name, tensors)
        except Exception as error:  # Each has a kind of its own.
            print(f"  {runtime}: cannot run the original ({str(error).splitlines()[0]})")
            continue
        results.append(compare(runtime, before, run(folded, name, tensors)))
    return all(results)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--infold", type=Path, default=ROOT / ".build" / "release" / "infold")
    parser.add_argument("models", type=Path, nargs="*", default=[ROOT / "Models" / "efficientnet-lite0.onnx"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = [check(arguments.infold, path, Path(folder)) for path in arguments.models]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
