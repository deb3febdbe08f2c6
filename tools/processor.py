"""Identifies the processor. Virtual machines often hide its name, so its family, model and vector
extensions are more reliable."""
import os
import re
import subprocess

UNITS = {"AVX-512": "avx512f", "AMX": "amx_tile"}  # by what people call them: the flag of lscpu


def processor_here():
    """The processor of this machine, as stored in reports."""
    listing = subprocess.run(
        ["lscpu"], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}
    ).stdout
    return parsed_processor(listing)


def parsed_processor(listing):
    """The processor that lscpu lists; with several kinds of cores, the first."""
    fields = {}
    for line in listing.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    flags = fields.get("Flags", "").split()
    return {
        "name": fields.get("Model name") or fields["Architecture"],
        "family": fields.get("CPU family"),
        "model": fields.get("Model"),
        "units": {unit: flag in flags for unit, flag in UNITS.items()},
    }


def processor_text(processor):
    """A description that distinguishes the processor from others."""
    words = [re.sub(r"\((R|TM|r|tm)\)", "", processor["name"])]
    words += [f"{key} {processor[key]}" for key in ("family", "model") if processor[key]]
    words += [unit if present else f"no {unit}" for unit, present in processor["units"].items()]
    return ", ".join(words)
