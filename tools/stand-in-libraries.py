#!/usr/bin/env python3
"""Creates stand-ins for libraries that a package is linked with and the machine does not have. Their
functions fail.

    tools/stand-in-libraries.py FOLDER

PyPI's torch for Linux is linked with the CUDA libraries, gigabytes that a machine without a GPU never
calls, but without which torch does not load. FOLDER is the folder of torch's own libraries,
site-packages/torch/lib. The stand-ins are created there, with the names, versions and symbols that
torch's libraries need. Every function returns 100, CUDA's error for a missing device. binutils and gcc
are needed.

    python3 -m venv exports
    exports/bin/pip install --no-deps torch torchvision timm onnx onnxscript onnx_ir onnxruntime
    exports/bin/pip install numpy protobuf ml_dtypes typing_extensions sympy networkx jinja2 fsspec filelock pillow pyyaml \\
      safetensors huggingface_hub packaging flatbuffers
    tools/stand-in-libraries.py exports/lib/python3*/site-packages/torch/lib
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SYSTEM = [Path(folder) for folder in ("/lib64", "/lib", "/usr/lib64", "/usr/lib", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu")]
# Unversioned symbols that a stand-in must define. Other undefined symbols are in the package's own
# libraries or the system's.
FOREIGN = re.compile(r"(_?_cuda|cuda|cu[A-Z]|cublas|cudnn|cufft|cusolver|cusparse|cupti|nccl|nvrtc|nvshmem)")


def readelf(option, library):
    done = subprocess.run(["readelf", "--wide", option, library], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def needed_versions(lines):
    """The needed libraries by symbol version, parsed from the output of readelf."""
    library, found = None, {}
    for line in lines:
        if match := re.search(r"File: (\S+)", line):
            library = match[1]
        elif library and (match := re.search(r"Name: (\S+)", line)):
            found[match[1]] = library
    return found


def symbols(lines):
    """Undefined names and versions, and defined names, parsed from the output of readelf."""
    undefined, defined = set(), set()
    for line in lines:
        fields = line.split()
        if len(fields) < 8 or not fields[0].rstrip(":").isdigit():
            continue
        name, _, version = fields[7].partition("@")
        if fields[6] == "UND":
            undefined.add((name, version.lstrip("@") or None))
        else:
            defined.add(name)
    return undefined, defined


def source(names):
    """C source with functions that fail, and functions for error messages that return text."""
    lines = []
    for name in sorted(names):
        if "String" in name or name.endswith("Name"):
            lines.append(f'const char *{name}(void) {{ return "no device"; }}')
        else:
            lines.append(f"long {name}(void) {{ return 100; }}")
    return "\n".join(lines) + "\n"


def version_script(names):
    """The linker's version script: names by version."""
    return "".join(f"{version} {{ global: {' '.join(f'{name};' for name in sorted(group))} }};\n" for version, group in names.items())


def make(folder, library, unversioned, versions):
    with tempfile.TemporaryDirectory() as work:
        text, script = Path(work) / "library.c", Path(work) / "library.map"
        text.write_text(source(set(unversioned).union(*versions.values())))
        script.write_text(version_script(versions))
        command = ["gcc", "-shared", "-fPIC", "-fno-builtin", "-w", "-o", str(folder / library), str(text), f"-Wl,-soname,{library}"]
        subprocess.run([*command, f"-Wl,--version-script,{script}"] if versions else command, check=True)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    needed, homes, undefined, defined = set(), {}, set(), set()
    for library in folder.glob("*.so"):
        needed |= {match[1] for line in readelf("--dynamic", library) if (match := re.search(r"NEEDED.*\[(.*)\]", line))}
        homes |= needed_versions(readelf("--version-info", library))
        asked, given = symbols(readelf("--dyn-syms", library))
        undefined |= asked
        defined |= given
    places = [folder, *SYSTEM]
    missing = sorted(name for name in needed if not any((place / name).exists() for place in places))
    loose = {name for name, version in undefined if version is None and FOREIGN.match(name)} - defined
    for position, library in enumerate(missing):
        versions = {
            version: {name for name, asked in undefined if asked == version} for version, home in homes.items() if home == library
        }
        make(folder, library, loose if position == 0 else set(), versions)
        print(f"{folder / library}: {sum(map(len, versions.values())) + (len(loose) if position == 0 else 0)} functions")


if __name__ == "__main__":
    main()
