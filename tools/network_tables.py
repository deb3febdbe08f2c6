"""The tables of docs/Networks.md, from the reports of export-networks.py and fetch-models.py."""
import math
import re

WORTH_A_THREAD = 2  # milliseconds of an inference above which a second thread must help
VERDICTS = {
    "right": "yes", "loose": "rounding", "unstable": "unstable", "wrong": "**no**", "refused": "**refused**", "neither": "neither",
    "unknown": "?",
}


def mean(ratios):
    """Returns the geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else float("nan")


def ratio(report, threads):
    """Returns None if nothing was measured, or if the machine was disturbed: ONNX Runtime gained nothing from another thread."""
    times = report.get("times", {})
    if "ratio" not in times.get(threads, {}):
        return None
    alone, here = times.get("1", {}).get("onnxruntime_ms"), times[threads].get("onnxruntime_ms")
    if threads != "1" and alone and alone > WORTH_A_THREAD and here > 0.87 * alone:
        return None
    return times[threads]["ratio"]


def ratios(reports, threads):
    return [found for report in reports if (found := ratio(report, threads)) is not None]


def ratio_cell(report, threads):
    found = ratio(report, threads)
    return "" if found is None else f"{found:.2f}"


def errors_cell(report):
    if "infold_error" not in report:
        return ""
    return f"{report['infold_error']:.1e} / {max(report['onnxruntime_errors'], default=0):.1e}"


def reference_cell(report):
    share = report.get("profile", {}).get("reference_share")
    if share is None:
        return ""
    if share < 0.0005:
        return "0"
    operators = report["profile"]["reference_operators"]  # the largest first
    return f"{100 * share:.1f} % ({', '.join(operators[:3])}{' …' if len(operators) > 3 else ''})"


def judged(report):
    """Returns the verdict. A model that both runtimes refuse cannot be right."""
    both = "infold_refusal" in report and "onnxruntime_refusal" in report
    return "neither" if both else report.get("verdict", "refused" if "infold_refusal" in report else "unknown")


def row(report, first):
    times = [ratio_cell(report, threads) for threads in ("1", "2")]
    return [*first, VERDICTS[judged(report)], errors_cell(report), *times, reference_cell(report)]


COLUMNS = ["right", "error / ONNX Runtime's", "ratio, 1 thread", "2 threads", "by reference"]


def markdown(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(cells) + " |" for cells in rows])


def means_table(groups):
    """Returns a table with one row per group of reports."""
    rows = []
    for title, reports in groups:
        one, two = ratios(reports, "1"), ratios(reports, "2")
        right = sum(report.get("verdict") == "right" for report in reports)
        rows.append([
            title, str(len(reports)), str(right), f"{mean(one):.2f}" if one else "", f"{mean(two):.2f}" if two else "",
            f"{sum(ratio > 1 for ratio in one)} of {len(one)}", f"{sum(ratio > 1 for ratio in two)} of {len(two)}",
        ])
    header = ["", "models", "right", "mean ratio, 1 thread", "2 threads", "slower with 1 thread", "with 2"]
    return markdown(header, rows)


def groups(reports):
    done = [report for report in reports if "export_failure" not in report]
    titles = {"float32": "exports in float32", "float16": "exports in float16", None: "models of packages"}
    found = [(title, [report for report in done if report.get("precision") == key]) for key, title in titles.items()]
    return [(title, part) for title, part in found if part]


def exports_table(reports):
    ordered = sorted(reports, key=lambda report: (report["precision"], report["library"], report["architecture"], report["exporter"]))
    rows = [
        row(report, [report["architecture"], report["exporter"], str(report["written_opset"]), report["precision"]])
        for report in ordered
    ]
    return markdown(["network", "exporter", "opset", "type", *COLUMNS], rows)


def models_table(reports):
    rows = []
    for report in sorted(reports, key=lambda report: report["name"]):
        package, name = report["library"], report["name"].removeprefix(report["library"] + "-")
        rows.append(row(report, [f"{package} {report['version']}", name, report["licence"]]))
    return markdown(["package", "model", "license", *COLUMNS], rows)


def refusals(reports):
    """Groups refused models by Infold's message, without the path of the file."""
    names = {}
    for report in reports:
        if judged(report) == "refused":
            words = re.sub(r"^infold: \S+: ", "", report["infold_refusal"])
            names.setdefault(re.sub(r" \(node .*", "", words), []).append(report["name"])
    return [f"- {words}: {', '.join(found)}" for words, found in names.items()]


def by_reference(reports, share=0.02):
    """Lists models that spend more than `share` of their time in reference evaluations."""
    found = [(report["profile"]["reference_share"], report) for report in reports if "profile" in report]
    ordered = sorted(((part, report["name"], report) for part, report in found if part > share), key=lambda entry: entry[:2])
    return [f"| {name} | {reference_cell(report)} |" for _, name, report in reversed(ordered)]


def steps(reports, count=3):
    """Lists the largest kinds of steps of models with which ONNX Runtime is faster."""
    lines = []
    for report in reports:
        found = [value for threads in report.get("times", {}) if (value := ratio(report, threads)) is not None]
        if not found or max(found) <= 1 or "profile" not in report:
            continue
        kinds = ", ".join(f"{kind['what']} {100 * kind['share']:.0f} %" for kind in report["profile"]["kinds"][:count])
        lines.append((max(found), f"| {report['name']} | {max(found):.2f} | {kinds} |"))
    return [line for _, line in sorted(lines, reverse=True)]


def page(reports, conditions):
    """Returns the text of docs/Networks.md."""
    exports = [report for report in reports if "exporter" in report and "export_failure" not in report]
    models = [report for report in reports if "licence" in report]
    failed = [report for report in reports if "export_failure" in report]
    parts = [INTRODUCTION.format(conditions=conditions), means_table(groups(reports))]
    if refused := refusals(reports):
        parts += ["## Refused", "\n".join(refused)]
    if slow := steps(reports):
        header = "| network | ratio | largest kinds of steps |\n|---|---|---|\n"
        parts += ["## Slower than ONNX Runtime", SLOWER, header + "\n".join(slow)]
    if unlowered := by_reference(reports):
        header = "| network | share of the time, operators |\n|---|---|\n"
        parts += ["## More than 2 % of the time in reference evaluations", header + "\n".join(unlowered)]
    if exports:
        parts += ["## Exports", exports_table(exports)]
    if models:
        parts += ["## Models of packages", models_table(models)]
    if failed:
        names = ", ".join(sorted(report["name"] for report in failed))
        parts += ["## Failed exports", f"PyTorch's exporters refuse these, or take too long: {names}."]
    return "\n\n".join(parts)


SLOWER = """The larger of the ratios with one and with two threads, and the kinds of steps that take the most time with one thread."""

INTRODUCTION = """# Networks

    PYTHON tools/export-networks.py --folder FOLDER
    PYTHON tools/fetch-models.py --folder FOLDER
    PYTHON tools/export-networks.py --folder FOLDER --table > docs/Networks.md

These commands compare Infold with ONNX Runtime on networks from other projects, and write this page:
architectures of timm and torchvision, and some hand-written networks, exported by both of PyTorch's
exporters in several opsets and types; and models that Python packages contain. Parameters of
exports are random, with batch normalization statistics taken from their inputs, so that no layer is
degenerate. The page checks results and measures times, which do not depend on the parameters.

{conditions}

- **right**: "yes" if the error is at most twice ONNX Runtime's, or at most what float32 (2e-6) or
  float16 (2e-3) explains. The error is the largest difference from a run in double precision
  (`infold run --double`), divided by the largest number of that output. ONNX Runtime's error is the
  larger one of those with and without its optimizations. "rounding": up to ten times as much, the
  cost of Winograd convolutions (`--precision exact` avoids it). "unstable": ONNX Runtime's own
  error exceeds a twentieth, for example because the network chooses among nearly equal candidates.
  "neither": ONNX Runtime refuses the network too, or fails. "?": it took longer than the time
  limit.
- **ratio**: the fastest inference with Infold divided by the fastest with ONNX Runtime,
  alternating. Below 1, Infold is faster. Means are geometric. An entry without a ratio was not
  timed, or was disturbed: ONNX Runtime gained nothing from a second thread.
- **by reference**: the share of the time with one thread in operators without a kernel."""
