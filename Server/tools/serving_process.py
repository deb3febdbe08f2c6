"""Starts infold-serve for a test, and ends it."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODELS = ROOT / "Models"
TEST_MODELS = ROOT / "Server" / "Tests" / "Models"
CLASSIFIER = "efficientnet-lite0"


def program():
    """The program: that of INFOLD_SERVE, or the one that was built last."""
    if named := os.environ.get("INFOLD_SERVE"):
        return pathlib.Path(named)
    built = [ROOT / "Server" / ".build" / kind / "infold-serve" for kind in ("release", "debug")]
    built = sorted((path for path in built if path.exists()), key=lambda path: path.stat().st_mtime)
    if not built:
        raise SystemExit("error: there is no infold-serve; swift build --package-path Server --product infold-serve makes one")
    return built[-1]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Serving:
    """A server with the models of the repository, and those of the tests, that has ended when the `with` ends."""

    def __init__(self, *options, http_port=None, grpc_port=None, models=(MODELS, TEST_MODELS), log=None):
        self.http_port, self.grpc_port = http_port or free_port(), grpc_port or free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        arguments = [str(program()), f"--http-port={self.http_port}", f"--grpc-port={self.grpc_port}", "--keep-going=true"]
        for folder in models:
            arguments += ["--models", str(folder)]
        self.arguments = arguments + [str(option) for option in options]
        self.log = log or subprocess.DEVNULL
        self.process = None

    def start(self):
        begin = time.monotonic()
        self.process = subprocess.Popen(self.arguments, stdout=self.log, stderr=self.log)
        while not self.is_ready():
            if self.process.poll() is not None:
                raise SystemExit(f"error: {' '.join(self.arguments)} ended with {self.process.returncode}")
            if time.monotonic() - begin > 120:
                raise SystemExit("error: the server is not ready after two minutes")
            time.sleep(0.01)
        return time.monotonic() - begin

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.url + "/v2/health/ready", timeout=5) as response:
                return response.status == 200
        except (OSError, urllib.error.HTTPError):
            return False

    def get(self, path):
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=60) as response:
            return json.load(response)

    def stop(self, how=signal.SIGTERM):
        """Ends it, and returns its exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
