#!/usr/bin/env python3
"""Checks `infold compare --recorded` with values of public networks that ONNX Runtime and OpenVINO
compute.

    swift build -c release
    $(tools/python-environment.sh compare) tools/check-comparison.py MODEL.onnx... [--table]

Each runtime records each network twice. The first time, the network is unchanged, and the comparison
must not find a difference. The second time, one number in each of several weights is changed by one
part in ten thousand, and the comparison must find these layers and no others. The weights are those of
the first, the middle and the last layer, and of randomly chosen layers. The number is chosen at random
among those that are at least as large as the mean magnitude of their weight, are multiplied with nonzero
numbers at a twentieth of all positions or more, and move the layer's outputs by more than one unit in the
last place. The script prints one line for each network and runtime, or with --table the rows of
the table in docs/Comparing.md.
"""

import argparse
import importlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
from onnx import numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
recording = importlib.import_module("record-values")

CHANGE = 1e-4
# The distance of float32 numbers, relative to their magnitude.
SPACING = 2.0 ** -23


def layers(model):
    """Returns the layers whose weights no other node reads, in node order."""
    constants = {tensor.name for tensor in model.graph.initializer}
    uses = [name for node in model.graph.node for name in node.input]
    return [
        node for node in model.graph.node
        if node.op_type in ("Conv", "Gemm", "MatMul") and node.input[1] in constants and uses.count(node.input[1]) == 1]


def recorded(folder, values, name):
    """Returns a value of all samples that contain it, along a first axis."""
    file = recording.file_name(name)
    return np.stack([values[name]] + [np.load(path) for path in sorted(folder.glob(f"sample-*/{file}"))]).astype(np.float64)


def effect(node, inputs, outputs, change, place, shape):
    """Returns by how much a change of a weight moves the outputs of the layer, as a standard deviation relative
    to their root mean square. All samples count alike, whatever the magnitude of their outputs. A constant part
    does not count, since it equals a change of the offset. The effect of a weight that is multiplied with zero at
    nearly all positions is 0."""
    numbers = {attribute.name: attribute.i for attribute in node.attribute}
    if node.op_type == "Conv":
        group = place[0] // (shape[0] // (numbers.get("group") or 1))
        source, target = inputs[:, :, group * shape[1] + place[1]], outputs[:, :, place[0]]
        size = np.sqrt(np.mean(outputs ** 2, axis=tuple(range(2, outputs.ndim)), keepdims=True))[:, :, 0]
    else:
        row, column = reversed(place) if numbers.get("transB") else place
        source, target = inputs[..., row], outputs[..., column]
        size = np.sqrt(np.mean(outputs ** 2, axis=-1))
    if np.count_nonzero(source) < source.size / 20:
        return 0
    source, target = source / np.maximum(size, 1e-30), target / np.maximum(size, 1e-30)
    return abs(change) * source.std() / max(np.sqrt(np.mean(target ** 2)), 1e-30)


def planted(model, folder, values, count, seed):
    """Returns a copy with `count` wrong weights, and the position of the wrong number in each, by name."""
    generator = np.random.default_rng(seed)
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    tensors = {tensor.name: tensor for tensor in changed.graph.initializer}
    known = layers(model)
    chosen = {0, len(known) // 2, len(known) - 1}
    while len(chosen) < min(count, len(known)):
        chosen.add(int(generator.integers(len(known))))
    places = {}
    for index in sorted(chosen):
        node = known[index]
        tensor = tensors[node.input[1]]
        numbers = numpy_helper.to_array(tensor).copy()
        flat = numbers.reshape(-1)
        large = np.flatnonzero(np.abs(flat) >= np.abs(flat).mean())
        inputs, outputs = recorded(folder, values, node.input[0]), recorded(folder, values, node.output[0])
        for _ in range(1000):
            index = int(generator.choice(large))
            place = [int(axis) for axis in np.unravel_index(index, numbers.shape)]
            if effect(node, inputs, outputs, CHANGE * flat[index], place, numbers.shape) > SPACING:
                break
        flat[index] *= 1 + CHANGE
        places[tensor.name] = place
        tensor.CopyFrom(numpy_helper.from_array(numbers, tensor.name))
    return changed, places


def compare(infold, model, folder):
    run = subprocess.run(
        [infold, "compare", model, "--recorded", folder, "--json"], capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise SystemExit(run.stderr)
    return json.loads(run.stdout)


def differences(report, model):
    """Returns the reported differences by the name of the layer's weight."""
    weights = {name: node.input[1] for node in layers(model) for name in node.input[1:]}
    found = ([report["first"]] if report["first"] else []) + report["others"]
    names = [(one.get("constant") or {}).get("name", one["node"]) for one in found]
    return {weights.get(name, name): one for name, one in zip(names, found)}


def check(infold, path, runtime, count, seed):
    model = onnx.load(path)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        first = recording.record(model, folder / "right", runtime)
        start = time.monotonic()
        right = compare(infold, path, folder / "right")
        seconds = time.monotonic() - start
        changed, places = planted(model, folder / "right", first, count, seed)
        recording.record(changed, folder / "wrong", runtime)
        wrong = compare(infold, path, folder / "wrong")
    found, alarms = differences(wrong, model), differences(right, model)
    numbers = [name for name in places if name in found and (found[name]["constant"] or {}).get("place") == places[name]]
    strangers = [name for name in found if name not in places]

    def complain(what, name, report):
        one = report.get(name, {})
        print(f"{path.stem}, {runtime}: {what} {name} {places.get(name)} {one.get('constant')}", file=sys.stderr)

    for name in alarms:
        complain("false alarm at", name, alarms)
    for name in strangers:
        complain("unexpected difference at", name, found)
    for name in places:
        if name not in numbers:
            complain("found the layer but not the number:" if name in found else "not found:", name, found)
    values = right["values"]
    return {
        "network": path.stem, "runtime": runtime, "compared": values["compared"], "total": values["total"],
        "alarms": len(alarms), "planted": len(places), "layers": sum(name in found for name in places),
        "numbers": len(numbers), "strangers": len(strangers), "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--runtime", action="append", choices=["onnxruntime", "openvino"])
    parser.add_argument("--planted", type=int, default=8, help="number of wrong weights in each network")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--infold", default=str(ROOT / ".build" / "release" / "infold"))
    parser.add_argument("--table", action="store_true", help="print the rows of the table in docs/Comparing.md")
    arguments = parser.parse_args()
    is_right = True
    for path in arguments.models:
        for runtime in arguments.runtime or ["onnxruntime", "openvino"]:
            one = check(arguments.infold, path, runtime, arguments.planted, arguments.seed)
            is_right = is_right and not one["alarms"] + one["strangers"] and one["layers"] == one["planted"]
            if arguments.table:
                print(
                    f"| {one['network']} | {one['runtime']} | {one['compared']} of {one['total']} | {one['alarms']} "
                    f"| {one['layers']} of {one['planted']} | {one['numbers']} | {one['seconds']:.0f} s |", flush=True)
            else:
                print(json.dumps(one), flush=True)
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
