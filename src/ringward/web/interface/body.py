"""Reads the JSON objects that programs send, field by field; what is wrong is told with what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from ringward.domain.errors import FieldError, Invalid
from ringward.domain.secret import Secret
from ringward.web.interface.call import Call

E = TypeVar("E", bound=Enum)
_LONGEST_SHOWN = 40


class Body:
    """A body of which each field is read once; raises :class:`Invalid`."""

    def __init__(self, call: Call, noun: str, *known: str) -> None:
        """``known``: the fields that there can be."""
        self._noun = noun
        self._values: Mapping[str, Any] = call.object()
        if unknown := [name for name in self._values if name not in known]:
            raise self.wrong(unknown[0], "", ", ".join(known))

    def text(self, name: str, otherwise: str | None = None, *, most: int = 200) -> str:
        """A text; without ``otherwise`` it must be there."""
        value = self._values.get(name, otherwise)
        if not isinstance(value, str) or len(value) > most:
            raise self.wrong(name, "" if isinstance(value, str) else value, f"a text of at most {most} characters")
        return value

    def secret(self, name: str) -> Secret:
        """A password; it is not repeated in the refusal."""
        value = self._values.get(name)
        if not isinstance(value, str) or not value or len(value) > 200:
            raise Invalid(self._noun, "", [FieldError(name, "(hidden)", "a text of at most 200 characters")])
        return Secret(value)

    def flag(self, name: str, otherwise: bool = False) -> bool:
        """True or false."""
        value = self._values.get(name, otherwise)
        if not isinstance(value, bool):
            raise self.wrong(name, value, "true, false")
        return value

    def number(self, name: str, otherwise: int, most: int) -> int:
        """A whole number from 0."""
        value = self._values.get(name, otherwise)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise self.wrong(name, value, f"whole numbers from 0 to {most}")
        return value

    def one_of(self, kind: type[E], name: str, otherwise: E | None = None) -> E:
        """A member of an enumeration, by its value."""
        if name not in self._values and otherwise is not None:
            return otherwise
        return member(kind, name, self._values.get(name), self._noun)

    def wrong(self, name: str, value: Any, allowed: str) -> Invalid:
        """The refusal of a field."""
        shown = str(value)[:_LONGEST_SHOWN]
        return Invalid(self._noun, "", [FieldError(name[:_LONGEST_SHOWN], shown, allowed)])


def member(kind: type[E], name: str, value: Any, noun: str = "query") -> E:
    """A member of an enumeration, by its value; raises :class:`Invalid`."""
    for each in kind:
        if each.value == value:
            return each
    allowed = ", ".join(str(each.value) for each in kind)
    raise Invalid(noun, "", [FieldError(name, str(value)[:_LONGEST_SHOWN], allowed)])
