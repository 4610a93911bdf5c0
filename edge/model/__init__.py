"""A model file: the network, its manifest, and the checks that this edge-sense can run it.

To recognise a recording in a program of your own:

    model = Model.load("airdigit")
    scores = model.score_recording(chunk)  # a Chunk with the samples of one stroke
    print(dict(zip(model.labels, scores)))
"""

from edge.model.manifest import Manifest
from edge.model.model import Model
from edge.model.model_file import attach, read_manifest

__all__ = ["Manifest", "Model", "attach", "read_manifest"]
