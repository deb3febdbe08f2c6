"""Reads the state dictionary of a checkpoint in torch's legacy format, without torch.

The file is a sequence: three pickles (magic number, protocol version, system information), the
pickled state dictionary whose tensors refer to their storages by persistent IDs, a pickled list of
storage keys, and for each key an int64 element count followed by the raw elements.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001


class FormatError(ValueError):
    """The file is not a legacy checkpoint of plain tensors."""


@dataclass
class Storage:
    """A flat array of elements that tensors are views of."""

    dtype: np.dtype
    count: int
    data: bytes = b""


@dataclass(frozen=True)
class StoredTensor:
    """A strided view of a storage; offset and strides count elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> np.ndarray:
        """The tensor in C order. NumPy raises ValueError if the view exceeds its storage."""
        dtype = self.storage.dtype
        byte_strides = tuple(stride * dtype.itemsize for stride in self.strides)
        view = np.ndarray(self.shape, dtype, self.storage.data, self.offset * dtype.itemsize, byte_strides)
        return view.copy(order="C")


def _rebuild_tensor(storage: Storage, offset: int, shape: tuple, strides: tuple, *_: Any) -> StoredTensor:
    return StoredTensor(storage, offset, shape, strides)


class StateDictUnpickler(pickle.Unpickler):
    """Accepts the four globals that a state dictionary needs and rejects all others."""

    GLOBALS = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
    }

    def __init__(self, file: BinaryIO):
        super().__init__(file)
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.GLOBALS[module, name]
        except KeyError:
            raise FormatError(f"the checkpoint refers to {module}.{name}, which no state dictionary needs") from None

    def persistent_load(self, identifier: tuple) -> Storage:
        kind, dtype, key, _device, count, view = identifier
        if kind != "storage" or view is not None:
            raise FormatError(f"unexpected persistent id {identifier!r}")
        return self.storages.setdefault(key, Storage(dtype, count))


class PlainUnpickler(pickle.Unpickler):
    """Accepts numbers, strings and containers of them, and rejects all globals."""

    def find_class(self, module: str, name: str) -> Any:
        raise FormatError(f"the checkpoint refers to {module}.{name} instead of plain data")


def _check_header(file: BinaryIO) -> None:
    magic, protocol, system = (PlainUnpickler(file).load() for _ in range(3))
    if magic != MAGIC_NUMBER or protocol != PROTOCOL_VERSION:
        raise FormatError("not a checkpoint in torch's legacy format")
    if not system["little_endian"]:
        raise FormatError("the checkpoint is big-endian")


def _fill(storages: dict[str, Storage], file: BinaryIO) -> None:
    keys = PlainUnpickler(file).load()
    if sorted(keys) != sorted(storages):
        raise FormatError("the listed storages are not those that the tensors refer to")
    for key in keys:
        storage = storages[key]
        count = int.from_bytes(file.read(8), "little")
        storage.data = file.read(storage.count * storage.dtype.itemsize)
        if count != storage.count or len(storage.data) != count * storage.dtype.itemsize:
            raise FormatError(f"storage {key} does not have {storage.count} elements")


def read_state_dict(checkpoint: bytes) -> dict[str, np.ndarray]:
    """The arrays by name, in the order of the checkpoint, with strides resolved."""
    file = io.BytesIO(checkpoint)
    _check_header(file)
    unpickler = StateDictUnpickler(file)
    state = unpickler.load()
    _fill(unpickler.storages, file)
    return {name: tensor.array() for name, tensor in state.items()}
