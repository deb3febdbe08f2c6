#!/usr/bin/env python3
"""Tests a server with the clients that people have: Triton's for gRPC, without and with asyncio, and KServe's.

    $(tools/python-environment.sh clients) Server/tools/test-grpc-clients.py [--server PATH] [--infold PATH]

starts the server on Tests/Models and on the committed networks, sends all of Tests/Requests/cases.json, and compares what it answers, bit by bit,
with what is written there and with what `infold run` gives. The clients of KServe and Triton run in processes of their own, since each brings the
same messages.
"""

import argparse
import asyncio
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import grpc
import numpy as np

SERVER = pathlib.Path(__file__).resolve().parent.parent
ROOT = SERVER.parent
CASES = [
    case
    for case in json.loads((SERVER / "Tests" / "Requests" / "cases.json").read_text())
    if case.get("transport", "grpc") == "grpc"
]
TYPES = {
    "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64, "INT8": np.int8,
    "INT16": np.int16, "INT32": np.int32, "INT64": np.int64, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
}  # fmt: skip


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raw(tensor):
    """The bytes of a tensor of a case."""
    if "hex" in tensor:
        return bytes.fromhex(tensor["hex"])
    return np.array(tensor["data"], TYPES[tensor["datatype"]]).tobytes()


def check_error(case, error, forms):
    code, text = error.code(), error.details() or ""
    wanted = case.get("error")
    assert wanted, f"{case['name']} ({forms}): {code} {text}"
    assert code.name == wanted["grpc"], f"{case['name']} ({forms}): {code} and not {wanted['grpc']}: {text}"
    assert wanted["reason"] in text, f"{case['name']} ({forms}): {text}"


def check_outputs(case, version, outputs, forms):
    """`outputs` are names, types, shapes and bytes."""
    assert "answer" in case, f"{case['name']} ({forms}): is answered, and must be an error"
    assert version == case["answer"]["model_version"], case["name"]
    wanted = [(o["name"], o["datatype"], list(o["shape"]), raw(o)) for o in case["answer"]["outputs"]]
    assert outputs == wanted, f"{case['name']} ({forms}): {outputs} and not {wanted}"


# Triton's clients.


def triton_request(client, case):
    """What the client is given of a case; `None` where it refuses to send it."""
    request = case["request"]
    inputs = []
    for tensor in request["inputs"]:
        if tensor["datatype"] not in TYPES and tensor["datatype"] != "BF16":
            return None
        value = client.InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
        # set_data_from_numpy refuses shapes and elements that do not fit: the bytes are given as they are.
        value._raw_content = raw(tensor)
        inputs.append(value)
    parameters = dict(request.get("parameters", {}))
    return dict(
        model_name=request["model_name"], inputs=inputs, model_version=request.get("model_version", ""),
        request_id=request.get("id", ""), timeout=parameters.pop("timeout", None),
        outputs=[client.InferRequestedOutput(o["name"]) for o in request["outputs"]] if "outputs" in request else None,
        sequence_id=parameters.pop("sequence_id", 0), sequence_start=parameters.pop("sequence_start", False),
        sequence_end=parameters.pop("sequence_end", False), parameters=parameters or None,
    )  # fmt: skip


def triton_check(case, result, forms):
    response = result.get_response()
    assert response.id == case["request"].get("id", ""), case["name"]
    assert not any(output.HasField("contents") for output in response.outputs)
    outputs = [
        (output.name, output.datatype, list(output.shape), content)
        for output, content in zip(response.outputs, response.raw_output_contents, strict=True)
    ]
    check_outputs(case, response.model_version, outputs, forms)
    for output in case.get("answer", {}).get("outputs", []):
        if output["datatype"] in TYPES:
            assert result.as_numpy(output["name"]).tobytes() == raw(output), case["name"]


class TritonError:
    """A failure as Triton's clients tell it, with the names of gRPC's own."""

    def __init__(self, error):
        self.error = error

    def code(self):
        return grpc.StatusCode[self.error.status().split(".")[-1]]

    def details(self):
        return self.error.message()


def triton(port, infold):
    import tritonclient.grpc as client
    from tritonclient.utils import InferenceServerException

    with client.InferenceServerClient(f"127.0.0.1:{port}") as server:
        assert server.is_server_live() and server.is_server_ready() and server.is_model_ready("add")
        assert server.is_model_ready("versions", "1") and not server.is_model_ready("add", "9")
        assert server.get_server_metadata().name == "infold"
        metadata = server.get_model_metadata("add")
        assert [(i.name, i.datatype, list(i.shape)) for i in metadata.inputs] == [("a", "FP32", [-1, 3]), ("b", "FP32", [-1, 3])]
        assert list(server.get_model_metadata("versions").versions) == ["1", "2"]
        index = server.get_model_repository_index()
        assert {m.name for m in index.models if m.state == "READY"} >= {"add", "scale", "versions"}
        server.unload_model("rows")
        assert not server.is_model_ready("rows")
        server.load_model("rows")
        assert server.is_model_ready("rows")
        for wrong, code in [(lambda: server.load_model("nothing"), "NOT_FOUND"),
                            (lambda: server.load_model("add", config="{}"), "UNIMPLEMENTED"),
                            (lambda: server.get_model_metadata("nothing"), "NOT_FOUND"),
                            (lambda: server.get_inference_statistics("add"), "UNIMPLEMENTED")]:  # fmt: skip
            try:
                wrong()
                raise AssertionError(f"{code} is expected")
            except InferenceServerException as error:
                assert error.status() == f"StatusCode.{code}", error
        sent = 0
        for case in CASES:
            for compression in (None, "gzip", "deflate"):
                arguments = triton_request(client, case)
                if arguments is None:
                    continue
                sent += 1
                forms = f"triton, {compression}"
                try:
                    result = server.infer(compression_algorithm=compression, **arguments)
                except InferenceServerException as error:
                    check_error(case, TritonError(error), forms)
                else:
                    triton_check(case, result, forms)
        # What takes longer than the client waits.
        pictures = client.InferInput("input", [8, 3, 224, 224], "FP32")
        pictures.set_data_from_numpy(np.zeros((8, 3, 224, 224), np.float32))
        try:
            server.infer("efficientnet", [pictures], client_timeout=0.001)
            raise AssertionError("a deadline is expected")
        except InferenceServerException as error:
            assert "DEADLINE" in error.status() or "Deadline" in error.message(), error
        print(f"triton: {sent} requests")
        if infold:
            committed_network(client, server, infold)


def committed_network(client, server, infold):
    """The answers of the committed network have the bits of `infold run`."""
    random = np.random.default_rng(24)
    with tempfile.TemporaryDirectory() as folder:
        for batch in (1, 3):
            pictures = random.normal(size=(batch, 3, 224, 224)).astype(np.float32)
            np.save(f"{folder}/in.npy", pictures)
            subprocess.run(
                [infold, "run", ROOT / "Models" / "efficientnet-lite0.onnx", "--input", f"input={folder}/in.npy", "--output", f"{folder}/out"],
                check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            wanted = np.load(f"{folder}/out/probs.npy")
            value = client.InferInput("input", pictures.shape, "FP32")
            value.set_data_from_numpy(pictures)
            given = server.infer("efficientnet", [value]).as_numpy("probs")
            assert given.tobytes() == wanted.tobytes(), "the bits of infold run"
    print("triton: the bits of infold run")


def triton_asyncio(port, _):
    import tritonclient.grpc.aio as client
    from tritonclient.utils import InferenceServerException

    async def main():
        async with client.InferenceServerClient(f"127.0.0.1:{port}") as server:
            assert await server.is_server_live() and await server.is_server_ready()

            async def send(case):
                arguments = triton_request(client, case)
                if arguments is None:
                    return 0
                try:
                    result = await server.infer(**arguments)
                except InferenceServerException as error:
                    check_error(case, TritonError(error), "triton, asyncio")
                else:
                    triton_check(case, result, "triton, asyncio")
                return 1

            # All at once, several times over.
            print(f"triton, asyncio: {sum(await asyncio.gather(*(send(case) for case in CASES * 10)))} requests")

    asyncio.run(main())


# KServe's client.


def kserve_request(kserve, case, is_raw):
    request = case["request"]
    inputs = []
    for tensor in request["inputs"]:
        value = kserve.InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
        if is_raw:
            value._raw_data = raw(tensor)
            value.parameters = {"binary_data_size": len(value._raw_data)}
        else:
            value.data = tensor["data"]
        inputs.append(value)
    outputs = [kserve.RequestedOutput(o["name"]) for o in request["outputs"]] if "outputs" in request else None
    return kserve.InferRequest(
        model_name=request["model_name"], model_version=request.get("model_version", ""), infer_inputs=inputs,
        request_id=request.get("id", ""), parameters=request.get("parameters"), request_outputs=outputs,
    )  # fmt: skip


def kserve(port, _):
    import kserve
    from kserve.protocol import infer_type

    kserve.RequestedOutput = infer_type.RequestedOutput

    async def main():
        async with kserve.InferenceGRPCClient(f"127.0.0.1:{port}", retries=0) as server:
            assert await server.is_server_live() and await server.is_server_ready()
            assert await server.is_model_ready("add") and not await server.is_model_ready("nothing")
            sent = 0
            for case in CASES:
                for is_raw in (True, False):
                    inputs = case["request"]["inputs"]
                    if any(i["datatype"] == "BF16" for i in inputs):
                        continue  # The client cannot read it.
                    if not is_raw and (case.get("only") == "raw" or any("hex" in i for i in inputs)):
                        continue
                    forms = "kserve, " + ("raw" if is_raw else "lists")
                    sent += 1
                    try:
                        response = await server.infer(kserve_request(kserve, case, is_raw))
                    except grpc.RpcError as error:
                        check_error(case, error, forms)
                        continue
                    outputs = []
                    for output in response.outputs:
                        if is_raw:
                            content = bytes(output._raw_data)
                        else:
                            content = np.array(output.data, TYPES[output.datatype]).tobytes()
                        outputs.append((output.name, output.datatype, list(output.shape), content))
                    check_outputs(case, response.model_version, outputs, forms)
            print(f"kserve: {sent} requests")

    # The client writes every failure to its log.
    import logging

    logging.disable(logging.CRITICAL)
    asyncio.run(main())


def health(port, _):
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for service in ("", "inference.GRPCInferenceService"):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        try:
            stub.Check(health_pb2.HealthCheckRequest(service="nothing"))
            raise AssertionError("NOT_FOUND is expected")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.NOT_FOUND
        first = next(iter(stub.Watch(health_pb2.HealthCheckRequest())))
        assert first.status == health_pb2.HealthCheckResponse.SERVING
    print("health: Check and Watch")


def unfinished(port, _):
    """A message that does not end is not waited for, and holds up nobody."""

    def messages():
        yield b""
        time.sleep(10)

    path = "/inference.GRPCInferenceService/ServerLive"
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        begin = time.monotonic()
        try:
            channel.stream_unary(path)(messages())
            raise AssertionError("DEADLINE_EXCEEDED is expected")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
        assert time.monotonic() - begin < 9
        assert channel.unary_unary(path)(b"") == b"\x08\x01"
    print("unfinished: refused in time")


CLIENTS = {
    "triton": triton, "triton-asyncio": triton_asyncio, "kserve": kserve, "health": health, "unfinished": unfinished,
}  # fmt: skip


def wait_until_ready(port, process):
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    for _ in range(600):
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
        except grpc.RpcError:
            pass
        time.sleep(0.1)
    raise SystemExit("the server is not ready after a minute")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=SERVER / ".build" / "debug" / "infold-serve", help="the program infold-serve")
    parser.add_argument("--infold", help="the command infold, to compare with what it computes")
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        return CLIENTS[options.client](options.port, options.infold)

    port = free_port()
    process = subprocess.Popen(
        [options.server, "--models", SERVER / "Tests" / "Models", "--model", f"efficientnet={ROOT / 'Models' / 'efficientnet-lite0.onnx'}",
         "--http-port", "0", "--grpc-port", str(port), "--access-log", "false", "--log-level", "error",
         "--body-timeout", "3"],
    )  # fmt: skip
    try:
        wait_until_ready(port, process)
        for client in CLIENTS:
            arguments = [sys.executable, __file__, "--client", client, "--port", str(port)]
            subprocess.run(arguments + (["--infold", options.infold] if options.infold else []), check=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, f"the server ended with {process.returncode}"
        print("SIGTERM: ended with 0")
    finally:
        process.kill()
    return 0


if __name__ == "__main__":
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    sys.exit(main())
