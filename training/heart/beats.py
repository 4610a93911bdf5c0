"""Beats of records as model inputs: detected as on a device, with the labels of cardiologists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.features.beats.windows import BeatFeatures
from edge.formats.ecg import read, read_annotations
from edge.formats.ecg.annotation_file import AAMI_CLASSES, FLUTTER_BEGINS, FLUTTER_ENDS, LABELS
from edge.samples import Chunk
from edge.simulation.ecg.noise import NoiseLevels, electrode_noise
from training.common.cache import cache_key, cached_arrays

TOLERANCE = 0.15  # s between a beat and its annotation, as in AAMI EC57
FALSE = -1  # the class of a detection where no beat is
IGNORED = -2  # the class of a detection while the ventricles flutter: there are no single beats
CODE = (
    "edge/features/beats/*.py",
    "edge/formats/ecg/*.py",
    "edge/simulation/ecg/noise.py",
    "training/heart/beats.py",
)


@dataclass(frozen=True)
class Beats:
    """Detected beats, of one patient after the other."""

    tensors: NDArray[np.float32]
    """(n, values)"""
    classes: NDArray[np.intp]
    """(n,) number of the label, FALSE or IGNORED."""
    patients: NDArray[np.str_]
    """(n,) name of the record."""
    missed: NDArray[np.intp]
    """Classes of the annotated beats that were not detected."""

    def __len__(self) -> int:
        return len(self.classes)

    def of(self, patients: Sequence[str]) -> Beats:
        """The beats of these patients, without the missed ones."""
        chosen = np.isin(self.patients, patients)
        none = np.empty(0, np.intp)
        return Beats(self.tensors[chosen], self.classes[chosen], self.patients[chosen], none)


@dataclass(frozen=True)
class View:
    """How a record is shown: a lead, with added noise, and played faster or slower."""

    second_lead: bool = False
    noise_seed: int | None = None


PLAIN = View()
VIEWS = (PLAIN, View(second_lead=True), View(noise_seed=0))
"""Views of the training patients: other electrodes, noise and rates are other hearts."""


def joined(parts: Sequence[Beats]) -> Beats:
    arrays = [np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(Beats)]
    return Beats(*arrays)


def load_beats(path: Path, view: View, cache: Path) -> Beats:
    """The beats of one record; from the cache if they were computed before."""
    content = path.read_bytes() + path.with_suffix(".dat").read_bytes()
    content += path.with_suffix(".atr").read_bytes()
    key = cache_key(content, view, code=CODE)
    arrays = cached_arrays(cache / f"beats-{path.stem}-{key}.npz", lambda: _compute(path, view))
    classes = arrays["classes"]
    patients = np.full(len(classes), path.stem)
    return Beats(arrays["tensors"], classes, patients, arrays["missed"])


def _compute(path: Path, view: View) -> dict[str, NDArray]:
    record = read(path)
    if view.second_lead:
        record = read(path, 1 - record.leads.index(record.lead))
    samples, rate = record.values[:, 0].astype(np.float64), record.rate
    if view.noise_seed is not None:
        rng = np.random.default_rng([view.noise_seed, *path.stem.encode()])
        samples = samples + _noise(rng, samples, rate)
        rate *= rng.uniform(0.85, 1.18)  # as if the record was played at another speed
    t = np.arange(len(samples)) / rate
    chunk = Chunk(t, samples.astype(np.float32)[:, None])
    windows = list(BeatFeatures.windows_of_recording({}, chunk))
    detected = np.array([window.t for window in windows]) * rate / record.rate
    beats, classes, flutter = _annotated(path, record.rate)
    found = match(detected, beats)
    matched = np.where(found >= 0, classes[found], FALSE)
    matched[(found < 0) & _inside(detected, flutter)] = IGNORED
    missed = np.setdiff1d(np.arange(len(beats)), found)
    missed = missed[~_inside(beats[missed], flutter)]
    tensors = np.stack([window.tensor for window in windows])
    return {"tensors": tensors, "classes": matched, "missed": classes[missed]}


def _noise(
    rng: np.random.Generator, samples: NDArray[np.float64], rate: float
) -> NDArray[np.float64]:
    """Noise of electrodes whose level is random, compared with the height of the beats."""
    seconds = round(2 * rate)
    windows = samples[: len(samples) // seconds * seconds].reshape(-1, seconds)
    height = float(np.median(np.ptp(windows, axis=1)))
    levels = NoiseLevels(
        wander=rng.uniform(0.05, 0.3),
        hum=0.0,
        muscle=rng.uniform(0.005, 0.03),
        burst_muscle=0.08,
        burst_motion=0.15,
        bursts_per_minute=rng.uniform(1, 4),
    )
    return height * electrode_noise(rng, len(samples), rate, levels)


def _annotated(
    path: Path, rate: float
) -> tuple[NDArray[np.float64], NDArray[np.intp], list[tuple[float, float]]]:
    """Times and classes of the annotated beats, and the times of ventricular flutter."""
    found = read_annotations(path)
    beats = [one for one in found if one.code in AAMI_CLASSES]
    begins = [one.sample / rate for one in found if one.code == FLUTTER_BEGINS]
    ends = [one.sample / rate for one in found if one.code == FLUTTER_ENDS]
    times = np.array([beat.sample / rate for beat in beats])
    classes = np.array([LABELS.index(AAMI_CLASSES[beat.code]) for beat in beats], np.intp)
    return times, classes, list(zip(begins, ends, strict=False))


def _inside(t: NDArray[np.float64], spans: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    inside = np.zeros(len(t), bool)
    for begin, end in spans:
        inside |= (t >= begin - TOLERANCE) & (t <= end + TOLERANCE)
    return inside


def match(detected: NDArray[np.float64], beats: NDArray[np.float64]) -> NDArray[np.intp]:
    """For each detection, the number of the beat within TOLERANCE, or -1; no beat is used twice.

    Both are in the order of time. A beat belongs to the nearest detection.
    """
    found = np.full(len(detected), -1, np.intp)
    if not len(detected):
        return found
    for number, t in enumerate(beats.tolist()):
        right = int(np.searchsorted(detected, t))
        near = [k for k in (right - 1, right) if 0 <= k < len(detected) and found[k] < 0]
        nearest = min(near, key=lambda k: abs(detected[k] - t), default=None)
        if nearest is not None and abs(detected[nearest] - t) <= TOLERANCE:
            found[nearest] = number
    return found
