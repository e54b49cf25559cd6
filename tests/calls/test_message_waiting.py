"""How many messages wait for whom."""

from __future__ import annotations

from ringward.calls.message_waiting import NO_MESSAGES, Messages, MessageWaiting
from ringward.domain.partition import NO_PARTITION

ONE, TWO = ("1001", NO_PARTITION), ("1002", NO_PARTITION)


def test_nobody_has_messages_that_nobody_has_told_of() -> None:
    assert MessageWaiting().of(*ONE) == NO_MESSAGES
    assert not NO_MESSAGES.waiting


def test_the_lamp_is_for_messages_that_are_new() -> None:
    assert Messages(1, 0).waiting
    assert not Messages(0, 3).waiting


def test_only_changes_are_told_to_those_who_watch() -> None:
    waiting = MessageWaiting()
    told: list[tuple[str, str]] = []
    stop = waiting.watch(*ONE, told.append)
    waiting.watch(*TWO, told.append)
    waiting.replace({ONE: Messages(2, 1), TWO: NO_MESSAGES})
    assert told == [ONE]
    assert waiting.of(*ONE) == Messages(2, 1)
    waiting.replace({ONE: Messages(2, 1)})
    assert told == [ONE]
    waiting.replace({TWO: Messages(1, 0)})
    assert told == [ONE, ONE, TWO]
    stop()
    waiting.replace({})
    assert told == [ONE, ONE, TWO, TWO]
