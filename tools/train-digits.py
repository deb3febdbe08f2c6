#!/usr/bin/env python3
"""Trains Tests/Recorded/digits/digits.onnx, a small network with real labels for the tests of quantization.

    python3 -m venv .train && .train/bin/pip install torch scikit-learn onnx
    .train/bin/python tools/train-digits.py

The network contains what makes quantization hard: batch normalizations with very different ranges of channels, depthwise convolutions,
Relu and Relu6, and a residual sum. Training on scikit-learn's handwritten digits takes some minutes on one core. The digits that are not
used in training are written to the same folder, with their labels: images.npy, uint8 [N, 1, 8, 8] from 0 to 16, and labels.npy, uint8
[N]. The input of the model is float32 from 0 to 1.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from torch import nn

FOLDER = Path(__file__).resolve().parent.parent / "Tests" / "Recorded" / "digits"
SEED, EPOCHS, BATCH, HELD_BACK = 1, 30, 64, 597


class Layer(nn.Module):
    """A convolution without a bias, its normalization, and an activation."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, group: int = 1, activation: str = ""):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=group, bias=False)
        self.normalization = nn.BatchNorm2d(outputs)
        # Channels with very different ranges.
        with torch.no_grad():
            self.normalization.weight.copy_(torch.exp(torch.randn(outputs)))
        self.activation = activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.normalization(self.convolution(x))
        return {"Relu": nn.functional.relu, "Clip": nn.functional.relu6, "": lambda x: x}[self.activation](x)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([
            Layer(1, 16, 3, activation="Relu"), Layer(16, 16, 3, group=16, activation="Clip"),
            Layer(16, 24, 1),
            Layer(24, 72, 1, activation="Clip"), Layer(72, 72, 3, group=72, activation="Clip"), Layer(72, 24, 1),
            Layer(24, 72, 1, activation="Relu"), Layer(72, 72, 3, stride=2, group=72, activation="Clip"), Layer(72, 32, 1),
            Layer(32, 96, 1, activation="Relu"),
        ])
        self.classifier = nn.Linear(96, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers[:3]:
            x = layer(x)
        shortcut = x
        for layer in self.layers[3:6]:
            x = layer(x)
        x = x + shortcut
        for layer in self.layers[6:]:
            x = layer(x)
        return self.classifier(x.mean((2, 3)))


def batches(images: torch.Tensor, labels: torch.Tensor):
    order = torch.randperm(len(images))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        places = order[start:start + BATCH]
        pictures = images[places]
        shift = torch.randint(-1, 2, (2,))
        yield torch.roll(pictures, tuple(shift.tolist()), (2, 3)), labels[places]


def exported(network: Network) -> onnx.ModelProto:
    nodes, constants = [], []

    def constant(name: str, array: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    zero, six = constant("zero", np.array(0)), constant("six", np.array(6))
    value, shortcut = "image", ""
    for index, layer in enumerate(network.layers):
        name, module = f"layer{index}", layer.convolution
        weights = constant(f"{name}.weight", module.weight.detach().numpy())
        nodes.append(helper.make_node(
            "Conv", [value, weights], [f"{name}.conv"], f"{name}.conv", group=module.groups, kernel_shape=list(module.kernel_size),
            strides=list(module.stride), pads=2 * list(module.padding)))
        normalization = layer.normalization
        parameters = [
            constant(f"{name}.{key}", tensor.detach().numpy()) for key, tensor in
            zip(["scale", "bias", "mean", "variance"],
                [normalization.weight, normalization.bias, normalization.running_mean, normalization.running_var])]
        value = f"{name}.bn"
        nodes.append(helper.make_node("BatchNormalization", [f"{name}.conv", *parameters], [value], value, epsilon=normalization.eps))
        if layer.activation:
            bounds = [zero, six] if layer.activation == "Clip" else []
            nodes.append(helper.make_node(layer.activation, [value, *bounds], [name], name))
            value = name
        if index == 2:
            shortcut = value
        if index == 5:
            nodes.append(helper.make_node("Add", [value, shortcut], ["sum"], "sum"))
            value = "sum"
    nodes.append(helper.make_node("GlobalAveragePool", [value], ["pool"], "pool"))
    nodes.append(helper.make_node("Flatten", ["pool"], ["features"], "flatten"))
    weights = [constant("classifier.weight", network.classifier.weight.detach().numpy()),
               constant("classifier.bias", network.classifier.bias.detach().numpy())]
    nodes.append(helper.make_node("Gemm", ["features", *weights], ["scores"], "classifier", transB=1))
    graph = helper.make_graph(
        nodes, "digits", [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 10])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7, producer_name="train-digits.py")
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    digits = load_digits()
    images, labels = digits.images.astype(np.uint8)[:, np.newaxis], digits.target.astype(np.uint8)
    order = np.random.default_rng(SEED).permutation(len(images))
    held, learned = order[:HELD_BACK], order[HELD_BACK:]
    pictures = torch.tensor(images.astype(np.float32) / 16)
    targets = torch.tensor(labels.astype(np.int64))
    network = Network()
    optimizer = torch.optim.AdamW(network.parameters(), 4e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=EPOCHS * (len(learned) // BATCH))
    for epoch in range(EPOCHS):
        print(f"epoch {epoch}", flush=True)
        for inputs, expected in batches(pictures[learned], targets[learned]):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs), expected, label_smoothing=0.05).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.no_grad():
        correct = int((network(pictures[held]).argmax(1) == targets[held]).sum())
    print(f"{correct} of {len(held)} correct")
    FOLDER.mkdir(parents=True, exist_ok=True)
    onnx.save(exported(network), FOLDER / "digits.onnx")
    np.save(FOLDER / "images.npy", images[held])
    np.save(FOLDER / "labels.npy", labels[held])


if __name__ == "__main__":
    main()
