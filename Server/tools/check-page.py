#!/usr/bin/env python3
"""Tests the server's page in headless Chromium (Debian's): what it says of models, pictures, tensors, by mouse and by keyboard, on a desktop
and on a phone, in light and in dark, with a token and without.

    $(tools/python-environment.sh clients) Server/tools/check-page.py [--screenshots FOLDER]
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from chromium import Page
from serving_process import CLASSIFIER, MODELS, Serving

CUP = MODELS / "images" / "cup.png"


def text(page, selector):
    return page.evaluate(f"document.querySelector({selector!r}).innerText")


def contrast(first, second):
    """How much two colors differ, as WCAG 2 has it."""
    def luminance(color):
        parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    light, dark = sorted([luminance(first), luminance(second)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def counter(page, name):
    script = ("[...document.querySelectorAll('#counters div')].filter((d) => d.querySelector('dt').innerText === "
              f"{name!r}).map((d) => d.querySelector('dd').innerText)[0]")
    return page.evaluate(script)


def check_models(page, server):
    page.wait("document.querySelectorAll('#models a').length > 2")
    index = {entry["name"] for entry in json.loads(curl(["-X", "POST", server.url + "/v2/repository/index"]))}
    shown = page.evaluate("[...document.querySelectorAll('#models a')].map((a) => a.firstChild.textContent)")
    assert set(shown) == index, f"the page shows {shown}, and the server has {index}"
    assert "infold" in text(page, "#server").lower()


def open_model(page, name):
    page.evaluate(f"location.hash = {'#' + name!r}")
    page.wait(f"document.querySelector('#model-title').innerText === {name!r} && document.querySelectorAll('#tensors tr').length > 0")


def curl(arguments):
    return subprocess.run(["curl", "-sS", *arguments], capture_output=True, text=True, check=True, timeout=60).stdout


def run_line(page):
    """What the curl line on the page answers in a shell."""
    line = page.wait("!document.querySelector('#same').hidden && document.querySelector('#curl').innerText")
    return json.loads(subprocess.run(["bash", "-c", line], cwd=CUP.parent, capture_output=True, text=True, check=True, timeout=60).stdout)


def check_picture(page, by):
    open_model(page, CLASSIFIER)
    page.wait("!document.querySelector('#picture').hidden")
    by()
    labels = page.wait("document.querySelectorAll('#labels li').length === 5 && document.querySelector('#labels').innerText")
    assert labels.startswith("espresso"), labels
    share = page.evaluate("Number(document.querySelector('#labels li').style.getPropertyValue('--share'))")
    assert 0.9 < share <= 1, share
    answer = run_line(page)
    assert answer["classes"][0]["label"] == "espresso" and answer["classes"][0]["probability"] == share, answer
    assert " ms" in text(page, "#time")


def check_tensors(page):
    open_model(page, "add")
    assert page.evaluate("document.querySelector('#picture').hidden"), "a model without a sidecar takes pictures"
    names = page.evaluate("[...document.querySelectorAll('#tensors tr')].map((r) => r.firstChild.innerText)")
    before = int(counter(page, "answered").replace(",", ""))
    # By the keyboard alone: from the first field on.
    page.evaluate("document.querySelector('#shape-0').focus()")
    inputs = page.evaluate("document.querySelectorAll('#inputs fieldset').length")
    page.evaluate("for (const f of document.querySelectorAll('#inputs select')) { f.value = 'numbers'; f.dispatchEvent(new Event('change')); }")
    for index in range(inputs):
        page.evaluate(f"document.querySelector('#shape-{index}').select()")
        page.type("1, 3")
        page.press("Tab", 9)
        page.press("Tab", 9)
        page.type(f"[[{index + 1}, 2, 3]]")
        page.press("Tab", 9)
    assert page.evaluate("document.activeElement.id") == "run", "the keyboard does not come to the button"
    page.press("Enter", 13, "\r")
    output = page.wait("document.querySelectorAll('#outputs h4').length > 0 && document.querySelector('#outputs').innerText")
    assert "FP32 1 × 3" in output, output
    answer = run_line(page)
    assert answer["outputs"][0]["name"] in names and answer["outputs"][0]["name"] in output
    assert ", ".join(f"{number:g}" for number in answer["outputs"][0]["data"]) in output, (answer, output)
    page.evaluate("loadCounters()")
    assert int(counter(page, "answered").replace(",", "")) == before + 2
    # What is wrong, the server says.
    page.evaluate("document.querySelector('#shape-0').value = '7, 7, 7'; document.querySelector('#run').click()")
    assert page.wait("!document.querySelector('#error').hidden && document.querySelector('#error').innerText").startswith("400: ")
    page.evaluate("document.querySelector('#shape-0').value = '1, b'; document.querySelector('#run').click()")
    page.wait("document.querySelector('#error').innerText.includes('integers')")


def check_looks(page, screenshots):
    for name, width, height in [("phone", 390, 844), ("desktop", 1280, 900)]:
        page.size(width, height)
        for scheme in ("light", "dark"):
            page.scheme(scheme)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"the page is wider than a {name}"
            for selector in ("body", "#server", "#models a[aria-current]", "#counters dt", "#run", "#models a:not([aria-current])"):
                colors = page.evaluate(
                    f"(() => {{ let e = document.querySelector({selector!r}); const color = getComputedStyle(e).color; "
                    "while (e && /rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(e).backgroundColor)) e = e.parentElement; "
                    "return [color, getComputedStyle(e ?? document.body).backgroundColor]; })()")
                assert contrast(*colors) >= 4.5, f"{selector} is {colors[0]} on {colors[1]} in {scheme}"
            if screenshots:
                page.screenshot(screenshots / f"{name}-{scheme}.png")
    page.size(1280, 900)
    # Everything that can be used has a name.
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, textarea, select, a')].filter((e) => !e.labels?.length && !e.textContent.trim())"
        ".map((e) => e.outerHTML)")
    assert unnamed == [], unnamed


def check_token(screenshots):
    with tempfile.TemporaryDirectory() as folder:
        tokens = pathlib.Path(folder) / "tokens"
        tokens.write_text("a-long-token-of-a-test\n")
        tokens.chmod(0o600)
        with Serving("--token-file", tokens) as server, Page() as page:
            page.open(server.url + "/")
            page.wait("!document.querySelector('#access').hidden")
            page.evaluate("document.querySelector('#token').focus()")
            page.type("a-long-token-of-a-test")
            page.press("Enter", 13, "\r")
            page.wait("document.querySelectorAll('#models a').length > 2 && document.querySelector('#access').hidden")
            open_model(page, CLASSIFIER)
            page.wait("!document.querySelector('#picture').hidden")
            page.choose("#file", CUP)
            page.wait("document.querySelectorAll('#labels li').length === 5")
            line = page.evaluate("document.querySelector('#curl').innerText")
            assert "a-long-token" not in line and "$TOKEN" in line, line
            answer = json.loads(subprocess.run(
                ["bash", "-c", "TOKEN=a-long-token-of-a-test; " + line], cwd=CUP.parent, capture_output=True, text=True, check=True).stdout)
            assert answer["classes"][0]["label"] == "espresso"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screenshots", type=pathlib.Path, help="a folder for pictures of the page")
    screenshots = parser.parse_args().screenshots
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    assert "alive" in check_alive(), "who asks for no HTML is not told that the server lives"
    with Serving() as server, Page() as page:
        page.open(server.url + "/")
        check_models(page, server)
        check_picture(page, lambda: page.choose("#file", CUP))
        check_picture(page, lambda: page.drop("#drop", CUP))
        check_looks(page, screenshots)
        check_tensors(page)
        strangers = [url for url in page.requests if not url.startswith((server.url + "/", "data:", "blob:", "about:"))]
        assert not strangers, f"the page asks others: {strangers}"
        # Refusals that the tests above ask for, and a model that takes no pictures, are no faults of the page.
        faults = [complaint for complaint in page.complaints if "status of 40" not in complaint]
        assert not faults, faults
    check_token(screenshots)
    print("the page does what it says")


def check_alive():
    with Serving() as server:
        return curl([server.url + "/"])


if __name__ == "__main__":
    sys.exit(main())
