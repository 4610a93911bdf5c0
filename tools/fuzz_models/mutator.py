"""Damaged copies of networks."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from pathlib import Path

from edge.model.model_file import network_of
from edge.tflite.network import read_network

EXTREMES = (0, 1, 2, 3, 4, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 28)


class Mutator:
    """Damaged copies of networks; each seed always gives the same copy."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = [network_of(path.read_bytes()) for path in paths]
        self._places = [_structure(data) for data in self._files]

    def damaged(self, seed: int) -> bytes:
        rng = random.Random(seed)
        number = rng.randrange(len(self._files))
        data, places = bytearray(self._files[number]), self._places[number]
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            at = rng.choice(places) if rng.random() < 0.95 else rng.randrange(len(data))
            kind = rng.randrange(5)
            if kind == 0:
                data[at] ^= 1 << rng.randrange(8)
            elif kind == 1:
                data[at] = rng.randrange(256)
            elif kind == 2:
                extreme = rng.choice(EXTREMES)
                data[at : at + 4] = struct.pack("<I", extreme)[: len(data) - at]
            elif kind == 3:  # another value of the same file: an offset, a number of a tensor
                other = rng.choice(places)
                value = data[other : other + 4][: len(data) - at]
                data[at : at + len(value)] = value
            else:
                data[at] = (data[at] + rng.randrange(-9, 10)) % 256
        if rng.random() < 0.01:
            del data[rng.randrange(len(data)) :]
        return bytes(data)


def _structure(data: bytes) -> list[int]:
    """The positions that are not weights: damage there matters more."""
    free = bytearray(b"\1") * len(data)
    for tensor in read_network(data).tensors:
        if tensor.constant is not None and tensor.constant.nbytes > 64:
            start = data.find(bytes(tensor.constant))
            free[start : start + tensor.constant.nbytes] = bytes(tensor.constant.nbytes)
    return [at for at, byte in enumerate(free) if byte]
