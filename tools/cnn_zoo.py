"""Which convolutional networks fit on this computer: size, multiplications, latency and memory.

  python -m tools.cnn_zoo --out new_zoo.md --png new_zoo.png
  python -m tools.cnn_zoo --only LeNet-5 MobileNet --out new_small.md

Each network is built by Keras with random weights, converted to full int8 with random images, and
measured by edge-bench (ai_edge_litert, one thread, a second each). The largest take minutes and
gigabytes to convert: --minutes ends a conversion that takes longer, and the row then says so. It
needs the extra `training`. The weights do not matter for what is measured; the accuracy of a
network is that of its paper.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.formats.atomic_write import atomic_write

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BENCH = ("--processes", "1", "--seconds", "1", "--runs", "5", "--timeout", "300")
EXAMPLES = 2  # random images that set the int8 ranges
# By name in the table: the class of keras.applications, or a function of this module.
NETWORKS = {
    "LeNet-5": "lenet",
    "AlexNet": "alexnet",
    "MobileNetV3Small": "MobileNetV3Small",
    "MobileNet": "MobileNet",
    "MobileNetV2": "MobileNetV2",
    "MobileNetV3Large": "MobileNetV3Large",
    "NASNetMobile": "NASNetMobile",
    "EfficientNetB0": "EfficientNetB0",
    "EfficientNetV2B0": "EfficientNetV2B0",
    "DenseNet121": "DenseNet121",
    "ResNet50": "ResNet50",
    "ResNet50V2": "ResNet50V2",
    "InceptionV3": "InceptionV3",
    "Xception": "Xception",
    "ConvNeXtTiny": "ConvNeXtTiny",
    "ResNet101": "ResNet101",
    "InceptionResNetV2": "InceptionResNetV2",
    "EfficientNetB4": "EfficientNetB4",
    "NASNetLarge": "NASNetLarge",
    "VGG16": "VGG16",
    "VGG19": "VGG19",
}
COLUMNS = ("network", "input", "parameters", "MACs", "int8", "latency", "memory", "note")
Row = dict[str, Any]


def lenet() -> Any:
    """LeNet-5 (LeCun and others 1998), with the softmax that later copies have."""
    from tensorflow.keras import Input, Sequential, layers

    return Sequential(
        [
            Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(120, 5, activation="tanh"),
            layers.Flatten(),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def alexnet() -> Any:
    """AlexNet (Krizhevsky and others 2012), without the division over two GPUs."""
    from tensorflow.keras import Input, Sequential, layers

    return Sequential(
        [
            Input((227, 227, 3)),
            layers.Conv2D(96, 11, strides=4, activation="relu"),
            layers.MaxPooling2D(3, 2),
            layers.Conv2D(256, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(3, 2),
            layers.Conv2D(384, 3, padding="same", activation="relu"),
            layers.Conv2D(384, 3, padding="same", activation="relu"),
            layers.Conv2D(256, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(3, 2),
            layers.Flatten(),
            layers.Dense(4096, activation="relu"),
            layers.Dense(4096, activation="relu"),
            layers.Dense(1000, activation="softmax"),
        ]
    )


def build(name: str, folder: Path) -> None:
    """Write the int8 network and its facts to a folder; this runs in a process of its own."""
    import numpy as np
    from tensorflow import keras

    from edge.convert.network import FloatNetwork
    from edge.convert.quantise import int8_network

    makers: Mapping[str, Callable[[], Any]] = {"lenet": lenet, "alexnet": alexnet}
    chosen = NETWORKS[name]
    if chosen in makers:
        network = makers[chosen]()
    else:
        # Without softmax: random weights give outputs so alike that no int8 scale shows them.
        # Some have no size of their own.
        sizes = {"input_shape": (224, 224, 3)} if chosen.startswith("MobileNetV3") else {}
        network = getattr(keras.applications, chosen)(
            weights=None, classifier_activation=None, **sizes
        )
    shape = tuple(network.inputs[0].shape[1:])
    images = np.random.default_rng(0).uniform(0, 1, (EXAMPLES, *shape)).astype(np.float32)
    converted = int8_network(
        FloatNetwork(shape, lambda x: network(x, training=False), kept=network), images
    )
    (folder / f"{name}.tflite").write_bytes(converted)
    facts = {"input": "x".join(map(str, shape)), "parameters": network.count_params()}
    (folder / f"{name}.json").write_text(json.dumps(facts))


def measure(name: str, folder: Path, seconds: float) -> Row:
    """The row of one network."""
    row: Row = {"network": name, "note": ""}
    command = [sys.executable, "-m", "tools.cnn_zoo", "--build", name, "--out", str(folder)]
    try:
        built = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return row | {"note": f"conversion ended after {seconds / 60:g} minutes"}
    model = folder / f"{name}.tflite"
    if built.returncode or not model.exists():
        lines = built.stderr.strip().splitlines() or [f"ended with {built.returncode}"]
        return row | {"note": lines[-1][:100]}
    row |= json.loads((folder / f"{name}.json").read_text())
    row["bytes"] = model.stat().st_size
    code = "import sys; from edge.commands.edge_bench import main; sys.exit(main())"
    options = ["--runtime", "ai_edge_litert", *BENCH, "--json", "-"]
    measured = subprocess.run(
        [sys.executable, "-c", code, str(model), *options], capture_output=True, text=True
    )
    model.unlink()
    if not measured.stdout:
        return row | {"note": (measured.stderr.strip().splitlines() or ["not measured"])[-1][:100]}
    (found,) = json.loads(measured.stdout)["models"]
    if "error" in found:
        return row | {"note": found["error"][:100]}
    latency_ms = found["latency_us"]["p50"] / 1e3
    return row | {"macs": found["macs"], "p50_ms": latency_ms, "peak_mb": found["peak_mb"]}


def markdown(rows: Sequence[Row]) -> str:
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---|---|" + "---:|" * 5 + "---|"]
    for row in rows:
        cells = (
            row["network"],
            row.get("input", "-"),
            _shown(row.get("parameters"), 1e6, "M"),
            _shown(row.get("macs"), 1e6, "M"),
            _shown(row.get("bytes"), 1e6, "MB"),
            _shown(row.get("p50_ms"), 1, "ms"),
            _shown(row.get("peak_mb"), 1, "MB"),
            row["note"] or "",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _shown(value: float | None, unit: float, name: str) -> str:
    return "-" if value is None else f"{value / unit:.3g} {name}"


def plot(rows: Sequence[Row], path: Path) -> None:
    """Latency against size, both logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    known = [row for row in rows if "p50_ms" in row]
    figure, axes = pyplot.subplots(figsize=(9, 6))
    for row in known:
        axes.scatter(row["bytes"] / 1e6, row["p50_ms"], s=20, color="tab:blue")
        axes.annotate(
            row["network"], (row["bytes"] / 1e6, row["p50_ms"]), (4, 3),
            textcoords="offset points", fontsize=8,
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="int8 model in MB", ylabel="latency in ms")
    axes.grid(True, which="both", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.cnn_zoo", __doc__ or "")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.md", help="the table")
    parser.add_argument("--png", type=Path, metavar="FILE.png", help="a plot of size and latency")
    parser.add_argument(
        "--only", nargs="+", choices=NETWORKS, metavar="NAME", help="these networks"
    )
    parser.add_argument(
        "--minutes", type=float, default=10.0, metavar="N",
        help="the longest conversion of one network (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument("--build", choices=NETWORKS, help=argparse.SUPPRESS)
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> None:
    if args.build:
        build(args.build, args.out)
        return
    if not args.out.parent.is_dir():
        raise EdgeError(f"--out {args.out}: the folder does not exist")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in args.only or NETWORKS:
            began = monotonic()
            rows.append(measure(name, Path(folder), args.minutes * 60))
            print(f"{name}: {monotonic() - began:.0f} s {rows[-1]['note']}", file=sys.stderr)
            atomic_write(args.out, markdown(rows).encode())  # what is measured so far
    if args.png:
        plot(rows, args.png)
    print(markdown(rows), end="")


if __name__ == "__main__":
    sys.exit(main())
