"""A text that must not be seen: it prints nothing, compares in constant time and cannot be pickled."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Wraps a secret text; only :meth:`reveal` gives it away, so every use is visible in the code."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself, for the one place that must write it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return "Secret(set)" if self._text else "Secret(empty)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")
