"""Signed offers of a shipped model, and a recognition that only notes which model is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.fleet.offer import Offer, Plan
from edge.fleet.signature import SigningKey
from edge.fleet.store import ModelStore, StoredModel
from edge.fleet.updater import Updater
from edge.model import Model
from edge.model.digest import sha256
from edge.model.shipped import find_model

CONTENT = find_model("airdigit").read_bytes()
PLAN = Plan(minutes=0, events=1)


def signed_offer(
    key: SigningKey, url: str, version: int = 7, content: bytes = CONTENT, plan: Plan = PLAN
) -> dict[str, Any]:
    digest = sha256(content).hexdigest()
    return Offer("airdigit", "airdigit", version, digest, len(content), plan, url).document(key)


class Recognition:
    """`faults`: what the shadow run and the trial find."""

    def __init__(self, store: ModelStore, shadow: str = "", trial: str = "") -> None:
        self.store, self.faults = store, {"shadow": shadow, "trial": trial}
        self.used: StoredModel = store.state.current
        self.candidate: StoredModel | None = None

    def load(self, model: StoredModel) -> StoredModel:
        if model.version:
            Model.load(self.store.path(model), task="airdigit")
        return model

    def shadow(self, candidate: StoredModel, plan: Plan) -> str:
        self.candidate = candidate
        return self.faults["shadow"]

    def switch(self, plan: Plan) -> str:
        assert self.candidate is not None
        self.used = self.candidate
        return self.faults["trial"]

    def trial(self, former: StoredModel, plan: Plan) -> str:
        return self.faults["trial"]

    def use(self, candidate: StoredModel) -> None:
        self.used = candidate


class Device:
    """A device as after its start: the models in a folder, and the reports so far."""

    def __init__(self, folder: Path, keys: Path, **faults: str) -> None:
        self.reports: list[dict[str, Any]] = []
        self.store = ModelStore(folder)
        self.updater = Updater(self.store, "airdigit", keys)
        self.updater.connect(lambda found: self.reports.append(dict(found)))
        self.recognition = Recognition(self.store, **faults)
        self.recognition.used, _ = self.updater.started(self.recognition.load)

    def work(self) -> dict[str, Any]:
        """Do what is pending; return the last report."""
        self.updater.work(self.recognition)
        return self.reports[-1]

    def update(self, document: dict[str, Any]) -> dict[str, Any]:
        self.updater.offer(document)
        return self.work()

    @property
    def version(self) -> int:
        """The version of the model in use."""
        assert self.recognition.used == self.store.state.current
        return self.recognition.used.version
