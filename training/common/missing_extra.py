"""One line in place of a traceback where a command lacks the packages of the extra `training`."""

from __future__ import annotations

import sys
from types import TracebackType

OWN = ("edge", "training")


def explain() -> None:
    """From now on, name the extra if an import that nothing catches fails."""
    sys.excepthook = _excepthook


def _excepthook(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    package = (getattr(error, "name", None) or "").split(".")[0]
    if isinstance(error, ModuleNotFoundError) and package not in OWN:
        print(
            f"{_command()}: error: the package {package} is not installed: "
            "pip install '.[training]'",
            file=sys.stderr,
        )
    else:
        sys.__excepthook__(kind, error, traceback)


def _command() -> str:
    """The command as it was typed: python -m training.kws."""
    module = sys.orig_argv[sys.orig_argv.index("-m") + 1]
    return f"python -m {module}"
