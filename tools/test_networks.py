"""Tests of the tools that compare Infold with ONNX Runtime on exports and on models of packages:
their judgement of results.

    python3 -m unittest discover --start-directory tools
"""
import importlib.util
import re
import sys
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import network_numbers
import network_runtimes
import network_times
from network_tables import by_reference, means_table, page, ratio, refusals, row, steps


def load(name):
    """Imports a module whose file name contains hyphens."""
    path = Path(__file__).with_name(f"{name}.py")
    specification = importlib.util.spec_from_file_location(name.replace("-", "_"), path)
    module = sys.modules[specification.name] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


export_networks = load("export-networks")
fetch_models = load("fetch-models")
stand_in_libraries = load("stand-in-libraries")


@dataclass
class Entry:
    """The part of an architecture that the plan needs."""

    name: str
    exporters: tuple = ("script", "dynamo")
    library: str = "own"


class PlanTests(unittest.TestCase):
    def test_every_architecture_comes_by_each_of_its_exporters_and_some_in_float16(self):
        plan = export_networks.exports([Entry("a"), Entry("b", ("script",)), Entry("c"), Entry("d")])
        self.assertEqual([(export.architecture, export.exporter, export.precision) for export in plan], [
            ("a", "script", "float32"), ("b", "script", "float32"), ("c", "script", "float32"), ("d", "dynamo", "float32"),
            ("a", "dynamo", "float32"), ("c", "dynamo", "float32"), ("d", "script", "float32"),
            ("a", "script", "float16"), ("d", "dynamo", "float16"),
        ])

    def test_no_two_exports_have_one_name(self):
        plan = export_networks.exports([Entry(f"net{i}", ("script",) if i % 7 == 0 else ("script", "dynamo")) for i in range(50)])
        self.assertEqual(len({export.name for export in plan}), len(plan))
        self.assertGreater(len({export.opset for export in plan}), 6)


class ReportTests(unittest.TestCase):
    def test_the_last_report_counts_among_whatever_else_is_printed(self):
        lines = ["{}", 'report: {"verdict": "unknown"}', "a warning", 'report: {"verdict": "right"}', "{}"]
        self.assertEqual(export_networks.last_report(lines), {"verdict": "right"})
        self.assertIsNone(export_networks.last_report(["killed"]))


class ErrorTests(unittest.TestCase):
    def test_error_is_the_largest_difference_divided_by_the_largest_number(self):
        self.assertEqual(network_numbers.error(np.float32([1, 2, -4]), np.array([1, 2.5, -4])), 0.125)

    def test_error_of_integers_is_the_share_that_differs(self):
        self.assertEqual(network_numbers.error(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 5])), 0.25)

    def test_other_shapes_and_other_infinities_are_infinitely_wrong(self):
        self.assertEqual(network_numbers.error(np.zeros((2, 3)), np.zeros((3, 2))), np.inf)
        self.assertEqual(network_numbers.error(np.array([1, np.nan]), np.array([1.0, 2.0])), np.inf)
        self.assertEqual(network_numbers.error(np.array([1, np.inf]), np.array([1, -np.inf])), np.inf)

    def test_infinities_and_nans_that_both_have_are_no_error(self):
        values = np.array([1, np.nan, np.inf, -np.inf])
        self.assertEqual(network_numbers.error(values, values), 0)
        self.assertEqual(network_numbers.error(np.zeros(0), np.zeros(0)), 0)

    def test_verdict_allows_twice_the_scatter_and_what_rounding_explains(self):
        self.assertEqual(network_numbers.verdict(1.9e-5, 1e-5, "float32"), "right")
        self.assertEqual(network_numbers.verdict(2.1e-5, 1e-5, "float32"), "loose")
        self.assertEqual(network_numbers.verdict(2.1e-4, 1e-5, "float32"), "wrong")
        self.assertEqual(network_numbers.verdict(1.9e-6, 0, "float32"), "right")
        self.assertEqual(network_numbers.verdict(1e-3, 0, "float16"), "right")
        self.assertEqual(network_numbers.verdict(1e-3, np.inf, "float32"), "wrong")

    def test_what_is_off_with_both_is_unstable_unless_infold_is_exact(self):
        self.assertEqual(network_numbers.verdict(0.4, 0.9, "float32"), "unstable")
        self.assertEqual(network_numbers.verdict(1e-7, 0.9, "float32"), "right")

    def test_bits_are_compared_with_their_shapes(self):
        one = {"y": np.float32([0.0, np.nan])}
        self.assertTrue(network_numbers.same_bits(one, {"y": np.float32([0.0, np.nan])}))
        self.assertFalse(network_numbers.same_bits(one, {"y": np.float32([-0.0, np.nan])}))
        self.assertFalse(network_numbers.same_bits(one, {"y": np.float32([[0.0, np.nan]])}))


class ProfileTests(unittest.TestCase):
    def test_largest_kinds_of_steps_come_first_with_their_share_and_speed(self):
        layers = [
            {"operation": "Conv", "milliseconds": 1.0, "gflops": 10}, {"operation": "Add", "milliseconds": 5.0},
            {"operation": "Conv", "milliseconds": 3.0, "gflops": 50},
        ]
        found = network_times.largest(layers, 10.0, lambda layer: layer["operation"], 2)
        self.assertEqual([(entry["what"], entry["share"], entry["steps"]) for entry in found], [("Add", 0.5, 1), ("Conv", 0.4, 2)])
        self.assertEqual(found[1]["gflops"], 40)


class DefaultsTests(unittest.TestCase):
    def test_single_numbers_become_defaults_and_others_stay_open(self):
        node = helper.make_node("Mul", ["x", "rate"], ["y"])
        shapes = {"x": ["N"], "rate": [], "y": ["N"]}
        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "original.onnx"
            onnx.save(helper.make_model(helper.make_graph([node], "g", values[:2], values[2:])), path)
            inputs = {"x": np.ones(3, np.float32), "rate": np.float32(2)}
            copy = onnx.load(network_runtimes.with_defaults(path, inputs, folder))
            self.assertEqual([tensor.name for tensor in copy.graph.initializer], ["rate"])
            self.assertEqual([value.name for value in copy.graph.input], ["x", "rate"])
            self.assertEqual(network_runtimes.with_defaults(path, {"x": inputs["x"]}, folder), path)
        self.assertEqual(network_runtimes.shape_options(inputs), ["--shape", "x=3"])


def report(name, verdict="right", times=(0.5, 0.25), **others):
    measured = {str(i + 1): {"ratio": ratio, "infold_ms": 1.0} for i, ratio in enumerate(times)}
    return {
        "name": name, "architecture": name, "library": "own", "exporter": "script", "opset": 17, "written_opset": 17,
        "precision": "float32", "verdict": verdict, "infold_error": 1e-7, "onnxruntime_errors": [2e-7, 1e-7], "times": measured,
        "profile": {
            "reference_share": 0.02, "reference_operators": ["Unique", "Mul", "Loop", "And"],
            "kinds": [{"what": "Conv [1×1]", "share": 0.75, "ms": 1, "steps": 2, "gflops": 5}],
        },
        **others,
    }


class TableTests(unittest.TestCase):
    def test_row_says_verdict_errors_ratios_and_reference_operators(self):
        self.assertEqual(
            row(report("net"), ["net"]), ["net", "yes", "1.0e-07 / 2.0e-07", "0.50", "0.25", "2.0 % (Unique, Mul, Loop …)"]
        )

    def test_row_of_what_is_refused_has_nothing_else(self):
        refused = {"name": "net", "infold_refusal": 'infold: some/net.onnx: no such operator (node "a" (Odd)); export it'}
        self.assertEqual(row(refused, ["net"]), ["net", "**refused**", "", "", "", ""])
        again = {**refused, "name": "again"}
        self.assertEqual(refusals([refused, report("other"), again]), ["- no such operator: net, again"])

    def test_means_are_geometric_and_slower_ones_are_counted(self):
        reports = [report("a", times=(0.5, 2.0)), report("b", "wrong", times=(2.0, 2.0)), report("c", times=())]
        table = means_table([("float32", reports)])
        self.assertEqual(table.splitlines()[-1], "| float32 | 3 | 2 | 1.00 | 2.00 | 1 of 2 | 2 of 2 |")

    def test_times_of_two_threads_that_help_nobody_were_disturbed(self):
        entry = report("net")
        entry["times"]["1"]["onnxruntime_ms"], entry["times"]["2"]["onnxruntime_ms"] = 10, 9
        self.assertEqual((ratio(entry, "1"), ratio(entry, "2"), ratio(entry, "4")), (0.5, None, None))
        entry["times"]["2"]["onnxruntime_ms"] = 6
        self.assertEqual(ratio(entry, "2"), 0.25)
        entry["times"]["1"]["onnxruntime_ms"], entry["times"]["2"]["onnxruntime_ms"] = 1, 1
        self.assertEqual(ratio(entry, "2"), 0.25)

    def test_a_model_that_neither_takes_is_not_refused(self):
        both = {"name": "net", "infold_refusal": "types differ", "onnxruntime_refusal": "types differ"}
        self.assertEqual(row(both, ["net"])[1], "neither")
        self.assertEqual(refusals([both]), [])

    def test_slow_networks_come_slowest_first_with_their_largest_steps(self):
        found = steps([report("a", times=(1.5, 0.9)), report("b", times=(0.9, 2.0)), report("c")])
        self.assertEqual(found, ["| b | 2.00 | Conv [1×1] 75 % |", "| a | 1.50 | Conv [1×1] 75 % |"])

    def test_what_no_kernel_runs_is_listed_from_two_hundredths_on(self):
        more = report("b")
        more["profile"] = {**more["profile"], "reference_share": 0.5, "reference_operators": ["Resize"]}
        self.assertEqual(by_reference([report("a"), more]), ["| b | 50.0 % (Resize) |"])

    def test_page_has_what_it_is_told_and_names_what_was_not_exported(self):
        model = {**report("pack-net"), "library": "pack", "version": "1.0", "licence": "MIT"}
        del model["exporter"], model["precision"]
        failed = {"name": "odd-dynamo-18-float32", "export_failure": "no", "exporter": "dynamo", "precision": "float32"}
        text = page([report("net"), model, failed], "measured here")
        self.assertIn("measured here", text)
        self.assertIn("| net | script | 17 | float32 | yes |", text)
        self.assertIn("| pack 1.0 | net | MIT | yes |", text)
        self.assertIn("odd-dynamo-18-float32.", text)
        self.assertNotIn("## Refused", text)


class PackageTests(unittest.TestCase):
    def test_models_have_names_of_their_own_versions_and_checksums(self):
        models = fetch_models.package_models()
        self.assertEqual(len({model.name for model in models}), len(models))
        for model in models:
            self.assertRegex(model.sha256, "^[0-9a-f]{64}$")
            self.assertRegex(model.version, r"^[0-9][0-9.]*$")
            for sizes in model.inputs.values():
                self.assertTrue(isinstance(sizes, int) or re.fullmatch(r"\d+(x\d+)*", sizes), model.name)

    def test_a_selection_goes_by_the_beginnings_of_names(self):
        models = fetch_models.package_models()
        named = fetch_models.selected(models, ["silero-vad-", "magika"], False)
        self.assertEqual({model.package for model in named}, {"silero-vad", "magika"})
        small = fetch_models.selected(models, [], True)
        self.assertTrue(small)
        self.assertTrue(all(model.licence in ("MIT", "Apache-2.0") for model in small))

    def test_inputs_have_the_sizes_and_values_that_are_given(self):
        values = [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4]),
            helper.make_tensor_value_info("ids", TensorProto.INT64, [2]),
            helper.make_tensor_value_info("rate", TensorProto.INT64, []),
            helper.make_tensor_value_info("mask", TensorProto.BOOL, ["N"]),
        ]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            onnx.save(helper.make_model(helper.make_graph([], "g", values, [])), path)
            inputs = fetch_models.inputs_of(path, {"x": "3x4", "rate": 16000, "mask": "3"})
        self.assertEqual({name: (array.shape, array.dtype.name) for name, array in inputs.items()}, {
            "x": ((3, 4), "float32"), "ids": ((2,), "int64"), "rate": ((), "int64"), "mask": ((3,), "bool"),
        })
        self.assertEqual(inputs["rate"], 16000)
        self.assertTrue(inputs["mask"].all())


class StandInTests(unittest.TestCase):
    def test_symbols_are_asked_with_their_versions(self):
        lines = [
            "   Num:    Value          Size Type    Bind   Vis      Ndx Name",
            "     5: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND cudaFree@libcudart.so.13 (4)",
            "     6: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND ncclSend",
            "     7: 0000000000001000    16 FUNC    GLOBAL DEFAULT   12 own@@TORCH",
        ]
        undefined, defined = stand_in_libraries.symbols(lines)
        self.assertEqual(undefined, {("cudaFree", "libcudart.so.13"), ("ncclSend", None)})
        self.assertEqual(defined, {"own"})

    def test_versions_know_their_library(self):
        lines = [
            "  000000: Version: 1  File: libfoo.so.1  Cnt: 2", "  0x0010:   Name: FOO_1  Flags: none  Version: 3",
            "  0x0020:   Name: FOO_2  Flags: none",
        ]
        self.assertEqual(stand_in_libraries.needed_versions(lines), {"FOO_1": "libfoo.so.1", "FOO_2": "libfoo.so.1"})

    def test_functions_fail_and_messages_are_text(self):
        self.assertEqual(
            stand_in_libraries.source(["getErrorString", "allocate"]),
            'long allocate(void) { return 100; }\nconst char *getErrorString(void) { return "no device"; }\n',
        )
        self.assertEqual(stand_in_libraries.version_script({"V1": {"b", "a"}}), "V1 { global: a; b; };\n")


if __name__ == "__main__":
    unittest.main()
