"""pyopen-wakeword, as its own command does it."""

from __future__ import annotations

from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures
from telling import Teller, pieces

teller = Teller()
model = OpenWakeWord.from_builtin(Model("okay_nabu"))
front_end = OpenWakeWordFeatures.from_builtin()
for piece in pieces():
    for features in front_end.process_streaming(piece):
        for _ in model.process_streaming(features):
            teller.decided()
files = (model.tflite_model, front_end.mel_path, front_end.emb_path)
teller.tell(bytes=sum(file.stat().st_size for file in files))
