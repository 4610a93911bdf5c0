"""What the runtimes lack for a network."""

from __future__ import annotations

from collections.abc import Iterator

from edge.errors import ModelError
from edge.model.runtime import interpreter_class, quiet
from edge.tflite.micro import SUPPORTED
from edge.tflite.network import read_network
from edge.tflite.verify import verify

RUNTIMES = ("ai_edge_litert", "numpy")


def refusal(tflite: bytes, name: str) -> str | None:
    """Why edge-sense does not load the network; None if it does."""
    try:
        verify(tflite, name)
    except ModelError as error:
        return f"edge-sense refuses it: {error}"
    return None


def missing(tflite: bytes) -> Iterator[str]:
    """A line for each runtime that cannot run a network that edge-sense loads."""
    for runtime in RUNTIMES:
        try:
            with quiet():
                _, interpreter_of = interpreter_class(runtime)
                interpreter_of(model_content=tflite, num_threads=1).allocate_tensors()
        except ImportError:
            yield f"{runtime} is not installed here, so it was not tried"
        except (ValueError, RuntimeError) as error:
            yield f"{runtime}: {error}"
    unknown = sorted(set(read_network(tflite).counts) - SUPPORTED)
    if unknown:
        yield f"C on a microcontroller: TFLite Micro has no {', '.join(unknown)}"
