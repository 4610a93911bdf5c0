"""Watch and control many devices that run with --mqtt.

edge-fleet --mqtt mqtt://user@broker.local list    model, rate, lost samples and last event of all
edge-fleet list --tag kitchen --json               one JSON object for each device with this tag
edge-fleet show kitchen_kws                        everything about one device
edge-fleet logs kitchen_kws --lines 20             its last messages
edge-fleet threshold 0.9 --tag kitchen             another threshold, until the live command ends
edge-fleet pause --all                             stop the recognition; `resume` starts it
edge-fleet key operator.pem                        make a key that signs models
edge-fleet push mine.tflite --to kitchen --sign-key operator.pem    a new model, after a trial
edge-fleet rollback --tag kitchen                  return to the model before
edge-fleet simulate 100                            simulated devices, until Ctrl-C
edge-fleet remove old_kws                          remove a device that is gone from the list

--mqtt can be set once as EDGE_MQTT. The exit status is 0 if every chosen device did what was asked,
3 if one is offline, did not answer or refused, and 1 if nothing could be done.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from edge.cli import fleet_actions as actions
from edge.cli.fleet_push import add_push_options, make_key
from edge.cli.fleet_simulate import add_simulate_options, simulate
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.fleet.operator import Operator
from edge.sink.mqtt.options import add_broker_options, password, tls_context


def main(argv: Sequence[str] | None = None) -> int:
    parser = _parser()
    words = list(sys.argv[1:] if argv is None else argv)
    return run_command(parser, _run, _arguments_first(parser, words))


def _arguments_first(parser: CommandParser, words: Sequence[str]) -> list[str]:
    """The words, with all options at the end: argparse accepts no ids after an option."""
    arguments: list[str] = []
    options: list[str] = []
    values = 0  # how many of the next words belong to an option
    for word in words:
        action = parser._option_string_actions.get(word)
        if values:
            values -= 1
            options.append(word)
        elif word.startswith("-"):
            options.append(word)
            count = 0 if action is None else action.nargs
            values = 1 if count is None else int(count)
        else:
            arguments.append(word)
    return arguments + options


def _parser() -> CommandParser:
    parser = CommandParser("edge-fleet", __doc__ or "")
    parser.add_argument("action", choices=[*actions.ACTIONS, "key", "simulate"], help="what to do")
    parser.add_argument(
        "arguments",
        nargs="*",
        default=[],  # otherwise argparse says that a device is required
        metavar="DEVICE",
        help="ids of devices; before them, `threshold` needs the threshold, and `push` the model; "
        "`key` needs only a file for the new key, and `simulate` the number of devices",
    )
    group = parser.add_argument_group("devices")
    group.add_argument(
        *("--tag", "--to"),
        action="append",
        default=[],
        metavar="TAG",
        help="the devices with this tag; can be given several times",
    )
    group.add_argument("--all", action="store_true", help="all devices")
    group = parser.add_argument_group("broker")
    add_broker_options(group, "the broker of the fleet")
    group.add_argument(
        "--mqtt-discovery",
        default="homeassistant",
        metavar="PREFIX",
        help="with remove: the discovery prefix of Home Assistant (default: %(default)s)",
    )
    group = parser.add_argument_group("output")
    group.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="print one JSON object for each device",
    )
    group.add_argument(
        "--lines",
        type=_lines,
        default=100,
        metavar="N",
        help="with logs: how many messages (default: %(default)s)",
    )
    group.add_argument(
        "--timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long a device may take to answer (default: %(default)g)",
    )
    add_push_options(parser)
    add_simulate_options(parser)
    add_common(parser)
    return parser


def _run(args: argparse.Namespace) -> int:
    if args.action == "key":
        return make_key(args)
    action = actions.ACTIONS.get(args.action)
    if action is not None:
        action.check(args)
    if args.mqtt is None:
        raise EdgeError("give the broker with --mqtt, or set EDGE_MQTT")
    if action is None:
        return simulate(args)
    with Operator(args.mqtt, password(args), tls_context(args, args.mqtt)) as operator:
        return action.run(operator, args)


def _lines(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 200:
        raise argparse.ArgumentTypeError(f"{text}: a device keeps 200 lines, give 1 to 200")
    return count


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is no time: give seconds above 0")
    return seconds
