#!/usr/bin/env python3
"""Records what the detector of Examples/Detector finds on its page with ONNX Runtime and NumPy, for
the example's tests.

    "$(tools/python-environment.sh reading)" tools/record-layout.py

A line of the recording is an object, the most confident first: its class, its confidence, and the
left, top, right and bottom of its box. The page has the aspect ratio of the network's input, so the
letterbox has no bars.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / ".build" / "zoo" / "layout.onnx"
PAGE = ROOT / "Examples" / "Detector" / "Page"
MEAN, DEVIATION = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
STRIDES = (8, 16, 32, 64)
THRESHOLD, OVERLAP = 0.4, 0.5


def boxes(scores: np.ndarray, logits: np.ndarray, columns: int, stride: int) -> list[tuple[float, int, np.ndarray]]:
    """The boxes above the threshold: confidence, class, and [left, top, right, bottom] in pixels of the input."""
    found = []
    for point, category in np.argwhere(scores > THRESHOLD):
        distribution = np.exp(logits[point].reshape(4, -1).astype(np.float64))
        distances = distribution @ np.arange(distribution.shape[1]) / distribution.sum(axis=1) * stride
        x, y = (point % columns + 0.5) * stride, (point // columns + 0.5) * stride
        found.append((scores[point, category], category, np.array([x, y, x, y]) + distances * [-1, -1, 1, 1]))
    return found


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    width, height = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    return width * height / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - width * height)


def main() -> None:
    session = onnxruntime.InferenceSession(MODEL)
    classes = session.get_modelmeta().custom_metadata_map["character"].split("\n")
    _, _, height, width = session.get_inputs()[0].shape
    page = Image.open(PAGE / "page.png").convert("RGB")
    pixels = np.asarray(page.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float64)
    planes = ((pixels - MEAN) / DEVIATION).transpose(2, 0, 1)[np.newaxis].astype(np.float32)
    outputs = session.run(None, {session.get_inputs()[0].name: planes})
    found = []
    for level, stride in enumerate(STRIDES):
        found += boxes(outputs[level][0], outputs[level + len(STRIDES)][0], -(-width // stride), stride)
    kept: list[tuple[float, int, np.ndarray]] = []
    for candidate in sorted(found, key=lambda box: -box[0]):
        if all(other[1] != candidate[1] or overlap(other[2], candidate[2]) <= OVERLAP for other in kept):
            kept.append(candidate)
    scale = np.tile([page.width / width, page.height / height], 2)
    with open(PAGE / "boxes.txt", "w", encoding="utf-8") as file:
        for confidence, category, box in kept:
            sides = np.clip(box * scale, 0, [page.width, page.height] * 2)
            print(classes[category], f"{confidence:.4f}", *(f"{side:.2f}" for side in sides), file=file)


if __name__ == "__main__":
    main()
