"""Mix clips and background noise into long audio."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from training.sound.data.clip_files import LabelledClip
from training.sound.data.recordings import load_samples
from training.sound.evaluate.long_audio import BLOCK_S, LongAudio, Samples
from training.sound.evaluate.long_audio.background import WORD_RMS, Background, rms
from training.sound.evaluate.long_audio.schedule import MixConfig, Placement, schedule_clips

FADE_S = 0.02  # at both ends of a clip: the noise of the clip must not start with a click


@dataclass(frozen=True)
class MixedAudio(LongAudio):
    """Clips over background noise, at one noise level."""

    snr: float | None
    """dB of each word above the noise; None: clean."""
    placements: list[Placement] = field(repr=False)
    """In order of their start."""
    noise: Sequence[Samples] = field(repr=False)
    config: MixConfig = field(repr=False)

    def blocks(self) -> Iterator[Samples]:
        background = Background(self.noise, self.snr, self.config)
        length, block = round(self.seconds * self.rate), round(BLOCK_S * self.rate)
        later, playing = list(reversed(self.placements)), []
        for start in range(0, length, block):
            mixed = background.block(start, min(block, length - start))
            end_s = (start + len(mixed)) / self.rate
            while later and later[-1].start < end_s:
                playing.append(later.pop())
            for placement in playing:
                offset = round(placement.start * self.rate) - start
                _add_overlap(mixed, self._clip_samples(placement), offset)
            playing = [placement for placement in playing if placement.end >= end_s]
            yield np.clip(mixed, -1, 1, out=mixed)

    def _clip_samples(self, placement: Placement) -> Samples:
        """Return the clip with faded ends and, where there is noise, its word at WORD_RMS."""
        samples = load_samples(placement.clip.path, self.rate).copy()
        fade = np.linspace(0, 1, min(round(FADE_S * self.rate), len(samples)), dtype=np.float32)
        samples[: len(fade)] *= fade
        samples[len(samples) - len(fade) :] *= fade[::-1]
        if self.snr is None:
            return samples
        start, end = (round(t * self.rate) for t in placement.word_span)
        return samples * np.float32(WORD_RMS / max(rms(samples[start:end]), 1e-6))


def mix_clips(
    clips: Sequence[LabelledClip],
    targets: Collection[str],
    noise: Sequence[Samples],
    config: MixConfig,
) -> list[MixedAudio]:
    """Return one long audio for each noise level of the config, all with the same words."""
    scheduled = schedule_clips(clips, targets, config)
    words = [placement.word for placement in scheduled]
    placements = sorted(scheduled, key=lambda placement: placement.start)
    return [
        MixedAudio(
            name="clean" if snr is None else f"{snr:g} dB",
            words=words,
            seconds=config.seconds,
            rate=config.rate,
            snr=snr,
            placements=placements,
            noise=noise,
            config=config,
        )
        for snr in config.snrs
    ]


def _add_overlap(mixed: Samples, clip: Samples, offset: int) -> None:
    """Add to the block the part of the clip that overlaps it; `offset` may be negative."""
    begin, end = max(0, offset), min(len(mixed), offset + len(clip))
    if begin < end:
        mixed[begin:end] += clip[begin - offset : end - offset]
