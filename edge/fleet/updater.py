"""Bring one device to a new model, step by step; each step is stored before it takes effect.

    downloading -> shadow (the old model is used) -> trial (the new one is used) -> idle

After a power loss the step that was stored last is done again. Whatever goes wrong, the device has
the old model, and reports why.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from edge.errors import EdgeError
from edge.fleet.download import download
from edge.fleet.offer import Offer, Plan
from edge.fleet.signature import Refused, read_keys
from edge.fleet.store import DOWNLOADING, IDLE, SHADOW, TRIAL, ModelStore, State, StoredModel
from edge.model.digest import file_sha256
from edge.text import one_line

log = logging.getLogger(__name__)

MAX_STARTS = 3  # of the command in one phase; then the new model is not used any more
DONE, REFUSED, FAILED, ROLLED_BACK = "done", "refused", "failed", "rolled_back"


class Stopped(Exception):
    """The command ends while an update is in progress; it goes on at the next start."""


class Recognition(Protocol):
    """The recognition whose model is exchanged. A candidate is a loaded model."""

    def load(self, model: StoredModel) -> Any:
        """A candidate; EdgeError if it cannot be used with this source."""

    def shadow(self, candidate: Any, plan: Plan) -> str:
        """Run a candidate in the shadow; return its fault, or "" if it is good."""

    def switch(self, plan: Plan) -> str:
        """Use the candidate that ran in the shadow; return its fault, after which the old model
        is used again, or ""."""

    def trial(self, former: Any, plan: Plan) -> str:
        """As `switch`, for a new model that is used already since the command was started."""

    def use(self, candidate: Any) -> None:
        """Use a candidate at once."""


class Updater:
    """`offer` and `roll_back` are called by the thread of the connection, `work` by another."""

    def __init__(self, store: ModelStore, task: str, keys: Path) -> None:
        self.store, self._task, self._keys = store, task, keys
        self._report: Callable[[Mapping[str, Any]], None] = lambda found: None
        self._wake = threading.Condition()
        self._stopping = False
        self._rollback_requested = False

    def connect(self, report: Callable[[Mapping[str, Any]], None]) -> None:
        """From now on, `report` gets the progress of an update; first, how the last one ended."""
        self._report = report
        self._publish_result()

    # For the operator

    def offer(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Accept an offer, or raise Refused; the update itself is done by `work`."""
        with self._wake:
            state = self.store.state
            try:
                offer = Offer.verified(document, read_keys(self._keys))
                self._check(offer, document, state)
            except EdgeError as error:
                log.warning("MQTT: a model is refused: %s", error)
                if state.phase == IDLE:
                    self._publish_phase(REFUSED, document, str(error))
                raise
            if state.phase == IDLE:
                self._change(phase=DOWNLOADING, offer=dict(document), starts=1)
                self._publish_phase(DOWNLOADING, document)
            self._wake.notify_all()
        return {"accepted": offer.version}

    def roll_back(self) -> dict[str, Any]:
        """Return to the model before this one, or end an update that is in progress."""
        with self._wake:
            state = self.store.state
            if state.phase == IDLE and state.previous is None:
                raise Refused("it has no earlier model")
            self._rollback_requested = True
            self._wake.notify_all()
        return {"accepted": True}

    def _check(self, offer: Offer, document: Mapping[str, Any], state: State) -> None:
        if offer.task != self._task:
            raise Refused(f"the model is for {offer.task}, and this device does {self._task}")
        if state.phase != IDLE:
            running = state.offer or {}
            if running.get("statement") != document.get("statement"):
                raise Refused(f"the update to version {_version(running)} is not finished")
        elif offer.version <= state.highest:
            raise Refused(
                f"version {offer.version} is not newer than {state.highest}, which was used already"
            )

    # For the start of the command

    def started(self, load: Callable[[StoredModel], Any]) -> tuple[StoredModel, Any]:
        """The model to use, and what `load` returned for it: the newest that can be loaded."""
        state = self.store.state
        if state.phase in (SHADOW, TRIAL):
            if state.starts >= MAX_STARTS:
                self._give_up(f"the command ended {state.starts} times while the model was tried")
            else:
                self.store.change_anyway(starts=state.starts + 1)
        while True:
            model = self.store.state.current
            try:
                if model.version and not self.store.is_intact(model):
                    raise EdgeError(f"{model.file} is damaged")
                return model, load(model)
            except EdgeError as error:
                if not model.version:
                    raise
                log.warning("the model of version %d cannot be used: %s", model.version, error)
                self._revert(f"it cannot be loaded: {error}")

    def stopped(self) -> None:
        """The command ends in order: that is not counted as a crash of the model."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self.store.state.phase in (SHADOW, TRIAL):
            self.store.change_anyway(starts=0)

    def wait(self, seconds: float) -> None:
        """Stopped if the command ends, Refused if the operator wants the old model."""
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or self._rollback_requested, seconds)
            if self._stopping:
                raise Stopped
            if self._rollback_requested:
                self._rollback_requested = False
                raise Refused("the operator requested it")

    def run(self, recognition: Recognition) -> None:
        """Do all updates until the command ends."""
        try:
            while True:
                self.work(recognition)
                with self._wake:
                    self._wake.wait_for(
                        lambda: (
                            self._stopping
                            or self._rollback_requested
                            or self.store.state.phase != IDLE
                        )
                    )
                    if self._stopping:
                        return
        except Stopped:
            pass

    def work(self, recognition: Recognition) -> None:
        """Do what is pending, until the device is idle."""
        # If the command was started in the trial, the new model is in use already.
        self._restarted = self.store.state.phase == TRIAL
        while self.store.state.phase != IDLE or self._rollback_requested:
            state = self.store.state
            try:
                if state.phase == IDLE:
                    self._rollback_requested = False
                    self._return_to_previous(recognition)
                    continue
                offer = Offer.verified(state.offer or {}, read_keys(self._keys))
                _STEPS[state.phase](self, offer, recognition)
            except Stopped:
                raise
            except Exception as error:  # whatever a new model does, the device keeps the old one
                self._undo(one_line(str(error) or type(error).__name__), recognition)

    # The steps

    def _download(self, offer: Offer, recognition: Recognition) -> None:
        part = self.store.part_path(offer)
        if self.store.is_intact(StoredModel.of(offer)):  # the power failed just after the download
            self._change(phase=SHADOW, starts=1)
            return
        for is_last in (False, True):
            download(
                offer.url,
                part,
                offer.size,
                self.wait,
                lambda received: self._publish_phase(
                    DOWNLOADING, self.store.state.offer, received=received
                ),
            )
            if file_sha256(part) == offer.sha256:
                break
            part.unlink()
            if is_last:
                raise Refused("the file at the URL is not the one that was signed")
        self.store.add(offer, part)
        self._change(phase=SHADOW, starts=1)

    def _shadow(self, offer: Offer, recognition: Recognition) -> None:
        if not self.store.is_intact(StoredModel.of(offer)):
            raise Refused("its file is damaged")
        candidate = recognition.load(StoredModel.of(offer))
        self._publish_phase(SHADOW, self.store.state.offer)
        log.info("the model of version %d runs in the shadow", offer.version)
        fault = recognition.shadow(candidate, offer.plan)
        if fault:
            raise Refused(fault)
        state = self.store.state
        self._change(
            phase=TRIAL,
            current=StoredModel.of(offer),
            previous=state.current,
            highest=max(offer.version, state.highest),
            starts=1,
        )

    def _try(self, offer: Offer, recognition: Recognition) -> None:
        self._publish_phase(TRIAL, self.store.state.offer)
        log.info("the model of version %d is used on trial", offer.version)
        if self._restarted:
            former = recognition.load(self.store.state.previous or StoredModel())
            fault = recognition.trial(former, offer.plan)
        else:
            fault = recognition.switch(offer.plan)
        if fault:
            raise Refused(fault)
        log.info("the model of version %d is good", offer.version)
        result = {"phase": DONE, "version": offer.version, "reason": None}
        self._change(phase=IDLE, offer=None, starts=0, result=result)
        self._publish_result()
        self.store.clean()

    def _undo(self, reason: str, recognition: Recognition) -> None:
        """End an update that failed, with the old model."""
        was_used = self.store.state.phase == TRIAL
        self._give_up(reason)
        if was_used:
            try:
                recognition.use(recognition.load(self.store.state.current))
            except Exception as error:  # the recognition goes on with what it has
                log.warning("the earlier model cannot be loaded: %s", error)

    def _give_up(self, reason: str) -> None:
        state = self.store.state
        if state.phase == TRIAL:
            self._revert(reason)
        else:
            self._end(FAILED, reason)

    def _revert(self, reason: str) -> None:
        """Store that the previous model is used."""
        former = self.store.state.previous or StoredModel()
        self._end(ROLLED_BACK, reason, current=former, previous=None)

    def _end(self, phase: str, reason: str, **changes: Any) -> None:
        state = self.store.state
        version = _version(state.offer) if state.offer else state.current.version
        log.warning("the model of version %s is %s: %s", version, phase.replace("_", " "), reason)
        result = {"phase": phase, "version": version, "reason": reason}
        changes |= {"phase": IDLE, "offer": None, "starts": 0, "result": result}
        self.store.change_anyway(**changes)
        self._publish_result()
        self.store.clean()

    def _return_to_previous(self, recognition: Recognition) -> None:
        with self._wake:
            previous = self.store.state.previous
            if previous is None:
                return
            candidate = recognition.load(previous)
            self._revert("the operator requested it")
        recognition.use(candidate)

    def _change(self, **changes: Any) -> None:
        try:
            self.store.change(**changes)
        except OSError as error:
            raise EdgeError(f"the state cannot be stored: {error.strerror or error}") from None

    def _publish_result(self) -> None:
        """Tell the operator how the last update ended."""
        result = self.store.state.result
        if result is not None:
            self._publish(result)

    def _publish_phase(
        self, phase: str, document: Mapping[str, Any] | None, reason: str | None = None, **more: int
    ) -> None:
        version = _version(document or {})
        self._publish({"phase": phase, "version": version, "reason": reason, **more})

    def _publish(self, found: Mapping[str, Any]) -> None:
        state = self.store.state
        self._report(
            {
                **found,
                "used_version": state.current.version,
                "earlier_version": state.previous.version if state.previous else None,
                "highest_version": state.highest,
            }
        )


_STEPS: dict[str, Callable[[Updater, Offer, Recognition], None]] = {
    DOWNLOADING: Updater._download,
    SHADOW: Updater._shadow,
    TRIAL: Updater._try,
}


def _version(document: Mapping[str, Any]) -> int | None:
    """The version that an offer states, which may be forged: only for messages."""
    try:
        version = json.loads(str(document.get("statement")))["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return version if isinstance(version, int) else None
