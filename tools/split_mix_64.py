"""SplitMix64, the random numbers of Infold's test inputs (Steele, Lea, Flood: Fast Splittable
Pseudorandom Number Generators)."""

from __future__ import annotations

import numpy as np


def split_mix_64(seed: int, count: int) -> np.ndarray:
    """The generator's first `count` outputs."""
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def random_input(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform in [-1, 1), in C order; every step is exact in float32."""
    uniform = (split_mix_64(seed, int(np.prod(shape))) >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)
    return (uniform * np.float32(2) - np.float32(1)).reshape(shape)
