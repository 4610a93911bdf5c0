"""The size of the network, and the sizes that the commands offer."""

from __future__ import annotations

from dataclasses import dataclass, replace

SQUARE = 3  # columns and bands of the two-dimensional separable convolutions
KERNEL = 9  # columns of the convolutions along time


@dataclass(frozen=True)
class BodyConfig:
    """The size of all convolutions. The first one makes columns; each step adds one of them."""

    stem: int = 16
    """Channels of the first convolution."""
    stages: tuple[tuple[int, int], ...] = ((32, 2), (32, 1), (48, 2), (48, 1))
    """Channels of each two-dimensional separable convolution, and the pooling over bands."""
    width: int = 60
    """Channels of the convolutions along time, which have no bands any more."""
    blocks: int = 3
    """Residual blocks of convolutions along time."""
    stride: int = 2
    """Rows and bands that the first convolution combines into one."""

    @property
    def context(self) -> int:
        """Columns before the current one that the last convolution depends on."""
        return len(self.stages) * (SQUARE - 1) + self.blocks * (KERNEL - 1)


@dataclass(frozen=True)
class NetworkConfig(BodyConfig):
    """The size of a network that gives scores for a window."""

    dropout: float = 0.1
    """Before the last layer."""

    def pooled_columns(self, rows: int) -> int:
        """Return the columns that the last layer averages, for a window of so many rows.

        Raises ValueError if the window has too few rows.
        """
        columns = rows // self.stride - 1
        if columns <= self.context:
            raise ValueError(f"{rows} rows are too few: the network needs more context")
        return columns - self.context


NORMAL = NetworkConfig()
TINY = NetworkConfig(stem=8, stages=((16, 2), (16, 2)), width=20)
SHORT_WINDOW = replace(NORMAL, blocks=2)  # for windows that are too short for NORMAL
TEACHER = NetworkConfig(stem=24, stages=((64, 2), (64, 1), (96, 2), (96, 1)), width=160)
SIZES = {"normal": NORMAL, "tiny": TINY}


def network_for_windows(network: NetworkConfig, rows: int) -> NetworkConfig:
    """Return the network, or a smaller one if windows of so many rows are too short for it."""
    try:
        network.pooled_columns(rows)
    except ValueError:
        return SHORT_WINDOW
    return network
