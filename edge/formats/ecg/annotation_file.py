"""The annotations of a WFDB record (.atr): which beat is where, as cardiologists found it.

https://physionet.org/physiotools/wag/annot-5.htm describes the format.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.errors import RecordingError

# The codes of annotations that mark a beat, and the class of AAMI EC57 that each beat belongs to.
# https://physionet.org/physiotools/wag/annot-5.htm lists the codes.
AAMI_CLASSES = {
    1: "N",  # normal
    2: "N",  # left bundle branch block
    3: "N",  # right bundle branch block
    34: "N",  # atrial escape
    11: "N",  # nodal escape
    25: "N",  # bundle branch block, unspecified
    4: "S",  # aberrated atrial premature
    7: "S",  # nodal premature
    8: "S",  # atrial premature
    9: "S",  # supraventricular premature
    35: "S",  # supraventricular escape
    5: "V",  # premature ventricular contraction
    10: "V",  # ventricular escape
    41: "V",  # R on T premature ventricular contraction
    6: "F",  # fusion of ventricular and normal
    12: "Q",  # paced
    38: "Q",  # fusion of paced and normal
    13: "Q",  # unclassifiable
    30: "Q",  # unclassified during learning
}
LABELS = ("N", "S", "V", "F", "Q")
FLUTTER_BEGINS, FLUTTER_ENDS = 32, 33  # of the ventricles: there are no single beats between

_SKIP, _NUM, _SUB, _CHANNEL, _AUX = 59, 60, 61, 62, 63  # codes that are no annotations


@dataclass(frozen=True)
class Annotation:
    sample: int
    """Number of the sample that it marks."""
    code: int
    """What it marks; AAMI_CLASSES has the codes of beats."""


def parse(data: bytes) -> list[Annotation]:
    """The annotations in the content of a .atr file, in the order of time."""
    found: list[Annotation] = []
    sample = at = 0
    while at + 2 <= len(data):
        word = int.from_bytes(data[at : at + 2], "little")
        code, value = word >> 10, word & 0x3FF
        at += 2
        if word == 0:
            return found
        if code == _SKIP:  # the next interval has four bytes, the high word first
            high = int.from_bytes(data[at : at + 2], "little", signed=True)
            sample += (high << 16) + int.from_bytes(data[at + 2 : at + 4], "little")
            at += 4
        elif code == _AUX:  # a text; it is padded to an even length
            at += value + value % 2
        elif code not in (_NUM, _SUB, _CHANNEL):
            sample += value
            found.append(Annotation(sample, code))
    raise RecordingError("has annotations that are cut off: copy the .atr file again")
