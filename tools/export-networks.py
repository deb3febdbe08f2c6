#!/usr/bin/env python3
"""Exports networks of timm, torchvision and others with PyTorch's exporters, and compares Infold
with ONNX Runtime on them.

    PYTHON tools/export-networks.py --folder FOLDER [NAME...] [options]
    PYTHON tools/export-networks.py --folder FOLDER --table > docs/Networks.md

PYTHON must have torch, torchvision, timm, onnx, onnxscript and onnxruntime. A build of torch
without CUDA suffices. If only a build with CUDA is available, install its wheel with --no-deps. It
runs on a machine without CUDA once the libraries that it is linked with exist:
tools/stand-in-libraries.py creates empty ones.

A NAME is the beginning of the name of an export, such as resnet18 or resnet18-script-17-float32; by
default all are exported. The results of each are kept as a JSON file in FOLDER, and an export with
such a file is skipped. Each export is created and checked in its own process, limited to
--time-limit seconds and --memory-limit gigabytes. Its model is deleted afterwards unless --keep
says otherwise.

Parameters are random (see export_weights.py): only the agreement of numbers and the times are
checked, and times do not depend on the parameters.
"""
import argparse
import datetime
import hashlib
import importlib.metadata
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass

import network_checks
from network_checks import remarkable, summary
from processor import processor_here, processor_text

# The opsets that exporters alternate between. A newer one is used if an operator needs it.
OPSETS = {"script": (17, 13, 16, 11, 14, 18, 20), "dynamo": (18, 20, 21, 23)}
FALLBACK = {"script": 20, "dynamo": 18}


@dataclass(frozen=True)
class Export:
    """An architecture with the exporter and its settings."""

    library: str
    architecture: str
    exporter: str
    opset: int
    precision: str

    @property
    def name(self):
        return f"{self.architecture}-{self.exporter}-{self.opset}-{self.precision}"


def exports(architectures):
    """Every architecture with one exporter, then with the other, then some in float16. Opsets
    alternate."""
    plan = []
    for turn in range(2):
        for i, entry in enumerate(architectures):
            if turn == len(entry.exporters):
                continue
            exporter = entry.exporters[(i + turn) % len(entry.exporters)]
            opset = OPSETS[exporter][(i // 2) % len(OPSETS[exporter])]
            plan.append(Export(entry.library, entry.name, exporter, opset, "float32"))
    for i, entry in enumerate(architectures[::3]):
        exporter = entry.exporters[i % len(entry.exporters)]
        plan.append(Export(entry.library, entry.name, exporter, OPSETS[exporter][0], "float16"))
    return plan


def write_model(export, path):
    """Exports to a file, and returns the inputs by name, and the opset that was written."""
    import torch

    from export_architectures import Architecture
    from export_weights import draw_parameters

    torch.set_num_threads(1)
    seed = int.from_bytes(hashlib.sha256(export.architecture.encode()).digest()[:4], "big")
    module, inputs = Architecture(export.library, export.architecture).make(seed)
    draw_parameters(module, inputs, seed)
    if export.precision == "float16":
        module = module.half()
        inputs = [tensor.half() if tensor.is_floating_point() else tensor for tensor in inputs]
    names = ["input"] if len(inputs) == 1 else [f"input{i}" for i in range(len(inputs))]
    opset = export.opset
    try:
        run_exporter(export, module, inputs, names, opset, path)
    except Exception:
        if opset == FALLBACK[export.exporter]:
            raise
        opset = FALLBACK[export.exporter]
        run_exporter(export, module, inputs, names, opset, path)
    return {name: tensor.numpy() for name, tensor in zip(names, inputs)}, opset


def run_exporter(export, module, inputs, names, opset, path):
    import torch

    with torch.no_grad():
        if export.exporter == "script":
            torch.backends.mha.set_fastpath_enabled(False)  # which has no operators
            # Half of the exports have a dynamic batch dimension, as in tutorials.
            axes = {name: {0: "N"} for name in names} if opset % 2 and export.library == "timm" else None
            torch.onnx.export(
                module, tuple(inputs), str(path), dynamo=False, opset_version=opset, input_names=names, dynamic_axes=axes
            )
        else:
            torch.onnx.export(
                module, tuple(inputs), str(path), dynamo=True, opset_version=opset, input_names=names, external_data=False,
                verbose=False,
            )


def examined(export, arguments):
    """All results for an export."""
    import onnx

    report = {**export.__dict__, "name": export.name}
    path = arguments.folder / f"{export.name}.onnx"
    start = time.perf_counter()
    try:
        inputs, report["written_opset"] = write_model(export, path)
    except Exception as error:  # whatever libraries throw
        report["export_failure"] = f"{type(error).__name__}: " + " ".join(str(error).split())[-400:]
        return report
    report["verdict"] = "unknown"  # until it is examined, should that be cut off
    report["export_seconds"] = round(time.perf_counter() - start, 1)
    report["megabytes"] = round(path.stat().st_size / 1e6, 1)
    graph = onnx.load(path, load_external_data=False).graph
    report["nodes"] = len(graph.node)
    inputs = {value.name: inputs[value.name] for value in graph.input}  # without those that the network does not use
    del graph
    print_report(report)
    return report | network_checks.examine(path, inputs, arguments)


REPORT = "report: "


def print_report(report):
    """Prints a report for the parent process, which uses the last one."""
    print(f"\n{REPORT}{json.dumps(report)}", flush=True)


def last_report(lines):
    found = [line.removeprefix(REPORT) for line in lines if line.startswith(REPORT)]
    return json.loads(found[-1]) if found else None


def run_one(export, arguments):
    """Runs an export in its own process with limits. Results found before a limit is hit are kept.
    """
    command = [sys.executable, __file__, "--one", json.dumps(export.__dict__), *sys.argv[1:]]
    limit = int(arguments.memory_limit * 2**30)

    def limits():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    reason = None
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, preexec_fn=limits)
        try:
            process.wait(timeout=arguments.time_limit)
        except subprocess.TimeoutExpired:
            reason = f"took more than {arguments.time_limit:g} s"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        output.seek(0)
        lines = output.read().splitlines()
    report = last_report(lines)
    if report is None:
        reason = reason or (lines or [f"ended with {process.returncode}"])[-1][-400:]
        return {**export.__dict__, "name": export.name, "export_failure": reason}
    return report | ({"cut_off": reason} if reason else {})


def conditions_text(arguments):
    """The conditions of the measurement."""
    version = subprocess.run([arguments.infold, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("onnxruntime", "torch", "torchvision", "timm"))
    date = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    return (
        f"{processor_text(processor_here())}; Infold {version}, {packages}; at least {arguments.rounds} turns of"
        f" {arguments.seconds:g} s for each; {date}. {arguments.note}".rstrip()
    )


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    network_checks.add_options(parser)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--precision", choices=("float32", "float16"), help="only exports of this precision")
    parser.add_argument("--time-limit", type=float, default=600, help="seconds for an export and its checks (default: 600)")
    parser.add_argument("--memory-limit", type=float, default=16, help="gigabytes of address space of a process (default: 16)")
    parser.add_argument("--keep", choices=("none", "all", "remarkable"), default="none",
                        help="the models to keep: those that are refused, wrong or slow, or all")
    parser.add_argument("--list", action="store_true", help="print the names of exports")
    parser.add_argument("--table", action="store_true", help="print the page with the results in FOLDER")
    parser.add_argument("--note", default="", help="a note on the measurement for the page of --table")
    return parser.parse_args()


def main():
    arguments = parse()
    warnings.simplefilter("ignore")
    if arguments.one:
        print_report(examined(Export(**json.loads(arguments.one)), arguments))
        os._exit(0)  # libraries that were loaded for the export may not end well
    folder = arguments.folder
    if arguments.table:
        from network_tables import page

        print(page([json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))], conditions_text(arguments)))
        return None
    from export_architectures import architectures

    plan = [
        export for export in exports(architectures())
        if (not arguments.names or any(export.name.startswith(name) for name in arguments.names))
        and arguments.precision in (None, export.precision)
    ]
    if arguments.list:
        print("\n".join(export.name for export in plan))
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for number, export in enumerate(plan):
        target = folder / f"{export.name}.json"
        if target.exists():
            continue
        start = time.perf_counter()
        report = run_one(export, arguments)
        target.write_text(json.dumps(report, indent=1) + "\n")
        if arguments.keep == "none" or (arguments.keep == "remarkable" and not remarkable(report)):
            for suffix in (".onnx", ".onnx.data"):
                (folder / (export.name + suffix)).unlink(missing_ok=True)
        print(f"{number + 1}/{len(plan)} {export.name}: {summary(report)} [{time.perf_counter() - start:.0f} s]", flush=True)
    return None


if __name__ == "__main__":
    main()
