"""Requests that are wrong, late, or none, for check-server-load.py."""

import asyncio
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

from protocol_clients import GRPCClient, INFER, RESTClient, field, grpc_message, rest_message, tensor, varint
from serving_process import TEST_MODELS, Serving

OPENAPI = pathlib.Path(TEST_MODELS).parent / "Protocol" / "open_inference_rest.yaml"
MODEL, INPUT, SHAPE = "echo_fp32", "x", [2, 3]
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TIMEOUT = 2  # of the server, for headers and bodies


def frame(kind, flags, stream, payload):
    """A frame of HTTP/2."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def grpc_head(path=INFER):
    """The frames that a call begins with."""
    def literal(name, value):
        return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value

    headers = b"".join(literal(name, value) for name, value in [
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", path.encode()), (b":authority", b"localhost"),
        (b"te", b"trailers"), (b"content-type", b"application/grpc")])
    return PREFACE + frame(4, 0, 0, b"") + frame(1, 4, 1, headers)


class Hostile:
    def __init__(self, server, seed=1):
        self.server, self.random = server, random.Random(seed)
        elements = tensor(1, 6)
        self.rest, self.grpc, self.right = rest_message(MODEL, INPUT, SHAPE, elements), grpc_message(MODEL, INPUT, SHAPE, elements), elements
        self.counts, self.violations = collections.Counter(), []

    async def exchange(self, port, content, ends=True, wait=4 * TIMEOUT + 4):
        """What the server says until it closes; `None` where it does not."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = b""
        try:
            writer.write(content)
            if ends:
                writer.write_eof()
            async with asyncio.timeout(wait):
                while part := await reader.read(1 << 16):
                    answer += part
        except TimeoutError:
            return None
        except OSError:
            pass
        finally:
            writer.close()
        return answer

    def judge(self, what, content, answer, allowed):
        """Counts an answer of REST. `allowed` says which statuses it may have."""
        if answer is None:
            self.violations.append(f"{what}: the connection stays open behind {content[:80]!r}")
            return
        statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]
        for status in statuses or ["closed"]:
            self.counts[f"{what}: {status}"] += 1
        if any(not allowed(status) for status in statuses if status != 100):
            self.violations.append(f"{what}: {statuses} for {content[:200]!r}")

    def bytes(self, limit=4096):
        return self.random.randbytes(self.random.randrange(1, limit))

    def changed(self, content):
        """The same with a few bytes changed, removed or repeated."""
        content = bytearray(content)
        for _ in range(self.random.randrange(1, 6)):
            place = self.random.randrange(len(content))
            match self.random.randrange(4):
                case 0: content[place] = self.random.randrange(256)
                case 1: del content[place:place + self.random.randrange(1, 20)]
                case 2: content[place:place] = self.random.randbytes(self.random.randrange(1, 20))
                case _: content[place:place] = content[place:place + 20]
            if not content:
                content = bytearray(b"\r")
        return bytes(content)

    async def random_bytes(self, _):
        content = self.bytes()
        self.judge("bytes", content, await self.exchange(self.server.http_port, content), lambda status: 400 <= status < 500)

    async def changed_request(self, _):
        content = self.changed(self.rest[0] + b"Connection: close\r\n\r\n" + self.rest[1])
        answer = await self.exchange(self.server.http_port, content)
        # Some changes do not matter. 501 is a method or a transfer coding that nobody has.
        self.judge("changed", content, answer, lambda status: status == 200 or 400 <= status < 500 or status == 501)

    async def lying_length(self, number):
        head, body = self.rest
        length = [b"-1", b"0", b"1", b"99999999999999999999", b"9223372036854775807", b"68719476736", b"1e3", b"", b"x",
                  str(len(body) + 100).encode(), str(len(body) - 1).encode()][number % 11]
        head = re.sub(rb"\r\nContent-Length: \d+", b"\r\nContent-Length: " + length, head)
        if number % 3 == 1:
            head += b"Content-Length: 5\r\n"
        if number % 5 == 1:
            head += b"Transfer-Encoding: chunked\r\n"
        content = head + b"\r\n" + body
        self.judge("length", content, await self.exchange(self.server.http_port, content), lambda status: 400 <= status < 500)

    async def lying_sizes(self, number):
        """A body whose JSON says something else than there is."""
        head, body = self.rest
        old, new = [(b'"binary_data_size": 24', b'"binary_data_size": 9007199254740993'), (b'"binary_data_size": 24', b'"binary_data_size": 20'),
                    (b"[2, 3]", b"[4294967296, 4294967296]"), (b"[2, 3]", b"[-2, -3]"), (b"[2, 3]", b"[2, 3, 1]"), (b"FP32", b"FP64"),
                    (b"FP32", b"BYTES"), (b'"x"', b'"\\ud800"'), (b'"inputs"', b'"outputs"')][number % 9]
        body = body.replace(old, new)
        length = len(body) - 24
        head = re.sub(rb"Content-Length: \d+\r\n$", b"Content-Length: %d\r\n" % len(body), head)
        head = re.sub(rb"Inference-Header-Content-Length: \d+", b"Inference-Header-Content-Length: %d" % length, head)
        content = head + b"Connection: close\r\n\r\n" + body
        self.judge("sizes", content, await self.exchange(self.server.http_port, content), lambda status: 400 <= status < 500)

    async def stopped_body(self, number):
        """A client that stops in the middle and keeps its connection."""
        content = self.rest[0] + b"\r\n" + self.rest[1]
        content = content[:self.random.randrange(1, len(content) - 1)]
        self.judge("stopped", content, await self.exchange(self.server.http_port, content, ends=number % 2 == 0),
                   lambda status: 400 <= status < 500)

    async def grpc_bytes(self, number):
        """Bytes that are no HTTP/2, or frames that are no call."""
        match number % 4:
            case 0: content = self.bytes()
            case 1: content = PREFACE + self.bytes()
            case 2: content = PREFACE + frame(4, 0, 0, b"") + frame(self.random.randrange(16), self.random.randrange(256), self.random.randrange(5), self.bytes(100))
            case _:
                length = self.random.choice([0, 1, 1 << 20, 1 << 31, (1 << 32) - 1])
                content = grpc_head() + frame(0, self.random.randrange(2), 1, bytes([self.random.randrange(3)]) + length.to_bytes(4, "big") + self.bytes(200))
        answer = await self.exchange(self.server.grpc_port, content)
        self.counts["gRPC bytes: " + ("open" if answer is None else "closed")] += 1
        if answer is None:
            self.violations.append(f"gRPC bytes: the connection stays open behind {content[:80]!r}")

    async def grpc_message(self, number):
        """Messages that are none, or say something else than there is."""
        match number % 3:
            case 0: message = self.bytes(300)
            case 1: message = self.changed(self.grpc)
            case _:
                sizes = b"".join(varint(self.random.choice([0, 1, 3, 1 << 31, 1 << 62, (1 << 64) - 1])) for _ in range(self.random.randrange(5)))
                message = field(1, MODEL.encode()) + field(5, field(1, b"x") + field(2, b"FP32") + field(3, sizes)) + field(7, self.bytes(100))
        status, answer = await self.client.ask(message)
        self.counts[f"gRPC message: {status}"] += 1
        if status not in (200, "INVALID_ARGUMENT", "NOT_FOUND", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED"):
            self.violations.append(f"gRPC message: {status} {answer} for {message[:200]!r}")

    async def is_right(self):
        """Whether somebody else is answered meanwhile."""
        begin = time.monotonic()
        rest, client = RESTClient(self.server.http_port), GRPCClient(self.server.grpc_port)
        answers = [await asyncio.wait_for(rest.ask(self.rest), 30), await asyncio.wait_for(client.ask(self.grpc), 30)]
        rest.close()
        await client.close()
        if answers != [(200, self.right), (200, self.right)]:
            self.violations.append(f"a request that is right is answered with {answers}")
        return time.monotonic() - begin

    async def run(self, count):
        self.client = GRPCClient(self.server.grpc_port)
        kinds = [self.random_bytes, self.changed_request, self.lying_length, self.lying_sizes, self.stopped_body, self.grpc_bytes, self.grpc_message]
        turns = iter(range(count))

        async def work():
            for number in turns:
                try:
                    await kinds[number % len(kinds)](number // len(kinds))
                except Exception as error:  # noqa: BLE001 - whatever it is, the server's answer was not understood
                    self.violations.append(f"{kinds[number % len(kinds)].__name__}: {error!r}")

        done = asyncio.gather(*(work() for _ in range(64)))
        while not done.done():
            await self.is_right()
            await asyncio.sleep(0.5)
        await done
        await self.is_right()
        await self.client.close()

    async def slow_clients(self, count=200, seconds=5):
        """Clients that send a byte now and then: others must not wait for them."""
        content = self.rest[0] + b"\r\n" + self.rest[1]
        end = time.monotonic() + seconds

        async def drip(port, content):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                for byte in content:
                    if time.monotonic() > end:
                        break
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.2)
            except OSError:
                pass
            finally:
                writer.close()

        drips = [asyncio.create_task(drip(*((self.server.http_port, content) if number % 2 else (self.server.grpc_port, grpc_head() + bytes(1000)))))
                 for number in range(count)]
        await asyncio.sleep(0.5)
        times = []
        while time.monotonic() < end:
            times.append(await self.is_right())
            await asyncio.sleep(0.02)
        await asyncio.gather(*drips)
        times.sort()
        print(f"slow clients: {count}; others were answered {len(times)} times, over REST and gRPC in {times[len(times) // 2] * 1e3:.1f} ms, "
              f"at most {times[-1] * 1e3:.1f}")
        if times[-1] > 2:
            self.violations.append(f"a request waited {times[-1]:.1f} s for slow clients")


def schemathesis(server, examples):
    """Requests that the published OpenAPI allows, and such that it does not."""
    with tempfile.TemporaryDirectory() as folder:
        # The published paths have a dollar sign before each parameter.
        text = OPENAPI.read_text().replace("${", "{")
        # Most names should be those of models.
        names = json.dumps(["echo_fp32", "echo_int64", "add", "versions"])
        text = text.replace("          type: string\n        name: MODEL_NAME", f"          anyOf: [{{enum: {names}}}, {{type: string}}]\n        name: MODEL_NAME")
        text = text.replace("          type: string\n        name: MODEL_VERSION", "          anyOf: [{enum: [\"1\", \"2\"]}, {type: string}]\n        name: MODEL_VERSION")
        schema = pathlib.Path(folder) / "openapi.yaml"
        schema.write_text(text)
        (pathlib.Path(folder) / "schemathesis.toml").write_text("")
        result = subprocess.run(
            [pathlib.Path(sys.executable).parent / "schemathesis", "run", schema, "--url", server.url, "--checks", "not_a_server_error",
             "--mode", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", "1", "--continue-on-failure",
             "--report", "ndjson", "--report-ndjson-path", pathlib.Path(folder) / "report"],
            capture_output=True, text=True, cwd=folder, env=os.environ | {"NO_COLOR": "1"})
        report = pathlib.Path(folder) / "report"
        statuses = collections.Counter(re.findall(r'"status_code": ?(\d+)', report.read_text())) if report.exists() else collections.Counter()
    return result, statuses


async def check_hostile(count):
    with Serving("--access-log=false", f"--header-timeout={TIMEOUT}", f"--body-timeout={TIMEOUT}", f"--idle-timeout={TIMEOUT}",
                 models=[TEST_MODELS]) as server:
        hostile = Hostile(server)
        begin = time.monotonic()
        # A tenth of them are those of the OpenAPI.
        result, statuses = await asyncio.to_thread(schemathesis, server, max(10, count // 50))
        print(f"schemathesis: {sum(statuses.values())} answers, {dict(sorted(statuses.items()))}, exit code {result.returncode}", flush=True)
        if result.returncode != 0 or not statuses:
            hostile.violations.append(f"schemathesis: {result.stdout[-3000:]}{result.stderr[-2000:]}")
        if refused := [status for status in statuses if status.startswith("5")]:
            hostile.violations.append(f"schemathesis: answers with {refused}")
        await hostile.is_right()
        left = max(0, count - sum(statuses.values()))
        await hostile.run(left)
        print(f"hostile: {left} in {time.monotonic() - begin:.1f} s, {dict(sorted(hostile.counts.items()))}", flush=True)
        await hostile.slow_clients()
        if server.process.poll() is not None:
            hostile.violations.append(f"the server ended with {server.process.returncode}")
        elif server.stop() != 0:
            hostile.violations.append(f"the server ended with {server.process.returncode}")
        return hostile.violations
