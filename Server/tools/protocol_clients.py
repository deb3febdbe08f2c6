"""The smallest clients that ask a server for one thing over and over: raw tensors over REST and gRPC, whose bytes are made once."""

import asyncio
import json
import struct

import grpc
import grpc.aio

INFER = "/inference.GRPCInferenceService/ModelInfer"
LIVE = "/inference.GRPCInferenceService/ServerLive"
OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]


def varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(encoded) + bytes([number])


def field(number, content):
    """A field of a protobuf message that is text, bytes or a message."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def fields(message):
    """The fields of a message, by number: those of bytes; others are passed over."""
    found, position = {}, 0

    def read():
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        key = read()
        if key & 7 == 2:
            length = read()
            found.setdefault(key >> 3, []).append(message[position:position + length])
            position += length
        else:
            read()
    return found


def grpc_message(model, name, shape, elements):
    """A ModelInferRequest with one raw tensor of FP32."""
    sizes = b"".join(varint(size) for size in shape)
    return field(1, model.encode()) + field(5, field(1, name.encode()) + field(2, b"FP32") + field(3, sizes)) + field(7, elements)


def grpc_elements(answer):
    """The raw elements of the first output of a ModelInferResponse."""
    return fields(answer)[6][0]


def rest_message(model, name, shape, elements):
    """The head and body of a request with one raw tensor of FP32, without the empty line between them, so that headers can be added."""
    text = json.dumps({
        "inputs": [{"name": name, "shape": shape, "datatype": "FP32", "parameters": {"binary_data_size": len(elements)}}],
        "parameters": {"binary_data_output": True}}).encode()
    head = (f"POST /v2/models/{model}/infer HTTP/1.1\r\nHost: localhost\r\nInference-Header-Content-Length: {len(text)}\r\n"
            f"Content-Length: {len(text) + len(elements)}\r\n")
    return head.encode(), text + elements


class Lost(Exception):
    """A connection that was closed before an answer began."""


class RESTClient:
    """One connection, opened again when the server closes it."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, message, headers=b""):
        """The status and the elements of the answer. Raises `Lost` where there is none."""
        if self.writer is None:
            try:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError as error:
                raise Lost("not accepted") from error
        try:
            self.writer.write(message[0] + headers + b"\r\n" + message[1])
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            if getattr(error, "partial", b""):
                raise AssertionError(f"half of an answer: {error.partial}") from error
            raise Lost("no answer") from error
        lines = head.lower().split(b"\r\n")
        values = dict(line.split(b": ", 1) for line in lines[1:] if b": " in line)
        body = await self.reader.readexactly(int(values[b"content-length"]))
        if values.get(b"connection") == b"close":
            self.close()
        return int(lines[0].split()[1]), body[int(values.get(b"inference-header-content-length", 0)):]

    def close(self):
        if self.writer is not None:
            self.writer.close()
            self.reader = self.writer = None


class GRPCClient:
    """One connection."""

    def __init__(self, port):
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", OPTIONS)
        self.infer = self.channel.unary_unary(INFER)

    async def ask(self, message, metadata=()):
        """200 and the elements, or 503 and what the server says. Raises `Lost` where it says nothing."""
        try:
            return 200, grpc_elements(await self.infer(message, metadata=metadata))
        except grpc.aio.AioRpcError as error:
            # What a server answers has its words.
            if error.code() == grpc.StatusCode.UNAVAILABLE and "queue of model" in (error.details() or ""):
                return 503, error.details()
            if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise Lost(error.details()) from error
            return error.code().name, error.details()

    async def close(self):
        await self.channel.close()


def tensor(seed, count):
    """Some numbers, the same for each seed."""
    state, numbers = seed * 2654435761 % 2**32 or 1, []
    for _ in range(count):
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        numbers.append(state / 2**31 - 1)
    return struct.pack(f"<{count}f", *numbers)
