"""Show what a model is: its labels, input, thresholds, operators, memory and provenance.

edge-info airdigit                  a shipped model by its name
edge-info my_words.tflite           a model file, or any other TFLite file
edge-info kws --json | jq .network  one JSON object, with the whole manifest
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.model.information import information
from edge.model.shipped import find_model
from edge.text import printable

NAME_WIDTH = 12  # characters


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("edge-info", __doc__)
    parser.add_argument("model", metavar="MODEL", help="a shipped model or a .tflite file")
    parser.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="print one JSON object",
    )
    add_common(parser)
    return run_command(parser, _show, argv)


def _show(args: argparse.Namespace) -> None:
    found = information(find_model(args.model))
    if args.json:
        print(json.dumps(found))
        return
    for name, text in _lines(found):
        print(f"{name:{NAME_WIDTH}} {printable(text)}")


def _lines(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "file", f"{found['file']}, {found['bytes']} bytes"
    manifest = found.get("manifest")
    if manifest is None:
        yield "manifest", "none: the labels and the input of this network are unknown"
    else:
        yield from _manifest_lines(manifest)
    network = found["network"]
    for name in ("inputs", "outputs"):
        tensor, *states = network[name]
        shape = " x ".join(map(str, tensor["shape"]))
        more = f", and {len(states)} of its state" if states else ""
        yield name[:-1], f"{tensor['type']}, {shape}{more}"
    counts = (f"{count} {name}" for name, count in network["operators"].items())
    yield "operators", ", ".join(counts)
    more = f", without {', '.join(network['uncounted_operators'])}"
    macs = f"{network['macs']:,} multiply-accumulate operations an inference"
    yield "computation", macs + (more if network["uncounted_operators"] else "")
    yield (
        "memory",
        f"{network['weights_bytes']:,} bytes of weights, {network['activations_bytes']:,} bytes "
        "of activations",
    )
    if manifest is not None:
        yield from _provenance_lines(manifest["provenance"])
    yield "sha256", found["sha256"]


def _manifest_lines(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "task", str(manifest["task"])
    yield "labels", ", ".join(manifest["labels"])
    sensor = manifest["input"].get("sensor", {})
    channels = ", ".join(sensor.get("channels", ()))
    needs = f"{channels} at {sensor.get('rate_hz')} Hz"
    kind = manifest["input"]["kind"]
    yield "features", f"{kind}, hash {manifest['input_hash']}, of {needs}"
    settings = {
        name: value
        for name, value in manifest["decision"].items()
        if isinstance(value, (int, float, str)) and name != "kind"
    }
    shown = ", ".join(f"{name} {value}" for name, value in settings.items())
    yield "decision", ", ".join(filter(None, (manifest["decision"]["kind"], shown)))
    thresholds = manifest["decision"].get("thresholds")
    if isinstance(thresholds, Mapping):
        yield "thresholds", ", ".join(f"{label} {value}" for label, value in thresholds.items())


def _provenance_lines(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "command" in provenance:
        yield "made by", str(provenance["command"])
    for corpus in provenance.get("corpora", ()):
        yield "trained on", str(corpus)
    for name, version in provenance.get("versions", {}).items():
        yield "with", f"{name} {version}"
