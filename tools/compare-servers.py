#!/usr/bin/env python3
"""Compares infold-serve with KServe's Python model server and ONNX Runtime, with the same models
and clients, alternating on this machine.

    swift build -c release --package-path Server --product infold-serve
    $(tools/python-environment.sh serving) tools/compare-servers.py [--seconds 5] [--rounds 3]

The client of REST is wrk (from Debian), with raw tensors; that of gRPC is Python's. Clients and
server share the processors. The best round counts, since it is the least disturbed.
"""

import argparse
import asyncio
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Server" / "tools"))

from processor import processor_here  # noqa: E402
from serving_process import free_port, program  # noqa: E402

# The model, the input, its shape, and the output.
MODELS = {
    "efficientnet-lite0": ("input", [1, 3, 224, 224], "probs"),
    "ppocr-cls": ("x", [1, 3, 48, 192], None),
}
CONNECTIONS = [1, 8, 64]
WRK = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/octet-stream"
wrk.headers["Inference-Header-Content-Length"] = "%d"
local file = io.open("%s", "rb")
wrk.body = file:read("*a")
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    "RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


class Server:
    """A server with the models, from its start until it is stopped."""

    def __init__(self, name, arguments):
        self.name = name
        self.http_port, self.grpc_port = free_port(), free_port()
        self.arguments = [str(argument).format(http=self.http_port, grpc=self.grpc_port) for argument in arguments]

    def __enter__(self):
        begin = time.monotonic()
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        while not self.is_ready():
            assert self.process.poll() is None and time.monotonic() - begin < 120, f"{self.name} does not start"
            time.sleep(0.005)
        self.start = time.monotonic() - begin
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def is_ready(self):
        try:
            for model in MODELS:
                urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/v2/models/{model}/ready", timeout=5).close()
            return True
        except OSError:
            return False

    def settle(self):
        """Waits until the server has finished or dropped all requests."""
        quick, end = 0, time.monotonic() + 120
        while quick < 5:
            begin = time.monotonic()
            if begin > end:
                raise SystemExit("error: a server is still busy two minutes after its last request")
            if self.process.poll() is not None:
                raise SystemExit(f"error: a server ended with {self.process.returncode}")
            self.is_ready()
            quick = quick + 1 if time.monotonic() - begin < 0.02 else 0

    def memory(self):
        """The peak memory in MB."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
        return 0


def servers():
    models = [f"{name}={ROOT / 'Models' / name}.onnx" for name in MODELS]
    infold = [program(), "--http-port={http}", "--grpc-port={grpc}", "--access-log=false"]
    for model in models:
        infold += ["--model", model]
    kserve = [sys.executable, ROOT / "tools/serve_with_onnx_runtime.py", *models, "--http_port={http}", "--grpc_port={grpc}",
              "--configure_logging=false"]
    return [("infold-serve", infold), ("KServe with ONNX Runtime", kserve)]


def rest(server, model, connections, seconds, folder):
    name, shape, _ = MODELS[model]
    tensor = numpy.random.default_rng(1).uniform(-1, 1, shape).astype(numpy.float32).tobytes()
    header = json.dumps({
        "inputs": [{"name": name, "shape": shape, "datatype": "FP32", "parameters": {"binary_data_size": len(tensor)}}],
        "parameters": {"binary_data_output": True}}).encode()
    (folder / "body").write_bytes(header + tensor)
    (folder / "wrk.lua").write_text(WRK % (len(header), folder / "body"))
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", folder / "wrk.lua",
         f"http://127.0.0.1:{server.http_port}/v2/models/{model}/infer"], capture_output=True, text=True, check=True).stdout
    line = next(line for line in text.splitlines() if line.startswith("RESULT "))
    requests, microseconds, median, last, errors = map(int, line.split()[1:])
    return {"rate": requests / microseconds * 1e6, "median": median / 1e3, "p99": last / 1e3, "errors": errors}


def grpc_client(port, model, connections, seconds):
    """Implements --grpc-client in its own process: sends requests continuously, over the given
    number of connections."""
    import grpc
    from tritonclient.grpc import service_pb2, service_pb2_grpc

    name, shape, _ = MODELS[model]
    request = service_pb2.ModelInferRequest(model_name=model)
    tensor = request.inputs.add(name=name, datatype="FP32")
    tensor.shape.extend(shape)
    request.raw_input_contents.append(numpy.random.default_rng(1).uniform(-1, 1, shape).astype(numpy.float32).tobytes())

    async def ask():
        times, errors = [], 0
        begin = time.perf_counter()
        end = begin + seconds

        async def connection(number):
            nonlocal errors
            options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
                stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
                while (start := time.perf_counter()) < end:
                    try:
                        await stub.ModelInfer(request)
                        times.append(time.perf_counter() - start)
                    except grpc.aio.AioRpcError:
                        errors += 1

        await asyncio.gather(*(connection(number) for number in range(connections)))
        return times, errors, time.perf_counter() - begin

    times, errors, duration = asyncio.run(ask())
    times.sort()
    print(json.dumps({
        "rate": len(times) / duration, "errors": errors,
        "median": times[len(times) // 2] * 1e3 if times else 0, "p99": times[min(len(times) * 99 // 100, len(times) - 1)] * 1e3 if times else 0}))


def grpc(server, model, connections, seconds, _):
    text = subprocess.run(
        [sys.executable, __file__, "--grpc-client", str(server.grpc_port), model, str(connections), str(seconds)],
        capture_output=True, text=True, check=True).stdout
    return json.loads(text)


def bare(model):
    """The median time of a run by a session alone, in milliseconds, if infold has been built."""
    infold = ROOT / ".build/release/infold"
    if not infold.exists():
        return None
    name, shape, _ = MODELS[model]
    report = json.loads(subprocess.run(
        [infold, "bench", ROOT / f"Models/{model}.onnx", "--shape", f"{name}={'x'.join(map(str, shape))}", "--json"],
        capture_output=True, text=True, check=True).stdout)
    return find(report, "median")


def find(value, key):
    """The first number with this name in nested objects, in milliseconds."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key and isinstance(inner, (int, float)):
                return inner
            if (found := find(inner, key)) is not None:
                return found
    if isinstance(value, list):
        for inner in value:
            if (found := find(inner, key)) is not None:
                return found
    return None


def measure(options):
    results, starts, memory = {}, {}, {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for round in range(options.rounds):
            for label, arguments in servers():
                # In turns and never both at once, so that each has the machine to itself.
                with Server(label, arguments) as server:
                    starts[label] = min(starts.get(label, 1e9), server.start)
                    for transport, ask in [("REST", rest), ("gRPC", grpc)]:
                        for model in MODELS:
                            for connections in CONNECTIONS:
                                ask(server, model, connections, 1, folder)
                                server.settle()
                                found = ask(server, model, connections, options.seconds, folder)
                                server.settle()
                                print(f"{round + 1}/{options.rounds} {label}, {transport}, {model}, {connections}: {found['rate']:.1f}/s, "
                                      f"median {found['median']:.2f} ms, p99 {found['p99']:.2f} ms, errors {found['errors']}", file=sys.stderr)
                                key = (transport, model, connections, label)
                                if key not in results or found["rate"] > results[key]["rate"]:
                                    results[key] = found
                    memory[label] = max(memory.get(label, 0), server.memory())
    return results, starts, memory


def table(results, starts, memory, seconds):
    """The lines of a table: both servers, and Infold's value divided by the other's."""
    ours, theirs = [label for label, _ in servers()]
    lines = [f"| | connections | {ours} /s | {theirs} /s | ÷ | p99 ms | p99 ms | ÷ |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for transport, model, connections, label in results:
        if label != ours:
            continue
        a, b = (results[transport, model, connections, label] for label in (ours, theirs))
        note = f" ({a['errors']} and {b['errors']} errors)" if a["errors"] or b["errors"] else ""
        if not b["rate"]:
            note += f" (no answer within {seconds} s by {theirs})"
        rate, p99 = (f"{a[key] / b[key]:.2f}" if b["rate"] else "" for key in ("rate", "p99"))
        lines.append(
            f"| {transport}, {model}{note} | {connections} | {a['rate']:.1f} | {b['rate']:.1f} | {rate} | {a['p99']:.2f} | {b['p99']:.2f} | {p99} |")
    lines += [
        "", f"Start until ready: {starts[ours]:.2f} s and {starts[theirs]:.2f} s ({starts[ours] / starts[theirs]:.2f}). Memory at most: "
        f"{memory[ours]:.0f} MB and {memory[theirs]:.0f} MB ({memory[ours] / memory[theirs]:.2f})."]
    for model in MODELS:
        if (alone := bare(model)) is not None:
            median = results["REST", model, 1, ours]["median"]
            lines.append(f"{model}: {median:.2f} ms over REST at one connection, {alone:.2f} ms by a session alone.")
    return lines


def main():
    if sys.argv[1:2] == ["--grpc-client"]:
        port, model, connections, seconds = sys.argv[2:]
        return grpc_client(int(port), model, int(connections), float(seconds))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path, help="write all results to this file")
    options = parser.parse_args()
    results, starts, memory = measure(options)
    here = processor_here()
    print(f"{here['name']}, family {here['family']}, model {here['model']}; {program()}\n")
    print("\n".join(table(results, starts, memory, options.seconds)))
    if options.json:
        options.json.write_text(json.dumps({
            "results": [{"transport": a, "model": b, "connections": c, "server": d} | figures for (a, b, c, d), figures in results.items()],
            "start": starts, "memory": memory, "processor": here}, indent=2))


if __name__ == "__main__":
    main()
