#!/usr/bin/env python3
"""Tests the server's REST with the clients that people have: Triton's, blocking and asynchronous, and KServe's. They send the requests of
Tests/Requests/cases.json, of which answers must have the same bits, and refusals the same status, whether tensors come and go as lists or
as raw bytes.

    $(tools/python-environment.sh clients) Server/tools/check-rest-clients.py [--infold PROGRAM]
"""

import argparse
import asyncio
import json
import math
import pathlib
import subprocess
import tempfile

import httpx
import kserve
import ml_dtypes
import numpy as np
import tritonclient.http
import tritonclient.http.aio
from serving_process import CLASSIFIER, MODELS, ROOT, TEST_MODELS, Serving
from tritonclient.utils import InferenceServerException

CASES = ROOT / "Server" / "Tests" / "Requests" / "cases.json"
NUMPY = {
    "BOOL": bool, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64, "INT8": np.int8, "INT16": np.int16,
    "INT32": np.int32, "INT64": np.int64, "FP16": np.float16, "BF16": ml_dtypes.bfloat16, "FP32": np.float32, "FP64": np.float64,
}


class Refused(Exception):
    def __init__(self, status, reason):
        super().__init__(f"{status}: {reason}")
        self.status, self.reason = status, reason


def raw(tensor):
    """The bytes of a tensor of the list."""
    if "hex" in tensor:
        return bytes.fromhex(tensor["hex"])
    return np.array(tensor["data"], dtype=NUMPY[tensor["datatype"]]).tobytes()


def only_raw(tensors):
    """Whether lists cannot hold these tensors."""
    return any("hex" in tensor or tensor["datatype"] in ("FP16", "BF16") for tensor in tensors)


def forms(case):
    """The forms of inputs and outputs in which a case is sent: raw, or as lists."""
    inputs, outputs = case["request"]["inputs"], case.get("answer", {}).get("outputs", [])
    for raw_inputs in (True, False):
        if case.get("only") == ("lists" if raw_inputs else "raw") or not raw_inputs and only_raw(inputs):
            continue
        for raw_outputs in (True, False):
            if raw_outputs or not only_raw(outputs):
                yield raw_inputs, raw_outputs


# Triton's client

def triton_inputs(request, raw_inputs):
    made = []
    for tensor in request["inputs"]:
        made.append(one := tritonclient.http.InferInput(tensor["name"], tensor["shape"], tensor["datatype"]))
        numbers = np.frombuffer(raw(tensor), NUMPY[tensor["datatype"]]) if tensor["datatype"] in NUMPY else None
        if numbers is not None and min(tensor["shape"], default=0) >= 0 and numbers.size == math.prod(tensor["shape"]) \
                and not (tensor["datatype"] == "BOOL" and "hex" in tensor):
            one.set_data_from_numpy(numbers.reshape(tensor["shape"]), binary_data=raw_inputs)
        elif raw_inputs:
            # What the client would not send by itself.
            one._raw_data = raw(tensor)
            one._parameters["binary_data_size"] = len(one._raw_data)
        else:
            one._data = tensor["data"]
    return made


def triton_arguments(case, raw_inputs, raw_outputs):
    request = case["request"]
    names = [output["name"] for output in request.get("outputs", [])]
    if not names and not raw_outputs:
        names = [output["name"] for output in case.get("answer", {}).get("outputs", [])]
    parameters = dict(request.get("parameters", {}))
    arguments = dict(
        model_name=request["model_name"], model_version=request.get("model_version", ""), request_id=request.get("id", ""),
        inputs=triton_inputs(request, raw_inputs),
        outputs=[tritonclient.http.InferRequestedOutput(name, binary_data=raw_outputs) for name in names] or None)
    for name in ("sequence_id", "sequence_start", "sequence_end", "timeout"):
        if name in parameters:
            arguments[name] = parameters.pop(name)
    return arguments | {"parameters": parameters or None}


def triton_answer(result):
    answer = result.get_response()
    return {
        "id": answer.get("id"), "model_name": answer["model_name"], "model_version": answer["model_version"],
        "outputs": [(output["name"], output["datatype"], output["shape"], result.as_numpy(output["name"])) for output in answer["outputs"]],
    }


def triton_refusal(error):
    status = error.status() or ""
    return Refused(int(status) if status.isdigit() else status, error.message())


class Triton:
    name = "tritonclient.http"

    def __init__(self, server):
        self.client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{server.http_port}")

    async def infer(self, case, raw_inputs, raw_outputs):
        try:
            return triton_answer(self.client.infer(**triton_arguments(case, raw_inputs, raw_outputs)))
        except InferenceServerException as error:
            raise triton_refusal(error)

    async def close(self):
        self.client.close()


class AsyncTriton:
    name = "tritonclient.http.aio"

    def __init__(self, server):
        self.client = tritonclient.http.aio.InferenceServerClient(f"127.0.0.1:{server.http_port}")

    async def infer(self, case, raw_inputs, raw_outputs):
        try:
            return triton_answer(await self.client.infer(**triton_arguments(case, raw_inputs, raw_outputs)))
        except InferenceServerException as error:
            raise triton_refusal(error)

    async def close(self):
        await self.client.close()


# KServe's client

class KServe:
    name = "kserve.InferenceRESTClient"
    unknown = {"BF16"}

    def __init__(self, server):
        self.url = server.url
        self.client = kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v2"))

    async def infer(self, case, raw_inputs, raw_outputs):
        request = case["request"]
        inputs = []
        for tensor in request["inputs"]:
            # Of no bytes, it makes a null.
            if raw_inputs and raw(tensor):
                one = kserve.InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
                one._raw_data = raw(tensor)
                one._parameters = {"binary_data_size": len(one._raw_data)}
            else:
                one = kserve.InferInput(tensor["name"], tensor["shape"], tensor["datatype"], data=tensor["data"])
            inputs.append(one)
        names = [output["name"] for output in request.get("outputs", case.get("answer", {}).get("outputs", []))]
        outputs = [kserve.protocol.infer_type.RequestedOutput(name, {"binary_data": raw_outputs}) for name in names]
        version = request.get("model_version")
        made = kserve.InferRequest(
            request["model_name"], inputs, request_id=request.get("id"), parameters=request.get("parameters"), request_outputs=outputs or None)
        try:
            answer = await self.client.infer(self.url, made, request["model_name"] + (f"/versions/{version}" if version else ""))
        except httpx.HTTPStatusError as error:
            raise Refused(error.response.status_code, error.response.json()["error"])
        return {
            "id": answer.id if request.get("id") else None, "model_name": answer.model_name, "model_version": answer.model_version,
            "outputs": [(output.name, output.datatype, output.shape, output.as_numpy()) for output in answer.outputs],
        }

    async def close(self):
        await self.client.close()


def check_answer(case, answer):
    expected, request = case["answer"], case["request"]
    assert answer["id"] == request.get("id"), answer
    assert answer["model_name"] == request["model_name"], answer
    # KServe's client does not read it.
    assert answer["model_version"] in (expected["model_version"], None), answer
    assert [output[0] for output in answer["outputs"]] == [output["name"] for output in expected["outputs"]], answer
    for (name, datatype, shape, numbers), tensor in zip(answer["outputs"], expected["outputs"]):
        assert datatype == tensor["datatype"] and list(shape) == tensor["shape"], (name, datatype, shape)
        wanted = np.frombuffer(raw(tensor), NUMPY[datatype])
        if datatype == "BF16" and numbers.dtype == np.float32:
            wanted = wanted.astype(np.float32)
        assert numbers.dtype == wanted.dtype and numbers.tobytes() == wanted.tobytes(), f"{name} is {numbers}, and must be {wanted}"


async def check_cases(server):
    cases = [case for case in json.loads(CASES.read_text()) if case.get("transport", "http") == "http"]
    failures = []
    for kind in (Triton, AsyncTriton, KServe):
        client, count = kind(server), 0
        for case in cases:
            if {tensor["datatype"] for tensor in case["request"]["inputs"]} & getattr(kind, "unknown", set()):
                continue
            for raw_inputs, raw_outputs in forms(case):
                count += 1
                try:
                    try:
                        answer = await client.infer(case, raw_inputs, raw_outputs)
                    except Refused as refusal:
                        assert "error" in case, refusal
                        # Triton's asynchronous client keeps no status of some errors.
                        assert refusal.status in (case["error"]["http"], ""), refusal
                        assert case["error"].get("reason", "") in refusal.reason, refusal
                    else:
                        assert "answer" in case, f"is not refused: {answer}"
                        check_answer(case, answer)
                except Exception as error:
                    failures.append(
                        f"{client.name}: {case['name']} (inputs {'raw' if raw_inputs else 'as lists'}, outputs "
                        f"{'raw' if raw_outputs else 'as lists'}): {error!r}")
        await client.close()
        print(f"{client.name}: {count} requests of {len(cases)} cases")
    assert not failures, "\n".join([f"{len(failures)} requests are not answered as they should be", *failures])


def check_server(server):
    """What Triton's client asks beside inferences."""
    client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{server.http_port}")
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(CLASSIFIER)
    assert not client.is_model_ready("nothing")
    metadata = client.get_server_metadata()
    assert metadata["name"] and metadata["version"] and "binary_tensor_data" in metadata["extensions"], metadata
    model = client.get_model_metadata("add")
    assert model["name"] == "add" and model["versions"] == ["1"] and model["platform"], model
    assert [(tensor["name"], tensor["datatype"], tensor["shape"]) for tensor in model["inputs"]] == [
        ("a", "FP32", [-1, 3]), ("b", "FP32", [-1, 3])], model
    index = {entry["name"]: entry["state"] for entry in client.get_model_repository_index()}
    assert index["add"] == "READY" and index[CLASSIFIER] == "READY", index
    client.unload_model("add")
    assert not client.is_model_ready("add") and client.is_model_ready(CLASSIFIER)
    client.load_model("add")
    assert client.is_model_ready("add")
    try:
        client.load_model("nothing")
        raise AssertionError("a model that is not there is loaded")
    except InferenceServerException as error:
        assert "nothing" in error.message(), error
    client.close()


async def check_version_1(server):
    client = kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v1"))
    assert await client.is_server_live(server.url)
    assert await client.is_model_ready(server.url, "add")
    answer = await client.infer(server.url, {"instances": [{"a": [1, 2, 3], "b": [4, 5, 6]}, {"a": [0, 0, 0], "b": [1, 1, 1]}]}, "add")
    assert [prediction["sum"] for prediction in answer["predictions"]] == [[5, 7, 9], [1, 1, 1]], answer
    answer = await client.infer(server.url, {"instances": [[1.5], [-2]]}, "echo_fp32")
    assert answer["predictions"] == [[1.5], [-2]], answer
    await client.close()


def check_bits(server, infold):
    """The answers are the bits of `infold run` and `infold classify`."""
    client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{server.http_port}")
    model = MODELS / f"{CLASSIFIER}.onnx"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pictures = np.random.default_rng(7).uniform(-1, 1, (3, 3, 224, 224)).astype(np.float32)
        for count in (1, 3):
            np.save(folder / "x.npy", pictures[:count])
            subprocess.run(
                [infold, "run", model, "--input", f"input={folder / 'x.npy'}", "--output", folder], check=True, stdout=subprocess.DEVNULL)
            one = tritonclient.http.InferInput("input", pictures[:count].shape, "FP32").set_data_from_numpy(pictures[:count])
            answer = client.infer(CLASSIFIER, [one])
            expected = np.load(folder / "probs.npy")
            assert answer.as_numpy("probs").tobytes() == expected.tobytes(), "other bits than those of infold run"
    picture = MODELS / "images" / "cat.png"
    answer = httpx.post(f"{server.url}/v2/models/{CLASSIFIER}/classify", content=picture.read_bytes(), timeout=60)
    expected = json.loads(subprocess.run([infold, "classify", model, picture, "--json"], check=True, capture_output=True).stdout)
    classes = [{"index": item["index"], "label": item["label"], "probability": item["score"]} for item in expected[0]["top"]]
    assert answer.json()["classes"] == classes, (answer.text, classes)
    client.close()
    print(f"answers have the bits of {infold}")


async def check(arguments):
    with Serving() as server:
        check_server(server)
        await check_cases(server)
        await check_version_1(server)
        if arguments.infold:
            check_bits(server, arguments.infold)
        assert server.stop() == 0, "the server does not end with 0"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    built = [ROOT / ".build" / kind / "infold" for kind in ("release", "debug")]
    parser.add_argument("--infold", default=next((str(path) for path in built if path.exists()), None))
    asyncio.run(check(parser.parse_args()))


if __name__ == "__main__":
    main()
