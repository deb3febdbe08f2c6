#!/usr/bin/env python3
"""Draws the page for Examples/Detector: a paper with a title, two columns, a figure, a table and
their captions.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/draw-layout-page.py

The fonts are DejaVu's, from Debian's fonts-dejavu-core. The example uses the picture in git; other
versions of Pillow or of the fonts may draw a different one.
"""

from __future__ import annotations

import math
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

OUTPUT = Path(__file__).resolve().parent.parent / "Examples" / "Detector" / "Page" / "page.png"
FONTS = Path("/usr/share/fonts/truetype/dejavu")

PAPER, INK, BLUE, GRAY = (255, 255, 255), (20, 20, 20), (0, 90, 160), (120, 120, 120)
SIZE = (912, 1200)
MARGIN, GAP = 70, 32
COLUMN = (SIZE[0] - 2 * MARGIN - GAP) // 2

PARAGRAPHS = [
    "A batch normalization behind a convolution is two numbers for each channel: one to multiply by, and one to add. "
    "Multiplied into the weights before the first picture arrives, it costs nothing at all, and the network says the same.",
    "Four numbers are kept by training for each feature map: mean, variance, scale and shift. They are taken over the whole "
    "batch and over all positions, so that each position is treated alike. This is what makes the folding possible.",
    "Where statistics are kept for each position, no weights that are shared among the positions can take them in. "
    "A tool that folds them all the same is wrong, quietly, and only a proof tells.",
    "We measured how long one picture takes, with and without. The figure has the times for networks of several depths; "
    "the table has the errors, beside those of a computation in double precision.",
]
ROWS = [("network", "layers", "time", "error"), ("small", "18", "4.1 ms", "2e-7"), ("medium", "50", "9.7 ms", "3e-7"),
        ("large", "101", "18 ms", "4e-7"), ("huge", "152", "27 ms", "4e-7")]


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"DejaVu{name}.ttf"), size)


def paragraph(draw: ImageDraw.ImageDraw, text: str, x: int, y: int) -> int:
    for line in textwrap.wrap(text, 46):
        draw.text((x, y), line, fill=INK, font=font("Serif", 14))
        y += 21
    return y + 14


def heading(draw: ImageDraw.ImageDraw, text: str, x: int, y: int) -> int:
    draw.text((x, y), text, fill=INK, font=font("Serif-Bold", 19))
    return y + 34


def figure(draw: ImageDraw.ImageDraw, x: int, y: int, height: int) -> int:
    draw.rectangle((x, y, x + COLUMN, y + height), fill=(236, 243, 250), outline=INK)
    points = [(x + 24 + 18 * i, y + height - 24 - 7 * i - 24 * math.sin(i / 2.3)) for i in range(19)]
    draw.line(points, fill=BLUE, width=4)
    draw.line([(px, y + height - 24 - (y + height - 24 - py) * 0.55) for px, py in points], fill=(200, 80, 20), width=4)
    draw.line((x + 24, y + 16, x + 24, y + height - 20, x + COLUMN - 16, y + height - 20), fill=INK, width=2)
    return y + height + 12


def table(draw: ImageDraw.ImageDraw, x: int, y: int) -> int:
    for number, row in enumerate(ROWS):
        if number < 2:
            draw.line((x, y - 4, x + COLUMN, y - 4), fill=INK, width=2)
        for column, text in enumerate(row):
            draw.text((x + 6 + column * COLUMN // 4, y), text, fill=INK, font=font("Sans", 14))
        y += 28
    draw.line((x, y - 4, x + COLUMN, y - 4), fill=INK, width=2)
    return y + 16


def caption(draw: ImageDraw.ImageDraw, text: str, x: int, y: int) -> int:
    draw.text((x + COLUMN // 2, y), text, fill=INK, font=font("Serif", 13), anchor="ma")
    return y + 36


def page() -> Image.Image:
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    middle, second = SIZE[0] // 2, MARGIN + COLUMN + GAP
    draw.text((MARGIN, 40), "Proceedings on Networks, 14 (2026)", fill=GRAY, font=font("Serif", 13))
    draw.text((SIZE[0] - MARGIN, 40), "page 7", fill=GRAY, font=font("Serif", 13), anchor="ra")
    draw.text((middle, 90), "What is smaller when it is folded", fill=INK, font=font("Serif-Bold", 32), anchor="ma")

    y = heading(draw, "1  Introduction", MARGIN, 180)
    y = paragraph(draw, PARAGRAPHS[0], MARGIN, y)
    y = paragraph(draw, PARAGRAPHS[1], MARGIN, y)
    y = figure(draw, MARGIN, y + 8, 230)
    y = caption(draw, "Figure 1: milliseconds by depth, before and after", MARGIN, y)
    y = heading(draw, "2  What cannot be folded", MARGIN, y + 6)
    paragraph(draw, PARAGRAPHS[2] + " " + PARAGRAPHS[0], MARGIN, y)

    y = heading(draw, "3  Results", second, 180)
    y = paragraph(draw, PARAGRAPHS[3], second, y)
    y = caption(draw, "Table 1: one picture, one thread", second, y + 6)
    y = table(draw, second, y - 6)
    y = paragraph(draw, PARAGRAPHS[1], second, y + 16)
    y = paragraph(draw, PARAGRAPHS[2], second, y)
    y = heading(draw, "4  Conclusion", second, y + 6)
    paragraph(draw, PARAGRAPHS[0] + " " + PARAGRAPHS[3], second, y)
    draw.text((middle, SIZE[1] - 50), "7", fill=GRAY, font=font("Serif", 13), anchor="ma")
    return picture


def main() -> None:
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    page().quantize(32, dither=Image.Dither.NONE).save(OUTPUT, optimize=True)


if __name__ == "__main__":
    main()
