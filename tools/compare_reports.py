"""The reports of compare-runtimes.py: ratios, means, and tables of one or several reports. It needs
only Python; draw-comparison.py uses it too."""
import json
import math
import statistics

from processor import processor_text

TITLES = {  # by the name of the option: what tables call it
    "infold": "Infold",
    "infold-exact": "Infold, exact",
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
    "mnn": "MNN",
    "ncnn": "ncnn",
    "tract": "tract",
    "opencv": "OpenCV",
}
NOTHING = "–"


def summary(rounds):
    """Milliseconds and ratios of Infold's time to the others', for the fastest inferences of all
    rounds and for medians. A round contains the fastest inference and the median of each runtime.
    """
    fastest = {name: min(times[name]["min_ms"] for times in rounds) for name in rounds[0]}
    others = [name for name in fastest if name != "infold"]
    return {
        "ms": fastest,
        "median_ms": {name: statistics.median(times[name]["median_ms"] for times in rounds) for name in fastest},
        "ratio": {name: fastest["infold"] / fastest[name] for name in others},
        "median_ratio": {
            name: statistics.median(times["infold"]["median_ms"] / times[name]["median_ms"] for times in rounds)
            for name in others
        },
    }


def read_report(path):
    """Reads a report of a comparison of times."""
    try:
        report = json.loads(path.read_text())
        is_report = bool(report["rows"]) and all("median_ratio" in row for row in report["rows"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path}: {error!r}")
    if not is_report:
        raise SystemExit(f"{path} is not a report of the fastest inferences: measure again with --json")
    return report


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def ratio_text(ratio):
    return NOTHING if ratio is None else f"{ratio:.2f}"


def mean_text(ratios):
    """The geometric mean of the available ratios."""
    known = [ratio for ratio in ratios if ratio is not None]
    return ratio_text(geometric_mean(known) if known else None)


def fastest_other(row):
    """The runtime with the lowest time relative to Infold's, and the ratio to it."""
    return max(row["ratio"].items(), key=lambda item: item[1], default=(None, None))


def fastest_other_by_medians(row):
    return max(row["median_ratio"].values(), default=None)


def threads_text(count):
    return "1 thread" if count == 1 else f"{count} threads"


def network_text(model, shape):
    return f"{model} {shape.replace('x', '×')}"


def time_table(rows, names):
    """The table for one number of threads as text cells, with the means in the last row."""
    head = ["model", "Infold", *(TITLES[name] for name in names), "÷ fastest other", "by medians"]
    lines = []
    for row in rows:
        cells = [network_text(row["model"], row["shape"]), f"{row['ms']['infold']:.2f} ms"]
        for name in names:
            has_time = name in row["ratio"]
            cells.append(f"{row['ms'][name]:.2f} ms ({row['ratio'][name]:.2f})" if has_time else NOTHING)
        cells.append(ratio_text(fastest_other(row)[1]))
        cells.append(ratio_text(fastest_other_by_medians(row)))
        lines.append(cells)
    means = [mean_text(row["ratio"].get(name) for row in rows) for name in names]
    means = [mean if mean == NOTHING else f"({mean})" for mean in means]
    best = mean_text(fastest_other(row)[1] for row in rows)
    by_medians = mean_text(fastest_other_by_medians(row) for row in rows)
    return [head, *lines, ["geometric mean", "", *means, best, by_medians]]


def accuracy_table(rows, names):
    names = ["infold", "infold-exact", *names]
    lines = [
        [network_text(row["model"], row["shape"])]
        + [f"{row['error'][name]:.1e}" if name in row["error"] else NOTHING for name in names]
        for row in rows
    ]
    return [["model", *(TITLES[name] for name in names)], *lines]


def merged_table(reports):
    """A table of text cells from reports of several processors, with a column per processor and
    number of threads. Means are those of the models that all columns have, so that they are
    comparable."""
    columns = [
        (processor_text(report["processor"]), count, [row for row in report["rows"] if row["threads"] == count])
        for report in reports
        for count in sorted({row["threads"] for row in report["rows"]})
    ]
    found = [{(row["model"], row["shape"]): row for row in rows if row["ratio"]} for _, _, rows in columns]
    networks = list(dict.fromkeys(key for rows in found for key in rows))
    common = [key for key in networks if all(key in rows for rows in found)]
    head = ["model", *(f"{processor}: {threads_text(count)}" for processor, count, _ in columns)]
    lines = [[network_text(*key), *(merged_cell(rows.get(key)) for rows in found)] for key in networks]
    mean = "geometric mean" if len(common) == len(networks) else f"geometric mean of the {len(common)} that all have"
    ratios = {"÷ fastest other": lambda row: fastest_other(row)[1], "÷ fastest other, by medians": fastest_other_by_medians}
    for name, title in TITLES.items():
        if any(name in row["ratio"] for rows in found for row in rows.values()):
            ratios[f"÷ {title}"] = lambda row, name=name: row["ratio"].get(name)
    for label, ratio in ratios.items():
        lines.append([f"{mean} {label}", *(mean_text(ratio(rows[key]) for key in common) for rows in found)])
    return [head, *lines]


def merged_cell(row):
    if row is None:
        return NOTHING
    name, ratio = fastest_other(row)
    return f"{row['ms']['infold']:.2f} ms ({ratio:.2f}, {TITLES[name]})"


def formatted(table, is_markdown):
    if is_markdown:
        rule = ["---"] + ["---:"] * (len(table[0]) - 1)
        return "\n".join("| " + " | ".join(line) + " |" for line in [table[0], rule, *table[1:]])
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) if column else cell.ljust(width)
                  for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in table
    )


def conditions_text(report):
    """The conditions of the measurement in one line."""
    words = [report["date"], processor_text(report["processor"]), f"{report['cores']} cores"]
    if report["isa"]:
        words.append(f"INFOLD_ISA={report['isa']}")
    return f"{', '.join(words)}. {versions_text(report)}."


def versions_text(report):
    return ", ".join(f"{name} {version}" for name, version in report["versions"].items())


def method_text(report, other="the other"):
    """The method of the measurement."""
    return (
        f"The fastest inferences of {report['rounds']} rounds of {report['seconds']:g} s, alternating; in brackets Infold's time ÷ "
        f"{other}'s."
    )


def merged_text(reports, is_markdown):
    """The table of reports of several processors, followed by the conditions of each."""
    paragraphs = [formatted(merged_table(reports), is_markdown)]
    paragraphs += [f"{conditions_text(report)}\n{method_text(report, 'the fastest other')}" for report in reports]
    return "\n\n".join(paragraphs)
