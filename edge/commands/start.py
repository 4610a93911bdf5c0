"""Where the console commands begin: a Ctrl-C while Python still imports them ends quietly, too.

On a Pi that takes a second or two. So this module, and its package, import nothing heavy.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module

# NumPy's products are small here. A thread a core would wait for larger ones, and to start them
# takes 40 ms of a cold start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _command(name: str) -> Callable[[], int]:
    def start() -> int:
        try:
            status: int = import_module(f"edge.commands.{name}").main()
        except KeyboardInterrupt:
            status = 130
        return status

    return start


airdigit_doctor = _command("airdigit_doctor")
airdigit_live = _command("airdigit_live")
airdigit_record = _command("airdigit_record")
edge_classify = _command("edge_classify")
kws_listen = _command("kws_listen")
sound_record = _command("sound_record")
sounddigit_listen = _command("sounddigit_listen")
edge_bench = _command("edge_bench")
