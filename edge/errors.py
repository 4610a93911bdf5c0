"""Everything that can go wrong for a user, each a sentence that says what to do about it.

Every class inherits the project's base and the builtin it resembles, so a program that embeds
edge-sense can catch either. A command prints `prog: error: <message>` and exits with 1.
"""


class EdgeError(Exception):
    """Base of all errors that a user can do something about."""


class SourceError(EdgeError, OSError):
    """A source cannot be opened, or ended for a reason that waiting does not cure."""


class RecordingError(EdgeError, ValueError):
    """A recording that cannot be read: what is wrong with it, and where."""


class SampleError(EdgeError, ValueError):
    """Samples of a wrong type, shape or rate, pushed by a program."""


class ModelError(EdgeError, ValueError):
    """A model file that this runtime cannot run."""


class RuntimeMissing(EdgeError, ImportError):
    """No TFLite runtime, or another package, is installed: names the line that installs it."""


class StrokeError(EdgeError, ValueError):
    """A recording in which not exactly one stroke was found."""
