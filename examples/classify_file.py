"""Say which digit a recording holds: python examples/classify_file.py examples/recordings/3.csv"""

from __future__ import annotations

import sys

import edge

for file in sys.argv[1:]:
    result = edge.classify("airdigit", file)
    print(f"{file}: {result.label} ({result.score:.2f})")
