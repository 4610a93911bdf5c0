"""PortAudio, through sounddevice: imported only when a microphone is used."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from edge.errors import RuntimeMissing, SourceError

if TYPE_CHECKING:
    from edge.source.microphone.devices import InputDevice

RATES = (48000, 44100, 16000, 32000, 96000, 22050, 8000)  # Hz: tried in turn after the native one
BLOCK = 0.04  # s of sound in one callback: the interval between two windows of the models
# s of sound in PortAudio's buffer. PortAudio divides it into four parts, and its thread and that of
# a sound server's library wake for each part. By default it has 80 ms, so a part is half a block.
LATENCY = 4 * BLOCK

# Error numbers of PortAudio.
INVALID_CHANNELS, INVALID_RATE = -9998, -9997
UNAVAILABLE = -9985


def sounddevice() -> Any:
    """Import and return the package sounddevice; the import loads PortAudio."""
    try:
        _discard_c_stderr()
        import sounddevice
    except ImportError:
        raise RuntimeMissing(
            "a microphone needs the package sounddevice: pip install sounddevice"
        ) from None
    except OSError:
        raise RuntimeMissing(
            "a microphone needs the library PortAudio: sudo apt install libportaudio2"
        ) from None
    return sounddevice


def open_stream(device: InputDevice, callback: Callable[..., None]) -> Any:
    """Return a stream, not yet started, at the native rate if possible, or at another rate."""
    sd = sounddevice()
    stereo = min(device.channels, 2)  # of two channels one is often dead, and either may be
    refused: Exception | None = None
    for rate in dict.fromkeys((device.rate, *RATES)):
        for channels in dict.fromkeys((stereo, device.channels, 1)):
            try:
                stream = sd.InputStream(
                    samplerate=rate,
                    blocksize=round(BLOCK * rate),
                    latency=LATENCY,
                    device=device.number,
                    channels=channels,
                    dtype="float32",
                    callback=callback,
                )
            except sd.PortAudioError as error:
                refused = error
                if _code(error) in (INVALID_CHANNELS, INVALID_RATE):
                    continue
                raise _explained(error, device) from None
            else:
                return stream
    raise SourceError(
        f"{device.name} accepts none of the usual sample rates ({refused}): choose another with "
        "--device"
    )


def start(stream: Any, device: InputDevice) -> None:
    try:
        stream.start()
    except sounddevice().PortAudioError as error:
        stream.close(ignore_errors=True)
        raise _explained(error, device) from None


def abandon() -> None:
    """Do not close PortAudio when the process ends: its sound server does not answer."""
    atexit.unregister(sounddevice()._exit_handler)


def _explained(error: Exception, device: InputDevice) -> SourceError:
    if _code(error) == UNAVAILABLE or "busy" in str(error).lower():
        return SourceError(
            f"{device.name} is in use by another program, or unplugged: close that program, or "
            "choose another device with --device"
        )
    what = error.args[2][2] if len(error.args) > 2 else error.args[0]
    return SourceError(f"{device.name} cannot be opened ({what}): choose another with --device")


def _code(error: Exception) -> int:
    return error.args[1] if len(error.args) > 1 else 0


@cache
def _discard_c_stderr() -> None:
    """Redirect the C library's stderr to /dev/null; Python's own stderr is not affected.

    ALSA prints a line for each missing device, and PortAudio prints millions of lines when a
    device vanishes. Cached because each call leaves a file open, and while a microphone is away
    PortAudio is restarted again and again.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):  # TypeError: Windows
        libc = ctypes.CDLL(None)
        libc.fopen.restype = ctypes.c_void_p
        null = libc.fopen(b"/dev/null", b"w")
        if null:
            ctypes.c_void_p.in_dll(libc, "stderr").value = null
