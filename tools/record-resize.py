#!/usr/bin/env python3
"""Records the results of Pillow's resize for small pictures, for
Tests/InfoldImageTests/Fixtures/resize.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/record-resize.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "Models" / "images"
OUTPUT = ROOT / "Tests" / "InfoldImageTests" / "Fixtures" / "resize"

SOURCE_SIZE = (83, 59)
SIZES = [(1, 1), (7, 5), (40, 31), (31, 70), (97, 71)]
FILTERS = [
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
]


def cropped(name: str, left: int, top: int) -> Image.Image:
    width, height = SOURCE_SIZE
    with Image.open(IMAGES / name) as picture:
        return picture.crop((left, top, left + width, top + height))


def sources() -> dict[str, Image.Image]:
    """The cat's eye, the cup's rim in gray, and the eye in black and white only, where filters
    overshoot most."""
    eye = cropped("cat.png", 140, 80)
    return {
        "color": eye,
        "grey": cropped("cup.png", 180, 90).convert("L"),
        "contrast": eye.convert("L").point(lambda level: 255 if level >= 128 else 0),
    }


def save(picture: Image.Image, name: str) -> None:
    picture.save(OUTPUT / f"{name}.png", optimize=True)


def main() -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name, source in sources().items():
        save(source, name)
        for filter in FILTERS:
            for width, height in SIZES:
                resized = source.resize((width, height), filter)
                save(resized, f"{name}-{filter.name.lower()}-{width}x{height}")


if __name__ == "__main__":
    main()
