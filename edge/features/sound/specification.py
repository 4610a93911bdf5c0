"""The input of a model of sound, as its manifest describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.errors import ModelError
from edge.features.sound import level_gate
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.stage import stage_of
from edge.samples import AUDIO

FRAMES = 82  # in a window: 1.6 s, a long word with the sound before it
STEP = 2  # frames from one window to the next: 40 ms


def sound_specification(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the specification that this code implements for a model.

    `wanted` may choose these keys, all others follow from the code:

    - `front_end`: the parameters of the spectrogram, see `FrontEnd`
    - `shape`: of a window, (frames, values in a frame)
    - `step`: frames from one window to the next
    - `quanvolution`: the stage between the front end and the network, see `Quanvolution`

    Raise ModelError for values that are invalid.
    """
    try:
        front_end = FrontEnd(**wanted.get("front_end", {}))
        frames, step = int(wanted.get("shape", [FRAMES])[0]), int(wanted.get("step", STEP))
        if not 0 < step <= frames:
            raise ValueError(f"a step of {step} frames for windows of {frames}")
    except (IndexError, TypeError, ValueError) as error:
        raise ModelError(
            f"the model's front end is invalid ({error}): train the model again"
        ) from None
    specification = {
        "kind": "sound",
        "version": 1,
        "front_end": front_end.specification(),
        "shape": [frames, front_end.bins],
        "step": step,
        "gate": {name: value for name, value in vars(level_gate).items() if name.isupper()},
        "sensor": {"channels": list(AUDIO), "rate_hz": front_end.rate_hz},
    }
    if "quanvolution" in wanted:
        from edge.features.quantum.quanvolution import Quanvolution

        specification["quanvolution"] = Quanvolution.specification(
            wanted["quanvolution"], front_end.bins
        )
        rows_in = stage_of(specification).rows_in
        if frames % rows_in or step % rows_in:
            raise ModelError(
                f"windows of {frames} frames with a step of {step} cannot be cut into the patches "
                f"of the quanvolution ({rows_in} frames): train the model again"
            )
    return specification
