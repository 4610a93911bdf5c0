"""The file of the embedding: the int8 network, and the document and the bank appended to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.decision.template_matching import Fillers
from edge.enroll.embedding_file import (
    CODE_BOOKS,
    CODES,
    CODES_PER_BOOK,
    DOCUMENT,
    FILLERS,
    FORMAT,
    Bank,
    EmbeddingFile,
)
from edge.features.sound.windows import SoundFeatures
from edge.model.digest import sha256
from edge.model.manifest import fingerprint
from edge.model.model_file import append_members, document_bytes
from training.common.tflite import convert_to_int8
from training.sound.embedding import network
from training.sound.embedding.bank import PARTS
from training.sound.embedding.config import EmbeddingConfig
from training.sound.export import streaming_inputs

STEP_S = 0.04


def to_int8(folded: keras.Model, windows: NDArray[np.float32], config: EmbeddingConfig) -> bytes:
    """Return the streaming form as int8; `windows` set the ranges of the activations."""
    single = network.to_streaming(folded, config.network, 1)
    return convert_to_int8(
        single, streaming_inputs(network.to_streaming(folded, config.network), windows)
    )


def without_bank(tflite: bytes, config: EmbeddingConfig) -> EmbeddingFile:
    """Return the file of a network, with an empty bank."""
    features = {"shape": [network.window_rows(config.network)], "step": config.network.stride}
    size = config.network.dimensions // PARTS
    bank = Bank(
        np.zeros((PARTS, CODES_PER_BOOK, size), np.int8), np.zeros((0, PARTS), np.uint8), ()
    )
    return EmbeddingFile(
        network=tflite,
        input=SoundFeatures.specification(features),
        dimensions=config.network.dimensions,
        delay_s=config.delay * STEP_S,
        bank=bank,
        fillers=Fillers(np.ones((1, config.network.dimensions), np.int8), 0.0),
        measured={},
        provenance={},
    )


def content(file: EmbeddingFile) -> bytes:
    """Return the bytes of the file. The same values always give the same bytes."""
    document = {
        "format": FORMAT,
        "input": file.input,
        "input_hash": fingerprint(file.input),
        "network_hash": sha256(file.network).hexdigest()[:16],
        "dimensions": file.dimensions,
        "delay_s": file.delay_s,
        "measured": file.measured,
        "provenance": file.provenance,
        "filler_weight": file.fillers.weight,
        "bank_parts": len(file.bank.code_books),
        "bank_segments": [[segment.start, segment.word] for segment in file.bank.segments],
    }
    members = {
        DOCUMENT: document_bytes(document),
        CODE_BOOKS: file.bank.code_books.tobytes(),
        CODES: file.bank.codes.tobytes(),
        FILLERS: file.fillers.vectors.tobytes(),
    }
    return append_members(file.network, members)
