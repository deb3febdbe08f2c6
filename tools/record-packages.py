#!/usr/bin/env python3
"""Records the results of ONNX Runtime for models from Python packages, into
Tests/Recorded/packages.

    tools/fetch-zoo.sh
    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/record-packages.py

The README of the recordings describes the inputs, and which elements of a large output are kept.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnxruntime import GraphOptimizationLevel

from recorded_runs import open_session, summary
from split_mix_64 import random_input, split_mix_64

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "Tests" / "Recorded" / "packages"
# The inputs of each model: shapes of floats, BYTES, or a value.
BYTES = "bytes"
NETWORKS = {
    "basic-pitch": {"serving_default_input_2:0": (1, 43844, 1)},
    "magika": {"bytes": BYTES},
    "nudenet": {"images": (1, 3, 320, 320)},
    "silero-vad": {"input": (1, 576), "state": (2, 1, 128), "sr": np.array(16000, np.int64)},
    "silero-vad-half": {"input": (1, 576), "state": (2, 1, 128)},
    "silero-vad-sequence": {"input": (5, 576), "h": (1, 1, 128), "c": (1, 1, 128)},
}
RUNS = 2
WHOLE = 2048


def tensor(kind: object, seed: int) -> np.ndarray:
    if isinstance(kind, np.ndarray):
        return kind
    if kind == BYTES:
        return (split_mix_64(seed, 2048) >> np.uint64(56)).astype(np.int32).reshape(1, 2048)
    return random_input(seed, kind)


def recorded(output: np.ndarray) -> np.ndarray:
    """All elements, or a summary if there are many."""
    return output.reshape(-1) if output.size <= WHOLE else summary(output)


def main() -> None:
    RECORDED.mkdir(parents=True, exist_ok=True)
    for name, inputs in NETWORKS.items():
        runs = []
        for level in (GraphOptimizationLevel.ORT_ENABLE_ALL, GraphOptimizationLevel.ORT_DISABLE_ALL):
            session = open_session(ROOT / ".build" / "zoo" / f"{name}.onnx", level)
            runs.append([
                session.run(None, {
                    input_name: tensor(kind, run * len(inputs) + index) for index, (input_name, kind) in enumerate(inputs.items())
                })
                for run in range(RUNS)
            ])
        for index, value in enumerate(session.get_outputs()):
            optimized, plain = ([recorded(run[index]) for run in level] for level in runs)
            difference = max(float(np.abs(a - b).max() / np.abs(a).max()) for a, b in zip(optimized, plain))
            print(f"{name}, {value.name}: {difference:.1e} of the largest from itself without optimizations")
            np.save(RECORDED / f"{name}-{index}.npy", np.stack(optimized).astype("<f4"))


if __name__ == "__main__":
    main()
