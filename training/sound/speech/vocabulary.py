"""Words for machine voices to say: those of Python's documentation, which every Python has."""

from __future__ import annotations

import re
from collections.abc import Collection

WORD = re.compile(r"[a-z]{2,12}")


def english_words(without: Collection[str] = ()) -> list[str]:
    """Return some thousand words in alphabetical order, without the given ones."""
    from pydoc_data import topics

    text = " ".join(topics.topics.values())
    words = set(re.findall(r"(?<![\w.])[A-Za-z]?[a-z]+(?![\w(])", text))
    lower = {word.lower() for word in words}
    return sorted(word for word in lower - set(without) if WORD.fullmatch(word))
