"""A model and what belongs to it, in one file.

To recognise a recording from a program of your own:

    model = Model.load("airdigit")
    scores = model.score_recording(chunk)  # a Chunk of samples with one stroke in it
    print(dict(zip(model.labels, scores)))
"""

from edge.model.manifest import Manifest, attach, read_manifest
from edge.model.model import Model

__all__ = ["Manifest", "Model", "attach", "read_manifest"]
