#!/usr/bin/env python3
"""Plants mistakes in the preprocessing of pictures, and checks that `infold statistics` names each of
them, and finds no mistake in right preprocessing.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    swift build -c release --product infold
    .venv/bin/python tools/check-preparation.py [--pictures FOLDER] [MODEL.onnx ...]

A model needs its sidecar file, with the right preprocessing, and the running statistics of its training
data. Without a model, the tool uses EfficientNet-Lite0 and the committed pictures. It makes the size of
the input dynamic, so that half the size can be planted. A mistake that hardly changes the network's
statistics, such as the color order for a network that sees text, may remain unnamed with
`--allow-silence`. Naming another mistake than the planted one is always a failure.
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
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
NAMED = {
    "imagenet": ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]), "tensorflow": ([127.5] * 3, [127.5] * 3),
    "0-1": ([0] * 3, [255] * 3), "caffe": ([123.68, 116.779, 103.939], [1] * 3), "none": ([0] * 3, [1] * 3)}
MISTAKES = {
    "colors": "red and blue are swapped", "mean": "mean is not subtracted", "scale": " fits, ", "size": "half as large",
    "layout": "NHWC"}


def numbers(sidecar: dict) -> dict:
    """The sidecar with a mean and a deviation instead of the name of a normalization."""
    result = {key: value for key, value in sidecar.items() if key not in ("normalization", "labels")}
    if "mean" not in result:
        mean, deviation = NAMED[sidecar.get("normalization", "none")]
        order = 1 if sidecar.get("colorOrder", "RGB") == "RGB" else -1
        result |= {"mean": mean[::order], "standardDeviation": deviation[::order]}
    return result


def planted(mistake: str, sidecar: dict) -> dict | None:
    result = dict(sidecar)
    if mistake == "colors":
        result["colorOrder"] = "RGB" if sidecar.get("colorOrder") == "BGR" else "BGR"
        result |= {key: sidecar[key][::-1] for key in ("mean", "standardDeviation")}
    elif mistake == "mean":
        result["mean"] = [0, 0, 0]
    elif mistake == "scale":
        result |= {"mean": [0, 0, 0], "standardDeviation": [255, 255, 255]}
    elif mistake == "size":
        result["size"] = [side // 2 for side in sidecar["size"]]
    return None if result == sidecar else result


def opened(model: onnx.ModelProto, name: str) -> None:
    for value in model.graph.input:
        if value.name == name:
            for index, symbol in ((2, "height"), (3, "width")):
                value.type.tensor_type.shape.dim[index].dim_param = symbol
    del model.graph.value_info[:]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, default=[ROOT / "Models" / "efficientnet-lite0.onnx"])
    parser.add_argument("--pictures", type=Path, default=ROOT / "Models" / "images")
    parser.add_argument("--infold", type=Path, default=ROOT / ".build" / "release" / "infold")
    parser.add_argument("--allow-silence", action="store_true")
    arguments = parser.parse_args()
    wrong = 0
    pictures = arguments.pictures
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in arguments.models:
            sidecar = numbers(json.loads(path.with_suffix(".json").read_text()))
            model = onnx.load(path)
            opened(model, sidecar["input"])
            onnx.save(model, folder / "m.onnx")

            def finding(settings: dict, samples: list[str]) -> dict:
                (folder / "m.json").write_text(json.dumps(settings))
                result = subprocess.run(
                    [arguments.infold, "statistics", folder / "m.onnx", *samples, "--json"], capture_output=True, text=True, check=True)
                return json.loads(result.stdout)["diagnosis"]["inputs"]

            for mistake in [None, *MISTAKES]:
                settings, samples = sidecar, ["--images", str(pictures)]
                if mistake == "layout":
                    tensors = folder / "tensors"
                    tensors.mkdir(exist_ok=True)
                    height, width = sidecar["size"]
                    for index, picture in enumerate(sorted(pictures.iterdir())):
                        pixels = np.asarray(Image.open(picture).convert("RGB").resize((width, height), Image.BILINEAR), np.float32)
                        if sidecar.get("colorOrder") == "BGR":
                            pixels = pixels[:, :, ::-1]
                        values = (pixels - np.float32(sidecar["mean"])) / np.float32(sidecar["standardDeviation"])
                        np.save(tensors / f"{index}.npy", values.reshape(1, 3, height, width).astype(np.float32))
                    samples = ["--inputs", str(tensors)]
                elif mistake is not None:
                    settings = planted(mistake, sidecar)
                if settings is None:
                    continue
                inputs = finding(settings, samples)
                found = inputs.get("finding")
                changes = found["mistakes"] if found else []
                is_right = not changes if mistake is None else len(changes) == 1 and MISTAKES[mistake] in changes[0]
                is_silent = mistake is not None and not changes and arguments.allow_silence
                wrong += not (is_right or is_silent)
                factor = inputs["present"]["divergence"] / found["divergence"] if found else 1
                print(f"{path.name:26} {mistake or 'right':7} {'ok' if is_right else 'silent' if is_silent else 'WRONG':6} "
                      f"×{factor:.3g} {'; '.join(changes) or ('of another kind' if inputs['isOfAnotherKind'] else 'nothing found')}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
