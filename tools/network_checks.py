"""Examines and reports on models, for export-networks.py and fetch-models.py."""
from pathlib import Path

from network_numbers import check_numbers
from network_runtimes import BINARY, Infold, Refusal
from network_times import measured, profile

HOPELESS = 20  # seconds of a run from which on no times are measured


def examine(model, inputs, options):
    """Examines numbers, steps and times of a model. `options` are those of `add_options`."""
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


def add_options(parser):
    """The options of tools that examine models."""
    parser.add_argument("--folder", type=Path, required=True, help="the folder of the reports, one per model")
    parser.add_argument("--infold", type=Path, default=BINARY)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3, help="the number of rounds (default: 3)")
    parser.add_argument("--seconds", type=float, default=0.3, help="the time of a runtime in a round (default: 0.3)")
    parser.add_argument("--no-times", action="store_true")
    parser.add_argument("--measure-with", default="", metavar="COMMAND", help="a command to run measurements with, such as taskset")
    parser.add_argument("--run-limit", type=float, default=120, help="seconds for one command of Infold (default: 120)")


def remarkable(report):
    """Whether a model deserves a closer look: refused, not right, slower than with ONNX Runtime, or
    2 % of its time in the reference evaluation."""
    slow = any(times.get("ratio", 9) > 1.0 for times in report.get("times", {}).values())
    by_reference = report.get("profile", {}).get("reference_share", 0) > 0.02
    return report.get("verdict") not in ("right", "neither", None) or slow or by_reference


def summary(report):
    """One line of progress."""
    if "export_failure" in report:
        return f"not exported: {report['export_failure'][:150]}"
    if "infold_refusal" in report:
        return f"REFUSED: {report['infold_refusal'][:200]}"
    words = [report["verdict"], *([report["cut_off"]] if "cut_off" in report else [])]
    if "infold_error" in report:
        words.append(f"{report['infold_error']:.1e} of {max(report['onnxruntime_errors'], default=0):.1e}")
    if not report.get("same_bits", True):
        words.append("OTHER BITS WITH TWO THREADS")
    for threads, times in report.get("times", {}).items():
        words.append(f"{threads}: {times['ratio']:.2f} ({times['infold_ms']:.1f} ms)" if "ratio" in times else times["failure"][:60])
    if report.get("profile", {}).get("reference_share", 0) > 0.005:
        words.append(f"reference {report['profile']['reference_share']:.0%}")
    return ", ".join(words)
