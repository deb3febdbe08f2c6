#!/usr/bin/env python3
"""Compares the time of Infold and other runtimes on the same models in one session, or with
--accuracy their errors.

    $(tools/python-environment.sh compare) tools/compare-runtimes.py [MODEL[@SHAPE]...] [options]
    tools/compare-runtimes.py --merge FILE.json... [--markdown]

A MODEL is a path, followed by @ and the shape of its first input if it has dynamic dimensions:
net.onnx@1x3x640x640. By default the models are those of the folder Models, and of .build/zoo, which
tools/fetch-zoo.sh creates.

Every runtime has its own process, and they take turns: in each of many short rounds, each is timed
for --seconds. Other load on the machine slows some rounds down for seconds at a time, but nothing
makes a round faster than the machine allows. Therefore times are those of the fastest inference
over all rounds, and a ratio is Infold's fastest time divided by the other's: below 1, Infold is
faster. The ratio of the medians within a round, as a median over the rounds, is given as well.
Means of ratios are geometric. Build Infold first: swift build -c release --product infold.

--merge combines the files that --json wrote on several processors into one table, and measures
nothing.

An error is the largest difference from a run in double precision (infold run --double), divided by
the largest output.
"""
import argparse
import datetime
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import compare_engines
from compare_engines import PACKAGES
from compare_models import ROOT, Model, compared_models
from compare_reports import (
    TITLES, accuracy_table, conditions_text, formatted, merged_text, method_text, read_report, summary, threads_text, time_table,
)
from processor import processor_here

BINARY = ROOT / ".build/release/infold"


def serve(engine, argument, threads):
    """Runs in the worker process: prepares the model, then executes commands from standard input,
    and answers each with one line of JSON."""
    model = Model(argument)
    tensor = model.tensor()
    try:
        run = getattr(compare_engines, f"prepare_{engine}")(model, tensor, threads)
        for _ in range(3):
            run()
    except Exception as error:  # whatever a runtime throws
        print(json.dumps({"failed": " ".join(str(error).split())[:200] or repr(error)}), flush=True)
        return
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        order, _, value = line.rstrip("\n").partition(" ")
        if order == "time":
            answer = time_runs(run, float(value))
        else:
            import numpy as np

            np.save(value, np.asarray(run()))
            answer = {}
        print(json.dumps(answer), flush=True)


def time_runs(run, seconds):
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return {"median_ms": statistics.median(times), "min_ms": min(times)}


class Failure(Exception):
    """The reason why a runtime cannot run a model."""


class Worker:
    """A runtime with one model, in its own process."""

    def __init__(self, engine, model, threads):
        self.errors = tempfile.TemporaryFile("w+")
        command = [sys.executable, __file__, "--serve", engine, model.argument, str(threads)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )
        answer = self.answer()
        if "failed" in answer:
            self.close()
            raise Failure(answer["failed"])

    def answer(self):
        # The runtimes print lines of their own.
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().strip().splitlines()
        raise Failure(lines[-1] if lines else f"ended with {self.process.returncode}")

    def ask(self, order):
        try:
            self.process.stdin.write(order + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.answer()

    def times(self, seconds):
        return self.ask(f"time {seconds}")

    def output(self, folder):
        import numpy as np

        path = f"{folder}/other.npy"
        self.ask(f"output {path}")
        return np.load(path)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Infold:
    """Infold, in a process for each round."""

    def __init__(self, binary, model, threads, precision="fast"):
        self.binary, self.model = str(binary), model
        self.options = ["--threads", str(threads), "--precision", precision]

    def call(self, *arguments):
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True)
        if done.returncode:
            raise Failure(done.stderr.strip() or f"ended with {done.returncode}")
        return json.loads(done.stdout)

    def times(self, seconds):
        shape = f"{self.model.input}={self.model.shape_text}"
        return self.call(
            "bench", str(self.model.path), "--shape", shape, "--seconds", str(seconds), "--json", *self.options
        )

    def output(self, folder, *options):
        import numpy as np

        np.save(f"{folder}/input.npy", self.model.tensor())
        report = self.call(
            "run", str(self.model.path), "--input", f"{self.model.input}={folder}/input.npy", "--output", folder,
            "--json", *(options or self.options),
        )
        return np.load(report["files"][self.model.outputs[0]])

    def close(self):
        pass


def compare_times(model, names, arguments, threads):
    """A row of the table: milliseconds and ratios by runtime, and the reasons for missing ones."""
    failed = {}
    engines = {"infold": Infold(arguments.infold, model, threads)}
    for name in names:
        try:
            engines[name] = Worker(name, model, threads)
        except Failure as failure:
            failed[name] = str(failure)
    rounds = []
    for number in range(arguments.rounds):
        # Each runtime begins a round equally often.
        order = list(engines)
        order = order[number % len(order):] + order[: number % len(order)]
        try:
            rounds.append({name: engines[name].times(arguments.seconds) for name in order})
        except Failure as failure:
            raise SystemExit(f"{model.name}: {failure}")
    for engine in engines.values():
        engine.close()
    return {"model": model.name, "shape": model.shape_text, "threads": threads, **summary(rounds), "failed": failed}


def compare_accuracy(model, names, arguments):
    """A row of the table: errors by runtime, with one thread."""
    import numpy as np

    row = {"model": model.name, "shape": model.shape_text, "error": {}, "failed": {}}
    with tempfile.TemporaryDirectory() as folder:
        truth = Infold(arguments.infold, model, 1).output(folder, "--double").astype(np.float64)
        scale = np.abs(truth).max() or 1.0
        makers = {
            "infold": lambda: Infold(arguments.infold, model, 1),
            "infold-exact": lambda: Infold(arguments.infold, model, 1, "exact"),
        }
        makers |= {name: lambda name=name: Worker(name, model, 1) for name in names}
        for name, make in makers.items():
            try:
                engine = make()
                try:
                    output = engine.output(folder).astype(np.float64).reshape(truth.shape)
                finally:
                    engine.close()
                row["error"][name] = float(np.abs(output - truth).max() / scale)
            except (Failure, ValueError) as failure:
                row["failed"][name] = str(failure)
    return row


def conditions(arguments):
    """The conditions of the measurement: versions, processor, threads, date."""
    version = subprocess.run([arguments.infold, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if arguments.infold == BINARY:  # another was built from who knows what
        commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
        if commit.returncode == 0:
            version += f" ({commit.stdout.strip()})"
    versions = {"Infold": version}
    versions |= {TITLES[name]: importlib.metadata.version(PACKAGES[name]) for name in arguments.engines}
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "processor": processor_here(),
        "cores": os.cpu_count(),
        "isa": os.environ.get("INFOLD_ISA"),
        "threads": [1] if arguments.accuracy else arguments.threads,
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "versions": versions,
    }


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL[@SHAPE]")
    parser.add_argument("--engines", nargs="+", choices=PACKAGES, default=list(PACKAGES))
    parser.add_argument("--threads", nargs="+", type=int, default=sorted({1, os.cpu_count()}))
    parser.add_argument("--seconds", type=float, default=0.25, help="the time of a runtime in a round (default: 0.25)")
    parser.add_argument("--rounds", type=int, default=8, help="the number of rounds (default: 8)")
    parser.add_argument("--accuracy", action="store_true", help="compare errors instead of times")
    parser.add_argument("--merge", nargs="+", type=Path, metavar="FILE.json", help="print one table of previous measurements")
    parser.add_argument("--markdown", action="store_true", help="print tables in Markdown")
    parser.add_argument("--json", type=Path, help="write all measurements to this file")
    parser.add_argument("--infold", type=Path, default=BINARY)
    arguments = parser.parse_args()
    if arguments.merge:
        if arguments.models or arguments.json or arguments.accuracy:
            parser.error("--merge measures nothing, and can be combined with --markdown only")
        return arguments
    if arguments.rounds < 1 or arguments.seconds <= 0 or min(arguments.threads) < 1:
        parser.error("--rounds, --seconds and --threads must be positive")
    if not arguments.infold.exists():
        parser.error(f"{arguments.infold} is missing: swift build -c release --product infold")
    return arguments


def main():
    if sys.argv[1:2] == ["--serve"]:
        return serve(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    arguments = parse()
    if arguments.merge:
        print(merged_text([read_report(path) for path in arguments.merge], arguments.markdown))
        return
    zoo = ROOT / ".build/zoo"
    if not arguments.models and not zoo.exists():
        print(f"{zoo} is missing and skipped: create it with tools/fetch-zoo.sh", file=sys.stderr)
    models = compared_models(arguments.models)
    names = arguments.engines
    report = {**conditions(arguments), "rows": []}

    def add(row):
        report["rows"].append(row)
        for name, reason in row["failed"].items():
            print(f"{TITLES[name]} does not run {row['model']}: {reason}", file=sys.stderr)
        print(f"done: {row['model']}", file=sys.stderr, flush=True)
        return row

    if arguments.accuracy:
        tables = [("Errors", accuracy_table([add(compare_accuracy(model, names, arguments)) for model in models], names))]
    else:
        tables = []
        for threads in arguments.threads:
            rows = [add(compare_times(model, names, arguments, threads)) for model in models]
            tables.append((threads_text(threads), time_table(rows, names)))
    for heading, table in tables:
        print(f"**{heading}**\n" if arguments.markdown else heading)
        print(formatted(table, arguments.markdown) + "\n")
    print(conditions_text(report))
    if not arguments.accuracy:
        print(method_text(report))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
