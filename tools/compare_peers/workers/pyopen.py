"""pyopen-wakeword, used as its own command uses it."""

from __future__ import annotations

from counting import DecisionCounter, blocks
from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures

counter = DecisionCounter()
model = OpenWakeWord.from_builtin(Model("okay_nabu"))
front_end = OpenWakeWordFeatures.from_builtin()
for block in blocks():
    for features in front_end.process_streaming(block):
        for _ in model.process_streaming(features):
            counter.count()
files = (model.tflite_model, front_end.mel_path, front_end.emb_path)
counter.write_report(bytes=sum(file.stat().st_size for file in files))
