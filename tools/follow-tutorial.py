"""Follows a tutorial: writes its files, runs its commands, and compares what they print.

An HTML comment before a code block says what the block is: "file: PATH" is written, "run" and blocks of the language sh
without a comment are run, "serve: PORT" is run in the background until the port answers, and "output" is what the last
command has to print.
"""
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

BLOCK = re.compile(r"(?:<!-- (?P<kind>[a-z]+)(?:: (?P<argument>[^>]+?))? -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
START_LIMIT = 600


def wait_for(port: int, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_LIMIT
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    sys.exit(f"the server of the tutorial did not open port {port}")


def main() -> None:
    repository = pathlib.Path(__file__).resolve().parent.parent
    # Infold is built once, with what else is built in the repository.
    build = f"--scratch-path '{repository}/.build' --disable-build-manifest-caching"
    shell = f'swift() {{ local command=$1; shift; command swift "$command" {build} "$@"; }}\nset -euo pipefail\n'
    servers, printed, checked = [], None, 0
    with tempfile.TemporaryDirectory() as folder:
        current = pathlib.Path(folder)
        (current / "infold").symlink_to(repository)
        try:
            for block in BLOCK.finditer((repository / sys.argv[1]).read_text()):
                kind, text = block["kind"], block["text"]
                if kind == "file":
                    # By its own path, so that the build of the repository counts.
                    text = text.replace('path: "../infold"', f'name: "infold", path: "{repository}"')
                    (current / block["argument"]).write_text(text)
                elif kind == "serve":
                    server = subprocess.Popen(["bash", "-c", shell + text], cwd=current, start_new_session=True)
                    servers.append(server)
                    wait_for(int(block["argument"]), server)
                elif kind == "output":
                    if printed != text:
                        sys.exit(f"{sys.argv[1]} shows\n{text}and the command printed\n{printed}")
                    checked += 1
                elif kind == "run" or block["language"] == "sh":
                    command = shell + text + "\npwd >&3\n"
                    with tempfile.TemporaryFile("w+") as place:
                        os.dup2(place.fileno(), 3)
                        result = subprocess.run(
                            ["bash", "-c", command], cwd=current, stdout=subprocess.PIPE, text=True, pass_fds=[3])
                        place.seek(0)
                        if result.returncode != 0:
                            sys.exit(f"this command of {sys.argv[1]} failed:\n{text}")
                        current = pathlib.Path(place.read().strip())
                    printed = result.stdout
                else:
                    sys.exit(f"{sys.argv[1]} does not say what this block is:\n{text}")
        finally:
            for server in servers:
                os.killpg(server.pid, 15)
    if checked == 0:
        sys.exit(f"{sys.argv[1]} shows no output")
    print(f"{sys.argv[1]}: {checked} outputs are as it shows them")


main()
