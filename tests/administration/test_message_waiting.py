"""For whom there are messages: kept, audited, announced."""

from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.message_waiting import MOST_MESSAGES
from ringward.calls.message_waiting import Messages
from ringward.cluster.bus import Announcement
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import Invalid, NotAllowed, NotFound
from ringward.domain.partition import NO_PARTITION

ONE = ("1001", NO_PARTITION)


@pytest.fixture
def number(administration: Administration, ada: Actor) -> str:
    return administration.records(DirectoryNumber).add(ada, DirectoryNumber("1001")).record.key


def test_messages_are_kept_and_told(
    administration: Administration, ada: Actor, number: str, announced: list[Announcement]
) -> None:
    announced.clear()
    administration.message_waiting.set(ada, number, Messages(2, 1))
    assert (
        administration.message_waiting.all(ada)
        == administration.message_waiting.present()
        == {ONE: Messages(2, 1)}
    )
    assert [(each.noun, each.key) for each in announced] == [("message-waiting", "1001")]
    entry = administration.audit.find(ada).entries[0]
    assert (entry.noun, entry.before, entry.after) == (
        "message-waiting",
        {"new": "0", "old": "0"},
        {"new": "2", "old": "1"},
    )


def test_what_is_so_already_leaves_no_trace(
    administration: Administration, ada: Actor, number: str, announced: list[Announcement]
) -> None:
    administration.message_waiting.set(ada, number, Messages(2, 0))
    announced.clear()
    administration.message_waiting.set(ada, number, Messages(2, 0))
    assert announced == []


def test_no_messages_are_no_row(administration: Administration, ada: Actor, number: str) -> None:
    administration.message_waiting.set(ada, number, Messages(2, 1))
    administration.message_waiting.set(ada, number, Messages())
    assert administration.message_waiting.all(ada) == {}


def test_they_follow_their_number(administration: Administration, ada: Actor, number: str) -> None:
    administration.message_waiting.set(ada, number, Messages(1, 0))
    numbers = administration.records(DirectoryNumber)
    numbers.rename(ada, number, "1009")
    assert administration.message_waiting.all(ada) == {("1009", NO_PARTITION): Messages(1, 0)}
    numbers.remove(ada, "1009")
    assert administration.message_waiting.all(ada) == {}


@pytest.mark.parametrize("messages", [Messages(-1, 0), Messages(0, MOST_MESSAGES + 1)])
def test_counts_have_limits(administration: Administration, ada: Actor, number: str, messages: Messages) -> None:
    with pytest.raises(Invalid):
        administration.message_waiting.set(ada, number, messages)


def test_the_number_must_exist_and_the_actor_be_allowed(
    administration: Administration, ada: Actor, guest: Actor, number: str
) -> None:
    with pytest.raises(NotFound):
        administration.message_waiting.set(ada, "1002", Messages(1, 0))
    with pytest.raises(NotAllowed):
        administration.message_waiting.set(guest, number, Messages(1, 0))
