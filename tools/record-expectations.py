#!/usr/bin/env python3
"""Records the results of ONNX Runtime for EfficientNet-Lite0, for
Tests/Recorded/efficientnet-lite0.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/record-expectations.py

Random inputs are not stored: the README of the recordings describes how a seed becomes an input.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from split_mix_64 import random_input

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "Models" / "efficientnet-lite0.onnx"
PICTURES = [ROOT / "Models" / "images" / name for name in ("cat.png", "cup.png")]
OUTPUT = ROOT / "Tests" / "Recorded" / "efficientnet-lite0"
SEEDS = range(20)


def center_crop(picture: Image.Image, fraction: float) -> Image.Image:
    side = int(fraction * min(picture.size))
    left, top = ((length - side) // 2 for length in picture.size)
    return picture.crop((left, top, left + side, top + side))


def resized(picture: Image.Image, sidecar: dict) -> Image.Image:
    """The centered crop of the picture in the size of the model's input."""
    height, width = sidecar["size"]
    filter = Image.Resampling[sidecar["filter"].upper()]
    return center_crop(picture.convert("RGB"), sidecar["cropFraction"]).resize((width, height), filter)


def normalized(picture: Image.Image, sidecar: dict) -> np.ndarray:
    mean, deviation = (np.array(sidecar[key], np.float32) for key in ("mean", "standardDeviation"))
    pixels = (np.asarray(picture, np.float32) - mean) / deviation
    return pixels.transpose(2, 0, 1)[np.newaxis]


def open_session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])


def record(name: str, session: onnxruntime.InferenceSession, inputs: list[np.ndarray]) -> np.ndarray:
    """Runs the inputs one by one and saves one row of probabilities for each."""
    rows = [session.run(["probs"], {"input": input})[0][0] for input in inputs]
    probabilities = np.stack(rows).astype("<f4")
    np.save(OUTPUT / f"{name}.npy", probabilities)
    return probabilities


def main() -> None:
    sidecar = json.loads(MODEL.with_suffix(".json").read_text())
    labels = (MODEL.parent / sidecar["labels"]).read_text().splitlines()
    session = open_session()
    OUTPUT.mkdir(parents=True, exist_ok=True)

    shape = (1, 3, *sidecar["size"])
    record("random", session, [random_input(seed, shape) for seed in SEEDS])

    crops = [resized(Image.open(path), sidecar) for path in PICTURES]
    for path, crop in zip(PICTURES, crops):
        crop.save(OUTPUT / path.name, optimize=True)
    rows = record("pictures", session, [normalized(crop, sidecar) for crop in crops])
    for path, row in zip(PICTURES, rows):
        best = np.argsort(-row)[:3]
        print(path.name, ", ".join(f"{index} {labels[index]} {row[index]:.4f}" for index in best))


if __name__ == "__main__":
    main()
