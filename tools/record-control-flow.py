#!/usr/bin/env python3
"""Records the results of ONNX Runtime for small models with If and Loop, for
Tests/Recorded/control-flow.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/record-control-flow.py
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

OUTPUT = Path(__file__).resolve().parent.parent / "Tests" / "Recorded" / "control-flow"
SEED = 20261127

HEADER = '<ir_version: 8, opset_import: ["" : 16]>\n'

CONVOLUTIONS = """
branches (float[1,3,9,8] x, bool choice, float[4,3,3,3] w, float[4,3,1,1] v) => (float[1,4,N,M] y, float[1,3,9,8] r) {
    r = Relu(x)
    z = If (choice) <
        then_branch = wide () => (float[1,4,7,6] a) { c = Conv(r, w)  a = Relu(c) },
        else_branch = narrow () => (float[1,4,9,8] b) { b = Conv(r, v) }
    >
    y = Neg(z)
}
"""

RANKS = """
ranks (float[2,6] x, bool choice) => (float y) {
    axes = Constant <value = int64[1] {-1}> ()
    z = If (choice) <
        then_branch = same () => (float[2,6] a) { a = Identity(x) },
        else_branch = deeper () => (float[2,6,1] b) { b = Unsqueeze(x, axes) }
    >
    y = ReduceSum <keepdims = 0> (z)
}
"""

ACCUMULATE = """
accumulate (int64 trips, bool start, float[3] step) => (float[3] total, float[T,3] sums, int64[T] numbers) {
    zero = Constant <value = float[3] {0.0, 0.5, 1.0}> ()
    total, sums, numbers = Loop (trips, start, zero) <
        body = step_body (int64 i, bool cond, float[3] sum) => (bool goes_on, float[3] next, float[3] kept, int64 number) {
            f = Cast <to = 1> (i)
            p = Mul(f, step)
            next = Add(sum, p)
            kept = Identity(next)
            number = Identity(i)
            goes_on = Identity(cond)
        }
    >
}
"""

EARLY = """
early (float[2] x) => (float[2] y, float[T] norms) {
    y, norms = Loop ( , , x) <
        body = halve (int64 i, bool cond, float[2] v) => (bool goes_on, float[2] next, float norm) {
            two = Constant <value = float {2.0}> ()
            limit = Constant <value = float {0.1}> ()
            next = Div(v, two)
            norm = ReduceL2 <keepdims = 0> (next)
            goes_on = Greater(norm, limit)
        }
    >
}
"""

NESTED = """
nested (int64 trips, float[2] x) => (float[N] list, int64[T] lengths) {
    list, lengths = Loop (trips, , x) <
        body = grow (int64 i, bool cond, float[K] old) => (bool goes_on, float[L] new, int64 length) {
            two = Constant <value = int64 {2}> ()
            zero = Constant <value = int64 {0}> ()
            rest = Mod(i, two)
            even = Equal(rest, zero)
            new = If (even) <
                then_branch = longer () => (float[P] a) { a = Concat <axis = 0> (old, x) },
                else_branch = twice () => (float[Q] b) { b = Concat <axis = 0> (old, old) }
            >
            length = Size(new)
            goes_on = Identity(cond)
        }
    >
}
"""

LOOPS = """
loops (int64 rows, float[2,3] x) => (float[2,3] y, float[R,C] table) {
    y, table = Loop (rows, , x) <
        body = row (int64 i, bool cond, float[2,3] v) => (bool goes_on, float[2,3] next, float[C] line) {
            three = Constant <value = int64 {3}> ()
            next, line = Loop (three, cond, v) <
                body = column (int64 j, bool inner, float[2,3] u) => (bool further, float[2,3] w, float item) {
                    n = Add(i, j)
                    f = Cast <to = 1> (n)
                    s = Sin(f)
                    w = Add(u, s)
                    q = Mul(w, x)
                    item = ReduceMean <keepdims = 0> (q)
                    further = Identity(inner)
                }
            >
            goes_on = Identity(cond)
        }
    >
}
"""


def record(name: str, text: str, feeds: dict[str, np.ndarray]) -> None:
    model = onnx.parser.parse_model(HEADER + text)
    onnx.checker.check_model(model)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    folder = OUTPUT / name
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(model, folder / "model.onnx")
    for index, value in enumerate(model.graph.input):
        (data / f"input_{index}.pb").write_bytes(numpy_helper.from_array(feeds[value.name], value.name).SerializeToString())
    for index, (value, array) in enumerate(zip(model.graph.output, session.run(None, feeds))):
        (data / f"output_{index}.pb").write_bytes(numpy_helper.from_array(array, value.name).SerializeToString())
        print(name, value.name, array.shape)


def main() -> None:
    shutil.rmtree(OUTPUT, ignore_errors=True)
    random = np.random.default_rng(SEED)

    def floats(*shape: int) -> np.ndarray:
        return random.standard_normal(shape).astype(np.float32)

    convolutions = dict(x=floats(1, 3, 9, 8), w=floats(4, 3, 3, 3), v=floats(4, 3, 1, 1))
    matrix = floats(2, 6)
    for choice in (True, False):
        suffix = str(choice).lower()
        record(f"if-convolutions-{suffix}", CONVOLUTIONS, dict(convolutions, choice=np.array(choice)))
        record(f"if-ranks-{suffix}", RANKS, dict(x=matrix, choice=np.array(choice)))
    step = floats(3)
    for trips, start in [(7, True), (0, True), (7, False), (-1, True)]:
        feeds = dict(trips=np.array(trips, np.int64), start=np.array(start), step=step)
        record(f"loop-accumulate-{trips}-{str(start).lower()}", ACCUMULATE, feeds)
    record("loop-early-exit", EARLY, dict(x=floats(2)))
    for trips in (0, 5):
        record(f"loop-nested-if-{trips}", NESTED, dict(trips=np.array(trips, np.int64), x=floats(2)))
    record("loop-nested-loop", LOOPS, dict(rows=np.array(4, np.int64), x=floats(2, 3)))
    (OUTPUT / "README.md").write_text(
        f"Small models with If and Loop, with random numbers (seed {SEED}), and what ONNX Runtime {ort.__version__} makes of them:\n"
        "recorded by `tools/record-control-flow.py` for this project, and under its licence.\n"
    )


if __name__ == "__main__":
    main()
