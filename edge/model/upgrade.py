"""Rewrite a model file of manifest format 1 in today's format: the network stays the same.

python -m edge.model.upgrade mine.tflite --out mine2.tflite
python -m edge.model.upgrade models/*.tflite           rewrite the files themselves
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.errors import EdgeError, ModelError
from edge.model.archive import Damaged, read_members
from edge.model.manifest import MANIFEST, Manifest, attach, network_of, split

DECISION_KEYS = {
    "asked": "word_prior",
    "silent": "background_labels",
    "none": "none_label",
    "curve": "operating_points",
    "held_back": "strict_words",
    "held_s": "max_hold_s",
    "release": "release_ratio",
}
POINT_KEYS = {
    "false": "false_accepts",
    "false_clips": "false_accept_clips",
    "most": "upper_limit",
    "hits": "hit_rate",
}


def upgraded(data: bytes, name: str) -> bytes:
    """The same model with a manifest of today's format; ModelError if it is no model."""
    try:
        _, members = read_members(data, (MANIFEST,))
        document = json.loads(members[MANIFEST])
        version = document["format"]
    except (Damaged, KeyError, TypeError, ValueError):
        split(data, name)  # says what is wrong with it
        raise
    if version != 1:
        split(data, name)
        return data
    manifest = Manifest(
        task=document["task"],
        labels=document["labels"],
        input=document["input"],
        decision=_decision(document["decision"]),
        provenance=document["provenance"],
    )
    return attach(network_of(data), manifest)


def _decision(values: dict[str, Any]) -> dict[str, Any]:
    renamed = {DECISION_KEYS.get(key, key): value for key, value in values.items()}
    if "operating_points" in renamed:
        renamed["operating_points"] = [
            {POINT_KEYS.get(key, key): value for key, value in point.items()}
            for point in renamed["operating_points"]
        ]
    return renamed


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m edge.model.upgrade",
        None,
        (__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", nargs="+", type=Path, metavar="FILE.tflite")
    parser.add_argument("--out", type=Path, metavar="FILE.tflite", help="of one model only")
    args = parser.parse_args(argv)
    try:
        if args.out and len(args.models) > 1:
            raise ModelError("--out is for one model: give one, or leave --out out")
        for path in args.models:
            target = args.out or path
            new = upgraded(path.read_bytes(), str(path))
            beside = target.with_name(target.name + ".part")
            beside.write_bytes(new)
            os.replace(beside, target)
            print(f"wrote {target}")
    except (EdgeError, OSError) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
