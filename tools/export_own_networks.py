"""Kinds of networks that people write themselves and libraries do not contain: recurrent networks,
encoders, audio, image translation.

Each function returns a module and its input tensors.
"""
import torch
from torch import nn


class Recurrent(nn.Module):
    """A stack of recurrent layers over [time, batch, features], and a classifier of the last step's
    output."""

    def __init__(self, kind, features, hidden, layers, directions, classes):
        super().__init__()
        self.layers = kind(features, hidden, num_layers=layers, bidirectional=directions == 2)
        self.classifier = nn.Linear(hidden * directions, classes)

    def forward(self, x):
        return self.classifier(self.layers(x)[0][-1])


def lstm():
    return Recurrent(nn.LSTM, 40, 128, 2, 1, 12), [torch.randn(100, 1, 40)]


def lstm_bidirectional():
    return Recurrent(nn.LSTM, 64, 96, 2, 2, 12), [torch.randn(80, 2, 64)]


def gru():
    return Recurrent(nn.GRU, 40, 128, 2, 1, 12), [torch.randn(100, 1, 40)]


def gru_bidirectional():
    return Recurrent(nn.GRU, 64, 64, 1, 2, 12), [torch.randn(80, 4, 64)]


def rnn():
    return Recurrent(nn.RNN, 32, 64, 1, 1, 5), [torch.randn(50, 1, 32)]


class Streaming(nn.Module):
    """One step of a streaming speech network whose states are inputs and outputs."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv1d(1, 64, 16, 8), nn.ReLU(), nn.Conv1d(64, 64, 3, 2), nn.ReLU())
        self.layers = nn.LSTM(64, 64, num_layers=2, batch_first=True)
        self.decoder = nn.Sequential(nn.Linear(64, 1), nn.Sigmoid())

    def forward(self, x, h, c):
        features = self.encoder(x.unsqueeze(1)).transpose(1, 2)
        features, (h, c) = self.layers(features, (h, c))
        return self.decoder(features).mean(1), h, c


def voice_activity():
    return Streaming(), [torch.randn(1, 512), torch.randn(2, 1, 64), torch.randn(2, 1, 64)]


class TextReader(nn.Module):
    """Convolutions, and a recurrent layer along the line of text."""

    def __init__(self):
        super().__init__()
        sizes = [1, 32, 64, 128, 128]
        blocks = []
        for i, (before, after) in enumerate(zip(sizes, sizes[1:])):
            blocks += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
            blocks += [nn.MaxPool2d(2 if i < 2 else (2, 1))]
        self.features = nn.Sequential(*blocks)
        self.layers = nn.LSTM(256, 128, num_layers=2, bidirectional=True)
        self.classifier = nn.Linear(256, 97)

    def forward(self, x):
        x = self.features(x)
        x = x.flatten(1, 2).permute(2, 0, 1)
        return self.classifier(self.layers(x)[0]).log_softmax(2)


def crnn():
    return TextReader(), [torch.randn(1, 1, 32, 160)]


class Encoder(nn.Module):
    """Maps word indices to a sentence vector with nn.TransformerEncoder."""

    def __init__(self, first):
        super().__init__()
        self.embedding, self.position = nn.Embedding(1000, 192), nn.Parameter(torch.randn(64, 192) * 0.1)
        layer = nn.TransformerEncoderLayer(192, 6, 768, activation="gelu", batch_first=True, norm_first=first)
        self.layers = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)

    def forward(self, tokens, mask):
        x = self.embedding(tokens) + self.position
        x = self.layers(x, src_key_padding_mask=mask == 0)
        weights = mask.unsqueeze(2).to(x.dtype)
        return nn.functional.normalize((x * weights).sum(1) / weights.sum(1))


def sentence_encoder():
    mask = torch.ones(2, 64, dtype=torch.int64)
    mask[1, 40:] = 0
    return Encoder(first=False), [torch.randint(0, 10, (2, 64)), mask]


def sentence_encoder_prenorm():
    return Encoder(first=True), [torch.randint(0, 10, (1, 64)), torch.ones(1, 64, dtype=torch.int64)]


class Decoder(nn.Module):
    """A small causal language model: rotary positions, RMS normalization, gated activations,
    grouped heads."""

    def __init__(self, width=192, heads=6, groups=2, layers=4):
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, width // heads
        self.embedding = nn.Embedding(1000, width)
        self.blocks = nn.ModuleList(
            nn.ModuleDict({
                "first": nn.RMSNorm(width), "second": nn.RMSNorm(width),
                "query": nn.Linear(width, width, bias=False),
                "pairs": nn.Linear(width, 2 * groups * self.size, bias=False),
                "out": nn.Linear(width, width, bias=False),
                "gate": nn.Linear(width, 2 * width, bias=False), "up": nn.Linear(width, 2 * width, bias=False),
                "down": nn.Linear(2 * width, width, bias=False),
            })
            for _ in range(layers)
        )
        self.norm, self.head = nn.RMSNorm(width), nn.Linear(width, 1000, bias=False)
        frequencies = 1 / 10000 ** (torch.arange(0, self.size, 2) / self.size)
        angles = torch.arange(64).unsqueeze(1) * torch.cat([frequencies, frequencies])
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def rotate(self, x):
        low, high = x.chunk(2, -1)
        return x * self.cos + torch.cat([-high, low], -1) * self.sin

    def forward(self, tokens):
        x = self.embedding(tokens)
        batch, length = tokens.shape
        for block in self.blocks:
            y = block["first"](x)
            query = self.rotate(block["query"](y).view(batch, length, self.heads, self.size).transpose(1, 2))
            key, value = block["pairs"](y).view(batch, length, 2 * self.groups, self.size).transpose(1, 2).chunk(2, 1)
            key = self.rotate(key).repeat_interleave(self.heads // self.groups, 1)
            value = value.repeat_interleave(self.heads // self.groups, 1)
            y = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            x = x + block["out"](y.transpose(1, 2).reshape(batch, length, -1))
            y = block["second"](x)
            x = x + block["down"](nn.functional.silu(block["gate"](y)) * block["up"](y))
        return self.head(self.norm(x))


def language_model():
    return Decoder(), [torch.randint(0, 10, (1, 64))]


class SpeechEncoder(nn.Module):
    """Maps waveforms to features with strided convolutions, a positional convolution, and encoder
    layers."""

    def __init__(self):
        super().__init__()
        sizes = [(1, 128, 10, 5), (128, 128, 3, 2), (128, 128, 3, 2), (128, 128, 3, 2), (128, 128, 2, 2)]
        blocks = []
        for i, (before, after, window, stride) in enumerate(sizes):
            blocks.append(nn.Conv1d(before, after, window, stride, bias=False))
            if i == 0:
                blocks.append(nn.GroupNorm(after, after))
            blocks.append(nn.GELU())
        self.features = nn.Sequential(*blocks)
        self.position = nn.Conv1d(128, 128, 64, padding=32, groups=8)
        layer = nn.TransformerEncoderLayer(128, 4, 512, activation="gelu", batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)

    def forward(self, x):
        x = self.features(x.unsqueeze(1))
        x = x + nn.functional.gelu(self.position(x)[..., :-1])
        return self.layers(x.transpose(1, 2))


def speech_encoder():
    return SpeechEncoder(), [torch.randn(1, 16000)]


class Conformer(nn.Module):
    """Half a feed-forward layer, attention, gated depthwise convolution along time, half a feed-forward layer."""

    def __init__(self, width=144, layers=3):
        super().__init__()
        self.subsampling = nn.Sequential(nn.Conv2d(1, 32, 3, 2), nn.ReLU(), nn.Conv2d(32, 32, 3, 2), nn.ReLU())
        self.project = nn.Linear(32 * 19, width)

        def feed():
            return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width))

        self.blocks = nn.ModuleList(
            nn.ModuleDict({
                "before": feed(), "after": feed(), "norm": nn.LayerNorm(width), "final": nn.LayerNorm(width),
                "attention": nn.MultiheadAttention(width, 4, batch_first=True),
                "along": nn.Sequential(
                    nn.Conv1d(width, 2 * width, 1), nn.GLU(1), nn.Conv1d(width, width, 31, padding=15, groups=width),
                    nn.BatchNorm1d(width), nn.SiLU(), nn.Conv1d(width, width, 1),
                ),
            })
            for _ in range(layers)
        )

    def forward(self, x):
        x = self.subsampling(x.unsqueeze(1))
        x = self.project(x.transpose(1, 2).flatten(2))
        for block in self.blocks:
            x = x + 0.5 * block["before"](x)
            y = block["norm"](x)
            x = x + block["attention"](y, y, y, need_weights=False)[0]
            x = x + block["along"](x.transpose(1, 2)).transpose(1, 2)
            x = block["final"](x + 0.5 * block["after"](x))
        return x


def conformer():
    return Conformer(), [torch.randn(1, 200, 80)]


class Dilated(nn.Module):
    """Convolutions along time with growing dilations, gates, and residual connections."""

    def __init__(self, width=64):
        super().__init__()
        self.first = nn.Conv1d(1, width, 1)
        self.layers = nn.ModuleList(
            nn.Conv1d(width, 2 * width, 3, padding=2**i, dilation=2**i) for _ in range(2) for i in range(6)
        )
        self.last = nn.Conv1d(width, 1, 1)

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers:
            a, b = layer(x).chunk(2, 1)
            x = x + torch.tanh(a) * torch.sigmoid(b)
        return self.last(x)


def dilated_waves():
    return Dilated(), [torch.randn(1, 1, 8000)]


class WaveUNet(nn.Module):
    """Enhances waveforms: strided convolutions, a recurrent layer, transposed convolutions, and
    skip connections."""

    def __init__(self):
        super().__init__()
        sizes = [1, 32, 64, 128]
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv1d(a, b, 8, 4, 2), nn.ReLU(), nn.Conv1d(b, 2 * b, 1), nn.GLU(1))
            for a, b in zip(sizes, sizes[1:])
        )
        self.layers = nn.LSTM(128, 128, batch_first=True)
        self.up = nn.ModuleList(
            nn.Sequential(nn.Conv1d(b, 2 * b, 1), nn.GLU(1), nn.ConvTranspose1d(b, a, 8, 4, 2))
            for a, b in reversed(list(zip(sizes, sizes[1:])))
        )

    def forward(self, x):
        kept = []
        for layer in self.down:
            x = layer(x)
            kept.append(x)
        x = self.layers(x.transpose(1, 2))[0].transpose(1, 2)
        for i, layer in enumerate(self.up):
            x = layer(x + kept.pop())
            if i < 2:
                x = torch.relu(x)
        return x


def wave_unet():
    return WaveUNet(), [torch.randn(1, 1, 8192)]


def block(before, after):
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
        nn.Conv2d(after, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
    )


class UNet(nn.Module):
    """The segmentation network of Ronneberger et al. with half the width."""

    def __init__(self):
        super().__init__()
        sizes = [32, 64, 128, 256]
        self.down = nn.ModuleList(block(a, b) for a, b in zip([3, *sizes], sizes))
        self.raise_ = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, 2) for a, b in zip(sizes, sizes[1:]))
        self.up = nn.ModuleList(block(2 * a, a) for a in sizes[:-1])
        self.last = nn.Conv2d(32, 2, 1)

    def forward(self, x):
        kept = []
        for i, layer in enumerate(self.down):
            x = layer(nn.functional.max_pool2d(x, 2) if i else x)
            kept.append(x)
        kept.pop()
        for i in reversed(range(3)):
            x = self.up[i](torch.cat([kept.pop(), self.raise_[i](x)], 1))
        return self.last(x)


def unet():
    return UNet(), [torch.randn(1, 3, 160, 160)]


class Diffusion(nn.Module):
    """A U-Net conditioned on the noise level: group normalization, SiLU, attention in the middle.
    """

    class Residual(nn.Module):
        def __init__(self, before, after, time):
            super().__init__()
            self.first = nn.Sequential(nn.GroupNorm(8, before), nn.SiLU(), nn.Conv2d(before, after, 3, padding=1))
            self.time = nn.Linear(time, after)
            self.second = nn.Sequential(nn.GroupNorm(8, after), nn.SiLU(), nn.Conv2d(after, after, 3, padding=1))
            self.across = nn.Conv2d(before, after, 1) if before != after else nn.Identity()

        def forward(self, x, time):
            y = self.first(x) + self.time(time)[:, :, None, None]
            return self.across(x) + self.second(y)

    def __init__(self, width=64):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 128))
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.a, self.b = self.Residual(width, width, 128), self.Residual(width, 2 * width, 128)
        self.down = nn.Conv2d(width, width, 3, 2, 1)
        self.norm, self.attention = nn.GroupNorm(8, 2 * width), nn.MultiheadAttention(2 * width, 4, batch_first=True)
        self.c = self.Residual(3 * width, width, 128)
        self.last = nn.Sequential(nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, 3, 3, padding=1))

    def forward(self, x, time):
        frequencies = torch.exp(-torch.arange(32, device=x.device) * 0.28).to(x.dtype)
        angles = time[:, None] * frequencies
        time = self.time(torch.cat([angles.sin(), angles.cos()], 1))
        x = self.a(self.first(x), time)
        y = self.b(self.down(x), time)
        batch, channels, height, width = y.shape
        z = self.norm(y).flatten(2).transpose(1, 2)
        y = y + self.attention(z, z, z, need_weights=False)[0].transpose(1, 2).view(batch, channels, height, width)
        y = nn.functional.interpolate(y, scale_factor=2.0, mode="nearest")
        return self.last(self.c(torch.cat([x, y], 1), time))


def diffusion_unet():
    return Diffusion(), [torch.randn(1, 3, 32, 32), torch.tensor([7.0])]


def super_resolution():
    """Four convolutions, and channels that become pixels."""
    layers = [nn.Conv2d(3, 64, 5, padding=2), nn.PReLU(64)]
    layers += [nn.Conv2d(64, 64, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(64, 32, 3, padding=1), nn.Tanh()]
    layers += [nn.Conv2d(32, 27, 3, padding=1), nn.PixelShuffle(3)]
    return nn.Sequential(*layers), [torch.randn(1, 3, 96, 96)]


class DenseBlock(nn.Module):
    def __init__(self, width=32, growth=16):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(width + i * growth, growth if i < 4 else width, 3, padding=1) for i in range(5)
        )

    def forward(self, x):
        parts = [x]
        for layer in self.layers[:4]:
            parts.append(nn.functional.leaky_relu(layer(torch.cat(parts, 1)), 0.2))
        return x + 0.2 * self.layers[4](torch.cat(parts, 1))


class Enlarger(nn.Module):
    """Dense blocks, and two nearest-neighbor upsamplings."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 32, 3, padding=1)
        self.blocks = nn.Sequential(*(DenseBlock() for _ in range(3)))
        self.up = nn.ModuleList(nn.Conv2d(32, 32, 3, padding=1) for _ in range(2))
        self.last = nn.Conv2d(32, 3, 3, padding=1)

    def forward(self, x):
        x = self.first(x)
        x = x + self.blocks(x)
        for layer in self.up:
            x = nn.functional.leaky_relu(layer(nn.functional.interpolate(x, scale_factor=2, mode="nearest")), 0.2)
        return self.last(x)


def dense_enlarger():
    return Enlarger(), [torch.randn(1, 3, 48, 48)]


class StyleTransfer(nn.Module):
    """Reflection padding and instance normalization, as in Johnson et al."""

    class Residual(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.layers = nn.Sequential(
                nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width, affine=True), nn.ReLU(),
                nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width, affine=True),
            )

        def forward(self, x):
            return x + self.layers(x)

    def __init__(self):
        super().__init__()

        def step(before, after, window, stride):
            layers = [nn.ReflectionPad2d(window // 2), nn.Conv2d(before, after, window, stride)]
            return layers + [nn.InstanceNorm2d(after, affine=True), nn.ReLU()]

        layers = [*step(3, 32, 9, 1), *step(32, 64, 3, 2), *step(64, 128, 3, 2)]
        layers += [self.Residual(128) for _ in range(3)]
        for before, after in [(128, 64), (64, 32)]:
            layers += [nn.Upsample(scale_factor=2, mode="nearest"), *step(before, after, 3, 1)]
        self.layers = nn.Sequential(*layers, nn.ReflectionPad2d(4), nn.Conv2d(32, 3, 9))

    def forward(self, x):
        return self.layers(x)


def style_transfer():
    return StyleTransfer(), [torch.randn(1, 3, 128, 128)]


def generator():
    """Generates a picture from numbers with transposed convolutions."""
    layers, sizes = [], [100, 256, 128, 64]
    for i, (before, after) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.ConvTranspose2d(before, after, 4, 2 if i else 1, 1 if i else 0, bias=False)]
        layers += [nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1), nn.Tanh()), [torch.randn(1, 100, 1, 1)]


class PatchEncoder(nn.Module):
    """Time series in patches, as in forecasting, scaled by their own mean and standard deviation.
    """

    def __init__(self):
        super().__init__()
        self.project = nn.Linear(16, 128)
        layer = nn.TransformerEncoderLayer(128, 8, 256, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.head = nn.Linear(42 * 128, 96)

    def forward(self, x):
        mean, deviation = x.mean(1, keepdim=True), x.std(1, keepdim=True) + 1e-5
        patches = ((x - mean) / deviation).unfold(1, 16, 8)[:, :42]
        y = self.layers(self.project(patches)).flatten(1)
        return self.head(y) * deviation + mean


def forecaster():
    return PatchEncoder(), [torch.randn(3, 352)]


def volume_classifier():
    """Classifies volumes such as scans: three-dimensional convolutions and pooling."""
    layers, sizes = [], [1, 16, 32, 64]
    for before, after in zip(sizes, sizes[1:]):
        layers += [nn.Conv3d(before, after, 3, padding=1), nn.BatchNorm3d(after), nn.ReLU(), nn.MaxPool3d(2)]
    layers += [nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(64, 3)]
    return nn.Sequential(*layers), [torch.randn(1, 1, 32, 64, 64)]


class Sampler(nn.Module):
    """A picture transformed by a transformation that the network chooses."""

    def __init__(self):
        super().__init__()
        self.locate = nn.Sequential(
            nn.Conv2d(1, 8, 7), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(8, 10, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(),
            nn.Linear(10 * 20 * 20, 32), nn.ReLU(), nn.Linear(32, 6),
        )
        self.classify = nn.Sequential(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(256, 10))

    def forward(self, x):
        transformation = self.locate(x).view(-1, 2, 3)
        grid = nn.functional.affine_grid(transformation, [x.shape[0], 1, 96, 96], align_corners=False)
        return self.classify(nn.functional.grid_sample(x, grid, align_corners=False))


def spatial_transformer():
    return Sampler(), [torch.randn(1, 1, 96, 96)]


NETWORKS = [
    lstm, lstm_bidirectional, gru, gru_bidirectional, rnn, voice_activity, crnn, sentence_encoder, sentence_encoder_prenorm,
    language_model, speech_encoder, conformer, dilated_waves, wave_unet, unet, diffusion_unet, super_resolution,
    dense_enlarger, style_transfer, generator, forecaster, volume_classifier, spatial_transformer,
]
