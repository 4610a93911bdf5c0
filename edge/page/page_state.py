"""What the page shows of the command that runs: the answer of `GET /api/state`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import edge
from edge.formats.motion.file_name import NONE_LABEL
from edge.page.live_view import LOWEST, STEPS
from edge.page.teach_methods import NEGATIVES, has_methods
from edge.sink import StreamInfo

if TYPE_CHECKING:
    from edge.page.page import Page


def page_state(page: Page) -> dict[str, Any]:
    info, ready, model = page.info, page.sink.ready, page.chain.model
    settings = page.tuning.settings
    return {
        "version": edge.__version__,
        "device": info.device,
        "task": info.task,
        "model": model.path.stem,
        "runtime": model.runtime,
        "kind": kind(info),
        "source": None if ready is None else ready.source,
        "channels": list(info.channels),
        "rate": info.rate,
        "labels": [label for label in model.labels if label not in settings.internal_labels],
        "words": model.words,
        "hint": info.hint,
        "pages": views(info),
        "takes_folder": str(page.library.folder),
        # Suggested to be recorded.
        "recording_labels": list(model.words) if info.is_sound else [*model.words, NONE_LABEL],
        "negative_label": next((name for name in NEGATIVES if name in model.labels), NEGATIVES[0]),
        "listening": info.controls.listening,
        "ended": page.sink.ended,
        "joins_digits": page.settings.joins_digits,
        "decision": {
            name: getattr(settings, name, None)
            for name in ("smoothing_s", "refractory_s", "delay_s", "max_hold_s")
        },
        "spectrogram": _spectrogram(model.manifest.input),
        **page.tuning.state(),
    }


def kind(info: StreamInfo) -> str:
    """What the page draws: `sound`, `ecg`, `motion` with its strokes, or another `signal`."""
    if info.is_sound:
        return "sound"
    if info.is_ecg:
        return "ecg"
    return "motion" if info.has_strokes else "signal"


def views(info: StreamInfo) -> list[str]:
    """The views that this source has. Only words and strokes can be recorded."""
    if kind(info) not in ("sound", "motion"):
        return ["live", "tune", "health"]
    teach = ["teach"] if has_methods(info.task, info.is_sound) else []
    return ["live", "tune", "record", *teach, "review", "health"]


def _spectrogram(specification: Mapping[str, Any]) -> dict[str, Any] | None:
    if specification["kind"] != "sound":
        return None
    front_end = specification["front_end"]
    return {
        "bins": front_end["coefficients"] or front_end["mels"],
        "step_s": front_end["hop"] / front_end["rate_hz"],
        "low_hz": front_end["low_hz"],
        "high_hz": front_end["high_hz"],
        "lowest": LOWEST,
        "steps": STEPS,
    }
