"""A process that measures one thing: one JSON line in, one out.

  echo '{"kind": "peak", "runtime": "ai_edge_litert"}' | python -m edge.bench.workers.worker

It is started anew for every measurement, so that memory and the first moments are that one's own,
and a runtime that crashes takes nothing with it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from typing import Any

MEASUREMENTS = {
    "model": "edge.bench.workers.measure:measure_model",
    "peak": "edge.bench.workers.measure:measure_peak",
    "profile": "edge.bench.workers.profile:measure_profile",
    "pipeline": "edge.bench.workers.pipeline:measure_pipeline",
}


def main() -> int:
    request: dict[str, Any] = json.loads(sys.stdin.readline())
    # Some native code prints; the answer must stay the only line on stdout.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if request.get("affinity"):
        os.sched_setaffinity(0, request["affinity"])  # before NumPy counts the cores
    module, _, name = MEASUREMENTS[request["kind"]].partition(":")
    request.setdefault("spawned_ns", time.monotonic_ns())
    from edge.errors import EdgeError

    try:
        result = getattr(import_module(module), name)(request)
    except EdgeError as error:
        result = {"error": str(error)}
    except Exception as error:  # whatever a runtime throws, the row says it
        reason = " ".join(str(error).split())
        result = {"error": f"{type(error).__name__}: {reason}"}
    answer.write(json.dumps(result) + "\n")
    answer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
