"""Message waiting: who takes messages tells for whom there are some, and phones are told (RFC 3842)."""

from __future__ import annotations

from collections.abc import Mapping

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations
from ringward.calls.message_waiting import NO_MESSAGES, Messages, Number
from ringward.domain.change import Action
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import FieldError, Invalid
from ringward.store import message_waiting
from ringward.store.audit import Outcome

NOUN = "message-waiting"
MOST_MESSAGES = 9999
"""More than any mailbox holds; each count must fit the display of a phone."""


class MessageWaitingStates:
    """The use cases of message waiting."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def set(self, actor: Actor, key: str, messages: Messages) -> None:
        """These are the messages of a directory number now; raises :class:`NotFound` and :class:`Invalid`."""
        with self._operations.change(actor, f"{NOUN}.update", NOUN, key) as work:
            number = work.get(DirectoryNumber, key)
            errors = [
                FieldError(name, str(count), f"whole numbers from 0 to {MOST_MESSAGES}")
                for name, count in (("new", messages.new), ("old", messages.old))
                if not 0 <= count <= MOST_MESSAGES
            ]
            if errors:
                raise Invalid(NOUN, key, errors)
            before = _states(message_waiting.rows(work.connection)).get((number.number, number.partition))
            if messages == (before or NO_MESSAGES):
                return
            message_waiting.write(work.connection, number.number, number.partition, messages.new, messages.old)
            work.note(NOUN, number.key, Outcome.UPDATED, _words(before or NO_MESSAGES), _words(messages))
            work.announce(NOUN, number.key, Action.UPDATED)

    def all(self, actor: Actor) -> Mapping[Number, Messages]:
        """The numbers that have messages, in order."""
        with self._operations.read(actor, f"{NOUN}.read") as view:
            return _states(message_waiting.rows(view.connection))

    def present(self) -> Mapping[Number, Messages]:
        """The same, for the services of this node."""
        with self._operations.look() as view:
            return _states(message_waiting.rows(view.connection))


def _states(rows: list[message_waiting.Row]) -> dict[Number, Messages]:
    return {(number, partition): Messages(new, old) for number, partition, new, old in rows}


def _words(messages: Messages) -> dict[str, str]:
    return {"new": str(messages.new), "old": str(messages.old)}
