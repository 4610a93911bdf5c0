"""A worker process: it reads one request and makes one measurement, both a line of JSON.

  echo '{"kind": "peak", "runtime": "ai_edge_litert", "threads": 1, "warm_up": 1, "seconds": 1}' |
    python -m edge.bench.workers

Every measurement has a process of its own, so that memory and start-up time belong to one model
alone, and a crash of a runtime ends only one measurement.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from typing import Any

MEASUREMENTS = {
    "model": "edge.bench.workers.model_latency:measure_model",
    "peak": "edge.bench.workers.int8_peak:measure_peak",
    "profile": "edge.bench.workers.operator_profile:measure_profile",
    "pipeline": "edge.bench.workers.pipeline:measure_pipeline",
}


def main() -> int:
    request: dict[str, Any] = json.loads(sys.stdin.readline())
    # The answer must be the only line on stdout, so the output of native code goes to stderr.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if request.get("affinity"):
        os.sched_setaffinity(0, request["affinity"])  # before NumPy counts the cores
    module, _, name = MEASUREMENTS[request["kind"]].partition(":")
    request.setdefault("spawned_ns", time.monotonic_ns())
    from edge.errors import EdgeError
    from edge.text import one_line

    try:
        result = getattr(import_module(module), name)(request)
    except EdgeError as error:
        result = {"error": str(error)}
    except Exception as error:  # each runtime has exceptions of its own, and the row shows them
        reason = one_line(" ".join(str(error).split()))
        result = {"error": f"{type(error).__name__}: {reason}"}
    answer.write(json.dumps(result) + "\n")
    answer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
