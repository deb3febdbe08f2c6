#!/usr/bin/env python3
"""Three replicas behind nginx (Debian's) as deploy/nginx/infold.conf has them, under load: one is killed and started again, then another is told
to end and started again. Every request must be answered with 200 and the right bits.

    Server/tools/check-replicas.py [--requests 3000] [--connections 8]
"""

import argparse
import collections
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from serving_process import CLASSIFIER, MODELS, ROOT, Serving, free_port

PATH = f"/v2/models/{CLASSIFIER}/classify"
PICTURES = [MODELS / "images" / name for name in ("cat.png", "cup.png")]


class Load:
    """Requests over some connections, each the next as soon as one is answered."""

    def __init__(self, port, connections, requests):
        self.port, self.left, self.lock = port, requests, threading.Lock()
        self.bodies = [path.read_bytes() for path in PICTURES]
        first = [self.ask(http.client.HTTPConnection("127.0.0.1", port, timeout=60), body) for body in self.bodies]
        assert [status for status, _ in first] == [200, 200], first
        self.expected = [answer for _, answer in first]
        self.statuses, self.wrong, self.times = collections.Counter(), [], []
        self.threads = [threading.Thread(target=self.work) for _ in range(connections)]

    @staticmethod
    def ask(connection, body):
        connection.request("POST", PATH, body, {"Content-Type": "image/png"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def work(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            with self.lock:
                if self.left == 0:
                    return
                self.left -= 1
                which = self.left % len(self.bodies)
            begin = time.monotonic()
            try:
                status, answer = self.ask(connection, self.bodies[which])
            except (OSError, http.client.HTTPException) as error:
                status, answer = repr(error), None
                connection.close()
            with self.lock:
                self.statuses[status] += 1
                self.times.append(time.monotonic() - begin)
                if status == 200 and answer != self.expected[which]:
                    self.wrong.append(answer)

    def wait_until(self, left):
        while self.left > left:
            assert any(thread.is_alive() for thread in self.threads), "all connections have ended"
            time.sleep(0.02)


def start_nginx(folder, replicas, port):
    """nginx with the file of deploy/nginx, but for ports that are free here."""
    text = (ROOT / "deploy/nginx/infold.conf").read_text()
    for given, replica in zip((8010, 8020, 8030), replicas):
        assert f"127.0.0.1:{given}" in text
        text = text.replace(f"127.0.0.1:{given}", f"127.0.0.1:{replica.http_port}")
    text = text.replace("listen 127.0.0.1:8000", f"listen 127.0.0.1:{port}")
    for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
        (folder / name).mkdir()
    temporary = "".join(f"  {name}_temp_path {folder / path};\n" for name, path in [
        ("client_body", "body"), ("proxy", "proxy"), ("fastcgi", "fastcgi"), ("uwsgi", "uwsgi"), ("scgi", "scgi")])
    configuration = folder / "nginx.conf"
    # Else its workers could not write to the folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    configuration.write_text(
        f"{user}daemon off;\npid {folder / 'pid'};\nerror_log {folder / 'error.log'};\nevents {{ worker_connections 1024; }}\n"
        f"http {{\n  access_log off;\n{temporary}{text}\n}}\n")
    process = subprocess.Popen(["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)])
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            assert process.poll() is None, (folder / "error.log").read_text()
            time.sleep(0.05)
    raise SystemExit("error: nginx does not listen")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    replicas = [Serving("--threads", 1, "--access-log=false", models=[MODELS]) for _ in range(3)]
    with tempfile.TemporaryDirectory(prefix="infold-nginx-") as name:
        nginx = None
        try:
            for replica in replicas:
                replica.start()
            port = free_port()
            nginx = start_nginx(pathlib.Path(name), replicas, port)
            load = Load(port, options.connections, options.requests)
            for thread in load.threads:
                thread.start()
            load.wait_until(options.requests * 4 // 5)
            replicas[0].stop(signal.SIGKILL)
            load.wait_until(options.requests * 3 // 5)
            replicas[0].start()
            load.wait_until(options.requests * 2 // 5)
            code = replicas[1].stop(signal.SIGTERM)
            assert code == 0, f"a replica that is told to end ends with {code}"
            load.wait_until(options.requests // 5)
            replicas[1].start()
            for thread in load.threads:
                thread.join()
            assert load.statuses == {200: options.requests}, f"answers: {dict(load.statuses)}"
            assert not load.wrong, f"{len(load.wrong)} answers are wrong, such as {load.wrong[0]}"
            served = [answered(replica) for replica in replicas]
            assert all(served), f"not every replica has answered since it started: {served}"
            times = sorted(load.times)
            print(f"{options.requests} requests over {options.connections} connections, all answered with 200 and the same bits, while one replica "
                  f"was killed and another one restarted; the longest took {times[-1]:.2f} s, the median {times[len(times) // 2] * 1000:.0f} ms")
        finally:
            if nginx:
                nginx.terminate()
                nginx.wait(30)
            for replica in replicas:
                replica.stop(signal.SIGKILL)


def answered(replica):
    """How many requests a replica has answered since it started."""
    with urllib.request.urlopen(replica.url + "/metrics", timeout=30) as response:
        lines = response.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("infold_requests_total{") and 'code="ok"' in line)


if __name__ == "__main__":
    sys.exit(main())
