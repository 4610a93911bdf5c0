"""The input of a model of sound, as its manifest describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.errors import ModelError
from edge.features.sound import level_gate, mel
from edge.features.sound.front_end import LOGS, MAX_FFT, NORMS, POWERS, FrontEnd
from edge.features.sound.stage import stage_of
from edge.fields import Fields
from edge.samples import AUDIO

FRAMES = 82  # in a window: 1.6 s, a long word with the sound before it
STEP = 2  # frames from one window to the next: 40 ms
MAX_FRAMES = 3000  # in a window: 30 s of the usual 10 ms
MIN_RATE, MAX_RATE = 1000, 192_000  # Hz, of the sound
MAX_FRAME_RATE = 500  # frames a second: the shortest hop in use is five times as long, 10 ms
MAX_MELS = 256
MIN_FLOOR = 1e-30  # a smaller energy is zero in float32


def sound_specification(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the specification that this code implements for a model.

    `wanted` may choose these keys, all others follow from the code:

    - `front_end`: the parameters of the spectrogram, see `FrontEnd`
    - `shape`: of a window, (frames, values in a frame)
    - `step`: frames from one window to the next
    - `quanvolution`: the stage between the front end and the network, see `Quanvolution`

    Raise ModelError for values that are invalid.
    """
    fields = Fields(wanted, "input")
    try:
        front_end = read_front_end(fields.section("front_end", {}))
        frames = fields.integers("shape", 1, MAX_FRAMES, [FRAMES])[0]
        step = fields.integer("step", 1, frames, STEP)
    except ValueError as error:
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


def read_front_end(fields: Fields) -> FrontEnd:
    """Return the front end with these parameters; ValueError for one that is impossible.

    The bounds keep what a front end takes in memory and time to what a small computer can give.
    """
    default = FrontEnd()
    fields.refuse_others(default.specification())
    rate = fields.integer("rate_hz", MIN_RATE, MAX_RATE, default.rate_hz)
    return FrontEnd(
        rate_hz=rate,
        window=fields.integer("window", 1, MAX_FFT, default.window),
        hop=fields.integer("hop", -(-rate // MAX_FRAME_RATE), MAX_FFT, default.hop),
        fft=fields.integer("fft", 1, MAX_FFT, default.fft),
        mels=fields.integer("mels", 1, MAX_MELS, default.mels),
        low_hz=fields.number("low_hz", 0, rate / 2, default.low_hz),
        high_hz=fields.number("high_hz", 0, rate / 2, default.high_hz),
        scale=fields.choice("scale", mel.SCALES, default.scale),
        norm=fields.choice("norm", NORMS, default.norm),
        power=fields.choice("power", POWERS, default.power),
        log=fields.choice("log", LOGS, default.log),
        floor=fields.number("floor", MIN_FLOOR, 1, default.floor),
        coefficients=fields.integer("coefficients", 0, MAX_MELS, default.coefficients),
    )
