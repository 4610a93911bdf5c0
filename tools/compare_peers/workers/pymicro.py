"""pymicro-wakeword, as its own command does it."""

from __future__ import annotations

from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model
from telling import Teller, pieces

teller = Teller()
model = MicroWakeWord.from_builtin(Model("okay_nabu"))
model.lib.TfLiteInterpreterInvoke = teller.counting(model.lib.TfLiteInterpreterInvoke)
front_end = MicroWakeWordFeatures()
for piece in pieces():
    for features in front_end.process_streaming(piece):
        model.process_streaming(features)
teller.tell(bytes=model.tflite_model.stat().st_size)
