"""How the models are trained and measured: the commands `python -m training.NAME`."""

from __future__ import annotations

import sys

from training.common import missing_extra

if sys.argv[:1] == ["-m"]:  # Python is about to run a command of this package
    missing_extra.explain()
