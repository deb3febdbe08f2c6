#!/usr/bin/env python3
"""Draws the pictures with text for the PP-OCR recordings, into Tests/Recorded/ppocr.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/draw-text.py

The font is the one in Pillow. The recordings belong to the pictures in git; other versions of
Pillow may draw different ones.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

OUTPUT = Path(__file__).resolve().parent.parent / "Tests" / "Recorded" / "ppocr"
PHRASES = ["Infold reads ONNX", "batch normalization", "14 x 32 = 448", "Conv Relu MaxPool"]


def page(width: int, height: int, size: int) -> Image.Image:
    """Phrases on a gray page. With this low contrast, the detector is least sensitive to rounding.
    """
    picture = Image.new("RGB", (width, height), (120, 120, 120))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size)
    index = 0
    for row, top in enumerate(range(40, height - 2 * size, 4 * size)):
        left = 40 + 60 * (row % 2)
        while left + draw.textlength(PHRASES[index % len(PHRASES)], font=font) < width:
            phrase = PHRASES[index % len(PHRASES)]
            draw.text((left, top), phrase, fill=(250, 250, 250), font=font)
            left += int(draw.textlength(phrase, font=font)) + 80
            index += 1
    return picture


def line(width: int, height: int, text: str) -> Image.Image:
    picture = Image.new("RGB", (width, height), (246, 243, 235))
    ImageDraw.Draw(picture).text((8, 4), text, fill=(24, 26, 40), font=ImageFont.load_default(32))
    return picture


def main() -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    pictures = {
        "page-640x640": page(640, 640, 36),
        "page-736x1280": page(1280, 736, 48),
        "line-48x320": line(320, 48, "Infold reads ONNX"),
        "line-48x800": line(800, 48, "every kernel is held against the double truth"),
        "line-48x192": line(192, 48, "batch 1 and 6"),
    }
    for name, picture in pictures.items():
        picture.save(OUTPUT / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
