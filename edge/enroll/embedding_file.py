"""The file of the embedding: its network, the description of its input, a bank of speech, fillers.

The bank holds embeddings of other people's words, of talk and of noise. They are stored as product
codes: each embedding is cut into parts, and of each part the file has the number of the nearest
vector in a code book.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision.template_matching import Fillers
from edge.errors import ModelError
from edge.fields import FieldError, Fields
from edge.model.archive import ArchiveError, read_members
from edge.model.digest import sha256
from edge.model.manifest import fingerprint
from edge.model.model_file import damaged, read_bytes
from edge.model.shipped import shipped_folder

FORMAT = 2
DOCUMENT, CODE_BOOKS, CODES = "embedding.json", "code_books.bin", "codes.bin"
FILLERS = "fillers.bin"
CODES_PER_BOOK = 256
MAX_DIMENSIONS, MAX_DELAY_S = 256, 2.0


@dataclass(frozen=True)
class Segment:
    """A part of the bank."""

    start: int
    """Its first step; it ends where the next one starts."""
    word: str
    """What is said in it; empty for noise and for talk of many words."""


@dataclass(frozen=True)
class Bank:
    """Speech that an enrolled word must not be detected in, and noise."""

    code_books: NDArray[np.int8]
    """(parts, CODES_PER_BOOK, dimensions / parts)"""
    codes: NDArray[np.uint8]
    """(steps, parts)"""
    segments: tuple[Segment, ...]

    def embeddings(self) -> NDArray[np.int8]:
        """Return the embeddings of all steps, as near to the true ones as the codes allow."""
        parts = [book[code] for book, code in zip(self.code_books, self.codes.T, strict=True)]
        return np.concatenate(parts, axis=1)

    def steps_with(self, word: str) -> NDArray[np.bool_]:
        """Return which steps belong to a segment with this word, in any case of letters."""
        found = np.zeros(len(self.codes), bool)
        ends = [*(segment.start for segment in self.segments[1:]), len(self.codes)]
        for segment, end in zip(self.segments, ends, strict=True):
            if segment.word and segment.word.casefold() == word.casefold():
                found[segment.start : end] = True
        return found


@dataclass(frozen=True)
class EmbeddingFile:
    network: bytes
    input: Mapping[str, Any]
    """The features, as in the manifest of a model."""
    dimensions: int
    delay_s: float
    """From a sound to the embedding that describes it."""
    bank: Bank
    fillers: Fillers
    measured: Mapping[str, float]
    """In the tests: the shares of words that were detected, "speaker" and "others", and
    "false_per_hour", the false accepts an hour at a score of 0.5. Empty before the tests."""
    provenance: Mapping[str, Any]

    @classmethod
    def shipped(cls) -> EmbeddingFile:
        return cls.read(shipped_folder() / "embedding" / "words.tflite")

    @classmethod
    def read(cls, path: Path) -> EmbeddingFile:
        """ModelError if the file is not usable."""
        data = read_bytes(path)
        try:
            end, members = read_members(data, (DOCUMENT, CODE_BOOKS, CODES, FILLERS))
            document = Fields(json.loads(members[DOCUMENT]))
            document.integer("format", FORMAT, FORMAT)
            if document.values["input_hash"] != fingerprint(document.values["input"]):
                raise FieldError("input_hash is not that of the input")
            network = data[:end]
            if document.values["network_hash"] != sha256(network).hexdigest()[:16]:
                raise FieldError("network_hash is not that of the network")
            dimensions = document.integer("dimensions", 1, MAX_DIMENSIONS)
            return cls(
                network=network,
                input=dict(document.section("input").values),
                dimensions=dimensions,
                delay_s=document.number("delay_s", 0, MAX_DELAY_S),
                bank=_bank(members[CODE_BOOKS], members[CODES], document, dimensions),
                fillers=Fillers(
                    np.frombuffer(members[FILLERS], np.int8).reshape(-1, dimensions),
                    document.number("filler_weight", 0, 1),
                ),
                measured=dict(document.section("measured").values),
                provenance=dict(document.section("provenance").values),
            )
        except ArchiveError as error:
            raise damaged(str(path), error) from None
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ModelError(
                f"{path} is no embedding file: install edge-sense again ({error})"
            ) from None


def _bank(books: bytes, codes: bytes, document: Fields, dimensions: int) -> Bank:
    parts = document.integer("bank_parts", 1, dimensions)
    segments: Sequence[Any] = document.values["bank_segments"]
    return Bank(
        np.frombuffer(books, np.int8).reshape(parts, CODES_PER_BOOK, dimensions // parts),
        np.frombuffer(codes, np.uint8).reshape(-1, parts),
        tuple(Segment(int(start), str(word)) for start, word in segments),
    )
