#!/usr/bin/env python3
"""Writes the .npy files of Tests/FileTests/Fixtures with NumPy itself. Needs numpy (tools/requirements.txt)."""

import pathlib

import numpy as np
from numpy.lib import format as npy

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/FileTests/Fixtures"


def write(name, array, version=(1, 0)):
    with open(FOLDER / f"{name}.npy", "wb") as file:
        npy.write_array(file, array, version=version, allow_pickle=False)


def extremes(code):
    """Six values of a type, two rows of three."""
    kind = np.dtype(code).kind
    if kind == "b":
        values = [True, False, True, True, False, False]
    elif kind in "iu":
        info = np.iinfo(code)
        values = [info.min, 0, 1, 2, 100, info.max]
    elif kind == "f":
        values = [-0.0, 1.5, np.inf, -np.inf, np.finfo(code).smallest_subnormal, np.finfo(code).max]
    else:
        values = [0, 1.5 - 2j, 3j, -4, 1e30j, -1e-30]
    return np.array(values, dtype=code).reshape(2, 3)


for code in ["b1", "i1", "u1"]:
    write(code, extremes(code))
for code in ["i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]:
    write(f"{code}-little", extremes("<" + code))
    write(f"{code}-big", extremes("<" + code).astype(">" + code))

counting = np.arange(24, dtype="<i2").reshape(2, 3, 4)
write("fortran-little", np.asfortranarray(counting))
write("fortran-big", np.asfortranarray(counting.astype(">i2")))
for code in ["u1", "i4", "f8", "c16"]:
    write(f"fortran-{code}", np.asfortranarray(counting.astype(code)))
write("version-2", counting, version=(2, 0))
write("version-3", counting, version=(3, 0))
write("scalar", np.array(2.5, dtype="<f4"))
write("vector", np.array([1, 2, 3], dtype="<f4"))
write("empty", np.zeros((0, 3), dtype="<f4"))
write("fortran-empty", np.asfortranarray(np.zeros((2, 0, 3), dtype="<f4")))
write("rank-32", np.full((1,) * 31 + (2,), 7, dtype="<f4"))

write("refused-structured", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
write("refused-text", np.array(["ab", "c"]))
write("refused-date", np.array(["2020-01-01"], dtype="M8[D]"))
write("refused-void", np.zeros(2, dtype="V2"))
write("refused-long-double", np.zeros(1, dtype=np.longdouble))
