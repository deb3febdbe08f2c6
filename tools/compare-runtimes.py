#!/usr/bin/env python3
"""Times Infold and other runtimes on the same models, side by side in one run; with --accuracy, also how exact they are.

    $(tools/python-environment.sh compare) tools/compare-runtimes.py [MODEL[@SHAPE]...] [options]

A MODEL is a path, with the shape of its first input behind an @ where the model leaves it open: net.onnx@1x3x640x640.
Without any, the models are those of the folder Models, and of .build/zoo, which tools/fetch-zoo.sh fills.

Every runtime has a process of its own, and they take turns: in each round each of them is timed for --seconds, so that a
machine whose speed drifts slows all of them alike. Milliseconds are medians over the rounds of medians within a round. A
ratio is Infold's time divided by the other's, the median over the rounds: below 1, Infold is faster. Means of ratios are
geometric. Infold has to be built first: swift build -c release --product infold.

An error is the largest difference from a run in double precision (infold run --double), divided by the largest output.
"""
import argparse
import datetime
import importlib.metadata
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import compare_engines
from compare_engines import Model

ROOT = Path(__file__).resolve().parent.parent
ENGINES = {  # by the name of the option: what tables call it, and its package
    "onnxruntime": ("ONNX Runtime", "onnxruntime"),
    "openvino": ("OpenVINO", "openvino"),
    "mnn": ("MNN", "MNN"),
    "tract": ("tract", "tract"),
    "opencv": ("OpenCV", "opencv-python-headless"),
}
def serve(engine, argument, threads):
    """What a process does: prepares the model, then obeys lines of standard input, and answers each with one line of JSON."""
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
    return {"median_ms": statistics.median(times)}


class Failure(Exception):
    """Why a runtime cannot run a model."""


class Worker:
    """A runtime in a process of its own, with one model."""

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

    def milliseconds(self, seconds):
        return self.ask(f"time {seconds}")["median_ms"]

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

    def milliseconds(self, seconds):
        shape = f"{self.model.input}={self.model.shape_text}"
        report = self.call(
            "bench", str(self.model.path), "--shape", shape, "--seconds", str(seconds), "--json", *self.options
        )
        return report["median_ms"]

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


def compared_models(arguments):
    """The models that are named, or without any those of the folder Models and of .build/zoo, each name once."""
    if arguments:
        return [Model(argument) for argument in arguments]
    files = [*ROOT.glob("Models/*.onnx"), *(ROOT / ".build/zoo").glob("*.onnx")]
    return [Model(str(path)) for _, path in sorted({path.stem: path for path in files}.items())]


def compare_times(model, names, arguments, threads):
    """One row: milliseconds and ratios by runtime, and why others have none."""
    row = {"model": model.name, "shape": model.shape_text, "threads": threads, "ms": {}, "ratio": {}, "failed": {}}
    engines = {"infold": Infold(arguments.infold, model, threads)}
    for name in names:
        try:
            engines[name] = Worker(name, model, threads)
        except Failure as failure:
            row["failed"][name] = str(failure)
    rounds = []
    for number in range(arguments.rounds):
        # Each begins a round as often as the others.
        order = list(engines)
        order = order[number % len(order):] + order[: number % len(order)]
        try:
            rounds.append({name: engines[name].milliseconds(arguments.seconds) for name in order})
        except Failure as failure:
            raise SystemExit(f"{model.name}: {failure}")
    for name, engine in engines.items():
        engine.close()
        row["ms"][name] = statistics.median(times[name] for times in rounds)
        if name != "infold":
            row["ratio"][name] = statistics.median(times["infold"] / times[name] for times in rounds)
    return row


def compare_accuracy(model, names, arguments):
    """One row: errors by runtime, with one thread."""
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


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def title(name):
    return {"infold": "Infold", "infold-exact": "Infold, exact"}.get(name) or ENGINES[name][0]


def time_table(rows, names):
    """The rows of one number of threads as a table of text cells, with the means in the last line."""
    head = ["model", "Infold", *map(title, names), "÷ fastest other"]
    lines, best = [], []
    for row in rows:
        cells = [f"{row['model']} {row['shape'].replace('x', '×')}", f"{row['ms']['infold']:.2f} ms"]
        for name in names:
            has_time = name in row["ratio"]
            cells.append(f"{row['ms'][name]:.2f} ms ({row['ratio'][name]:.2f})" if has_time else "–")
        best.append(max(row["ratio"].values(), default=math.nan))
        lines.append([*cells, f"{best[-1]:.2f}"])
    means = ["geometric mean", ""]
    for name in names:
        ratios = [row["ratio"][name] for row in rows if name in row["ratio"]]
        means.append(f"({geometric_mean(ratios):.2f})" if ratios else "–")
    known = [ratio for ratio in best if not math.isnan(ratio)]
    means.append(f"{geometric_mean(known):.2f}" if known else "–")
    return [head, *lines, means]


def accuracy_table(rows, names):
    names = ["infold", "infold-exact", *names]
    lines = [
        [f"{row['model']} {row['shape'].replace('x', '×')}"]
        + [f"{row['error'][name]:.1e}" if name in row["error"] else "–" for name in names]
        for row in rows
    ]
    return [["model", *map(title, names)], *lines]


def formatted(table, is_markdown):
    if is_markdown:
        rule = ["---"] + ["---:"] * (len(table[0]) - 1)
        return "\n".join("| " + " | ".join(line) + " |" for line in [table[0], rule, *table[1:]])
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) if column else cell.ljust(width)
                  for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in table
    )


def conditions(arguments, names):
    """What numbers are worth nothing without: versions, processor, date."""
    processor = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    commit = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True
    ).stdout.strip()
    version = subprocess.run([arguments.infold, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    versions = {"Infold": f"{version} ({commit})" if commit else version}
    versions |= {title(name): importlib.metadata.version(ENGINES[name][1]) for name in names}
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "processor": processor.group(1) if processor else platform.machine(),
        "cores": os.cpu_count(),
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "versions": versions,
    }


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL[@SHAPE]")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--threads", nargs="+", type=int, default=sorted({1, os.cpu_count()}))
    parser.add_argument("--seconds", type=float, default=1.0, help="the time of a runtime in a round (1)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--accuracy", action="store_true", help="compare errors instead of times")
    parser.add_argument("--markdown", action="store_true", help="print tables in Markdown")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    parser.add_argument("--infold", type=Path, default=ROOT / ".build/release/infold")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.seconds <= 0 or min(arguments.threads) < 1:
        parser.error("--rounds, --seconds and --threads must be positive")
    if not arguments.infold.exists():
        parser.error(f"{arguments.infold} is missing: swift build -c release --product infold")
    return arguments


def main():
    if sys.argv[1:2] == ["--serve"]:
        return serve(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    arguments = parse()
    zoo = ROOT / ".build/zoo"
    if not arguments.models and not zoo.exists():
        print(f"{zoo} is missing, and left out: tools/fetch-zoo.sh makes it", file=sys.stderr)
    models = compared_models(arguments.models)
    names = arguments.engines
    report = {**conditions(arguments, names), "rows": []}

    def add(row):
        report["rows"].append(row)
        for name, reason in row["failed"].items():
            print(f"{title(name)} does not run {row['model']}: {reason}", file=sys.stderr)
        print(f"done: {row['model']}", file=sys.stderr, flush=True)
        return row

    if arguments.accuracy:
        tables = [("Errors", accuracy_table([add(compare_accuracy(model, names, arguments)) for model in models], names))]
    else:
        tables = []
        for threads in arguments.threads:
            rows = [add(compare_times(model, names, arguments, threads)) for model in models]
            tables.append(("1 thread" if threads == 1 else f"{threads} threads", time_table(rows, names)))
    for heading, table in tables:
        print(f"**{heading}**\n" if arguments.markdown else heading)
        print(formatted(table, arguments.markdown) + "\n")
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    print(f"{report['date']}, {report['processor']}, {report['cores']} cores. {versions}.")
    if not arguments.accuracy:
        print(f"Medians of {arguments.rounds} rounds of {arguments.seconds:g} s in turns; in brackets Infold's time ÷ theirs.")
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
