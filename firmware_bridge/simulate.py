"""Simulate an Arduino with a motion sensor in a moving hand, on a serial port: needs no hardware.

The simulated Arduino runs the sketch of this project, compiled for it. Its port is a
pseudo-terminal, which every program takes for a serial port:

  python -m firmware_bridge.simulate                 prints the port
  airdigit-live --port /dev/pts/3                    in another terminal
  python -m firmware_bridge.simulate --nacks 10 5    a loose wire, 10 s after the start, for 5 s
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.cli.signals import until_signal
from edge.simulation.chip.mpu6050 import CHIP_KINDS, EmulatedMPU6050
from edge.simulation.seeds import seed
from edge.source.i2c.mpu6050 import ADDRESSES
from edge.source.i2c.source import address
from edge.source.simulated.hand import digits
from firmware_bridge.simulated_board import machine
from firmware_bridge.simulated_board.hand_motion import HandMotion
from firmware_bridge.simulated_board.legacy_sketch import LegacySketch
from firmware_bridge.simulated_board.serial_port import Board, PseudoSerialPort, serve

MACHINES = {"uno": machine.uno, "esp32": machine.esp32}
RESETS = {"uno": True, "esp32": False, "legacy": True}  # when its port is opened


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser("python -m firmware_bridge.simulate", __doc__ or "")
    _add_options(parser)
    add_common(parser)
    return run_command(parser, simulate, argv)


def simulate(args: argparse.Namespace) -> None:
    hand = HandMotion(args.digits, args.seed)
    board, faults = _board(args, hand)
    port = PseudoSerialPort()
    print(f"The board is on {port.path}. In another terminal:\n")
    print(f"  airdigit-live --port {port.path}\n")
    print("Ctrl-C ends it.", flush=True)
    with until_signal() as stop_requested:

        def stopping() -> bool:
            while faults and board.clock() >= faults[0][0]:
                _, cause, message = faults.pop(0)
                cause()
                print(f"{board.clock():.1f} s: {message}", file=sys.stderr)
            return stop_requested()

        serve(board, port, stopping, RESETS[args.board], hand.begin)
    port.close()


Fault = tuple[float, Callable[[], None], str]
"""Time in s, the function that causes the fault, and the message."""


def _board(args: argparse.Namespace, hand: HandMotion) -> tuple[Board, list[Fault]]:
    """Return the board, and the faults of its sensor in order of time."""
    if args.board == "legacy":
        return LegacySketch(hand), []
    board = MACHINES[args.board]()
    chip = EmulatedMPU6050(hand, board.clock, args.who_am_i, args.address, hand.rate_error)
    board.chips.append(chip)
    faults: list[Fault] = []
    for at, seconds in args.nacks:
        nack = lambda seconds=seconds: chip.nack(seconds=seconds)  # noqa: E731
        faults.append((at, nack, f"the sensor does not answer for {seconds:g} s"))
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
        help="draw these, then rest (default: random digits without end)",
    )
    group.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="selects the simulated people"
    )
    group = parser.add_argument_group("the board")
    group.add_argument(
        "--board",
        choices=RESETS,
        default="uno",
        help="uno: its firmware in simavr; esp32: its sketch, compiled for this computer; legacy: "
        "the output of the course's sketch (default: %(default)s)",
    )
    group = parser.add_argument_group("the board's sensor (not with --board legacy)")
    group.add_argument(
        "--who-am-i",
        type=_who_am_i,
        default=0x68,
        metavar="ID",
        help=f"kind of chip: {', '.join(f'0x{kind:02X}' for kind in CHIP_KINDS)} (default: 0x68)",
    )
    group.add_argument(
        "--address",
        type=address,
        default=ADDRESSES[0],
        metavar="ADDRESS",
        help="0x68 or 0x69 (default: 0x68)",
    )
    for name, what in (("--nacks", "does not answer"), ("--power-off", "has no power")):
        group.add_argument(
            name,
            nargs=2,
            type=float,
            action="append",
            default=[],
            metavar=("AT", "SECONDS"),
            help=f"the sensor {what} for SECONDS, AT seconds after the start; can be repeated",
        )


def _who_am_i(text: str) -> int:
    who = int(text, 0)
    if not 0 <= who <= 0xFF:
        raise argparse.ArgumentTypeError(f"{text} is not a WHO_AM_I: give one byte, such as 0x68")
    return who


if __name__ == "__main__":
    sys.exit(main())
