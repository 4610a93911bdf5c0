"""Entry points of the console commands, which end without a traceback on Ctrl-C during the imports.

The imports of a command take a second or two on a Pi. This module and its package import nothing
heavy, so the handler is active before they begin.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module

# By default, OpenBLAS starts one thread per core for matrix products, which takes 40 ms of a cold
# start. The products here are too small to benefit from threads.
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
ecg_live = _command("ecg_live")
edge_convert = _command("edge_convert")
edge_fleet = _command("edge_fleet")
edge_info = _command("edge_info")
edge_live = _command("edge_live")
edge_classify = _command("edge_classify")
edge_completion = _command("edge_completion")
edge_service = _command("edge_service")
kws_enroll = _command("kws_enroll")
kws_listen = _command("kws_listen")
sound_record = _command("sound_record")
sounddigit_listen = _command("sounddigit_listen")
edge_bench = _command("edge_bench")
