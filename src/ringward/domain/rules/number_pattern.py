"""Number patterns: how a directory number or another destination says which dialled numbers it stands for.

A pattern is read position by position:

=========================  =====================================================================
``0-9``, ``*#``, ``A-D``   itself, a key of the phone
``X``                      any one digit
``[2-57]``                 one of the digits in the brackets; ranges with a dash
``[^2-5]``                 one digit that is not in the brackets
``!``                      one or more digits; at most once in a pattern
``+``, ``\\+``             the plus sign of an international number, only at the start
``.``                      nothing: a mark for people, ignored when matching
=========================  =====================================================================

``@`` (a whole national numbering plan) is not supported and is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_LENGTH = 50
"""Longest pattern; longer than any number of E.164 (15 digits) with an access code and marks."""

DIGITS = "0123456789"
_MANY = ""
"""Element that stands for ``!``; every other element is the characters that its position allows."""


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A pattern that has been read; make one with :meth:`parse`."""

    text: str
    elements: tuple[str, ...]
    _expression: re.Pattern[str] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> NumberPattern:
        """Read a pattern. Raises ``ValueError`` whose message tells an administrator what is wrong with it."""
        if len(text) > MAX_LENGTH:
            raise ValueError(f"the pattern is longer than {MAX_LENGTH} characters")
        elements = tuple(_elements(text))
        if not elements:
            raise ValueError("the pattern is empty: it must stand for at least one digit")
        if elements.count(_MANY) > 1:
            raise ValueError("'!' can be used only once in a pattern")
        expression = "".join("[0-9]+" if each == _MANY else f"[{re.escape(each)}]" for each in elements)
        return cls(text, elements, re.compile(expression))

    @property
    def number(self) -> str | None:
        """The one number that the pattern stands for, or None if there are several."""
        return "".join(self.elements) if all(len(each) == 1 for each in self.elements) else None

    @property
    def length(self) -> int | None:
        """How many digits a matching number has; None if the pattern leaves it open (``!``)."""
        return None if _MANY in self.elements else len(self.elements)

    def matches(self, dialled: str) -> bool:
        """Whether ``dialled`` is one of the numbers that the pattern stands for."""
        return self._expression.fullmatch(dialled) is not None

    def possible_numbers(self, length: int) -> int:
        """How many numbers of ``length`` digits match: the fewer, the closer a match is."""
        count = 1
        for each in self.elements:
            count *= len(each) or 1
        if self.length is not None:
            return count if length == self.length else 0
        open_digits = length - (len(self.elements) - 1)
        return count * 10**open_digits if open_digits > 0 else 0


def _elements(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char in DIGITS or char in "*#ABCD":
            yield char
        elif char in "Xx":
            yield DIGITS
        elif char == "!":
            yield _MANY
        elif char == "[":
            end = text.find("]", position)
            if end < 0:
                raise ValueError("'[' has no matching ']'")
            yield _bracket(text[position:end])
            position = end + 1
        elif char == "+" or (char == "\\" and text[position : position + 1] == "+"):
            if position != 1:
                raise ValueError("a plus sign can only be at the start of a pattern")
            position += char == "\\"
            yield "+"
        elif char == "@":
            raise ValueError(
                "'@' (a numbering plan) is not supported: write out the digits, X and ! that it stands for"
            )
        elif char != ".":
            raise ValueError(f"{char!r} cannot be used in a pattern: use 0-9 * # A-D X [ ] ! . and a leading +")


def _bracket(inside: str) -> str:
    excluded = inside.startswith("^")
    rest = inside[1:] if excluded else inside
    if not re.fullmatch(r"(?:[0-9](?:-[0-9])?)+", rest):
        raise ValueError(f"'[{inside}]' must hold digits and ranges of digits such as [2-57] or [^0-3]")
    chosen: set[str] = set()
    for low, high in re.findall(r"([0-9])(?:-([0-9]))?", rest):
        if high and high < low:
            raise ValueError(f"the range {low}-{high} in '[{inside}]' runs backwards")
        chosen.update(DIGITS[int(low) : int(high or low) + 1])
    allowed = "".join(digit for digit in DIGITS if (digit in chosen) is not excluded)
    if not allowed:
        raise ValueError(f"'[{inside}]' leaves no digit")
    return allowed
