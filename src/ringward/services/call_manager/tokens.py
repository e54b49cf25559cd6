"""Unguessable texts for tags, branches, Call-IDs and nonces (RFC 3261 section 19.3 asks for 32 random bits)."""

from __future__ import annotations

import os

SIZE = 10
"""Bytes of a token: 80 bits, so that no two are ever the same and none is guessed."""
RESERVE = 400
"""Tokens drawn at a time: a call takes seven, and asking the system for each costs like reading a message."""


class Tokens:
    """Gives a new token at each call, from bytes of the system's own generator."""

    __slots__ = ("_next", "_reserve")

    def __init__(self) -> None:
        self._reserve = ""
        self._next = 0

    def __call__(self) -> str:
        """A token: 20 hexadecimal digits."""
        start = self._next
        end = self._next = start + 2 * SIZE
        if end > len(self._reserve):
            self._reserve = os.urandom(SIZE * RESERVE).hex()
            start, end = 0, 2 * SIZE
            self._next = end
        return self._reserve[start:end]
