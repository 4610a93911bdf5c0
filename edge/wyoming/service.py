"""What all clients of the service share: the words, the thresholds, and a few loaded models."""

from __future__ import annotations

from typing import Any

import edge
from edge.chain import Chain
from edge.controls import Controls
from edge.decision import DecisionSettings
from edge.model import Model
from edge.samples import Health
from edge.wyoming.protocol import Message, Refused

MAX_STREAMS = 16  # clients that stream sound at the same time
PROJECT = {"name": "edge-sense", "url": "https://github.com/edge-sense/edge-sense"}


class WakeService:
    """A model holds the state of one stream, so every stream has a model of its own."""

    def __init__(
        self,
        model: Model,
        settings: DecisionSettings,
        controls: Controls,
        runtime: str | None = None,
    ) -> None:
        self.model, self.controls = model, controls
        self.words = model.words
        self.rate = model.manifest.rate_hz
        self.health = Health()
        """The samples of all clients together."""
        self._settings, self._runtime = settings, runtime
        self._free = [model]
        self._chains: list[Chain] = []

    @property
    def streams(self) -> int:
        return len(self._chains)

    def begin_stream(self) -> Chain:
        """A chain for a new stream; Refused if there are too many."""
        if len(self._chains) >= MAX_STREAMS:
            raise Refused(
                f"{MAX_STREAMS} clients stream sound already: wait until one ends, or start "
                "another service",
                "busy",
            )
        model = self._free.pop() if self._free else Model.load(self.model.path, self._runtime)
        chain = Chain(model, self._settings)
        self._chains.append(chain)
        return chain

    def end_stream(self, chain: Chain) -> None:
        self._chains.remove(chain)
        self._free.append(chain.model)

    def apply_controls(self) -> None:
        """Use the threshold that was requested, if one was, for all streams."""
        threshold = self.controls.take_request()
        if threshold is not None:
            self._settings = self._settings.with_threshold(threshold)
            for chain in self._chains:
                chain.change_settings(self._settings, self.controls)

    def info(self) -> Message:
        """The answer to `describe`: each word is a model that a client can choose."""
        artifact: dict[str, Any] = {
            "attribution": PROJECT,
            "installed": True,
            "version": edge.__version__,
        }
        models = [
            {"name": word, "description": word, "phrase": word, "languages": [], **artifact}
            for word in self.words
        ]
        program = {
            "name": f"edge-sense {self.model.path.stem}",
            "description": "Words, recognised on the device",
            "models": models,
            **artifact,
        }
        others = ("asr", "tts", "handle", "intent", "mic", "snd")
        return Message("info", {"wake": [program], **{name: [] for name in others}})
