"""The voices of eSpeak NG, through its library: it tells the time of each phone as well."""

from __future__ import annotations

import ctypes
from functools import cache
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError
from training.sound.speech.spoken import RATE, Phone, Spoken

LIBRARY = "libespeak-ng.so.1"
MISSING = "eSpeak NG is not installed: sudo apt install espeak-ng"
RETRIEVE_AT_ONCE, PHONEMES, IN_IPA, NO_EXIT = 2, 1, 2, 0x8000
RATE_PARAMETER, PITCH_PARAMETER, RANGE_PARAMETER = 1, 3, 4
UTF8, PHONEME_EVENT, END_OF_LIST = 1, 7, 0
ENGLISH = ("en-us", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-029")
"""The accents that words of American English are said in."""
VARIANTS = (
    *("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5", "croak"),
    *("klatt", "klatt2", "klatt3", "whisper", "Alex", "Alicia", "Andrea", "Andy", "Annie"),
    *("Denis", "Diogo", "Gene", "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael"),
    *("Mike", "Storm", "anika", "antonio", "aunty", "belinda", "benjamin", "boris", "caleb"),
    *("david", "ed", "edward", "grandma", "grandpa", "gustave", "iven", "john", "linda"),
    *("marcelo", "max", "michel", "miguel", "norbert", "pablo", "paul", "pedro", "quincy"),
    *("rob", "robert", "sandro", "shelby", "steph", "travis", "victor", "zac"),
)
"""Voices that are near to people; each can speak every language."""


class _Event(ctypes.Structure):
    class _Id(ctypes.Union):
        _fields_ = [("number", ctypes.c_int), ("string", ctypes.c_char * 8)]

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """The library in this process; there can be only one."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._rate = library.espeak_Initialize(
            RETRIEVE_AT_ONCE, 0, None, PHONEMES | IN_IPA | NO_EXIT
        )
        if self._rate <= 0:
            raise EdgeError("eSpeak NG does not find its data: sudo apt install espeak-ng-data")
        self._blocks: list[NDArray[np.int16]] = []
        self._phones: list[tuple[str, int]] = []
        self._callback = _Callback(self._collect)  # kept: the library holds no reference
        library.espeak_SetSynthCallback(self._callback)

    def say(
        self, text: str, voice: str, words_a_minute: int = 175, pitch: int = 50, melody: int = 50
    ) -> Spoken:
        """Return the text spoken by a voice such as "de+f3". EdgeError for an unknown voice.

        `pitch` and `melody` (its range) are 0 to 100.
        """
        self._blocks.clear()
        self._phones.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise EdgeError(f"eSpeak NG has no voice {voice!r}: espeak-ng --voices lists them")
        for number, value in (
            (RATE_PARAMETER, words_a_minute),
            (PITCH_PARAMETER, pitch),
            (RANGE_PARAMETER, melody),
        ):
            self._library.espeak_SetParameter(number, value, 0)
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, UTF8, None, None)
        samples = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int16)
        starts = [start for _, start in self._phones] + [len(samples)]
        phones = [
            Phone(ipa, start / self._rate, end / self._rate)
            for (ipa, start), end in zip(self._phones, starts[1:], strict=True)
        ]
        return Spoken(_resampled((samples / (1 << 15)).astype(np.float32), self._rate), phones)

    def _collect(self, wav: Any, count: int, events: Any) -> int:
        if count > 0 and wav:
            self._blocks.append(np.ctypeslib.as_array(wav, (count,)).copy())
        at = 0
        while events[at].type != END_OF_LIST:
            if events[at].type == PHONEME_EVENT:
                name = events[at].id.string.decode("utf-8", "ignore")
                self._phones.append((name, events[at].sample))
            at += 1
        return 0


def _resampled(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return the sound at RATE. By Fourier transform: for a whole word, it is the fastest way."""
    common = gcd(rate, RATE)
    up, down = RATE // common, rate // common
    periods = -(-len(samples) // down)
    padded = np.pad(samples, (0, periods * down - len(samples)))
    spectrum = np.fft.rfft(padded)[: periods * up // 2 + 1]
    return (np.fft.irfft(spectrum, periods * up) * (up / down)).astype(np.float32)


@cache
def load_espeak() -> Espeak:
    """Return the library; EdgeError if it is not installed."""
    try:
        return Espeak(ctypes.CDLL(LIBRARY))
    except OSError:
        raise EdgeError(MISSING) from None
