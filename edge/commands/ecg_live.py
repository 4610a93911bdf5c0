"""Find the heartbeats in an ECG, and the class of each beat: normal or one of four others.

  ecg-live --mock                     without electrodes: a simulated heart
  ecg-live --port auto                a board on USB that prints one number a line (AD8232)
  ecg-live --replay 100.hea           a record in the WFDB format, at the speed of the heart
  ecg-live --replay 100.hea --speed max --json | jq '[.t, .label]'   for another program

The classes are those of AAMI EC57: N normal, S supraventricular premature, V ventricular, F fusion
of both, Q paced or unclassifiable. A beat is shown about 1.5 s after its R peak, because the next
beat belongs to its rhythm. This is not a medical device: it must not be used for diagnosis.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.cli.live import LiveCommand, live
from edge.source import ECG_SOURCES

COMMAND = LiveCommand(
    prog="ecg-live",
    description=__doc__,
    task="ecg",
    sources=ECG_SOURCES,
    hint="Attach the electrodes and sit still: the first beats are shown after 5 s.",
)


def main(argv: Sequence[str] | None = None) -> int:
    return live(COMMAND, argv)
