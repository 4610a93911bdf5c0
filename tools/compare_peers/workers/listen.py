"""The command kws-listen, with each call of the network counted. MODEL [CLIPS]"""

from __future__ import annotations

import sys
from typing import Any

from counting import RATE, DecisionCounter, clips, float_samples


def main() -> int:
    model, *clip_files = sys.argv[1:]
    counter = DecisionCounter()
    if clip_files:
        counter.write_report(labels=_classify(model, clip_files[0]))
        return 0
    from edge.commands import start  # the first import, as in the real command
    from edge.model import Model

    loaded = {}
    load = Model.load

    def load_and_count(*arguments: Any) -> Model:
        found = loaded["model"] = load(*arguments)
        found.scores = counter.counting(found.scores)  # type: ignore[method-assign]
        return found

    Model.load = load_and_count  # type: ignore[method-assign, assignment]
    sys.argv = ["kws-listen", "--pcm", "--json", "--model", model]
    status = start.kws_listen()
    counter.write_report(bytes=loaded["model"].path.stat().st_size)
    return status


def _classify(name: str, path: str) -> list[str]:
    """The label of each clip."""
    import numpy as np

    from edge.model import Model
    from edge.samples import Chunk

    model = Model.load(name, task="kws")
    labels = []
    for clip in clips(path):
        samples = float_samples(clip)
        chunk = Chunk(np.arange(len(samples)) / RATE, samples[:, None])
        labels.append(model.labels[int(model.score_recording(chunk).argmax())])
    return labels


sys.exit(main())
