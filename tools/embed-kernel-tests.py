#!/usr/bin/env python3
"""Converts the kernel tests for a compiler without Swift Testing and its macros:
embed-kernel-tests.py OUTPUT SOURCE...

The tests themselves stay in Tests/InfoldKernelTests. Expectations become function calls, a test is
called with every combination of its arguments, and the kernel set is a type instead of an index.
"""
import pathlib
import re
import sys

SETS = {
    "byteKernelSets": "ByteKernelsUnderTest",
    "convolutionKernelSets": "KernelsUnderTest",
    "lanewiseKernelSets": "KernelsUnderTest",
    "kernelSets": "KernelsUnderTest",
}


def closing(text, opening):
    """The position of the closing parenthesis for the one at a position."""
    depth = 0
    for place in range(opening, len(text)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError("a parenthesis is not closed")


def split(text):
    """The parts of a list separated by its own commas."""
    parts, depth, begin = [], 0, 0
    for place, character in enumerate(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(text[begin:place].strip())
            begin = place + 1
    return [part for part in parts + [text[begin:].strip()] if part]


def take_attribute(text, name):
    """The first attribute with this name and its arguments, and the text without it."""
    found = re.search(rf"@{name}\b", text)
    if not found:
        return None, text
    end, arguments = found.end(), ""
    if text[end:end + 1] == "(":
        last = closing(text, end)
        arguments, end = text[end + 1:last], last + 1
    lines = "\n" * text[found.start():end].count("\n")
    return (found.start(), arguments), text[:found.start()] + lines + text[end:]


def calls(place, arguments, text):
    """Statements that call the test at a position with every combination of its arguments."""
    function = re.compile(r"func (\w+)\(").search(text, place)
    parameters = text[function.end():closing(text, function.end() - 1)]
    parameters = [parameter.split(":", 1) for parameter in split(parameters)]
    labels, types = [label.split()[0] for label, _ in parameters], [kind.strip() for _, kind in parameters]
    after = text[closing(text, function.end() - 1) + 1:]
    throws = "() throws(MissingValue) in try " if re.match(r"\s*throws\b", after) else ""
    lists, condition = [], None
    for part in split(arguments):
        if part.startswith(".enabled(if:"):
            condition = part[len(".enabled(if:"):-1].strip()
        else:
            lists.append(re.sub(r"^arguments:\s*", "", part))
    if len(lists) != len(labels):
        raise ValueError(f"{function[1]} has {len(labels)} parameters and {len(lists)} lists of arguments")
    names = [f"argument{index}" for index in range(len(lists))]
    loops = "".join(
        f"forEachArgument({values}) {{ ({name}: {kind}) in " for name, kind, values in zip(names, types, lists))
    passed = ", ".join(f"{label}: {name}" for label, name in zip(labels, names))
    test = f'TestCase.run("\\(suite).{function[1]}") {{ {throws}Self().{function[1]}({passed}) }}'
    guard = f"if {condition} {{ " if condition else ""
    return f"    {guard}{loops}{test}{' }' * (len(lists) + bool(condition))}\n"


IMPORTS = """import CTestSupport
import InfoldKernelsNEON

#if INFOLD_DOTPROD
  import InfoldKernelsDotProduct
#endif
"""


def embedded(text, path):
    """The source without Swift Testing, and the name of its suite, if it has one."""
    # Line numbers are kept, since failures report them.
    location = f'#sourceLocation(file: "{path}", line: 1)\n'
    text = IMPORTS + location + re.sub(r"^import (Testing|InfoldTensor|Glibc)$", "", text, flags=re.M)
    text = re.sub(r"any \(ConvolutionKernels & LanewiseKernels\)\.Type|any (Convolution|Lanewise)Kernels\.Type|any KernelSet\.Type",
                  "KernelsUnderTest.Type", text)
    text = text.replace("any ByteKernels.Type", "ByteKernelsUnderTest.Type")
    for name, kernels in SETS.items():
        text = re.sub(rf"\b{name}\[\w+\]", f"{kernels}.self", text)
        text = re.sub(rf"\b{name}\.indices", "0..<1", text)
    text = text.replace("CustomTestStringConvertible", "Copyable").replace("#expect(", "expectTrue(").replace("#require(", "requireValue(")
    text = text.replace(" throws {", " throws(MissingValue) {").replace("Glibc.", "CTestSupport.")
    text = re.sub(r"\(\\\.([\w.]+)\)", r"({ $0.\1 })", text)
    suite, text = take_attribute(text, "Suite")
    if suite is None:
        return text, None
    name = re.search(r"struct (\w+)", text[suite[0]:])[1]
    statements = ""
    while True:
        test, text = take_attribute(text, "Test")
        if test is None:
            break
        statements += calls(test[0], test[1], text)
    statements = statements.replace("\\(suite)", name)
    return text + f"\nextension {name} {{\n  static func runAll() {{\n{statements}  }}\n}}\n", name


def main():
    output = pathlib.Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    suites = []
    for source in map(pathlib.Path, sys.argv[2:]):
        text, suite = embedded(source.read_text(), output / source.name)
        (output / source.name).write_text(text)
        if suite:
            suites.append(suite)
    statements = "".join(f"  {suite}.runAll()\n" for suite in suites)
    (output / "Suites.swift").write_text(f"func runAllSuites() {{\n{statements}}}\n")


main()
