"""pymicro-wakeword, used as its own command uses it."""

from __future__ import annotations

from counting import DecisionCounter, blocks
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

counter = DecisionCounter()
model = MicroWakeWord.from_builtin(Model("okay_nabu"))
model.lib.TfLiteInterpreterInvoke = counter.counting(model.lib.TfLiteInterpreterInvoke)
front_end = MicroWakeWordFeatures()
for block in blocks():
    for features in front_end.process_streaming(block):
        model.process_streaming(features)
counter.write_report(bytes=model.tflite_model.stat().st_size)
