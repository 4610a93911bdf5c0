"""Errors that a user can do something about. The message is one sentence with cause and remedy.

Every class inherits EdgeError and the most similar builtin exception, so a program that embeds
edge-sense can catch either. A command prints `prog: error: <message>` and exits with 1.
"""


class EdgeError(Exception):
    """Base class of the errors of edge-sense."""


class SourceError(EdgeError, OSError):
    """A source cannot be opened, or it failed and cannot recover by itself."""


class RecordingError(EdgeError, ValueError):
    """A recording cannot be read or used; the message says what is wrong in it, and where."""


class SampleError(EdgeError, ValueError):
    """A program passed samples of a wrong type, shape or rate."""


class ModelError(EdgeError, ValueError):
    """A model cannot be loaded or run here, or not with these settings."""


class RuntimeMissing(EdgeError, ImportError):
    """A TFLite runtime or another package is not installed; the message says how to install it."""


class StrokeError(EdgeError, ValueError):
    """A recording does not contain exactly one stroke."""
