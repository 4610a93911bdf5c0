"""The page of one run: its server, its sink, and what they share."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import edge
from edge.chain import Chain
from edge.events import Detection, DeviceLost, Ready, Rejection, RunEvent
from edge.features import Window
from edge.fleet.comparison import ExchangeableChain
from edge.formats.motion.file_name import NONE_LABEL
from edge.model import Model
from edge.page.address import Address
from edge.page.library import Library
from edge.page.live_view import LOWEST, STEPS, LiveView
from edge.page.model_choice import ModelChoice
from edge.page.near_miss import NearMiss, NearMisses, can_miss
from edge.page.recorder import Recorder
from edge.page.recording import StrokeRecorder, TakeRecorder, WordRecorder
from edge.page.review import Review
from edge.page.server import PageServer
from edge.page.sink import PageSink, Send
from edge.page.teach_methods import NEGATIVES, has_methods
from edge.page.teaching import Teaching
from edge.page.token import stored_token
from edge.page.tuning import Tuning
from edge.samples import Chunk, Health
from edge.sink import StreamInfo
from edge.sink.event_json import event_object

log = logging.getLogger(__name__)

HEALTH_EVERY_S = 1.0
WATCHED_WAIT_S = 0.08  # samples come this often while somebody watches
REVIEW_FOLDER, MAX_STARTS = "review", 10
TOKEN_FILE, TAKES_FOLDER, DELETED_FOLDER, MODELS_FOLDER = "token", "takes", "deleted", "models"


@dataclass(frozen=True)
class PageSettings:
    address: Address
    folder: Path
    """Where the page stores what it saves."""
    settings_file: Path
    argv: Sequence[str]
    """The command that runs, with its options."""
    joins_digits: bool
    """Digits that follow one another become a number."""
    has_fleet: bool
    """Whether an operator chooses the models of this device."""


class Page:
    """`start` is called once; the sink's `close` ends the server."""

    def __init__(self, settings: PageSettings, chain: Chain, info: StreamInfo) -> None:
        """EdgeError if the address cannot be served."""
        from edge.page.clients import Clients

        self.settings, self.chain, self.info = settings, chain, info
        self.server = PageServer(settings.address)
        address = self.server.address
        self.token = None if address.is_local else stored_token(settings.folder / TOKEN_FILE)
        self.view = LiveView()
        self.recorder = Recorder(lambda state: self.send(json.dumps({"record": state})))
        takes, deleted = settings.folder / TAKES_FOLDER, settings.folder / DELETED_FOLDER
        self.library = Library(takes, deleted, chain.model, info.is_sound)
        self.review = Review(
            settings.folder / REVIEW_FOLDER,
            takes,
            info.is_sound,
            lambda state: self.send(json.dumps({"review": state})),
        )
        self.teaching = Teaching(
            self.library,
            ModelChoice(settings.folder / MODELS_FOLDER, chain.model, settings.joins_digits, info),
            info,
            lambda state: self.send(json.dumps({"teach": state})),
        )
        self._near_misses: NearMisses | None
        self._follow_near_misses()
        self._announced = False
        self._starts: dict[float, float] = {}
        """When the newest strokes began, by the time of their end."""
        self.clients = Clients(self._watched_by, self.recorder.owner_left)
        self.sink = _ClosingSink(info, self.view, self.send, self)
        self.tuning = Tuning(chain.model, info.controls, settings.argv, settings.settings_file)
        self.sink.on_chunk += [self.recorder.feed, self.review.feed, self._pass_time]
        self.sink.on_event.append(self._show)
        chain.watch_window = self._add_window
        chain.features.watch_block = self.view.add_block

    def _follow_near_misses(self) -> None:
        """Look for near misses of the words of the model that is used now."""
        follows = can_miss(self.chain.model.settings)
        self._near_misses = NearMisses(self.info.controls, self._near_miss) if follows else None

    def _add_window(self, window: Window, scores: NDArray[np.float32]) -> None:
        """Called in the thread of the recognition."""
        if computes_scores(self.chain.model):
            self.view.add_window(window, scores)
        if window.stroke is not None and self.review.enabled:
            before = self._starts.get(window.t, window.stroke.start)
            self._starts[window.t] = min(before, window.stroke.start)
            while len(self._starts) > MAX_STARTS:
                del self._starts[next(iter(self._starts))]
        if self._near_misses is not None and (self.view.active or self.review.enabled):
            self._near_misses.add(window.t, self.chain.model.labels, scores.tolist())

    def _pass_time(self, chunk: Chunk, health: Health) -> None:
        if self._near_misses is not None and len(chunk):
            self._near_misses.pass_time(float(chunk.t[-1]))

    def _show(self, event: RunEvent) -> None:
        """Called in the thread of the recognition, for each event."""
        if isinstance(event, (Ready, DeviceLost)) and not self._announced:
            self._announced = True  # not before: without a source, the command ends
            log.info("page: %s", self.link)
        if isinstance(event, Ready):
            self.review.begin(event.rate, event.channels)
        if self._near_misses is not None:
            self._near_misses.show(event)
        if isinstance(event, Rejection) and event.reason == "none":
            return
        if isinstance(event, (Detection, Rejection)) and "review" in self.views():
            facts = event_object(event, self.info)
            self.review.want(event.t, self._starts.get(event.t), facts)

    def _near_miss(self, miss: NearMiss) -> None:
        facts = {"event": "near_miss", **asdict(miss), "score": round(miss.score, 4)}
        self.send(json.dumps({"near_miss": facts}), live=True)
        facts["time"] = datetime.now().astimezone().isoformat(timespec="milliseconds")
        self.review.want(miss.t, None, facts)

    def use_model(self, info: StreamInfo) -> None:
        """The chain has another model from now on."""
        self.info = info
        self.tuning.model = self.chain.model
        self.library.use_model(self.chain.model)
        self._follow_near_misses()
        self.send_state()

    @property
    def link(self) -> str:
        """What a person opens."""
        query = "" if self.token is None else f"?token={self.token}"
        return self.server.address.url + query

    def start(self, chain: ExchangeableChain) -> None:
        """Serve the page; `chain`: the same as before, whose model can be exchanged."""
        from edge.page.routes import application

        self.chain = self.teaching.chain = chain
        if not self.settings.has_fleet:
            self.teaching.choice.exchange = chain.use
        self.server.start(application(self), [self._report_health], self.clients.drop_all)

    def send(self, message: str, live: bool = False) -> None:
        """Pass a message to all browsers, from any thread."""
        self.server.call(self.clients.send, message, live)

    def send_state(self) -> None:
        """Tell all browsers what has changed."""
        self.send(json.dumps({"state": self.state()}))

    def state(self) -> dict[str, Any]:
        """`GET /api/state`: what runs, with which settings."""
        chain, info, ready = self.chain, self.info, self.sink.ready
        model = chain.model
        specification = model.manifest.input
        settings = self.tuning.settings
        return {
            "version": edge.__version__,
            "device": info.device,
            "task": info.task,
            "model": model.path.stem,
            "runtime": model.runtime,
            "kind": self.kind(),
            "source": None if ready is None else ready.source,
            "channels": list(info.channels),
            "rate": info.rate,
            "labels": [label for label in model.labels if label not in settings.internal_labels],
            "words": model.words,
            "hint": info.hint,
            "pages": self.views(),
            "takes_folder": str(self.library.folder),
            "recording_labels": self._recording_labels(),
            "negative_label": next(
                (name for name in NEGATIVES if name in model.labels), NEGATIVES[0]
            ),
            "listening": info.controls.listening,
            "ended": self.sink.ended,
            "joins_digits": self.settings.joins_digits,
            "decision": {
                name: getattr(settings, name, None)
                for name in ("smoothing_s", "refractory_s", "delay_s", "max_hold_s")
            },
            "spectrogram": _spectrogram(specification),
            **self.tuning.state(),
        }

    def take_recorder(self, label: str, speaker: str) -> TakeRecorder:
        """A recorder for this source; RecordingError if label or speaker cannot be used."""
        folder, ready = self.library.folder, self.sink.ready
        rate = self.info.rate if ready is None else ready.rate
        channels = self.info.channels if ready is None else ready.channels
        if self.info.is_sound:
            return WordRecorder(label, speaker, folder, rate)
        return StrokeRecorder(label, speaker, folder, rate, channels)

    def kind(self) -> str:
        """What the page draws: `sound`, `ecg`, `motion` with its strokes, or another `signal`."""
        if self.info.is_sound:
            return "sound"
        if self.info.is_ecg:
            return "ecg"
        return "motion" if self.info.has_strokes else "signal"

    def views(self) -> list[str]:
        """The views that this source has. Only words and strokes can be recorded."""
        if self.kind() not in ("sound", "motion"):
            return ["live", "tune", "health"]
        teach = ["teach"] if has_methods(self.info.task, self.info.is_sound) else []
        return ["live", "tune", "record", *teach, "review", "health"]

    def _recording_labels(self) -> list[str]:
        """What is suggested to be recorded."""
        words = list(self.chain.model.words)
        return words if self.info.is_sound else [*words, NONE_LABEL]

    async def _report_health(self) -> None:
        """Send the counters while somebody watches."""
        while True:
            await asyncio.sleep(HEALTH_EVERY_S)
            if self.view.active:
                self.clients.send(json.dumps({"health": self.health()}), live=True)

    def health(self) -> dict[str, Any]:
        return {
            **self.sink.health(),
            "browsers": len(self.clients),
            "browsers_dropped": self.clients.dropped,
            "messages_lost": self.server.lost,
        }

    def _watched_by(self, clients: int) -> None:
        self.view.active = clients > 0
        self.info.controls.longest_wait_s = WATCHED_WAIT_S if clients else float("inf")


class _ClosingSink(PageSink):
    """Ends the server when the outputs are closed."""

    def __init__(self, info: StreamInfo, view: LiveView, send: Send, page: Page) -> None:
        super().__init__(info, view, send)
        self._page = page

    def show(self, event: RunEvent) -> None:
        super().show(event)
        if self.ended:
            self._page.send_state()

    def change_info(self, info: StreamInfo) -> None:
        super().change_info(info)
        self._page.use_model(info)

    def close(self) -> None:
        self._page.teaching.teacher.close()
        self._page.server.close()


def computes_scores(model: Model) -> bool:
    """Whether a score for each label follows from a window: no waveform, and no embedding."""
    labels = len(model.labels)
    return model.settings.output_shapes(labels) == [[1, labels]]


def _spectrogram(specification: dict[str, Any]) -> dict[str, Any] | None:
    if specification["kind"] != "sound":
        return None
    front_end = specification["front_end"]
    return {
        "bins": front_end["coefficients"] or front_end["mels"],
        "step_s": front_end["hop"] / front_end["rate_hz"],
        "low_hz": front_end["low_hz"],
        "high_hz": front_end["high_hz"],
        "lowest": LOWEST,
        "steps": STEPS,
    }
