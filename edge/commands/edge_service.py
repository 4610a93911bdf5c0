"""Start a live command at boot, restart it when it fails, and watch it: a service of systemd.

edge-service install kws-listen -- --device usb --wait    write, show and enable a service
sudo edge-service install airdigit-live -- --i2c 1 --wait    a service of the system
edge-service install edge-live -- own.tflite --port auto  any model, on any source that fits
edge-service install kws-listen --print                   only show what would be written
edge-service status kws-listen                            is it running, and what did it detect?
edge-service logs kws-listen --follow                     its messages and events
edge-service restart kws-listen                           after a change of its settings
edge-service remove kws-listen                            stop it, and remove its files

Options of the command stand behind --, and become lines of a settings file, in which every other
option is described. Sound needs a service of the user, because the sound server belongs to the
user; other commands get a service of the system. With --name, one command has several services.
From a virtual environment, write sudo "$(command -v edge-service)" instead of sudo edge-service.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from edge.cli.live import LiveCommand, parser_for
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.commands import edge_live
from edge.errors import EdgeError
from edge.model import read_manifest
from edge.model.shipped import find_model
from edge.service.settings import environment_file, variables
from edge.service.systemd import (
    Manager,
    caller,
    installed_manager,
    make_folder,
    remove_file,
    unit_name,
    write,
)
from edge.service.unit import Unit

LIVE_COMMANDS = ("airdigit-live", "ecg-live", "edge-live", "kws-listen", "sounddigit-listen")
GROUPS = ("dialout", "i2c", "gpio", "audio")  # that may use serial ports, I2C and sound cards
# Options with which a sound command needs no sound server of the user.
WITHOUT_SOUND_SERVER = {"EDGE_PCM", "EDGE_WYOMING", "EDGE_REPLAY", "EDGE_MOCK"}
WRITTEN_FOLDERS = ("EDGE_PAGE_FOLDER", "EDGE_FLEET_FOLDER")
ACTIONS = ("install", "status", "logs", "restart", "remove")


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    separator = words.index("--") if "--" in words else len(words)
    options = words[separator + 1 :]
    parser = _parser()

    def run(args: argparse.Namespace) -> int:
        if options and args.action != "install":
            raise EdgeError(f"options behind -- are only for install, not for {args.action}")
        if not re.fullmatch("[a-z0-9][a-z0-9_-]{0,50}", args.name or args.command):
            raise EdgeError("give a --name of lower-case letters, digits, - and _")
        return _ACTIONS[args.action](args, options)

    return run_command(parser, run, words[:separator])


def _parser() -> CommandParser:
    parser = CommandParser("edge-service", __doc__ or "")
    parser.add_argument("action", choices=ACTIONS, help="what to do")
    parser.add_argument("command", metavar="COMMAND", help=f"{', '.join(LIVE_COMMANDS)}, or a name")
    parser.add_argument("--name", help="the name of the service (default: the command)")
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument(
        "--user", dest="scope", action="store_const", const="user", help="a service of the user"
    )
    scope.add_argument(
        "--system",
        dest="scope",
        action="store_const",
        const="system",
        help="a service of the system",
    )
    parser.add_argument("--print", action="store_true", help="show the files, write nothing")
    parser.add_argument("--replace", action="store_true", help="replace a service of that name")
    parser.add_argument("--follow", action="store_true", help="with logs: wait for new lines")
    add_common(parser)
    return parser


def _install(args: argparse.Namespace, options: Sequence[str]) -> int:
    if args.command not in LIVE_COMMANDS:
        raise EdgeError(f"{args.command} cannot be a service: choose {', '.join(LIVE_COMMANDS)}")
    user = caller()
    name = args.name or args.command
    live_command, options = _live_command(args.command, options)
    parser, _, _ = parser_for(live_command, options)
    parser.parse_args(options)  # SystemExit, with argparse's message, if it does not take them
    chosen = dict(variables(parser, options))
    if "EDGE_MODEL" in chosen:
        read_manifest(find_model(chosen["EDGE_MODEL"]))  # an error now, not at each start
    settings = environment_file(parser, args.command, name, chosen)
    manager = Manager(_is_system(args.scope, live_command, chosen))
    unit = Unit(
        command=args.command,
        program=_program(args.command),
        settings=manager.settings_file(name),
        is_system=manager.is_system,
        user=user,
        groups=_existing_groups(),
        writable=_written_folders(chosen),
    )
    unit_file, text = manager.unit_file(name), unit.text()
    print(f"# {unit_file}\n{text}\n# {unit.settings}")
    print("\n".join(line for line in settings.splitlines() if line[:1] not in ("#", "")))
    if args.print:
        return 0
    if unit_file.exists() and not args.replace:
        raise EdgeError(f"{unit_file} exists already: give --replace, or another --name")
    if unit.is_system:
        for folder in unit.writable:
            make_folder(folder, user)
    write(unit.settings, settings, 0o600)
    write(unit_file, text, 0o644)
    manager.systemctl("daemon-reload")
    manager.systemctl("enable", unit_name(name))
    manager.systemctl("restart", unit_name(name))
    _say(f"the service {name} runs; its settings are in {unit.settings}")
    if not manager.is_system:
        _say(f"it starts when you log in; to start it at boot: sudo loginctl enable-linger "
             f"{user}")  # fmt: skip
    return 0


def _live_command(command: str, options: Sequence[str]) -> tuple[LiveCommand, list[str]]:
    """The live command and its options; the model of edge-live becomes the option --model."""
    words = list(options)
    if command != edge_live.PROG:
        return import_module(f"edge.commands.{command.replace('-', '_')}").COMMAND, words
    model = edge_live.take_model(words)
    if model is None:
        raise EdgeError(f"{command} needs a model: {command} -- own.tflite --port auto")
    return edge_live.command_for(model), ["--model", model, *words]


def _status(args: argparse.Namespace, options: Sequence[str]) -> int:
    name = args.name or args.command
    unit = unit_name(name)
    return installed_manager(name).show("systemctl", "status", "--no-pager", unit)


def _logs(args: argparse.Namespace, options: Sequence[str]) -> int:
    name = args.name or args.command
    follow = ["--follow"] if args.follow else ["--no-pager"]
    unit = unit_name(name)
    return installed_manager(name).show("journalctl", "--unit", unit, "-n", "100", *follow)


def _restart(args: argparse.Namespace, options: Sequence[str]) -> int:
    name = args.name or args.command
    installed_manager(name).systemctl("restart", unit_name(name))
    return 0


def _remove(args: argparse.Namespace, options: Sequence[str]) -> int:
    name = args.name or args.command
    manager = installed_manager(name)
    with suppress(EdgeError):  # it may be broken, or stopped already
        manager.systemctl("disable", "--now", unit_name(name))
    remove_file(manager.unit_file(name))
    remove_file(manager.settings_file(name))
    manager.systemctl("daemon-reload")
    _say(f"the service {name} and its settings are removed")
    return 0


_ACTIONS = {
    "install": _install,
    "status": _status,
    "logs": _logs,
    "restart": _restart,
    "remove": _remove,
}


def _is_system(scope: str | None, command: LiveCommand, chosen: dict[str, str]) -> bool:
    if scope is not None:
        return scope == "system"
    is_sound = command.default_source == "microphone"
    return not is_sound or bool(WITHOUT_SOUND_SERVER & chosen.keys())


def _written_folders(chosen: Mapping[str, str]) -> list[Path]:
    """The folders that the command writes to, of the options that name one."""
    files = [Path(chosen[name]) for name in ("EDGE_JSON_FILE", "EDGE_SETTINGS") if name in chosen]
    folders = [Path(chosen[name]) for name in WRITTEN_FOLDERS if name in chosen]
    return [*dict.fromkeys([*(file.parent for file in files), *folders])]


def _program(command: str) -> Path:
    """The installed command that belongs to this interpreter."""
    beside = Path(sys.executable).with_name(command)
    found = str(beside) if beside.exists() else shutil.which(command)
    if found is None:
        raise EdgeError(
            f"{command} is not installed beside {sys.executable}: pip install edge-sense"
        )
    return Path(found)


def _existing_groups() -> list[str]:
    """A unit with a group that does not exist would not start."""
    import grp

    known = {group.gr_name for group in grp.getgrall()}
    return [name for name in GROUPS if name in known]


def _say(text: str) -> None:
    print(f"edge-service: {text}", file=sys.stderr)
