"""Draws and writes the pictures of Tests/InfoldImageTests, for make-image-fixtures.py."""

import io
import pathlib

import numpy as np
from PIL import Image, ImageOps

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests/InfoldImageTests/Fixtures"
WIDTH, HEIGHT = 19, 13


def draw(width, height):
    """A picture without symmetry: two gradients, a disc, a sharp corner."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 // width, y * 255 // height, (x * 7 + y * 13) % 256], axis=-1)
    disc = (x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (min(width, height) * 0.3) ** 2
    pixels[disc] = [240, 40, 90]
    pixels[: height // 4, : width // 5] = [255, 255, 255]
    return pixels.astype(np.uint8)


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write_ppm(path, pixels):
    height, width, _ = pixels.shape
    write(path, b"P6\n%d %d\n255\n" % (width, height) + pixels.astype(np.uint8).tobytes())


def pillow_pixels(data):
    """The upright RGB pixels that Pillow decodes."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    image.info.pop("transparency", None)
    return np.asarray(image.convert("RGB"))


def write_case(name, data, pixels=None):
    write(FIXTURES / "decoding" / name, data)
    expected = pillow_pixels(data) if pixels is None else pixels
    write_ppm(FIXTURES / "decoding" / f"{name}.ppm", expected)
