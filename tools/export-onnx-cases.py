#!/usr/bin/env python3
"""Writes the operator cases that the PyPI package onnx generates, in the format of ONNX's backend
tests, for OperatorCaseTests.

    "$(tools/python-environment.sh)" tools/export-onnx-cases.py [FOLDER]       (default: .build/onnx-cases)

FOLDER/node/NAME contains model.onnx and test_data_set_N. FOLDER/operators.txt lists every operator
of ONNX's own domain with the opset versions that changed it. The folder is replaced entirely,
unless it already is the output of this script.
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
import sys
import warnings
from pathlib import Path

import onnx
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases

ROOT = Path(__file__).resolve().parent.parent
VERSION = "1.23.2"


def stamp() -> str:
    """A stamp that depends on the version of onnx and on this script."""
    return f"onnx {onnx.__version__} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}\n"


def message(value, declaration: onnx.ValueInfoProto):
    """The input or output `value` as the message that its file contains."""
    if isinstance(value, TensorProto):
        return value
    convert = {
        "map_type": numpy_helper.from_dict,
        "optional_type": numpy_helper.from_optional,
        "sequence_type": numpy_helper.from_list,
        "tensor_type": numpy_helper.from_array,
    }[declaration.type.WhichOneof("value")]
    return convert(value, declaration.name)


def write_values(folder: Path, prefix: str, values, declarations) -> None:
    for index, (value, declaration) in enumerate(zip(values, declarations, strict=True)):
        (folder / f"{prefix}_{index}.pb").write_bytes(message(value, declaration).SerializeToString())


def write_case(folder: Path, case) -> None:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    for index, (inputs, outputs) in enumerate(case.data_sets):
        data_set = folder / f"test_data_set_{index}"
        data_set.mkdir()
        write_values(data_set, "input", inputs, case.model.graph.input)
        write_values(data_set, "output", outputs, case.model.graph.output)


def write_operators(path: Path) -> None:
    schemas = sorted((s.name, s.since_version) for s in onnx.defs.get_all_schemas_with_history() if not s.domain)
    with path.open("w") as file:
        for name, versions in itertools.groupby(schemas, key=lambda schema: schema[0]):
            print(name, *(version for _, version in versions), file=file)


def main() -> None:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".build" / "onnx-cases"
    if onnx.__version__ != VERSION:
        sys.exit(f"export-onnx-cases.py: this is onnx {onnx.__version__}, but the cases are those of {VERSION}")
    stamp_file = output / "stamp"
    if stamp_file.exists() and stamp_file.read_text() == stamp():
        return
    # NumPy warns about the infinities and NaNs of some cases.
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    partial = output.with_name(output.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "node").mkdir(parents=True)
    cases = collect_testcases(None)
    for case in cases:
        if (case.rtol, case.atol) != (1e-3, 1e-7):
            sys.exit(f"export-onnx-cases.py: {case.name} has its own tolerance, which the format cannot express")
        write_case(partial / "node" / case.name, case)
    write_operators(partial / "operators.txt")
    (partial / "stamp").write_text(stamp())
    shutil.rmtree(output, ignore_errors=True)
    partial.rename(output)
    print(f"{len(cases)} cases of onnx {VERSION} are in {output}")


if __name__ == "__main__":
    main()
