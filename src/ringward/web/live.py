"""The node as it is now, as far as pages show it or give it orders. The service that serves them provides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ringward.domain.errors import RingwardError

TAKEN_IN_WITHIN = 2.0
"""Seconds that an answer waits for the node to take in what the request has changed. One reads it in much less; a
node that others keep busy with changes takes them in at the pace that calls allow."""


class LiveNode(Protocol):
    """Answers at once from memory; safe to ask from any thread of the web service."""

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """What the control socket answers to a command: the same words for page, command line and program.

        Raises :class:`ringward.domain.errors.RingwardError` to refuse.
        """

    def history(self) -> Sequence[Mapping[str, Any]]:
        """Samples of the recent past, oldest first: ``at`` (seconds since 1970), phones and calls by security."""


def has_taken_in(live: LiveNode) -> bool:
    """Whether the node works by what has been changed until now; waits a while until it does.

    Whoever saves something and calls then finds it as saved.
    """
    try:
        return bool(live.ask("catch-up", {"within": TAKEN_IN_WITHIN}))
    except RingwardError:  # it stops, or is too busy to answer
        return False
