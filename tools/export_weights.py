"""Random parameters that reveal errors: no layer is all ones or zeros, and statistics are those of
the layer's own input."""
import torch
from torch import nn

NORMALIZATIONS = nn.modules.batchnorm._BatchNorm


def draw_parameters(module, inputs, seed):
    """Replaces parameters that initialization leaves constant, and measures the statistics of batch
    normalizations on `inputs`.

    Other weights keep the values that their library draws. Constant parameters would hide a wrong
    order of channels: ones become uniform in [0.5, 1.5), zeros normal with a standard deviation of
    0.1 for biases and 0.02 for others, and other constants, such as the 1e-6 at the beginning of
    residual branches, uniform between 0.05 and 0.2.
    """
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.numel() < 2 or not parameter.is_floating_point() or parameter.min() != parameter.max():
                continue
            parameter.copy_(drawn(float(parameter.flatten()[0]), parameter.shape, random))
        measure_statistics(module, inputs)


def drawn(constant, shape, random):
    if constant == 0:
        return torch.randn(shape, generator=random) * (0.1 if len(shape) == 1 else 0.02)
    uniform = torch.rand(shape, generator=random)
    if abs(constant) < 0.05:
        return 0.05 + 0.15 * uniform
    return constant * (0.5 + uniform)


def measure_statistics(module, inputs):
    """One run in which each batch normalization takes the mean and the variance of its input before
    it is computed."""

    def measure(layer, arguments):
        x = arguments[0]
        if layer.running_mean is None:
            return
        axes = [axis for axis in range(x.dim()) if axis != 1]
        values = x.double()
        if values.numel() == values.shape[1]:  # one number a channel has no variance
            variance = torch.ones(values.shape[1], dtype=torch.float64)
        else:
            variance = values.var(axes, unbiased=False).clamp_min(1e-3)
        layer.running_mean.copy_(values.mean(axes))
        layer.running_var.copy_(variance)

    hooks = [layer.register_forward_pre_hook(measure) for layer in module.modules() if isinstance(layer, NORMALIZATIONS)]
    if hooks:
        module(*inputs)
    for hook in hooks:
        hook.remove()
