#!/usr/bin/env python3
"""Asks infold-serve for more than it can do, and worse, and holds it to what docs/Serving.md says:

- at twice its capacity, over REST and gRPC at once, it answers with the right bits or refuses, nothing else, and takes no more memory at the
  end than after a tenth of the requests;
- hostile requests end in an error of the client's or a closed connection, nobody else waits for them, and it still answers right;
- SIGTERM under load loses no request that it has taken.

    $(tools/python-environment.sh load) Server/tools/check-server-load.py [--requests 200000] [--hostile 10000] [--only load,hostile,end]
"""

import argparse
import asyncio
import collections
import json
import os
import pathlib
import signal
import sys
import tempfile
import time

from hostile_clients import check_hostile
from protocol_clients import GRPCClient, Lost, RESTClient, grpc_message, rest_message, tensor
from serving_process import TEST_MODELS, Serving

MODEL = pathlib.Path(TEST_MODELS).parent / "Load"
NAME, INPUT, SHAPE = "work", "x", [1, 4, 16, 16]
LONGEST = 30


class Requests:
    """Some requests, and what is right for each."""

    def __init__(self, count=16):
        elements = [tensor(seed + 1, 4 * 16 * 16) for seed in range(count)]
        self.rest = [rest_message(NAME, INPUT, SHAPE, each) for each in elements]
        self.grpc = [grpc_message(NAME, INPUT, SHAPE, each) for each in elements]
        self.right = None

    async def learn(self, server):
        """Asks for each alone, which other checks hold to the bits of `infold run`."""
        rest, grpc = RESTClient(server.http_port), GRPCClient(server.grpc_port)
        answers = [await rest.ask(message) for message in self.rest]
        assert [status for status, _ in answers] == [200] * len(answers), answers
        assert answers == [await grpc.ask(message) for message in self.grpc], "REST and gRPC give different bits"
        assert len({elements for _, elements in answers}) == len(answers)
        self.right = [elements for _, elements in answers]
        rest.close()
        await grpc.close()


class Load:
    """Requests by some connections, a quarter of them over gRPC, at a rate, or each as soon as the one before is answered."""

    def __init__(self, server, requests, connections, rate=None):
        self.server, self.requests, self.connections, self.rate = server, requests, connections, rate
        self.counts, self.violations, self.asked, self.ends = collections.Counter(), [], 0, False
        self.lost = []

    async def run(self, count=None, seconds=None, progress=None):
        begin = time.monotonic()
        end = begin + seconds if seconds else None

        def next_number():
            if self.ends or count is not None and self.asked >= count or end and time.monotonic() > end:
                return None
            self.asked += 1
            return self.asked - 1

        async def work(ask, messages, name, headers):
            while (number := next_number()) is not None:
                if self.rate:
                    await asyncio.sleep(max(0, begin + number / self.rate - time.monotonic()))
                which = number % len(messages)
                identifier = f"{name}-{number}"
                try:
                    status, answer = await asyncio.wait_for(ask(messages[which], headers(identifier)), LONGEST)
                except Lost as error:
                    self.counts[f"{name} {error}" if name == "REST" else f"{name} refused"] += 1
                    self.lost.append((identifier, str(error)))
                    if str(error) == "not accepted" or self.server.process.poll() is not None:
                        return
                    await asyncio.sleep(0.01)
                    continue
                except TimeoutError:
                    self.violations.append(f"request {identifier} hangs")
                    return
                except AssertionError as error:
                    self.violations.append(f"request {identifier}: {error}")
                    return
                self.counts[f"{name} {status}"] += 1
                if status == 200 and answer != self.requests.right[which]:
                    self.violations.append(f"request {identifier} has wrong bits")
                elif status not in (200, 503):
                    self.violations.append(f"request {identifier} ended with {status} {answer}")
                if progress and (number + 1) % progress[0] == 0:
                    progress[1](number + 1)

        clients = []
        tasks = []
        for number in range(self.connections):
            if number % 4 == 3:
                client = GRPCClient(self.server.grpc_port)
                tasks.append(work(client.ask, self.requests.grpc, "gRPC", lambda text: (("x-request-id", text),)))
            else:
                client = RESTClient(self.server.http_port)
                tasks.append(work(client.ask, self.requests.rest, "REST", lambda text: f"X-Request-ID: {text}\r\n".encode()))
            clients.append(client)
        await asyncio.gather(*tasks)
        for client in clients:
            if isinstance(client, GRPCClient):
                await client.close()
            else:
                client.close()
        return time.monotonic() - begin

    @property
    def answered(self):
        return sum(count for what, count in self.counts.items() if what.endswith(" 200"))


def resident(server):
    """The memory that the server has, in MB."""
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6


async def check_load(count):
    """Twice the capacity. Each side has half of the processors, or the client could not ask for that much."""
    processors = sorted(os.sched_getaffinity(0))
    half = max(1, len(processors) // 2)
    os.sched_setaffinity(0, processors[:half])
    with Serving("--queue-size=32", "--access-log=false", models=[MODEL]) as server:
        os.sched_setaffinity(0, processors[half:] or processors)
        requests = Requests()
        await requests.learn(server)
        # As many as ask later: waiting requests are put together, so that it does more of them the more there are.
        trial = Load(server, requests, 160)
        seconds = await trial.run(seconds=4)
        capacity = trial.answered / seconds
        memory = {}

        def progress(number):
            memory[number] = resident(server)
            print(f"  {number} of {count} requests, {memory[number]:.1f} MB resident", flush=True)

        load = Load(server, requests, 160, rate=2 * capacity)
        seconds = await load.run(count=count, progress=(max(1, count // 10), progress))
        os.sched_setaffinity(0, processors)
        early, late = memory[max(1, count // 10)], resident(server)
        violations = trial.violations + load.violations
        print(f"load: {count} requests in {seconds:.1f} s, {count / seconds:.0f} a second, of a capacity of {capacity:.0f}; "
              f"{dict(sorted(load.counts.items()))}; {early:.1f} MB after a tenth, {late:.1f} MB at the end")
        if sum(load.counts.values()) != count:
            violations.append(f"{count - sum(load.counts.values())} requests have no end")
        if load.lost:
            violations.append(f"{len(load.lost)} requests have no answer: {load.lost[:3]}")
        if not any(what.endswith(" 503") for what in load.counts):
            violations.append("nothing was refused: this was no overload")
        if late > 1.05 * early:
            violations.append(f"memory grew from {early:.1f} to {late:.1f} MB")
        if server.stop() != 0:
            violations.append(f"the server ended with {server.process.returncode}")
        return violations


async def check_end(drain):
    """SIGTERM under load."""
    with tempfile.TemporaryFile() as log:
        server = Serving("--queue-size=256", f"--drain-delay={drain}", models=[MODEL], log=log)
        server.start()
        requests = Requests()
        await requests.learn(server)
        load = Load(server, requests, 32)
        running = asyncio.create_task(load.run(seconds=60))
        await asyncio.sleep(2)
        server.process.send_signal(signal.SIGTERM)
        if drain:
            # As a balancer does it: who sees that the server is not ready sends no more.
            while server.is_ready():
                await asyncio.sleep(0.01)
            load.ends = True
        await asyncio.wait_for(running, 90)
        code = await asyncio.to_thread(server.process.wait, 60)
        log.seek(0)
        told = [json.loads(line) for line in log.read().splitlines() if line.startswith(b"{")]
    answered = {line["request_id"] for line in told if "request_id" in line}
    violations = list(load.violations)
    taken = [lost for lost in load.lost if lost[0] in answered]
    print(f"end: {load.asked} requests, {dict(sorted(load.counts.items()))}, with --drain-delay={drain}; the server ended with {code}")
    if code != 0:
        violations.append(f"the server ended with {code}")
    if taken:
        violations.append(f"{len(taken)} requests were taken, and not answered: {taken[:3]}")
    # Without a delay, some are sent on connections that the server closes at that moment, and has not read.
    if drain and load.lost:
        violations.append(f"{len(load.lost)} requests have no answer though the server still listened: {load.lost[:3]}")
    return violations


async def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--hostile", type=int, default=10_000)
    parser.add_argument("--only", default="load,hostile,end")
    options = parser.parse_args()
    violations = []
    for part in options.only.split(","):
        if part == "load":
            violations += await check_load(options.requests)
        elif part == "hostile":
            violations += await check_hostile(options.hostile)
        elif part == "end":
            violations += await check_end(1) + await check_end(0)
        else:
            parser.error(f"there is no part '{part}'")
    for violation in violations[:50]:
        print("VIOLATION", violation)
    print(f"{len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
