#!/usr/bin/env python3
"""Records what rapidocr-onnxruntime reads on the page of Examples/TextReader, for the example's
tests.

    "$(tools/python-environment.sh reading)" tools/record-reading.py

rapidocr uses the same three networks as the example, with its default settings. A line of the
recording is a detected box, in its order.
"""

from __future__ import annotations

from pathlib import Path

from rapidocr_onnxruntime import RapidOCR

PAGE = Path(__file__).resolve().parent.parent / "Examples" / "TextReader" / "Page"


def main() -> None:
    boxes, _ = RapidOCR()(PAGE / "page.png")
    lines = [text for _, text, _ in boxes]
    (PAGE / "page.txt").write_text("".join(line + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
