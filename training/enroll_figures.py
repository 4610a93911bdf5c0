"""Print how well enrolled words are recognised, with words the embedding was not trained on.

  python -m training.enroll_figures --data speech_commands speech_commands_extra \\
      --noise running_tap.flac dude_miaowing.flac --write

People who said the words five times enrol four takes of each. The fifth take, the words of other
people, and other words and noise then pass through the whole chain. Beside it stand the
figures by the protocol of local-wake. The enrolment is timed in a process of its own.
--write stores the figures in the file of the embedding, from which kws-enroll tells users what to
expect of other people. Allow ten minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as training.kws

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.enroll.embedding_file import EmbeddingFile
from edge.errors import EdgeError
from training.common.atomic_write import write_file
from training.common.intervals import poisson_interval, wilson_interval
from training.common.provenance import command_line, file_names, folder_names
from training.sound.data.recordings import load_samples
from training.sound.embedding import export
from training.sound.embedding.clip_test import TAKES, ClipFigures, measure_clips
from training.sound.embedding.config import KEPT_OUT, EmbeddingConfig
from training.sound.embedding.enrolment_cost import EnrolmentCost, measure_cost
from training.sound.embedding.live_test import LiveFigures, measure_live
from training.sound.embedding.people import TAKES_OF_TESTED, find_clips, tested_speakers
from training.sound.evaluate.long_audio import RATE

DEFAULT_FILE = EmbeddingConfig.out


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.enroll_figures", __doc__)
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DIR", help="Speech Commands, as sound"
    )
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )
    parser.add_argument(
        "--embedding", type=Path, default=DEFAULT_FILE, metavar="FILE", help="the file to measure"
    )
    parser.add_argument(
        "--folds", type=int, default=1, choices=range(1, 6), help="later takes of each person (1)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.md", help="write the table to a file too")
    parser.add_argument(
        "--write",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="store the figures in the file of the embedding",
    )
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> None:
    file = EmbeddingFile.read(args.embedding)
    clips = find_clips(args.data)
    if not tested_speakers(clips):
        raise EdgeError(
            f"nobody says one of {', '.join(KEPT_OUT)} {TAKES_OF_TESTED} times: give more --data"
        )
    noise = [load_samples(Path(path), RATE) for path in args.noise]
    live = measure_live(file, clips, noise, folds=args.folds)
    by_clip = measure_clips(file, clips)
    cost = measure_cost(clips)
    options = {
        "--data": folder_names(args.data),
        "--noise": file_names(args.noise),
        "--folds": args.folds,
    }
    command = command_line("training.enroll_figures", options)
    text = "\n".join(table(live, by_clip, cost, command))
    print(text)
    if args.out:
        write_file(args.out, text + "\n")
    if args.write:
        measured = {
            "speaker": round(live.own_detected / max(1, live.own), 3),
            "others": round(live.others_detected / max(1, live.others), 3),
            "false_per_hour": round(live.false_accepts / live.hours, 2),
        }
        write_file(args.embedding, export.content(replace(file, measured=measured)))


def table(
    live: LiveFigures, by_clip: ClipFigures, cost: EnrolmentCost, command: str
) -> Iterator[str]:
    yield f"`{command}`"
    yield ""
    yield "| measured | result | 95 % interval |"
    yield "|---|---|---|"
    yield f"| enrolled: 4 takes of {', '.join(KEPT_OUT)} | {live.models} models | |"
    yield _share("later takes of the same person", live.own_detected, live.own)
    yield _share("the words by other people", live.others_detected, live.others)
    low, high = poisson_interval(live.false_accepts)
    yield (
        f"| false accepts an hour, other words and noise ({live.hours:.1f} h) | "
        f"{live.false_accepts / live.hours:.1f} | {low / live.hours:.1f} to "
        f"{high / live.hours:.1f} |"
    )
    expected = live.expected_own / max(1, live.own)
    yield f"| predicted by kws-enroll for the same person | {expected:.0%} | |"
    own = _clips(by_clip.own, by_clip.false_own)
    yield f"| protocol of local-wake, {TAKES} takes: own voice | {own} | |"
    yield (
        f"| protocol of local-wake, {TAKES} takes: other people | "
        f"{_clips(by_clip.others, by_clip.false_others)} | |"
    )
    yield (
        f"| enrolment of {cost.words} words, {cost.takes} takes: processor time, memory | "
        f"{cost.processor_s:.1f} s, {cost.memory_mb:.0f} MB | |"
    )


def _share(what: str, detected: int, count: int) -> str:
    low, high = wilson_interval(detected, count)
    return f"| {what} ({count}) | {detected / max(1, count):.0%} | {low:.0%} to {high:.0%} |"


def _clips(accepted: float, false: float) -> str:
    return f"{accepted:.1%} of the words, {false:.1%} of other words"


if __name__ == "__main__":
    sys.exit(main())
