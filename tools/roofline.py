#!/usr/bin/env python3
"""Reports how far each network is from the limits of the machine, and where the remaining time is
spent.

    $(tools/python-environment.sh compare) tools/roofline.py [MODEL[@SHAPE]...] [--rounds N]

MODEL and the default models are those of compare-runtimes.py. Build Infold first: swift build -c
release --product infold. It runs on one thread.

A step takes at least the time of its multiplications at the processor's peak, which `infold
profile` measures; Winograd's algorithm needs fewer of them than the definition. It also takes at
least the time to load its weights once from memory, at the bandwidth of finding the largest number
in 1 GiB. The larger of both is the step's bound. Steps that do not multiply have no bound: their
time is what fusing them would save.
"""
import argparse
import json
import math
import statistics
import subprocess
import time

from compare_models import ROOT, compared_models

KINDS = {  # by the name of an algorithm: the column
    "1×1": "1×1", "direct": "direct", "grouped": "direct", "direct, few channels": "first layer",
    "Winograd 2×2": "Winograd", "Winograd 4×4": "Winograd", "Winograd 6×6": "Winograd", "depthwise": "depthwise",
    "product": "product",
}
COLUMNS = ["1×1", "direct", "first layer", "Winograd", "depthwise", "product"]


def memory_bandwidth():
    """The bytes per second that one thread reads."""
    import numpy as np

    numbers = np.ones(1 << 28, np.float32)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        numbers.max()
        times.append(time.perf_counter() - start)
    return numbers.nbytes / min(times)


def weight_bytes(model):
    """The bytes of each node's largest constant, by the name of the node or of its first output."""
    import onnx

    graph = onnx.load(model.path).graph
    sizes = {tensor.name: 4 * math.prod(tensor.dims) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                sizes[node.output[0]] = 4 * math.prod(attribute.t.dims)
        elif node.op_type in ("Identity", "Reshape") and node.input[0] in sizes:
            sizes[node.output[0]] = sizes[node.input[0]]
    return {
        key: max([sizes.get(name, 0) for name in node.input[1:2]], default=0)
        for node in graph.node
        for key in (node.name, node.output[0])
        if key and node.op_type in ("Conv", "ConvTranspose", "Gemm", "MatMul")
    }


def multiplications(algorithm):
    """The fraction of the definition's multiplications that an algorithm needs, and its number of
    weights relative to the model's."""
    if not algorithm.startswith("Winograd"):
        return 1, 1
    tile = int(algorithm[-1])
    return (tile + 2) ** 2 / (9 * tile**2), (tile + 2) ** 2 / 9


def measure(model, bandwidth, rounds):
    command = [
        ROOT / ".build/release/infold", "profile", model.path, "--threads", "1", "--json", "--shape",
        f"{model.input}={model.shape_text}",
    ]
    profiles = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(rounds)]
    profile = min(profiles, key=lambda profile: profile["milliseconds"])
    peak = statistics.median(profile["peakGflops"] for profile in profiles)
    weights = weight_bytes(model)
    spent, bounds, rest = dict.fromkeys(COLUMNS, 0.0), dict.fromkeys(COLUMNS, 0.0), 0.0
    for layer in profile["layers"]:
        kind = KINDS.get(layer["algorithm"])
        if kind is None or "gflops" not in layer:
            rest += layer["milliseconds"]
            continue
        share, copies = multiplications(layer["algorithm"])
        arithmetic = layer["gflops"] * layer["milliseconds"] * share / peak
        name = layer["node"].split('"')[1] if '"' in layer["node"] else ""
        traffic = weights.get(name, 0) * copies / bandwidth * 1e3
        spent[kind] += layer["milliseconds"]
        bounds[kind] += max(arithmetic, traffic)
    return profile["milliseconds"], spent, bounds, rest, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--rounds", type=int, default=3, help="the number of profiles of each model; the fastest counts (default: 3)")
    options = parser.parse_args()
    bandwidth = memory_bandwidth()
    print("| network | ms | bound, ms | reached | " + " | ".join(COLUMNS) + " | other steps |")
    print("|---|" + "---:|" * (len(COLUMNS) + 4))
    peaks = []
    for model in compared_models(options.models):
        total, spent, bounds, rest, peak = measure(model, bandwidth, options.rounds)
        peaks.append(peak)
        cells = [
            f"{spent[kind] / total:.0%} at {bounds[kind] / spent[kind]:.0%}" if spent[kind] else "" for kind in COLUMNS
        ]
        bound = sum(bounds.values())
        cells = [model.name, f"{total:.2f}", f"{bound:.2f}", f"{bound / total:.0%}", *cells, f"{rest / total:.0%}"]
        print("| " + " | ".join(cell.replace("%", " %") for cell in cells) + " |", flush=True)
    print(f"\nPeak {statistics.median(peaks):.0f} GFLOP/s, memory {bandwidth * 1e-9:.1f} GB/s, one thread.")


if __name__ == "__main__":
    main()
