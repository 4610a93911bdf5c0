"""The phones that a step of an embedding is trained to tell apart, and how voices name them.

A phone is the sound of a letter of the International Phonetic Alphabet without its marks. A
diphthong or an affricate is two phones. Sounds that differ little are one phone, because the
network is small.
"""

from __future__ import annotations

SILENCE = "sil"
CONSONANTS, VOWELS = "pbtdkɡfvθðszʃʒxhmnŋlrɹɾwj", "iɪeɛæaɑɔouʊʌəɜyø"
PHONES = (SILENCE, *CONSONANTS, *VOWELS)
NUMBER = {phone: number for number, phone in enumerate(PHONES)}

_SIMILAR = {
    **dict.fromkeys("ʔ", SILENCE),
    **{"q": "k", "c": "k", "g": "ɡ", "ɟ": "ɡ", "ɸ": "f", "β": "v", "ʋ": "v"},
    **{"ç": "x", "χ": "x", "ɣ": "x", "ħ": "h", "ɦ": "h", "ʕ": "a", "ɕ": "ʃ", "ʑ": "ʒ"},
    **{"ɱ": "m", "ɲ": "n", "ɳ": "n", "ɴ": "ŋ", "ʎ": "l", "ɫ": "l", "ɭ": "l", "ɬ": "l"},
    **{"ʁ": "r", "ʀ": "r", "ɻ": "ɹ", "ɽ": "ɾ", "ɥ": "w", "ʍ": "w", "ʈ": "t", "ɖ": "d"},
    **{"ʂ": "ʃ", "ʐ": "ʒ", "ɐ": "ʌ", "ɚ": "ɜ", "ɝ": "ɜ", "ɞ": "ɜ", "ɘ": "ə", "ɵ": "ø"},
    **{"ʏ": "y", "œ": "ø", "ɶ": "ø", "ɒ": "ɑ", "ɤ": "ʌ", "ɯ": "u", "ɨ": "ɪ", "ʉ": "u", "ʝ": "j"},
}

FLITE = {
    **{"pau": "", "aa": "ɑ", "ae": "æ", "ah": "ʌ", "ao": "ɔ", "aw": "aʊ", "ax": "ə", "ay": "aɪ"},
    **{"b": "b", "ch": "tʃ", "d": "d", "dh": "ð", "dx": "ɾ", "eh": "ɛ", "er": "ɜ", "ey": "eɪ"},
    **{"f": "f", "g": "ɡ", "hh": "h", "ih": "ɪ", "iy": "i", "jh": "dʒ", "k": "k", "l": "l"},
    **{"m": "m", "n": "n", "ng": "ŋ", "ow": "oʊ", "oy": "ɔɪ", "p": "p", "r": "ɹ", "s": "s"},
    **{"sh": "ʃ", "t": "t", "th": "θ", "uh": "ʊ", "uw": "u", "v": "v", "w": "w", "y": "j"},
    **{"z": "z", "zh": "ʒ"},
}
"""What Flite calls the phones of English, in the phonetic alphabet."""


def phones_of(ipa: str) -> list[int]:
    """Return the numbers of the phones in a text of the phonetic alphabet, silence if it has none.

    Marks of length, stress and tone are left out.
    """
    known = (NUMBER.get(_SIMILAR.get(letter, letter)) for letter in ipa)
    return [number for number in known if number is not None] or [NUMBER[SILENCE]]
