#!/usr/bin/env python3
"""Tests deploy/spark/classify.py on a local cluster with two executors, one of which is killed
while it works. The result must contain every picture exactly once, with the answer of infold alone.

    $(tools/python-environment.sh spark) tools/check-spark.py [--infold .build/release/infold] [--pictures 2000]

It needs Java (Debian's default-jre-headless) and a few minutes.
"""

import argparse
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "Models/efficientnet-lite0.onnx"


def png(seed):
    """A picture of 24×24 pixels, different for every seed."""
    width = 24
    state = seed * 2654435761 % 2**32
    rows = bytearray()
    for y in range(width):
        rows.append(0)
        for x in range(width):
            wave = (x * (1 + state % 7) + y * (1 + state // 7 % 5) + state // 64) % 256
            rows += bytes([wave, (wave * 3 + state // 1024) % 256, (x * y + state // 4096) % 256])

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")


def descendants(root):
    """The processes started by `root`, directly and indirectly, with their command lines."""
    parents, commands = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            commands[int(entry.name)] = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
    found = {root}
    while True:
        more = {process for process, parent in parents.items() if parent in found} - found
        if not more:
            return {process: commands[process] for process in found if process in commands}
        found |= more


def executors(root):
    # Spark's launcher script may have the same words on its command line.
    return {
        process for process, command in descendants(root).items()
        if "CoarseGrainedExecutorBackend" in command and "java" in command.split(" ")[0]
    }


def completed(output):
    """The number of tasks that have written their output."""
    return len(list(output.glob("_temporary/*/task_*/part-*"))) + len(list(output.glob("part-*")))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # Executors work in their own folders.
    parser.add_argument("--infold", type=lambda path: str(pathlib.Path(path).resolve()), default=str(ROOT / ".build/release/infold"))
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--tasks", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="infold-spark-") as folder:
        check(options, pathlib.Path(folder))


def check(options, folder):
    paths = []
    (folder / "pictures").mkdir()
    for index in range(options.pictures):
        path = folder / "pictures" / f"{index:05}.png"
        # Some are not pictures.
        path.write_bytes(png(index) if index % 100 != 99 else b"no picture")
        paths.append(str(path))
    listing = folder / "pictures.txt"
    listing.write_text("".join(path + "\n" for path in paths))

    begin = time.monotonic()
    with open(listing) as lines:
        alone = subprocess.run(
            [options.infold, "classify", MODEL, "--lines"], stdin=lines, stdout=subprocess.PIPE, check=True, text=True).stdout
    expected = {}
    for line in alone.splitlines():
        answer = json.loads(line)
        answer.pop("line", None)
        expected[answer["image"]] = answer
    assert list(expected) == paths, "infold alone does not answer all lines in order"
    print(f"infold alone: {len(paths)} pictures in {time.monotonic() - begin:.1f} s")

    output, log = folder / "labels", folder / "log"
    begin = time.monotonic()
    with open(log, "w") as errors:
        job = subprocess.Popen(
            [sys.executable, ROOT / "deploy/spark/classify.py", listing, "--model", MODEL, "--output", output, "--infold",
             options.infold, "--master", "local-cluster[2,1,1024]", "--tasks", str(options.tasks)],
            stdout=errors, stderr=errors, env=os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"})
        try:
            seen, victim, before = set(), None, 0
            while job.poll() is None:
                assert time.monotonic() - begin < 900, "the job takes more than 15 minutes"
                running = executors(job.pid)
                seen |= running
                before = completed(output) if victim is None else before
                if victim is None and before >= 2 and len(running) == 2:
                    victim = min(running)
                    os.kill(victim, signal.SIGKILL)
                time.sleep(0.2)
        finally:
            for process in sorted(descendants(job.pid)) if job.poll() is None else []:
                os.kill(process, signal.SIGKILL)
    assert job.returncode == 0, "the job failed:\n" + log.read_text()[-5000:]
    print(f"Spark: {time.monotonic() - begin:.1f} s")
    assert victim is not None, "no executor was killed: there were never two of them working"
    assert before < options.tasks, "all tasks had been completed before the executor was killed"
    assert len(seen) >= 3, "no other executor replaced the one that was killed"
    assert (output / "_SUCCESS").exists()

    answers = []
    for part in sorted(output.glob("part-*")):
        answers += [json.loads(line) for line in part.read_text().splitlines()]
    assert [answer["image"] for answer in answers] == paths, "the result does not contain every picture once, in order"
    for answer in answers:
        answer.pop("line", None)
        assert answer == expected[answer["image"]], f"{answer} is not {expected[answer['image']]}"
    bad = sum("error" in answer for answer in answers)
    print(f"one of two executors was killed after {before} of {options.tasks} tasks; {len(answers)} pictures are in the result once "
          f"each, {bad} of them with an error, all as infold alone answers them")


if __name__ == "__main__":
    main()
