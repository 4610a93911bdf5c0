"""Call a function for every voice command: python examples/listen_callback.py

Without a microphone: python examples/listen_callback.py --mock
"""

from __future__ import annotations

import sys

import edge


def on_word(word: str) -> None:
    print(f"switching {word}" if word in ("on", "off") else f"heard {word}")


if "--mock" in sys.argv:
    events = edge.listen("kws", mock=True, words="on off left stop")
else:
    events = edge.listen("kws")
for event in events:
    on_word(event.label)
