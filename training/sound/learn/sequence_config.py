"""How sequences of live sound are composed for a training, and how a network is trained on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SequenceConfig:
    """What the sequences contain. Shares are of the sequences where nothing else is said."""

    frames: int = 300
    """Length of a sequence, in frames of 20 ms."""
    words: float = 0.5
    """Share with single words and pauses between them."""
    pause_s: tuple[float, float] = (0.3, 2.2)
    quick_words: float = 0.15
    """Share with words in quick succession."""
    quick_pause_s: tuple[float, float] = (0.05, 0.5)
    talk: float = 0.28
    """Share with people who talk and say none of the words. The rest is noise alone."""
    spliced: float = 0.4
    """Share of the talk that is put together from parts of words."""
    targets: float = 0.5
    """Share of the words that are words of the task."""
    tempo: float = 0.15
    """Largest relative change of the speed of speech."""
    vocal_tract: float = 0.1
    """Largest relative change of the formant frequencies."""
    unchanged_voice: float = 0.4
    """Share of words whose speed is kept, and share of words whose formants are kept."""
    whole_clip: float = 0.5
    """Share of words that come with the background of their clip."""
    level_db: float = 6.0
    """Largest change of the level from word to word."""
    gain_db: float = 16.0
    tilt_nats: float = 0.8
    """Frequency response of microphones: standard deviation of smooth curves over the bands."""
    reverberant: float = 0.35
    """Share with reverberation."""
    noisy: float = 0.62
    """Share with noise."""
    snr_db: tuple[float, float] = (-5.0, 22.0)
    babble: float = 0.25
    """Share of the noise that is other people talking."""
    hiss_db: tuple[float, float] = (-100.0, -62.0)
    """Level of the hiss of room and microphone, dB of full scale."""
    synthetic_noises: int = 300
    """Synthetic noises of each kind."""


@dataclass(frozen=True)
class SequenceLossConfig:
    """Weights of the parts of the loss; words of the task that are not detected have weight 1."""

    false_accepts: float = 3.0
    labels: float = 0.6
    """Of the label of every single step."""
    clips: float = 2.0
    """Of windows of single clips, as in the training on clips."""


@dataclass(frozen=True)
class SequenceTraining:
    """The training on sequences."""

    steps: int = 2600
    learning_rate: float = 7e-4
    trained_layers: int = 5
    """How many of the last layers with weights are trained. With all of them, the words of new
    speakers were missed more often in live sound."""
    batch_size: int = 32
    """Sequences."""
    clip_sequences: int = 6
    """Further sequences, which consist of windows of single clips, so that clips stay recognised.
    Most of their target is the scores of the network before this training."""
    sequences: SequenceConfig = SequenceConfig()
    loss: SequenceLossConfig = SequenceLossConfig()
