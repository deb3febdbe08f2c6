#!/usr/bin/env python3
"""Records the results of ONNX Runtime for the networks of the zoo, into Tests/Recorded/zoo and
Tests/Recorded/ppocr.

    tools/fetch-zoo.sh
    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/record-zoo.py

The READMEs of the recordings describe the inputs, and which elements of a large output are kept.
For each recording this prints the difference of ONNX Runtime from itself without optimizations. If
that is large, its results are not reliable.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnxruntime import GraphOptimizationLevel
from PIL import Image

from recorded_runs import STRIDE, open_session, summary
from split_mix_64 import random_input

ROOT = Path(__file__).resolve().parent.parent
ZOO = ROOT / ".build" / "zoo"
RECORDED = ROOT / "Tests" / "Recorded"
NETWORKS = ["densenet121", "inception_v1", "inception_v2", "shufflenet", "squeezenet"]
# The model, the picture, and the number of noise inputs among the six; the others are the picture,
# shifted.
TEXTS = [
    (ZOO / "ppocr-det.onnx", "page-640x640", 0),
    (ZOO / "ppocr-det.onnx", "page-736x1280", 0),
    (ZOO / "ppocr-rec.onnx", "line-48x320", 3),
    (ZOO / "ppocr-rec.onnx", "line-48x800", 3),
    (ROOT / "Models" / "ppocr-cls.onnx", "line-48x192", 3),
]
MOVE = 97


def run(path: Path, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The output for each input separately."""
    outputs = []
    for level in (GraphOptimizationLevel.ORT_ENABLE_ALL, GraphOptimizationLevel.ORT_DISABLE_ALL):
        session = open_session(path, level)
        name = session.get_inputs()[0].name
        outputs.append([session.run(None, {name: array})[0][0] for array in inputs])
    optimized, plain = outputs
    difference = max(float(np.abs(a - b).max() / np.abs(a).max()) for a, b in zip(optimized, plain))
    print(f"{path.name} {inputs[0].shape}: {difference:.1e} of the largest from itself without optimizations")
    return optimized


def picture_inputs(name: str, noises: int) -> list[np.ndarray]:
    pixels = np.asarray(Image.open(RECORDED / "ppocr" / f"{name}.png").convert("RGB"), np.float32)
    picture = ((pixels - np.float32(127.5)) / np.float32(127.5)).transpose(2, 0, 1)[np.newaxis]
    moved = [np.roll(picture, MOVE * index, axis=3) for index in range(6 - noises)]
    return moved + [random_input(seed, picture.shape) for seed in range(noises)]


def save(path: Path, rows: list[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.stack(rows).astype("<f4"))


def main() -> None:
    for network in NETWORKS:
        outputs = run(ZOO / f"{network}.onnx", [random_input(seed, (1, 3, 224, 224)) for seed in range(3)])
        save(RECORDED / "zoo" / f"{network}.npy", [output.reshape(-1) for output in outputs])
    for model, picture, noises in TEXTS:
        outputs = run(model, picture_inputs(picture, noises))
        is_small = outputs[0].size < STRIDE
        save(RECORDED / "ppocr" / f"{picture}.npy", outputs if is_small else [summary(output) for output in outputs])


if __name__ == "__main__":
    main()
