#!/usr/bin/env python3
"""Draws the page for Examples/TextReader: text of several sizes, slightly rotated, with one line
upside down.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/draw-page.py

The fonts are DejaVu's, from Debian's fonts-dejavu-core. The example uses the picture in git; other
versions of Pillow or of the fonts may draw a different one.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

OUTPUT = Path(__file__).resolve().parent.parent / "Examples" / "TextReader" / "Page" / "page.png"
FONTS = Path("/usr/share/fonts/truetype/dejavu")

PAPER, INK, RED = (247, 244, 236), (28, 28, 34), (150, 36, 30)
SIZE = (960, 1280)
MARGIN = 90
ANGLE = 1.2

STORY = """\
A network reads a page the way a child does.
First it looks for places where there might be
writing, and marks each with a frame. Then it
turns the frames that stand on their heads, and
spells them from left to right, one after another.

None of the three steps is hard. The detector
knows 2 colours: text, and everything else. The
classifier has to choose between 0 and 180 degrees.
The recognizer has 6,623 characters to choose from,
most of them Chinese, and a blank for the gaps."""

NOTES = """\
Convolutions: 62 + 53 + 38. Parameters: about 4 million.
Batch normalization is folded before the first pixel arrives.
Printed on 100 % recycled electrons; price: $ 0.00"""


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"DejaVu{name}.ttf"), size)


def upside_down(text: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    left, top, right, bottom = font.getbbox(text)
    strip = Image.new("RGB", (int(right - left), int(bottom - top)), PAPER)
    ImageDraw.Draw(strip).text((-left, -top), text, fill=INK, font=font)
    return strip.rotate(180)


def page() -> Image.Image:
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    right = SIZE[0] - MARGIN

    draw.text((MARGIN, 80), "The Fold", fill=INK, font=font("Serif-Bold", 68))
    draw.text((right, 122), "Issue No. 14", fill=RED, font=font("Sans", 28), anchor="ra")
    draw.line((MARGIN, 180, right, 180), fill=INK, width=2)
    draw.text((MARGIN, 205), "How a machine reads", fill=RED, font=font("Sans-Bold", 40))

    y = 285
    for line in STORY.split("\n"):
        draw.text((MARGIN, y), line, fill=INK, font=font("Serif", 30))
        y += 48 if line else 24

    y += 30
    for line in NOTES.split("\n"):
        draw.text((MARGIN, y), line, fill=INK, font=font("Sans", 22))
        y += 38

    y += 40
    draw.text((MARGIN, y), "Riddle: what is smaller when it is folded,", fill=INK, font=font("SansMono", 26))
    draw.text((MARGIN, y + 44), "and still says the same?", fill=INK, font=font("SansMono", 26))
    answer = upside_down("Answer: a letter, or a network.", font("Serif", 28))
    picture.paste(answer, (right - answer.width, y + 110))
    return picture.rotate(ANGLE, Image.Resampling.BICUBIC, fillcolor=PAPER)


def main() -> None:
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    page().quantize(64, dither=Image.Dither.NONE).save(OUTPUT, optimize=True)


if __name__ == "__main__":
    main()
