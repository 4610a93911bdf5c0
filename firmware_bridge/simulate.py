"""An Arduino with a motion sensor in a simulated hand, on a serial port: no hardware needed.

The Arduino runs the sketch that this project ships, compiled for it. What it is on is a
pseudo-terminal that every program takes for a serial port:

  python -m firmware_bridge.simulate                 prints where it is
  airdigit-live --port /dev/pts/3                    in another terminal
  python -m firmware_bridge.simulate --nacks 10 5    a loose wire, 10 s after the start, for 5 s
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command, until_signal
from edge.simulation.chip.mpu6050 import KINDS, EmulatedMPU6050
from edge.source.i2c.mpu6050 import ADDRESSES
from edge.source.i2c.source import address
from edge.source.simulated.hand import digits, seed
from firmware_bridge import machine
from firmware_bridge.legacy_sketch import LegacySketch
from firmware_bridge.motion import HandMotion
from firmware_bridge.port import Board, Port, serve

BOARDS = {"uno": machine.uno, "esp32": machine.esp32}
RESETS = {"uno": True, "esp32": False, "legacy": True}  # when its port is opened


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser("python -m firmware_bridge.simulate", __doc__ or "")
    _add_options(parser)
    add_common(parser)
    return run_command(parser, simulate, argv)


def simulate(args: argparse.Namespace) -> None:
    hand = HandMotion(args.digits, args.seed)
    board, faults = _board(args, hand)
    port = Port()
    print(f"The board is on {port.path}. In another terminal:\n")
    print(f"  airdigit-live --port {port.path}\n")
    print("Ctrl-C ends it.", flush=True)
    with until_signal() as asked:

        def stopping() -> bool:
            while faults and board.clock() >= faults[0][0]:
                _, happen, what = faults.pop(0)
                happen()
                print(f"{board.clock():.1f} s: {what}", file=sys.stderr)
            return asked()

        serve(board, port, stopping, RESETS[args.board], hand.begin)
    port.close()


Fault = tuple[float, Callable[[], None], str]


def _board(args: argparse.Namespace, hand: HandMotion) -> tuple[Board, list[Fault]]:
    """The board, and what happens to its sensor when."""
    if args.board == "legacy":
        return LegacySketch(hand), []
    board = BOARDS[args.board]()
    chip = EmulatedMPU6050(hand, board.clock, args.who_am_i, args.address, hand.rate_error)
    board.chips.append(chip)
    faults: list[Fault] = []
    for at, seconds in args.nacks:
        happen = lambda seconds=seconds: chip.nack(seconds=seconds)  # noqa: E731
        faults.append((at, happen, f"the sensor does not answer for {seconds:g} s"))
    for at, seconds in args.power_off:
        faults.append((at, chip.power_off, "the sensor has no power"))
        faults.append((at + seconds, chip.power_on, "the sensor has power again"))
    return board, sorted(faults, key=lambda fault: fault[0])


def _add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("the hand")
    group.add_argument(
        "--digits",
        type=digits,
        metavar="STRING",
        help="draw these and rest (default: random without end)",
    )
    group.add_argument("--seed", type=seed, default=0, metavar="N", help="which people they are")
    group = parser.add_argument_group("the board")
    group.add_argument(
        "--board",
        choices=RESETS,
        default="uno",
        help="uno: its firmware in simavr; esp32: its sketch on this computer; legacy: what the "
        "course's sketch prints (default: %(default)s)",
    )
    group = parser.add_argument_group("its sensor (not with --board legacy)")
    group.add_argument(
        "--who-am-i",
        type=_who_am_i,
        default=0x68,
        metavar="ID",
        help=f"which chip it is: {', '.join(f'0x{kind:02X}' for kind in KINDS)}",
    )
    group.add_argument(
        "--address", type=address, default=ADDRESSES[0], metavar="ADDRESS", help="0x68 or 0x69"
    )
    for name, what in (("--nacks", "does not answer"), ("--power-off", "has no power")):
        group.add_argument(
            name,
            nargs=2,
            type=float,
            action="append",
            default=[],
            metavar=("AT", "SECONDS"),
            help=f"it {what} for so long, at this time since the start; may be repeated",
        )


def _who_am_i(text: str) -> int:
    who = int(text, 0)
    if not 0 <= who <= 0xFF:
        raise argparse.ArgumentTypeError(f"{text} is no WHO_AM_I: a byte, such as 0x68")
    return who


if __name__ == "__main__":
    sys.exit(main())
