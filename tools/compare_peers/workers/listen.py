"""The command itself, with each call of the network counted. MODEL [CLIPS]"""

from __future__ import annotations

import sys
from typing import Any

from telling import Teller, seconds_of


def main() -> int:
    model, *clips = sys.argv[1:]
    teller = Teller()
    if clips:
        teller.tell(heard=_heard(model, clips[0]))
        return 0
    from edge.commands import start  # first, as where the command begins
    from edge.model import Model

    loaded = {}
    load = Model.load

    def loading(*arguments: Any) -> Model:
        found = loaded["model"] = load(*arguments)
        found.scores = teller.counting(found.scores)  # type: ignore[method-assign]
        return found

    Model.load = loading  # type: ignore[method-assign, assignment]
    sys.argv = ["kws-listen", "--pcm", "--json", "--model", model]
    status = start.kws_listen()
    teller.tell(bytes=loaded["model"].path.stat().st_size)
    return status


def _heard(name: str, clips: str) -> list[str]:
    import numpy as np

    from edge.model import Model
    from edge.samples import AUDIO, Chunk

    model = Model.load(name, task="kws")
    heard = []
    for clip in seconds_of(clips):
        samples = (np.frombuffer(clip, "<i2") / 32768).astype(np.float32)
        chunk = Chunk(np.arange(len(samples)) / 16000, samples[:, None])
        heard.append(model.labels[int(model.score_recording(chunk, AUDIO).argmax())])
    return heard


sys.exit(main())
