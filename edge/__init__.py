"""edge-sense: recognise digits drawn in the air, spoken digits and voice commands, on the device.

    import edge

    for event in edge.listen("kws"):
        print(event.label, event.score)

The folders show how data flows: source -> features -> model -> decision -> sink; `edge.chain` joins
them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.api.classification import Classification, classify
    from edge.api.listener import Listener, listen, listen_async
    from edge.api.recognizer import Recognizer
    from edge.errors import EdgeError
    from edge.events import Detection, Number, Rejection, Retraction, SequenceOutput
    from edge.model import Model
    from edge.samples import Chunk, Health

__version__ = "0.1.0"

# Imported on first use: a command on a Pi should not load what it does not need.
_EXPORTS = {
    "Chunk": "edge.samples",
    "Classification": "edge.api.classification",
    "Detection": "edge.events",
    "EdgeError": "edge.errors",
    "Health": "edge.samples",
    "Listener": "edge.api.listener",
    "Model": "edge.model",
    "Number": "edge.events",
    "Recognizer": "edge.api.recognizer",
    "Rejection": "edge.events",
    "Retraction": "edge.events",
    "SequenceOutput": "edge.events",
    "classify": "edge.api.classification",
    "listen": "edge.api.listener",
    "listen_async": "edge.api.listener",
}

__all__ = [
    "Chunk",
    "Classification",
    "Detection",
    "EdgeError",
    "Health",
    "Listener",
    "Model",
    "Number",
    "Recognizer",
    "Rejection",
    "Retraction",
    "SequenceOutput",
    "classify",
    "listen",
    "listen_async",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module 'edge' has no attribute {name!r}")
    value = getattr(import_module(_EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_EXPORTS])
