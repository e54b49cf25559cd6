"""The node as it is now, as far as pages show it or give it orders. The service that serves them provides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class LiveNode(Protocol):
    """Answers at once from memory; safe to ask from any thread of the web service."""

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """What the control socket answers to a command: the same words for page, command line and program.

        Raises :class:`ringward.domain.errors.RingwardError` to refuse.
        """

    def history(self) -> Sequence[Mapping[str, Any]]:
        """Samples of the recent past, oldest first: ``at`` (seconds since 1970), phones and calls by security."""
