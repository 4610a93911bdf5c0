"""What a user says about the input of a network (`--input`), and the `input` of a manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

from edge.errors import ModelError
from edge.features import FEATURES
from edge.text import quoted

KEYS = {
    "image": ("size", "colours", "inverted", "range", "offset", "factor"),
    "window": (
        "channels", "rate", "hop", "low", "high", "taps", "scaling", "offset", "factor",
        "accel_g", "gyro_dps",
    ),
    "sound": ("rate", "window", "hop", "fft", "mels", "low", "high", "step", "coefficients"),
}  # fmt: skip
DEFAULT_TAPS = 101
SMALLEST_IMAGE = 8  # pixels: a smaller input is not guessed to be an image
FORM = (
    "give --input image, --input window,rate=HZ,channels=A+B, --input sound, or a .json file with "
    "the `input` of a manifest"
)


def input_specification(text: str | None, shape: Sequence[int]) -> dict[str, Any]:
    """The `input` of the manifest of a network that takes this shape (without batch axis).

    `text`: the value of --input; None to guess an image. ModelError says what is missing.
    """
    if text is None:
        text = _guessed(shape)
    if text.endswith(".json"):
        return _from_file(Path(text))
    kind, *pairs = text.split(",")
    if kind not in KEYS:
        raise ModelError(f"{quoted(text)} is no input: {FORM}")
    values = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in KEYS[kind]:
            known = ", ".join(KEYS[kind])
            raise ModelError(f"{quoted(pair)} in --input: an input of kind {kind} has {known}")
        values[key] = value
    try:
        wanted = {"image": _image, "window": _window, "sound": _sound}[kind](values, shape)
    except ValueError as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f"{quoted(text)} is no input ({error}): edge-convert --help lists the values"
        ) from None
    return _complete(kind, wanted)


def _complete(kind: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The specification with the constants of the features."""
    found: dict[str, Any] = FEATURES.load(kind).specification(wanted)
    return found


def _from_file(path: Path) -> dict[str, Any]:
    try:
        wanted = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ModelError(
            f"{path} is no JSON ({error}): give a file with the `input` of a manifest"
        ) from None
    kind = wanted.get("kind") if isinstance(wanted, dict) else None
    if kind not in FEATURES:
        raise ModelError(f"{path} has the kind {quoted(kind)}: give one of {', '.join(FEATURES)}")
    return _complete(str(kind), wanted)


def _guessed(shape: Sequence[int]) -> str:
    sides = [size for size in shape if size not in (1, 3)]
    if len(sides) == 2 and len(shape) <= 3 and min(sides) >= SMALLEST_IMAGE:
        return "image"
    shown = " x ".join(map(str, shape))
    raise ModelError(f"the network takes {shown}, and what these values are is unknown: {FORM}")


def _image(values: Mapping[str, str], shape: Sequence[int]) -> dict[str, Any]:
    if "size" in values:
        height, width = map(int, values["size"].split("x"))
        if height < 1 or width < 1:
            raise ModelError(f"size={values['size']}: give the height and the width in pixels")
    else:
        sides = [size for size in shape if size not in (1, 3)]
        if len(sides) != 2:
            raise ModelError("the size of the images is not clear: add size=HEIGHTxWIDTH")
        height, width = sides
    channels, rest = divmod(prod(shape), height * width)
    if rest or channels not in (1, 3):
        shown = " x ".join(map(str, shape))
        raise ModelError(f"the network takes {shown}, which are no images of {height} x {width}")
    colours = values.get("colours", "grey" if channels == 1 else "colour")
    if colours not in ("grey", "colour") or (colours == "grey") != (channels == 1):
        raise ModelError(f"colours={colours} does not fit {channels} values a pixel")
    first = channels == 3 and shape[0] == 3 and shape[-1] != 3
    offset = _list(values.get("offset", "0"), channels)
    factor = _list(values.get("factor", "1"), channels)
    if "range" in values:
        low, _, high = values["range"].partition("..")
        span = float(high) - float(low)
        if span == 0:
            raise ModelError(f"range={values['range']}: give two different numbers")
        factor = [span] * channels
        offset = [-float(low) / span] * channels
    return {
        "height": height,
        "width": width,
        "colours": colours,
        "shape": list(shape),
        "channels_first": first,
        "inverted": _yes(values.get("inverted", "no")),
        "scaling": {"kind": "fixed", "offset": offset, "factor": factor},
    }


def _window(values: Mapping[str, str], shape: Sequence[int]) -> dict[str, Any]:
    if "rate" not in values:
        raise ModelError("the rate of the samples is unknown: add rate=HZ to --input window")
    if "channels" in values:
        channels = values["channels"].split("+")
    else:
        others = [size for size in shape if size > 1]
        count = 1 if len(others) < 2 else min(others)
        channels = [f"channel{k + 1}" for k in range(count)]
    length, rest = divmod(prod(shape), len(channels))
    if rest or not length:
        shown = " x ".join(map(str, shape))
        raise ModelError(f"the network takes {shown}, and that is no window of {len(channels)} "
                         f"channels ({', '.join(channels)})")  # fmt: skip
    axes = [size for size in shape if size > 1]
    scaling: dict[str, Any] = {"kind": values.get("scaling", "fixed")}
    if scaling["kind"] == "fixed":
        scaling["offset"] = _list(values.get("offset", "0"), len(channels))
        scaling["factor"] = _list(values.get("factor", "1"), len(channels))
    wanted: dict[str, Any] = {
        "length": length,
        "hop": int(values.get("hop", max(1, length // 2))),
        "shape": list(shape),
        "channels_first": axes == [len(channels), length] and length != len(channels),
        "scaling": scaling,
        "sensor": {"channels": channels, "rate_hz": int(values["rate"])},
    }
    wanted["sensor"] |= {key: int(values[key]) for key in ("accel_g", "gyro_dps") if key in values}
    if "low" in values or "high" in values:
        limits = {f"{key}_hz": float(values[key]) for key in ("low", "high") if key in values}
        wanted["filter"] = {**limits, "taps": int(values.get("taps", DEFAULT_TAPS))}
    return wanted


def _sound(values: Mapping[str, str], shape: Sequence[int]) -> dict[str, Any]:
    """Frames of a mel spectrogram: the rows of the network's input."""
    sizes = [size for size in shape if size > 1]
    if len(sizes) != 2:
        raise ModelError("the network takes no spectrogram (frames x values of a frame)")
    names = {"rate": "rate_hz", "low": "low_hz", "high": "high_hz"}
    front_end: dict[str, Any] = {
        names.get(key, key): float(value) if key in ("low", "high") else int(value)
        for key, value in values.items()
        if key != "step"
    }
    if "coefficients" not in front_end:
        front_end["mels"] = sizes[1]
    wanted: dict[str, Any] = {"front_end": front_end, "shape": sizes}
    return wanted | ({"step": int(values["step"])} if "step" in values else {})


def _list(text: str, count: int) -> list[float]:
    numbers = [float(part) for part in text.split("+")]
    return numbers * count if len(numbers) == 1 else numbers


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ModelError(f"{quoted(text)}: give yes or no")
    return text == "yes"
