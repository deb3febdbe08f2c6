"""Code shared by the scripts that record whole networks: running ONNX Runtime, and the summary of a
large output."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime import GraphOptimizationLevel

STRIDE = 251


def open_session(path: Path, level: GraphOptimizationLevel) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = level
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def summary(output: np.ndarray) -> np.ndarray:
    """Every 251st element, followed by the largest of each row along the last axis."""
    return np.concatenate([output.reshape(-1)[::STRIDE], output.max(axis=-1).reshape(-1)])
