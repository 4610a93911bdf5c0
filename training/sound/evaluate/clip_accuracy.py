"""How well a model names clips: per class, with how sure that is, int8 beside float."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.model import Model
from edge.samples import Chunk
from training.common.intervals import wilson_interval
from training.sound.data.clip_files import Spoken
from training.sound.data.recordings import load_samples

WORST = 3

FloatNetwork = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From windows to the scores of each."""


@dataclass(frozen=True)
class Scored:
    """What a model answers when it is asked about clips."""

    labels: list[str]
    truth: NDArray[np.intp]
    """The label that each clip should get."""
    int8: NDArray[np.float32]
    """(n, labels)."""
    float32: NDArray[np.float32] | None
    """Of the ONNX network beside the model, if there is one."""
    live: NDArray[np.float32]
    """Of the int8 model where nobody asks, as in a stream (in a clip longer than a window, the mean
    over more of it)."""
    speakers: int

    def right(self, scores: NDArray[np.float32], label: int | None = None) -> tuple[int, int]:
        """How many clips, of one label or all, and how many of them are right."""
        mine = np.ones(len(self.truth), bool) if label is None else self.truth == label
        return int((scores[mine].argmax(axis=1) == self.truth[mine]).sum()), int(mine.sum())

    def share(self, scores: NDArray[np.float32]) -> float:
        """How much of all is right."""
        right, of = self.right(scores)
        return right / of

    def confusion(self) -> NDArray[np.intp]:
        """Rows: what was said; columns: what the int8 model says."""
        counts = np.zeros((len(self.labels), len(self.labels)), np.intp)
        np.add.at(counts, (self.truth, self.int8.argmax(axis=1)), 1)
        return counts


def score(
    model: Model,
    clips: Sequence[Spoken],
    rate: int,
    float_network: FloatNetwork | None = None,
) -> Scored:
    """What the model says to the clips, and its float network: by default the ONNX beside it."""
    by_float = float_network or _onnx(model.path.with_suffix(".onnx"), len(model.labels))
    int8, live, float32 = [], [], []
    for clip in clips:
        samples = load_samples(clip.path, rate)
        chunk = Chunk(np.arange(len(samples)) / rate, samples[:, np.newaxis])
        windows = model.windows_of_recording(chunk)
        said = np.stack([model.scores(w.tensor, w.new_rows) for w in windows])
        int8.append(model.clip_scorer.score_recording(said))
        live.append(model.clip_scorer.best_stretch(said))
        if by_float:
            float32.append(
                model.clip_scorer.score_recording(by_float(np.stack([w.tensor for w in windows])))
            )
    return Scored(
        list(model.labels),
        np.array([model.labels.index(clip.word) for clip in clips]),
        np.stack(int8),
        np.stack(float32) if by_float else None,
        np.stack(live),
        len({clip.speaker for clip in clips} - {""}),
    )


def _onnx(file: Path, labels: int) -> FloatNetwork | None:
    """The float network of an ONNX file; None if there is no such file."""
    if not file.is_file():
        return None
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
    except Exception as error:  # onnxruntime's own exceptions have no common base
        raise _no_float_network(file, error) from None

    def scores(tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            # One by one: a network may be fixed to a batch of one.
            rows = [session.run(None, {name: tensor[np.newaxis]})[0] for tensor in tensors]
            return np.concatenate(rows).astype(np.float32).reshape(len(tensors), labels)
        except Exception as error:
            raise _no_float_network(file, error) from None

    return scores


def _no_float_network(file: Path, error: Exception) -> ModelError:
    reason = " ".join(str(error).split())[:200]
    return ModelError(
        f"{file} is not the float network of the model beside it ({reason}): "
        "take it away, or train again"
    )


def at_thresholds(scored: Scored, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """What is accepted if the leading word must reach its threshold, as it must live."""
    limits = np.array([thresholds.get(label, np.inf) for label in scored.labels])
    leader = scored.live.argmax(axis=1)
    accepted = scored.live.max(axis=1) >= limits[leader]
    is_word = np.isfinite(limits)[scored.truth]
    right = accepted & (leader == scored.truth)
    counts = {
        "right": (right & is_word, is_word),
        "mistaken": (accepted & ~right & is_word, is_word),
        "false": (accepted & ~is_word, ~is_word),
    }
    found: dict[str, Any] = {}
    for name, (those, among) in counts.items():
        some, of = int(those.sum()), int(among.sum())
        found[name] = {"clips": some, "of": of, "interval": wilson_interval(some, of)}
    return found


def record(scored: Scored) -> dict[str, Any]:
    """All figures, for machines and for the table."""
    confusion = scored.confusion()
    classes = []
    for k, label in enumerate(scored.labels):
        right, of = scored.right(scored.int8, k)
        if not of:
            continue
        wrong = confusion[k].copy()
        wrong[k] = 0
        taken = {"label": scored.labels[int(wrong.argmax())], "clips": int(wrong.max())}
        by_float = None if scored.float32 is None else scored.right(scored.float32, k)[0] / of
        classes.append(
            {
                "label": label,
                "clips": of,
                "int8": right / of,
                "interval": wilson_interval(right, of),
                "float": by_float,
                "taken_for": taken if wrong.any() else None,
            }
        )
    right, of = scored.right(scored.int8)
    by_float = None if scored.float32 is None else scored.right(scored.float32)[0] / of
    return {
        "clips": of,
        "speakers": scored.speakers,
        "int8": right / of,
        "interval": wilson_interval(right, of),
        "float": by_float,
        "classes": classes,
        "confusion": {"labels": scored.labels, "counts": confusion.tolist()},
    }


def headline(scored: Scored) -> str:
    by_float = "" if scored.float32 is None else f", float {scored.share(scored.float32):.4f}"
    return f"{len(scored.truth)} clips, int8 {scored.share(scored.int8):.4f}{by_float}"


def table(found: dict[str, Any], name: str) -> list[str]:
    """Markdown."""
    low, high = found["interval"]
    speakers = f" of {found['speakers']} speakers" if found["speakers"] else ""
    by_float = "" if found["float"] is None else f", float {found['float']:.1%}"
    lines = [
        f"### {name}: {found['clips']} clips{speakers}, int8 {found['int8']:.1%} "
        f"({low:.1%} to {high:.1%}){by_float}",
        "",
        "| said | clips | int8 | 95 % interval | float | most often taken for |",
        "|---|---|---|---|---|---|",
    ]
    for one in found["classes"]:
        low, high = one["interval"]
        other = one["taken_for"]
        taken = f"{other['label']} ({other['clips']})" if other else ""
        by_float = "" if one["float"] is None else f"{one['float']:.1%}"
        lines.append(
            f"| {one['label']} | {one['clips']} | {one['int8']:.1%} | {low:.1%} to {high:.1%} "
            f"| {by_float} | {taken} |"
        )
    worst = sorted(found["classes"], key=lambda one: one["int8"])[:WORST]
    named = ", ".join(f"{one['label']} {one['int8']:.1%}" for one in worst if one["int8"] < 1)
    return [*lines, "", f"Worst: {named or 'none is wrong'}.", "", _accepted(found["accepted"])]


def _accepted(found: dict[str, Any]) -> str:
    def share(name: str) -> str:
        one = found[name]
        low, high = one["interval"]
        return f"{one['clips'] / max(1, one['of']):.1%} ({low:.1%} to {high:.1%})"

    other = f"; {share('false')} of other sounds for a word" if found["false"]["of"] else ""
    return (
        f"With the thresholds of live use: {share('right')} of the words accepted, "
        f"{share('mistaken')} taken for another word{other}."
    )
