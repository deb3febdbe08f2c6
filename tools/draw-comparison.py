#!/usr/bin/env python3
"""Draws what tools/compare-runtimes.py --json FILE measured, as an SVG picture.

    tools/draw-comparison.py FILE.json -o docs/comparison.svg

A mark is a runtime's time divided by Infold's: right of the line, Infold is faster. It needs nothing but Python.
"""
import argparse
import json
import math
from html import escape
from pathlib import Path

# Shape and colour, which both tell runtimes apart; after the palette of Okabe and Ito.
RUNTIMES = {
    "onnxruntime": ("ONNX Runtime", "#0072b2", "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z"),
    "openvino": ("OpenVINO", "#d55e00", "M-4.5 -4.5H4.5V4.5H-4.5Z"),
    "mnn": ("MNN", "#009e73", "M0 -5.5L5.5 4.5H-5.5Z"),
    "tract": ("tract", "#cc79a7", "M0 -6L6 0L0 6L-6 0Z"),
    "opencv": ("OpenCV", "#8a7a00", "M-5.5 -4.5H5.5L0 5.5Z"),
}
LABELS, PANEL, GAP, ROW, TOP = 190, 330, 36, 26, 84
LOWEST, HIGHEST = 0.9, 6.5
TICKS = [1, 1.5, 2, 3, 4, 6]


def place(factor, left):
    """Where a factor lies in the panel that begins at `left`; factors have a logarithmic scale."""
    share = math.log(min(max(factor, LOWEST), HIGHEST) / LOWEST) / math.log(HIGHEST / LOWEST)
    return left + share * PANEL


def text(x, y, words, anchor="start", kind=""):
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(words)}</text>'


def mark(x, y, runtime, title):
    _, colour, path = RUNTIMES[runtime]
    return (
        f'<path d="{path}" transform="translate({x:.1f} {y:.1f})" fill="{colour}" fill-opacity="0.85">'
        f"<title>{escape(title)}</title></path>"
    )


def panel(rows, left, heading):
    bottom = TOP + ROW * len(rows)
    parts = [text(left, TOP - 26, heading, kind="heading")]
    for tick in TICKS:
        x = place(tick, left)
        parts.append(f'<path class="{"one" if tick == 1 else "grid"}" d="M{x:.1f} {TOP - 4}V{bottom}"/>')
        parts.append(text(x, TOP - 9, "Infold" if tick == 1 else f"{tick}×", "middle"))
    for index, row in enumerate(rows):
        y = TOP + ROW * (index + 0.5)
        for runtime in RUNTIMES:
            if runtime not in row["ratio"]:
                continue
            factor = 1 / row["ratio"][runtime]
            title = f"{RUNTIMES[runtime][0]}, {row['model']}: {row['ms'][runtime]:.2f} ms, {factor:.2f} times Infold's"
            parts.append(mark(place(factor, left), y, runtime, title))
    return parts


def draw(report):
    threads = sorted({row["threads"] for row in report["rows"]})
    panels = [[row for row in report["rows"] if row["threads"] == count] for count in threads]
    width = LABELS + len(panels) * (PANEL + GAP)
    height = TOP + ROW * len(panels[0]) + 40
    parts = []
    for index, row in enumerate(panels[0]):
        y = TOP + ROW * index
        if index % 2 == 0:
            parts.append(f'<rect class="band" x="0" y="{y}" width="{width}" height="{ROW}"/>')
        parts.append(text(12, y + ROW / 2 + 4.5, f"{row['model']}"))
    x = 12
    for runtime, (name, _, _) in RUNTIMES.items():
        parts.append(mark(x + 6, 22, runtime, name))
        parts.append(text(x + 18, 26.5, name))
        x += 42 + 8 * len(name)
    parts.append(text(width - GAP, 26.5, "time ÷ Infold's, one image at a time", "end"))
    for index, rows in enumerate(panels):
        count = threads[index]
        left = LABELS + index * (PANEL + GAP)
        parts += panel(rows, left, "1 thread" if count == 1 else f"{count} threads")
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    parts.append(text(12, height - 14, f"{report['date']}, {report['processor']}. {versions}.", kind="small"))
    style = (
        "text{font:13px system-ui,sans-serif;fill:#1f2328}.heading{font-weight:600}.small{font-size:10.5px;fill:#59636e}"
        ".band{fill:#f3f5f7}.grid{stroke:#d0d7de}.one{stroke:#1f2328;stroke-width:1.5}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="Times of other runtimes, divided by Infold\'s"><style>{style}</style>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path, metavar="FILE.json")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.output.write_text(draw(json.loads(arguments.report.read_text())))


if __name__ == "__main__":
    main()
