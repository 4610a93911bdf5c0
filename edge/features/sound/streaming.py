"""The front end for a stream: samples arrive in chunks of any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.front_end import FrontEnd

MAX_BLOCKS_AT_ONCE = 64  # limits the memory that a long chunk takes ...
MAX_SAMPLES_AT_ONCE = 1 << 20  # ... also if its blocks are long


class StreamingFrontEnd:
    """Computes each frame of a stream once, in blocks of `block` frames.

    The size of a block is fixed, because a matrix product of another size rounds differently: the
    frames would depend on how the stream is cut into chunks. Blocks that are complete at the same
    time are computed together, because most of the time is the overhead of each call.
    """

    def __init__(self, front_end: FrontEnd, block: int = 1) -> None:
        self.front_end, self.block = front_end, block
        self.block_samples = (block - 1) * front_end.hop + front_end.window
        """Samples that a block covers."""
        self.block_hop = block * front_end.hop
        """Samples from the start of one block to the start of the next."""
        self._pending = np.empty(0, np.float32)
        samples = block * front_end.fft
        self._blocks_at_once = max(1, min(MAX_BLOCKS_AT_ONCE, MAX_SAMPLES_AT_ONCE // samples))

    @property
    def pending(self) -> int:
        """The number of samples that are stored for the next block."""
        return len(self._pending)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n, block, bins): the blocks that these samples complete."""
        stored = np.concatenate([self._pending, samples])
        count = max(0, (len(stored) - self.block_samples) // self.block_hop + 1)
        self._pending = stored[count * self.block_hop :]
        at_once = self._blocks_at_once
        if count <= at_once:
            return self._blocks(stored, 0, count)
        starts = range(0, count, at_once)
        return np.concatenate([self._blocks(stored, at, min(at_once, count - at)) for at in starts])

    def reset(self) -> None:
        """Discard the pending samples: the next sample starts a new stream."""
        self._pending = np.empty(0, np.float32)

    def _blocks(self, stored: NDArray[np.float32], first: int, count: int) -> NDArray[np.float32]:
        if not count:
            return np.empty((0, self.block, self.front_end.bins), np.float32)
        # A view with overlapping rows. as_strided takes longer than computing a block.
        cut: NDArray[np.float32] = np.ndarray(
            (count, self.block, self.front_end.window),
            np.float32,
            stored,
            4 * first * self.block_hop,
            (4 * self.block_hop, 4 * self.front_end.hop, 4),
        )
        return self.front_end.spectra(cut)
