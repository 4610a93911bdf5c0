"""The page of one run: its server, its sink, and what they share."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.chain import Chain
from edge.events import DeviceLost, Ready, RunEvent
from edge.fleet.comparison import ExchangeableChain
from edge.page.address import Address
from edge.page.library import Library
from edge.page.live_view import LiveView
from edge.page.model_choice import ModelChoice
from edge.page.page_state import page_state, views
from edge.page.recorder import Recorder
from edge.page.recording import StrokeRecorder, TakeRecorder, WordRecorder
from edge.page.review import Review
from edge.page.server import PageServer
from edge.page.sink import PageSink, Send
from edge.page.teaching import Teaching
from edge.page.token import stored_token
from edge.page.tuning import Tuning
from edge.page.watcher import Watcher
from edge.sink import StreamInfo

log = logging.getLogger(__name__)

HEALTH_EVERY_S = 1.0
WATCHED_WAIT_S = 0.08  # samples come this often while somebody watches
TOKEN_FILE, TAKES_FOLDER, DELETED_FOLDER, MODELS_FOLDER = "token", "takes", "deleted", "models"
REVIEW_FOLDER = "review"


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
        self._watcher = Watcher(chain.model, info, self.view, self.review, self.send)
        self._announced = False
        self.clients = Clients(self._watched_by, self.recorder.owner_left)
        self.sink = _ClosingSink(info, self.view, self.send, self)
        self.tuning = Tuning(chain.model, info.controls, settings.argv, settings.settings_file)
        self.sink.on_chunk += [self.recorder.feed, self.review.feed, self._watcher.pass_time]
        self.sink.on_event.append(self._show)
        chain.watch_window = self._watcher.add_window
        chain.features.watch_block = self.view.add_block

    def _show(self, event: RunEvent) -> None:
        """Called in the thread of the recognition, for each event."""
        if isinstance(event, (Ready, DeviceLost)) and not self._announced:
            self._announced = True  # not before: without a source, the command ends
            log.info("page: %s", self.link)
        self._watcher.show(event)

    def use_model(self, info: StreamInfo) -> None:
        """The chain has another model from now on."""
        self.info = info
        self.tuning.model = self.chain.model
        self.library.use_model(self.chain.model)
        self._watcher.use_model(self.chain.model, info)
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
        return page_state(self)

    def views(self) -> list[str]:
        return views(self.info)

    def take_recorder(self, label: str, speaker: str) -> TakeRecorder:
        """A recorder for this source; RecordingError if label or speaker cannot be used."""
        folder, ready = self.library.folder, self.sink.ready
        rate = self.info.rate if ready is None else ready.rate
        channels = self.info.channels if ready is None else ready.channels
        if self.info.is_sound:
            return WordRecorder(label, speaker, folder, rate)
        return StrokeRecorder(label, speaker, folder, rate, channels)

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
