"""Tests of the tools that compare runtimes: their statistics of times, the merging of reports, and
the names of processors.

    python3 -m unittest discover --start-directory tools
"""
import importlib.util
import json
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from compare_reports import formatted, merged_table, read_report, summary, time_table
from processor import parsed_processor, processor_text

XEON = """Architecture:            x86_64
Vendor ID:               GenuineIntel
  BIOS Model name:       pc-q35
Model name:              Intel(R) Xeon(R) Processor
CPU family:              6
Model:                   143
Flags:                   fpu avx2 avx512f amx_bf16 amx_tile
"""
EPYC = """Architecture:            x86_64
  Model name:            AMD EPYC
    CPU family:          25
    Model:               17
    Flags:               fpu avx2 avx512f avx512vl
"""
NEOVERSE = """Architecture:            aarch64
Model name:              Neoverse-N1
Model:                   1
Model name:              Neoverse-E1
Flags:                   fp asimd
"""


def row(model, threads, ratios, medians=None):
    return {
        "model": model, "shape": "1x3x8x8", "threads": threads, "failed": {},
        "ms": {"infold": 2.0, **{name: 2 / ratio for name, ratio in ratios.items()}},
        "ratio": ratios, "median_ratio": medians or ratios,
    }


def report(listing, rows, isa=None):
    return {
        "date": "2026-01-02", "processor": parsed_processor(listing), "cores": 2, "isa": isa, "rounds": 8, "seconds": 0.25,
        "versions": {"Infold": "1.2.3"}, "rows": rows,
    }


class SummaryTests(unittest.TestCase):
    def test_ratio_is_that_of_the_fastest_inferences_of_all_rounds(self):
        rounds = [
            {"infold": {"min_ms": 4, "median_ms": 6}, "mnn": {"min_ms": 9, "median_ms": 12}},
            {"infold": {"min_ms": 3, "median_ms": 8}, "mnn": {"min_ms": 5, "median_ms": 10}},
            {"infold": {"min_ms": 7, "median_ms": 9}, "mnn": {"min_ms": 8, "median_ms": 10}},
        ]
        expected = {
            "ms": {"infold": 3, "mnn": 5}, "ratio": {"mnn": 0.6},
            "median_ms": {"infold": 8, "mnn": 10}, "median_ratio": {"mnn": 0.8},
        }
        self.assertEqual(summary(rounds), expected)


class TableTests(unittest.TestCase):
    def test_rows_of_one_number_of_threads(self):
        rows = [
            row("a", 1, {"mnn": 0.5, "ncnn": 0.25}, {"mnn": 0.4, "ncnn": 0.45}),
            row("b", 1, {"mnn": 0.125}, {"mnn": 0.8}),
            row("c", 1, {"mnn": 1.0}),
        ]
        expected = [
            ["model", "Infold", "MNN", "ncnn", "÷ fastest other", "by medians"],
            ["a 1×3×8×8", "2.00 ms", "4.00 ms (0.50)", "8.00 ms (0.25)", "0.50", "0.45"],
            ["b 1×3×8×8", "2.00 ms", "16.00 ms (0.12)", "–", "0.12", "0.80"],
            ["c 1×3×8×8", "2.00 ms", "2.00 ms (1.00)", "–", "1.00", "1.00"],
            ["geometric mean", "", "(0.40)", "(0.25)", "0.40", "0.71"],
        ]
        self.assertEqual(time_table(rows, ["mnn", "ncnn"]), expected)

    def test_a_row_without_any_other_runtime(self):
        lines = time_table([row("a", 2, {})], ["tract"])
        self.assertEqual(lines[1:], [["a 1×3×8×8", "2.00 ms", "–", "–", "–"], ["geometric mean", "", "–", "–", "–"]])

    def test_merged_reports_have_a_column_for_each_processor_and_number_of_threads(self):
        reports = [
            report(XEON, [row("a", 1, {"mnn": 0.5, "tract": 0.25}), row("a", 2, {"mnn": 1.25})]),
            report(EPYC, [row("a", 1, {"mnn": 0.8, "tract": 2.0})]),
        ]
        xeon = "Intel Xeon Processor, family 6, model 143, AVX-512, AMX"
        expected = [
            ["model", f"{xeon}: 1 thread", f"{xeon}: 2 threads", "AMD EPYC, family 25, model 17, AVX-512, no AMX: 1 thread"],
            ["a 1×3×8×8", "2.00 ms (0.50, MNN)", "2.00 ms (1.25, MNN)", "2.00 ms (2.00, tract)"],
            ["geometric mean ÷ fastest other", "0.50", "1.25", "2.00"],
            ["geometric mean ÷ fastest other, by medians", "0.50", "1.25", "2.00"],
            ["geometric mean ÷ MNN", "0.50", "1.25", "0.80"],
            ["geometric mean ÷ tract", "0.25", "–", "2.00"],
        ]
        self.assertEqual(merged_table(reports), expected)

    def test_merged_means_are_those_of_models_that_all_have(self):
        reports = [
            report(XEON, [row("a", 1, {"mnn": 0.5}), row("b", 1, {"mnn": 0.9})]),
            report(EPYC, [row("c", 1, {"mnn": 0.1}), row("a", 1, {"mnn": 0.8})]),
        ]
        lines = merged_table(reports)
        self.assertEqual([line[0] for line in lines[1:4]], ["a 1×3×8×8", "b 1×3×8×8", "c 1×3×8×8"])
        self.assertEqual(lines[2][2], "–")
        self.assertEqual(lines[3][1], "–")
        self.assertEqual(lines[4], ["geometric mean of the 1 that all have ÷ fastest other", "0.50", "0.80"])

    def test_markdown_aligns_numbers_to_the_right(self):
        self.assertEqual(formatted([["model", "x"], ["a", "1"]], True), "| model | x |\n| --- | ---: |\n| a | 1 |")
        self.assertEqual(formatted([["model", "x"], ["a", "10"]], False), "model   x\na      10")


class ReportTests(unittest.TestCase):
    def test_only_comparisons_of_the_fastest_inferences_are_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.json"
            written = report(EPYC, [row("a", 1, {"mnn": 0.5})])
            path.write_text(json.dumps(written))
            self.assertEqual(read_report(path), written)
            for text in ["", "[]", "{}", '{"rows": []}', '{"rows": [{"model": "a", "error": {}}]}']:
                path.write_text(text)
                with self.subTest(text), self.assertRaises(SystemExit):
                    read_report(path)


class ProcessorTests(unittest.TestCase):
    def test_names_family_model_and_units(self):
        self.assertEqual(
            processor_text(parsed_processor(XEON)), "Intel Xeon Processor, family 6, model 143, AVX-512, AMX"
        )
        self.assertEqual(processor_text(parsed_processor(EPYC)), "AMD EPYC, family 25, model 17, AVX-512, no AMX")

    def test_the_first_kind_of_cores_counts_and_what_is_not_listed_is_left_out(self):
        self.assertEqual(processor_text(parsed_processor(NEOVERSE)), "Neoverse-N1, model 1, no AVX-512, no AMX")


class PictureTests(unittest.TestCase):
    def setUp(self):
        path = Path(__file__).parent / "draw-comparison.py"
        specification = importlib.util.spec_from_file_location("draw_comparison", path)
        self.picture = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(self.picture)

    def test_has_a_group_for_each_processor_and_a_mark_for_each_ratio_and_mean(self):
        reports = [
            report(XEON, [row("a", 1, {"mnn": 0.5, "tract": 0.01}), row("b", 1, {"mnn": 2.0}), row("a", 2, {})]),
            report(EPYC, [row("a", 1, {"ncnn": 0.8})], isa="avx2"),
        ]
        svg = "{http://www.w3.org/2000/svg}"
        root = ElementTree.fromstring(self.picture.draw(reports))
        words = [element.text for element in root.iter(f"{svg}text")]
        for expected in [
            "Intel Xeon Processor, family 6, model 143, AVX-512, AMX", "AMD EPYC, family 25, model 17, AVX-512, no AMX",
            "1 thread", "2 threads", "fastest other, geometric mean: 1.00×", "fastest other, geometric mean: 1.25×",
            "2026-01-02, INFOLD_ISA=avx2. Infold 1.2.3.",
        ]:
            self.assertIn(expected, words)
        titles = [element.text for element in root.iter(f"{svg}title")]
        self.assertEqual(titles[:3], ["MNN", "ncnn", "tract"])
        self.assertEqual(
            titles[3:],
            [
                "MNN, a: 4.00 ms, 2.00 times Infold's", "MNN, b: 1.00 ms, 0.50 times Infold's",
                "MNN, geometric mean: 1.00 times Infold's",
                "tract, a: 200.00 ms, 100.00 times Infold's", "tract, geometric mean: 100.00 times Infold's",
                "ncnn, a: 2.50 ms, 1.25 times Infold's", "ncnn, geometric mean: 1.25 times Infold's",
            ],
        )

    def test_marks_stay_in_their_panel(self):
        picture = self.picture
        lowest = picture.lowest_factor([report(XEON, [row("a", 1, {"mnn": 2.0, "tract": 0.01})])])
        self.assertAlmostEqual(lowest, 0.475)
        self.assertGreater(picture.place(0.5, 100, lowest), 100)
        self.assertAlmostEqual(picture.place(100, 100, lowest), 100 + picture.PANEL)


if __name__ == "__main__":
    unittest.main()
