"""Times of Infold and ONNX Runtime for a network, and the steps that take most of Infold's time."""
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from network_runtimes import session, shape_options, with_defaults

SLOW = 5000  # milliseconds of an inference from which on one turn has to do


def measured(model, inputs, options):
    """Times by number of threads, measured in a process that --measure-with may wrap."""
    with tempfile.TemporaryDirectory() as folder:
        stored = f"{folder}/inputs.npz"
        np.savez(stored, **inputs)
        command = [*shlex.split(options.measure_with), sys.executable, str(Path(__file__).with_name("measure-network.py"))]
        command += [str(model), stored, str(options.infold), ",".join(map(str, options.threads))]
        command += [str(options.rounds), str(options.seconds), str(options.run_limit)]
        done = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    failure = {"failure": (done.stderr.strip() or f"ended with {done.returncode}")[-300:]}
    return json.loads(lines[-1]) if lines else {str(threads): failure for threads in options.threads}


def check_times(model, inputs, infold, threads, rounds, seconds):
    """Milliseconds of the fastest inference of each runtime, alternating, and their ratio: below 1,
    Infold is faster."""
    runner = session(model, threads)

    def peer():
        return runner.run(None, inputs)

    peer()
    options = ["--threads", str(threads), "--seconds", str(seconds), *shape_options(inputs)]
    mine, others = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = with_defaults(model, inputs, folder)
        for _ in range(rounds):
            mine.append(infold.call("bench", path, *options)["min_ms"])
            others.append(time_runs(peer, seconds))
            if mine[-1] > SLOW:
                break
    return {"infold_ms": min(mine), "onnxruntime_ms": min(others), "ratio": min(mine) / min(others)}


def time_runs(run, seconds):
    """Milliseconds of the fastest run."""
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)


def profile(model, inputs, infold):
    """The largest steps on one thread, and the share of the total time in the reference evaluation.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = with_defaults(model, inputs, folder)
        layers = infold.call("profile", path, "--threads", "1", "--runs", "3", *shape_options(inputs))["layers"]
    total = sum(layer["milliseconds"] for layer in layers) or 1.0
    reference = [layer for layer in layers if layer["algorithm"].startswith("reference")]
    return {
        "reference_share": sum(layer["milliseconds"] for layer in reference) / total,
        "reference_operators": [kind["what"] for kind in largest(reference, total, lambda layer: layer["operation"], 12)],
        "kinds": largest(layers, total, lambda layer: f"{layer['operation']} [{layer['algorithm']}]", 8),
        "steps": largest(layers, total, step_name, 5),
    }


def step_name(layer):
    return f"{layer['operation']} [{layer['algorithm']}] {'x'.join(map(str, layer['shape']))} {layer.get('name', '')}"


def largest(layers, total, key, count):
    """The kinds of layers that take the most time, grouped by `key`."""
    sums = {}
    for layer in layers:
        entry = sums.setdefault(key(layer), [0.0, 0, 0.0])
        entry[0] += layer["milliseconds"]
        entry[1] += 1
        entry[2] += layer.get("gflops", 0.0) * layer["milliseconds"]
    ordered = sorted(sums.items(), key=lambda item: -item[1][0])[:count]
    return [
        {"what": what, "ms": round(ms, 4), "share": round(ms / total, 4), "steps": steps, "gflops": round(work / ms, 1) if ms else 0}
        for what, (ms, steps, work) in ordered
    ]
