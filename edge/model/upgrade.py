"""Rewrite model files of manifest format 1 in the current format. The network is not changed.

python -m edge.model.upgrade mine.tflite --out mine2.tflite
python -m edge.model.upgrade models/*.tflite           replace these files
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.errors import EdgeError, ModelError
from edge.formats.atomic_write import atomic_write
from edge.model.manifest import FORMAT, Manifest
from edge.model.model_file import attach, damaged, parse_document, parse_model
from edge.text import one_line

DECISION_KEYS = {
    "asked": "word_prior",
    "silent": "background_labels",
    "none": "none_label",
    "curve": "operating_points",
    "held_back": "strict_words",
    "held_s": "max_hold_s",
    "release": "release_ratio",
}
METRIC_KEYS = {"judged": "validation"}
POINT_KEYS = {
    "false": "false_accepts",
    "false_clips": "false_accept_clips",
    "most": "upper_limit",
    "hits": "hit_rate",
}


def upgraded(data: bytes, name: str) -> bytes:
    """The same model with a manifest of the current format; ModelError if it is not a model."""
    network, document = parse_document(data, name)
    if document.get("format") != 1:
        parse_model(data, name)  # raises if it is not of the current format
        return data
    try:
        decision = _renamed_settings(document["decision"])
        provenance = _renamed_metrics(document["provenance"])
        current = {**document, "format": FORMAT, "decision": decision, "provenance": provenance}
        return attach(network, Manifest.from_document(current))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(name, error) from None


def _renamed_settings(values: dict[str, Any]) -> dict[str, Any]:
    renamed = _renamed(values, DECISION_KEYS)
    if "operating_points" in renamed:
        renamed["operating_points"] = [
            _renamed(point, POINT_KEYS) for point in renamed["operating_points"]
        ]
    return renamed


def _renamed_metrics(provenance: dict[str, Any]) -> dict[str, Any]:
    if "metrics" not in provenance:
        return provenance
    return {**provenance, "metrics": _renamed(provenance["metrics"], METRIC_KEYS)}


def _renamed(values: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in values.items()}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m edge.model.upgrade",
        None,
        (__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", nargs="+", type=Path, metavar="FILE.tflite")
    parser.add_argument(
        "--out", type=Path, metavar="FILE.tflite", help="the new file (for one model only)"
    )
    args = parser.parse_args(argv)
    try:
        if args.out and len(args.models) > 1:
            raise ModelError("--out is for one model: give one, or leave --out out")
        for path in args.models:
            target = args.out or path
            atomic_write(target, upgraded(path.read_bytes(), str(path)))
            print(f"wrote {target}")
    except (EdgeError, OSError) as error:
        print(f"{parser.prog}: error: {one_line(str(error))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
