#!/usr/bin/env python3
"""Draws measurements of tools/compare-runtimes.py --json FILE.json, of one or several processors,
as an SVG picture.

    tools/draw-comparison.py FILE.json... -o docs/comparison.svg

Each processor has a group, one below the other, with a panel for each number of threads. A mark is
a runtime's time divided by Infold's, for the fastest inferences: right of the line, Infold is
faster. Factors above 6.5 are drawn at the edge. The last row contains the geometric means. It needs
only Python.
"""
import argparse
import math
from html import escape
from pathlib import Path

from compare_reports import TITLES, fastest_other, geometric_mean, read_report, threads_text, versions_text
from processor import processor_text

# Shapes and colors, either of which distinguishes the runtimes; after the palette of Okabe and Ito.
MARKS = {
    "onnxruntime": ("#0072b2", "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z"),
    "openvino": ("#d55e00", "M-4.5 -4.5H4.5V4.5H-4.5Z"),
    "mnn": ("#009e73", "M0 -5.5L5.5 4.5H-5.5Z"),
    "ncnn": ("#56b4e9", "M-5.5 -2H-2V-5.5H2V-2H5.5V2H2V5.5H-2V2H-5.5Z"),
    "tract": ("#cc79a7", "M0 -6L6 0L0 6L-6 0Z"),
    "opencv": ("#8a7a00", "M-5.5 -4.5H5.5L0 5.5Z"),
}
LABELS, PANEL, GAP, ROW, LEGEND, HEAD, FOOT = 190, 330, 36, 26, 44, 66, 34
HIGHEST = 6.5
TICKS = [0.5, 0.7, 1, 1.5, 2, 3, 4, 6]


def lowest_factor(reports):
    """The beginning of the scale: below all marks, and below the line in any case."""
    factors = [1 / ratio for report in reports for row in report["rows"] for ratio in row["ratio"].values()]
    return min([0.9, *(0.95 * factor for factor in factors)])


def place(factor, left, lowest):
    """The position of a factor in the panel that begins at `left`, on a logarithmic scale."""
    share = math.log(min(factor, HIGHEST) / lowest) / math.log(HIGHEST / lowest)
    return left + share * PANEL


def text(x, y, words, anchor="start", kind=""):
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(words)}</text>'


def mark(x, y, runtime, title):
    colour, path = MARKS[runtime]
    return (
        f'<path d="{path}" transform="translate({x:.1f} {y:.1f})" fill="{colour}" fill-opacity="0.85">'
        f"<title>{escape(title)}</title></path>"
    )


def panel(rows, places, left, top, lowest):
    """The marks for one number of threads, with the tops of the rows by network, and of the means
    for None."""
    bottom = max(places.values()) + ROW
    parts = [text(left, top + 40, threads_text(rows[0]["threads"]), kind="heading")]
    best = [1 / fastest_other(row)[1] for row in rows if row["ratio"]]
    if best:
        words = f"fastest other, geometric mean: {geometric_mean(best):.2f}×"
        parts.append(text(left + PANEL, top + 40, words, "end"))
    for tick in TICKS:
        if tick < lowest:
            continue
        x = place(tick, left, lowest)
        parts.append(f'<path class="{"one" if tick == 1 else "grid"}" d="M{x:.1f} {top + HEAD - 4}V{bottom}"/>')
        parts.append(text(x, top + HEAD - 9, "Infold" if tick == 1 else f"{tick}×", "middle"))
    for runtime in MARKS:
        factors = []
        for row in rows:
            if runtime not in row["ratio"]:
                continue
            factors.append(1 / row["ratio"][runtime])
            title = f"{TITLES[runtime]}, {row['model']}: {row['ms'][runtime]:.2f} ms, {factors[-1]:.2f} times Infold's"
            y = places[row["model"], row["shape"]] + ROW / 2
            parts.append(mark(place(factors[-1], left, lowest), y, runtime, title))
        if factors:
            mean = geometric_mean(factors)
            title = f"{TITLES[runtime]}, geometric mean: {mean:.2f} times Infold's"
            parts.append(mark(place(mean, left, lowest), places[None] + ROW / 2, runtime, title))
    return parts


def group(report, top, width, lowest):
    """The panels of one processor, and their lower end."""
    networks = list(dict.fromkeys((row["model"], row["shape"]) for row in report["rows"]))
    places = {network: top + HEAD + ROW * index for index, network in enumerate([*networks, None])}
    parts = [text(12, top + 16, processor_text(report["processor"]), kind="title")]
    for index, (network, y) in enumerate(places.items()):
        if index % 2 == 0:
            parts.append(f'<rect class="band" x="0" y="{y}" width="{width}" height="{ROW}"/>')
        name, kind = (network[0], "") if network else ("geometric mean", "heading")
        parts.append(text(12, y + ROW / 2 + 4.5, name, kind=kind))
    for index, count in enumerate(thread_counts(report)):
        rows = [row for row in report["rows"] if row["threads"] == count]
        parts += panel(rows, places, LABELS + index * (PANEL + GAP), top, lowest)
    bottom = places[None] + ROW
    settings = f", INFOLD_ISA={report['isa']}" if report["isa"] else ""
    parts.append(text(12, bottom + 18, f"{report['date']}{settings}. {versions_text(report)}.", kind="small"))
    return parts, bottom + FOOT


def thread_counts(report):
    return sorted({row["threads"] for row in report["rows"]})


def draw(reports):
    lowest = lowest_factor(reports)
    width = LABELS + max(len(thread_counts(report)) for report in reports) * (PANEL + GAP)
    parts, x = [], 12
    for runtime in MARKS:
        if any(runtime in row["ratio"] for report in reports for row in report["rows"]):
            parts.append(mark(x + 6, 22, runtime, TITLES[runtime]))
            parts.append(text(x + 18, 26.5, TITLES[runtime]))
            x += 42 + 8 * len(TITLES[runtime])
    parts.append(text(width - GAP, 26.5, "time ÷ Infold's, one image at a time", "end"))
    bottom = LEGEND
    for report in reports:
        drawn, bottom = group(report, bottom, width, lowest)
        parts += drawn
    style = (
        "text{font:13px system-ui,sans-serif;fill:#1f2328}.heading{font-weight:600}.title{font-size:14.5px;font-weight:600}"
        ".small{font-size:10.5px;fill:#59636e}.band{fill:#f3f5f7}.grid{stroke:#d0d7de}.one{stroke:#1f2328;stroke-width:1.5}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom}" width="{width}" height="{bottom}" '
        f'role="img" aria-label="Times of other runtimes, divided by Infold\'s"><style>{style}</style>'
        f'<rect width="{width}" height="{bottom}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="+", type=Path, metavar="FILE.json")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.output.write_text(draw([read_report(path) for path in arguments.reports]))


if __name__ == "__main__":
    main()
