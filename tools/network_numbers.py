"""Checks whether Infold's results on a network are right.

An error is the largest difference from the run in double precision (infold run --double), divided
by the largest number of that output. ONNX Runtime's own scatter is the larger of its errors with
and without its optimizations. A result is right if Infold's error is at most twice that, or at most
what rounding explains (TOLERANCES). "loose" is up to ten times that, "wrong" is more.
"""
import time

import numpy as np

from network_runtimes import Refusal, peer_outputs

# Errors that are right whatever ONNX Runtime's scatter, by the type of the outputs.
TOLERANCES = {"float16": 2e-3, "float32": 2e-6, "float64": 1e-12}


def error(result, truth):
    """The largest difference divided by the largest number. Infinite if shapes differ, or only one
    value is NaN."""
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
    """The largest error over all outputs."""
    return max((error(results[name], truth) for name, truth in truths.items()), default=0.0)


def verdict(infold, scatter, kind):
    """The verdict on an error, given ONNX Runtime's error and the type of the outputs.

    If the results of ONNX Runtime are off by more than a twentieth, the network is "unstable",
    unless Infold's are exact.
    """
    bound = max(2 * scatter, TOLERANCES.get(kind, 0.0)) if np.isfinite(scatter) else TOLERANCES.get(kind, 0.0)
    if infold <= bound:
        return "right" if infold <= max(0.05, TOLERANCES.get(kind, 0.0)) else "unstable"
    return "loose" if infold <= 10 * bound else "wrong"


def same_bits(a, b):
    return all(array.shape == b[name].shape and array.tobytes() == b[name].tobytes() for name, array in a.items())


def floating_kind(results):
    """The narrowest floating-point type of the outputs, or "integers"."""
    kinds = {array.dtype.name for array in results.values()}
    return next((kind for kind in TOLERANCES if kind in kinds), "integers")


class Attempts:
    """Runs that may be refused, with the reasons, and the seconds of each including overhead."""

    def __init__(self):
        self.reasons, self.seconds = {}, {}

    def run(self, name, function):
        """The result of the function, or None if it was refused."""
        start = time.perf_counter()
        try:
            return function()
        except Refusal as refusal:
            self.reasons[f"{name}_refusal"] = str(refusal)
            return None
        finally:
            self.seconds[name] = round(time.perf_counter() - start, 3)


def check_numbers(model, inputs, infold):
    """Checks the results."""
    attempts = Attempts()
    result = attempts.run("infold", lambda: infold.outputs(model, inputs, "--threads", "1"))
    peer = attempts.run("onnxruntime", lambda: peer_outputs(model, inputs))
    plain = attempts.run("onnxruntime_plain", lambda: peer_outputs(model, inputs, optimized=False))
    truth = attempts.run("double", lambda: infold.outputs(model, inputs, "--double"))
    reference = next((outputs for outputs in (truth, plain, peer) if outputs is not None), None)
    report = {"truth": "onnxruntime" if truth is None else "double", "seconds": attempts.seconds}
    if result is None:
        report["verdict"] = "neither" if peer is None else "refused"
    elif reference is None:
        report["verdict"] = "unknown"
    else:
        report |= judgement(result, reference, [outputs for outputs in (peer, plain) if outputs is not None])
        both = attempts.run("infold_two_threads", lambda: infold.outputs(model, inputs, "--threads", "2"))
        report["same_bits"] = both is not None and same_bits(result, both)
    if report["verdict"] in ("loose", "wrong"):  # as Winograd's convolutions may be, which the option takes away
        exact = attempts.run("infold_exact", lambda: infold.outputs(model, inputs, "--threads", "1", "--precision", "exact"))
        if exact is not None:
            report["exact_error"] = largest_error(exact, reference)
    return report | attempts.reasons


def judgement(result, reference, peers):
    """The errors of Infold and ONNX Runtime, and the verdict."""
    errors = [largest_error(outputs, reference) for outputs in peers]
    found = largest_error(result, reference)
    return {
        "infold_error": found,
        "onnxruntime_errors": errors,
        "outputs": {name: [array.dtype.name, *array.shape] for name, array in result.items()},
        "verdict": verdict(found, max(errors, default=0.0), floating_kind(result)),
    }
