"""The node as it is now, as far as pages show it or give it orders. The service that serves them provides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ringward.domain.errors import RingwardError

TAKEN_IN_WITHIN = 2.0
"""Seconds that an answer waits for the node to take in what the request has changed. One reads it in much less; a
node that others keep busy with changes takes them in at the pace that calls allow."""

Question = tuple[str, Mapping[str, Any]]
"""A command of the control socket, and its arguments."""


class LiveNode(Protocol):
    """Answers at once from memory; safe to ask from any thread of the web service."""

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """What the control socket answers to a command: the same words for page, command line and program.

        Two commands take no arguments here and are answered in full, though only what is new comes from the node:
        ``history`` and ``files-read``. Raises :class:`ringward.domain.errors.RingwardError` to refuse.
        """

    def ask_together(self, questions: Sequence[Question]) -> Sequence[Any]:
        """The answers to several such questions, in one exchange with the node.

        What :meth:`ask` would raise stands in the place of the answer. Raises it if none can be had at all.
        """


class Foreseen:
    """A node that has been asked beforehand for what a page shows, in one exchange; the rest is asked as it comes.

    So the parts of a page ask for what they need without knowing of each other, and the node, which carries calls,
    is disturbed once. It is for questions; what follows an order is asked of the node itself.
    """

    def __init__(self, live: LiveNode, questions: Sequence[Question]) -> None:
        self._live = live
        self._questions = tuple(questions)
        self._answers: Sequence[Any] = live.ask_together(self._questions)

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """See :class:`LiveNode`."""
        question = (command, arguments or {})
        if question not in self._questions:
            return self._live.ask(command, arguments)
        answer = self._answers[self._questions.index(question)]
        if isinstance(answer, RingwardError):
            raise answer
        return answer

    def ask_together(self, questions: Sequence[Question]) -> Sequence[Any]:
        """See :class:`LiveNode`."""
        return self._live.ask_together(questions)


def question(command: str, **arguments: Any) -> Question:
    """One of the questions that a page foresees."""
    return command, arguments


def has_taken_in(live: LiveNode) -> bool:
    """Whether the node works by what has been changed until now; waits a while until it does.

    Whoever saves something and calls then finds it as saved.
    """
    try:
        return bool(live.ask("catch-up", {"within": TAKEN_IN_WITHIN}))
    except RingwardError:  # it stops, or is too busy to answer
        return False
