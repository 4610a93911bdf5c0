"""The quanvolution: each patch of a spectrogram becomes the expectation values of a circuit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, ModelError
from edge.features.quantum.circuit import ENCODING, Circuit, check_qubits, read_circuit
from edge.features.quantum.closed_form import ClosedForm
from edge.text import quoted

PATCH = (2, 2)
AXES = ("bins", "frames")
"""The axes of a patch: rows, then columns. A row of QCNN's spectrograms is a mel band."""
KEYS = {"patch", "axes", "scale", "encoding", "gates", "random_layers", "measured"}


class Quanvolution:
    """A stage behind a front end: `rows_in` frames of `bins` values make a row of its output."""

    def __init__(self, description: Mapping[str, Any], bins: int) -> None:
        """Raise ModelError for a description that is invalid or does not fit the spectrogram."""
        try:
            unknown = set(description) - KEYS
            if unknown:
                raise ValueError(f"unknown key {', '.join(map(quoted, sorted(unknown)[:5]))}")
            self._read(description, bins)
        except ValueError as error:
            raise ModelError(f"the quantum circuit cannot be computed: {error}") from None
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ModelError(
                f"the description of the quantum circuit is invalid ({type(error).__name__}: "
                f"{error}): train the model again"
            ) from None

    def _read(self, description: Mapping[str, Any], bins: int) -> None:
        rows, columns = description.get("patch", PATCH)
        self.axes = tuple(description.get("axes", AXES))
        if sorted(self.axes) != sorted(AXES):
            raise ValueError(
                f'its axes are {quoted(list(self.axes))}: give "bins" and "frames", in order'
            )
        if not (type(rows) is type(columns) is int and rows > 0 and columns > 0):
            raise ValueError(
                f"its patch is {quoted(rows)} x {quoted(columns)}: give two positive integers"
            )
        if description.get("encoding", ENCODING) != ENCODING:
            raise ValueError(
                f"its encoding is {quoted(description['encoding'])}: only {ENCODING!r} is possible"
            )
        check_qubits(rows * columns)
        self.patch = rows, columns
        self.scale = _read_scale(description.get("scale"))
        self.circuit: Circuit = read_circuit(description, rows * columns)
        self.closed_form = ClosedForm(self.circuit)
        self.rows_in, self._bins_in = self.patch if self.axes[0] == "frames" else self.patch[::-1]
        if bins % self._bins_in:
            raise ValueError(
                f"{bins} bins of the spectrogram cannot be divided into patches of {self._bins_in}"
            )
        self.bins = bins
        self.shape = bins // self._bins_in, len(self.circuit.observables)
        """The shape of a row of the output: patches side by side, channels."""

    def row_shape(self, bins: int) -> tuple[int, ...]:
        """Return the shape of a row of the output, `shape`."""
        return self.shape

    @staticmethod
    def specification(wanted: Mapping[str, Any], bins: int) -> dict[str, Any]:
        """Return the description with all default values filled in."""
        stage = Quanvolution(wanted, bins)
        described = stage.description(stage.circuit)
        if "random_layers" in wanted:
            del described["gates"]
            seed, angles = wanted["random_layers"]["seed"], wanted["random_layers"]["angles"]
            described["random_layers"] = {"seed": seed, "angles": angles}
        return described

    def description(self, circuit: Circuit) -> dict[str, Any]:
        """Return the description of this stage with another circuit of the same size."""
        scale = list(self.scale) if self.scale else None
        axes = list(self.axes)
        return {"patch": list(self.patch), "axes": axes, "scale": scale, **circuit.description()}

    def apply(self, frames: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return (k, *shape) of (k * rows_in, bins); incomplete patches at the end are dropped."""
        if frames.ndim != 2 or frames.shape[1] != self.bins:
            raise ModelError(
                f"the quantum circuit needs a spectrogram of {self.bins} bins, not one of shape "
                f"{frames.shape}: use the features that belong to the model"
            )
        count, across = len(frames) // self.rows_in, self.shape[0]
        cut = frames[: count * self.rows_in].reshape(count, self.rows_in, across, self._bins_in)
        order = (1, 3, 0, 2) if self.axes[0] == "frames" else (3, 1, 0, 2)
        x = cut.transpose(order).reshape(self.circuit.qubits, count * across)
        if self.scale is not None:
            low, high = self.scale
            x = np.clip((x - low) * (1 / (high - low)), 0, 1).astype(x.dtype, copy=False)
        out = self.closed_form(x)
        if not np.isfinite(out).all():
            raise EdgeError("the sound contains NaN or infinite samples: check its source")
        return out.reshape(count, *self.shape)


def _read_scale(limits: Any) -> tuple[float, float] | None:
    """Return the values that are mapped to 0 and 1, or None for no mapping."""
    if limits is None:
        return None
    low, high = map(float, limits)
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"its scale is {low} to {high}: give the lower and the upper value")
    return low, high
