#!/usr/bin/env python3
"""Prints a Markdown table of precisions: the time of an inference, and the error of the outputs against
double precision, side by side.

    tools/measure-precisions.py MODEL... [--kernels SET] [--errors-by SET] [--threads 1,2] [--rounds 20]

Times are those of the kernel set SET, or of the best one of this machine, the fastest of many short
rounds in turns. Errors are those of `infold validate` for a random picture. --errors-by
emulated-amx takes them from an emulated matrix unit, on any machine.
"""
import argparse
import json
import os
import subprocess
from pathlib import Path

from processor import processor_here, processor_text

ROOT = Path(__file__).resolve().parent.parent
PRECISIONS = ("exact", "fast", "bfloat16")


def call(options, kernels, *arguments):
    environment = {**os.environ, "INFOLD_ISA": kernels or ""}
    done = subprocess.run([options.infold, *map(str, arguments)], capture_output=True, text=True, env=environment)
    if not done.stdout.startswith("{"):
        raise SystemExit(f"{' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def times(options, model, threads):
    """Milliseconds of the fastest inference, by precision."""
    best = {}
    for _ in range(options.rounds):
        for precision in PRECISIONS:
            report = call(
                options, options.kernels, "bench", model, "--precision", precision, "--threads", threads, "--seconds",
                options.seconds, "--json", *options.sizes)
            best[precision] = min(best.get(precision, report["min_ms"]), report["min_ms"])
    return best


def errors(options, model):
    """The largest error of an output, relative to its largest magnitude, by precision."""
    found = {}
    for precision in PRECISIONS:
        report = call(
            options, options.errors_by or options.kernels, "validate", model, "--precision", precision, "--samples", 1,
            "--json", *options.sizes)
        for session in report["sessions"]:
            found[session["precision"]] = max(output["relativeError"] for output in session["outputs"])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--infold", default=ROOT / ".build/release/infold")
    parser.add_argument("--kernels", metavar="SET")
    parser.add_argument("--errors-by", metavar="SET")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=SIZES")
    options = parser.parse_args()
    options.sizes = [part for shape in options.shape for part in ("--shape", shape)]
    counts = [int(count) for count in options.threads.split(",")]

    print(processor_text(processor_here()))
    heads = [f"{precision}, {count} thread{'s' * (count > 1)}" for count in counts for precision in PRECISIONS]
    heads += [f"error, {precision}" for precision in PRECISIONS]
    print("\n| network | " + " | ".join(heads) + " |\n|---|" + "---:|" * len(heads))
    for model in options.models:
        cells = []
        for count in counts:
            best = times(options, model, count)
            cells += [f"{best[precision]:.3g}" for precision in PRECISIONS]
        found = errors(options, model)
        cells += [f"{found[precision]:.1e}" for precision in PRECISIONS]
        print(f"| {Path(model).stem} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
