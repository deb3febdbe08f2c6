"""Runs a model by Infold and by ONNX Runtime: whether they agree, how long each takes, and which steps take the time.

An error is the largest difference from the run in double precision (infold run --double), divided by the largest number of that
output. ONNX Runtime's own scatter is the larger of its errors with and without its optimizations: a result is right if Infold's error
is no more than twice that, or no more than rounding explains (TOLERANCES). "loose" is up to ten times that much, "wrong" is more.
"""
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

BINARY = Path(__file__).resolve().parent.parent / ".build/release/infold"
TYPES = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64, "tensor(int64)": np.int64,
    "tensor(int32)": np.int32, "tensor(bool)": np.bool_, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8,
}
HOPELESS = 20  # seconds of a run from which on no times are measured
SLOW = 5000  # milliseconds of an inference from which on one turn has to do
# What is right whatever ONNX Runtime's scatter is, by the type of the output.
TOLERANCES = {"float16": 2e-3, "float32": 2e-6, "float64": 1e-12}


class Refusal(Exception):
    """Why a runtime does not run a model, in its own words."""


class Infold:
    """The command, with a limit on the seconds that it may take."""

    def __init__(self, binary, seconds):
        self.binary, self.seconds = str(binary), seconds

    def call(self, command, model, *options, seconds=None):
        limit = seconds or self.seconds
        try:
            done = subprocess.run(
                [self.binary, command, str(model), *options, "--json"], capture_output=True, text=True, errors="replace", timeout=limit
            )
        except subprocess.TimeoutExpired:
            raise Refusal(f"infold {command} took more than {limit:g} s") from None
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if not line.startswith("infold: warning")]
            raise Refusal(" ".join(" ".join(lines).split())[:600] or f"infold {command} ended with {done.returncode}")
        return json.loads(done.stdout)

    def outputs(self, model, inputs, *options):
        """Arrays by name."""
        with tempfile.TemporaryDirectory() as folder:
            files = input_options(inputs, folder)
            report = self.call("run", model, *files, "--output", folder, *options)
            return {name: np.load(path) for name, path in report["files"].items()}


def input_options(inputs, folder):
    options = []
    for i, (name, array) in enumerate(inputs.items()):
        path = Path(folder) / f"input{i}.npy"
        np.save(path, array)
        options += ["--input", f"{name}={path}"]
    return options


def session(model, threads, optimized=True):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # has no class of its own
        raise Refusal(" ".join(str(error).split())[:400]) from None


def peer_outputs(model, inputs, threads=1, optimized=True):
    runner = session(model, threads, optimized)
    names = [value.name for value in runner.get_outputs()]
    try:
        return dict(zip(names, runner.run(None, inputs)))
    except Exception as error:  # has no class of its own
        raise Refusal(" ".join(str(error).split())[:400]) from None


def error(result, truth):
    """The largest difference, divided by the largest number; infinite where shapes differ, or only one is no number."""
    result, truth = np.asarray(result), np.asarray(truth)
    if result.shape != truth.shape:
        return float("inf")
    if not truth.size:
        return 0.0
    if truth.dtype.kind not in "fc":
        return float(np.mean(result != truth))  # the share that differs
    result, truth = result.astype(np.float64), truth.astype(np.float64)
    finite = np.isfinite(truth)
    if not np.array_equal(finite, np.isfinite(result)) or not np.array_equal(result[~finite], truth[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    return float(np.abs(result[finite] - truth[finite]).max() / (np.abs(truth[finite]).max() or 1.0))


def largest_error(results, truths):
    """Over all outputs."""
    return max((error(results[name], truth) for name, truth in truths.items()), default=0.0)


def verdict(infold, scatter, kind):
    """Whether an error is right, given ONNX Runtime's, and the type that the outputs have.

    A network whose results by ONNX Runtime are off by more than a twentieth tells nothing, unless Infold's are exact: "unstable".
    """
    bound = max(2 * scatter, TOLERANCES.get(kind, 0.0)) if np.isfinite(scatter) else TOLERANCES.get(kind, 0.0)
    if infold <= bound:
        return "right" if infold <= max(0.05, TOLERANCES.get(kind, 0.0)) else "unstable"
    return "loose" if infold <= 10 * bound else "wrong"


def same_bits(a, b):
    return all(array.shape == b[name].shape and array.tobytes() == b[name].tobytes() for name, array in a.items())


def check_numbers(model, inputs, infold):
    """What can be said of the results, and seconds that each run took with everything around it."""
    report, seconds = {}, {}

    def attempt(name, function):
        start = time.perf_counter()
        try:
            return function()
        except Refusal as refusal:
            report[f"{name}_refusal"] = str(refusal)
        finally:
            seconds[name] = round(time.perf_counter() - start, 3)
        return None

    result = attempt("infold", lambda: infold.outputs(model, inputs, "--threads", "1"))
    both = attempt("infold_two_threads", lambda: infold.outputs(model, inputs, "--threads", "2")) if result is not None else None
    peer = attempt("onnxruntime", lambda: peer_outputs(model, inputs))
    plain = attempt("onnxruntime_plain", lambda: peer_outputs(model, inputs, optimized=False))
    truth = attempt("double", lambda: infold.outputs(model, inputs, "--double"))
    report["seconds"] = seconds
    reference = truth if truth is not None else plain if plain is not None else peer
    report["truth"] = "double" if truth is not None else "onnxruntime"
    if result is not None and both is not None:
        report["same_bits"] = same_bits(result, both)
    if result is None or reference is None:
        report["verdict"] = "unknown" if result is not None else "refused" if peer is not None else "neither"
        return report
    report["infold_error"] = largest_error(result, reference)
    peers = [largest_error(outputs, reference) for outputs in (peer, plain) if outputs is not None]
    report["onnxruntime_errors"] = peers
    kinds = {str(array.dtype) for array in result.values() if array.dtype.kind == "f"}
    kind = next((kind for kind in ("float16", "float32", "float64") if kind in kinds), "integers")
    report["outputs"] = {name: [str(array.dtype), *array.shape] for name, array in result.items()}
    report["verdict"] = verdict(report["infold_error"], max(peers, default=0.0), kind)
    if report["verdict"] != "right":  # Winograd's convolutions cost accuracy, as the option says
        exact = attempt("infold_exact", lambda: infold.outputs(model, inputs, "--threads", "1", "--precision", "exact"))
        if exact is not None:
            report["exact_error"] = largest_error(exact, reference)
            report["exact_verdict"] = verdict(report["exact_error"], max(peers, default=0.0), kind)
    report["largest"] = float(max((np.abs(a[np.isfinite(a)]).max() for a in result.values() if a.dtype.kind == "f" and np.isfinite(a).any()), default=0))
    return report


def with_defaults(model, inputs, folder):
    """The model, or a copy of it in `folder` that has single numbers, such as a rate, as defaults: random ones mean nothing."""
    import onnx

    numbers = {name: array for name, array in inputs.items() if not array.ndim}
    if not numbers:
        return model
    copy = onnx.load(model)
    copy.graph.initializer.extend(onnx.numpy_helper.from_array(array, name) for name, array in numbers.items())
    path = Path(folder) / "model.onnx"
    onnx.save(copy, path)
    return path


def shape_options(inputs):
    options = []
    for name, array in inputs.items():
        if array.ndim:
            options += ["--shape", f"{name}={'x'.join(map(str, array.shape))}"]
    return options


def time_runs(run, seconds):
    """Milliseconds of the fastest."""
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)


def check_times(model, inputs, infold, threads, rounds, seconds):
    """Milliseconds of the fastest inference of each, in turns, and their ratio: below 1, Infold is faster."""
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


def profile(model, inputs, infold):
    """The largest steps with one thread, and the share of all the time that reference evaluations take."""
    with tempfile.TemporaryDirectory() as folder:
        path = with_defaults(model, inputs, folder)
        layers = infold.call("profile", path, "--threads", "1", "--runs", "3", *shape_options(inputs))["layers"]
    total = sum(layer["milliseconds"] for layer in layers) or 1.0
    reference = [layer for layer in layers if layer["algorithm"].startswith("reference")]
    return {
        "reference_share": sum(layer["milliseconds"] for layer in reference) / total,
        "reference_operators": sorted({layer["operation"] for layer in reference}),
        "kinds": largest(layers, total, lambda layer: f"{layer['operation']} [{layer['algorithm']}]", 8),
        "steps": largest(
            layers, total,
            lambda layer: f"{layer['operation']} [{layer['algorithm']}] {'x'.join(map(str, layer['shape']))} {layer.get('name', '')}", 5,
        ),
    }


def examine(model, inputs, options):
    """Everything of a model: numbers, steps, times. `options` are those that `add_options` adds."""
    infold = Infold(options.infold, options.run_limit)
    report = check_numbers(model, inputs, infold)
    if "infold_refusal" in report:
        return report
    try:
        report["profile"] = profile(model, inputs, infold)
    except Refusal as refusal:
        report["profile_refusal"] = str(refusal)
    if not options.no_times and "onnxruntime_refusal" not in report and report["seconds"]["infold"] < HOPELESS:
        report["times"] = measured(model, inputs, options)
    return report


def measured(model, inputs, options):
    """Times by number of threads, by a process that --measure-with may wrap."""
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


def add_options(parser):
    """The options of a tool that examines models."""
    parser.add_argument("--folder", type=Path, required=True, help="where reports are kept, one for each model")
    parser.add_argument("--infold", type=Path, default=BINARY)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3, help="turns of the runtimes (3)")
    parser.add_argument("--seconds", type=float, default=0.3, help="the time of a runtime in a turn (0.3)")
    parser.add_argument("--no-times", action="store_true")
    parser.add_argument("--measure-with", default="", metavar="COMMAND", help="a command that runs what measures, such as taskset")
    parser.add_argument("--run-limit", type=float, default=120, help="seconds for one command of Infold (120)")


def remarkable(report):
    """Whether a model is worth a look: refused, not right, or slower than by ONNX Runtime."""
    slow = any(times.get("ratio", 9) > 1.0 for times in report.get("times", {}).values())
    return report.get("verdict") not in ("right", "neither", None) or slow


def summary(report):
    """One line of progress."""
    if "export_failure" in report:
        return f"not exported: {report['export_failure'][:150]}"
    if "infold_refusal" in report:
        return f"REFUSED: {report['infold_refusal'][:200]}"
    words = [report["verdict"]]
    if "infold_error" in report:
        words.append(f"{report['infold_error']:.1e} of {max(report['onnxruntime_errors'], default=0):.1e}")
    if not report.get("same_bits", True):
        words.append("OTHER BITS WITH TWO THREADS")
    for threads, times in report.get("times", {}).items():
        words.append(f"{threads}: {times['ratio']:.2f} ({times['infold_ms']:.1f} ms)" if "ratio" in times else times["failure"][:60])
    if report.get("profile", {}).get("reference_share", 0) > 0.005:
        words.append(f"reference {report['profile']['reference_share']:.0%}")
    return ", ".join(words)


def largest(layers, total, key, count):
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
