"""From takes to a model file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import edge
from edge.decision.templates import MAX_STEPS, EnrolledWord, stored_take
from edge.enroll.calibration import enrolled_words
from edge.enroll.embedding import Embedding
from edge.enroll.embedding_file import EmbeddingFile
from edge.enroll.enrolled_model import enrolled_model, measured_false_per_hour
from edge.enroll.others import StricterWord, stricter_words
from edge.enroll.own_takes import TakeResult, leave_one_out
from edge.enroll.takes import Takes, WordTake, read_takes

MARGIN_S = 0.04  # before and after a word that belong to its template


@dataclass(frozen=True)
class EmbeddedTake:
    template: NDArray[np.int8]
    """The embeddings of the word, as a model file stores them."""
    recording: NDArray[np.float32]
    """The embeddings of the whole recording."""


@dataclass(frozen=True)
class Enrolment:
    words: Mapping[str, EnrolledWord]
    takes: Mapping[str, list[WordTake]]
    results: list[TakeResult]
    """Of each take, tested with the other takes."""
    left_out: list[str]
    """A sentence for each recording that was not used."""
    stricter: list[StricterWord]
    """Words that were found in recordings without them."""
    others_share: float
    """Of the words of other people that were detected in the tests of the embedding."""
    false_per_hour: float
    """Of all words together, in the tests of the embedding."""
    content: bytes = field(repr=False)
    """Of the model file."""


def enroll(
    folder: Path, words: Sequence[str] | None = None, runtime: str | None = None
) -> Enrolment:
    """Enrol the words whose takes are in FOLDER/<word>/; EdgeError if that is not possible.

    No word is detected in the recordings in FOLDER/unknown/.
    """
    embedding = Embedding(EmbeddingFile.shipped(), runtime)
    return enroll_takes(read_takes(folder, embedding.rate, words), embedding)


def enroll_takes(takes: Takes, embedding: Embedding) -> Enrolment:
    """Enrol words of takes that were read."""
    file = embedding.file
    embedded = {
        word: [embed_take(take, embedding) for take in of_word]
        for word, of_word in takes.words.items()
    }
    templates = {word: [take.template for take in of_word] for word, of_word in embedded.items()}
    recordings = {word: [take.recording for take in of_word] for word, of_word in embedded.items()}
    enrolled = enrolled_words(templates, file.bank, file.fillers, embedding.step_s)
    others = [(other.path, embedding.of_recording(other.samples)) for other in takes.others]
    stricter = list(stricter_words(enrolled, others, file.fillers))
    provenance = {
        "command": "kws-enroll",
        "takes": {word: len(of_word) for word, of_word in takes.words.items()},
        **({"other_recordings": len(others)} if others else {}),
        "embedding": dict(file.provenance),
        "versions": {"edge-sense": edge.__version__},
    }
    return Enrolment(
        words=enrolled,
        takes=takes.words,
        results=leave_one_out(enrolled, recordings, file.fillers),
        left_out=takes.left_out,
        stricter=stricter,
        others_share=file.measured.get("others", 0.0),
        false_per_hour=measured_false_per_hour(file),
        content=enrolled_model(
            file, enrolled, provenance, {one.word: one.threshold for one in stricter}
        ),
    )


def embed_take(take: WordTake, embedding: Embedding) -> EmbeddedTake:
    embeddings = embedding.of_recording(take.samples)
    word = embedding.steps(max(0.0, take.start - MARGIN_S), take.end + MARGIN_S)
    return EmbeddedTake(
        template=stored_take(embeddings[word][:MAX_STEPS]),
        recording=embeddings[embedding.steps(0.0, len(take.samples) / embedding.rate)],
    )
