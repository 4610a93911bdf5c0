"""Read values of a document that is not trusted, such as the manifest of a model.

Each value is read with its type and bounds, and a FieldError names the field that is wrong:
"input.front_end.mels is 65535: give an integer from 1 to 256".
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.text import CONTROL, printable, quoted, shortened

MAX_NAME = 64  # characters of a label or a name
MAX_ITEMS = 1024  # of a list
NAME = f"give a text of 1 to {MAX_NAME} characters without control characters"
OBJECT = "give an object with named fields"


class FieldError(ValueError):
    """A field that is missing, or has a wrong type or an impossible value."""


@dataclass(frozen=True)
class Fields:
    """The fields of an object of a JSON document.

    A field that is missing takes the default; without a default it is an error.
    """

    values: Any
    name: str = ""
    """The position of the object in the document, such as "input.front_end"."""

    def __post_init__(self) -> None:
        if not isinstance(self.values, Mapping):
            raise FieldError(f"{self.name or 'the document'} is {quoted(self.values)}: {OBJECT}")

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(key, f"give an integer from {low} to {high}")
        return value

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        value = self.values.get(key, default)
        known = isinstance(value, (int, float)) and not isinstance(value, bool)
        if isinstance(value, int) and abs(value) > sys.float_info.max:
            known = False  # too large for a float, even where `high` is infinite
        if not known or not low <= value <= high:  # NaN is not between any two numbers
            raise self.error(key, f"give a number from {low:g} to {high:g}")
        return float(value)

    def integers(
        self, key: str, low: int, high: int, default: Sequence[int] | None = None
    ) -> list[int]:
        """A list of at least one integer."""
        values = self._list(key, default)
        if not values:
            raise self.error(key, "give at least one integer")
        items = Fields({f"[{k}]": value for k, value in enumerate(values)}, self.path(key))
        return [items.integer(item, low, high) for item in items.values]

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if not is_name(value):
            raise self.error(key, NAME)
        return str(value)

    def choice(self, key: str, choices: Collection[Any], default: Any = None) -> Any:
        """One of the choices, which may include None."""
        value = self.values.get(key, default)
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            listed = ", ".join(map(repr, choices))
            raise self.error(key, f"give one of {listed}")
        return value

    def texts(self, key: str, default: Sequence[str] | None = None) -> list[str]:
        """A list of different names."""
        values = self._list(key, default)
        items = Fields({f"[{k}]": value for k, value in enumerate(values)}, self.path(key))
        names = [items.text(item) for item in items.values]
        for name in names:
            if names.count(name) > 1:
                raise FieldError(f"{self.path(key)} has {quoted(name)} twice: give each name once")
        return names

    def section(self, key: str, default: Mapping[str, Any] | None = None) -> Fields:
        """An object in this object."""
        value = self.values.get(key, default)
        if not isinstance(value, Mapping):
            raise self.error(key, OBJECT)
        return Fields(value, self.path(key))

    def sections(self, key: str) -> list[Fields]:
        """A list of objects; empty if it is missing."""
        values = self._list(key, [])
        return [Fields(value, f"{self.path(key)}[{k}]") for k, value in enumerate(values)]

    def refuse_others(self, known: Collection[str]) -> None:
        """Raise FieldError if there is a field of another name."""
        for key in self.values:
            if key not in known:
                raise self.error(key, "this edge-sense does not know this field")

    def path(self, key: str) -> str:
        separator = "." if self.name and not key.startswith("[") else ""
        return f"{self.name}{separator}{printable(shortened(key, MAX_NAME))}"

    def error(self, key: str, remedy: str) -> FieldError:
        what = f"is {quoted(self.values[key])}" if key in self.values else "is missing"
        return FieldError(f"{self.path(key)} {what}: {remedy}")

    def _list(self, key: str, default: Sequence[Any] | None) -> Sequence[Any]:
        value = self.values.get(key, default)
        if not isinstance(value, (list, tuple)) or len(value) > MAX_ITEMS:
            raise self.error(key, f"give a list of at most {MAX_ITEMS}")
        return value


def is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME and not CONTROL.search(value)
