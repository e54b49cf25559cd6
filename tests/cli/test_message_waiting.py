"""Message waiting on the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Ringward = Callable[..., str]


def test_messages_are_set_and_listed(ringward: Ringward, ask: Callable[..., Any]) -> None:
    assert ringward("message-waiting", "list") == "No number has messages.\n"
    ringward("directory-number", "add", "1001")
    assert ringward("message-waiting", "set", "1001", "--new", "2") == "1001 has 2 new and 0 old messages.\n"
    assert ask("message-waiting", "list") == [{"number": "1001", "partition": "<None>", "new": 2, "old": 0}]
    assert "on" in ringward("message-waiting", "list")
    ringward("message-waiting", "set", "1001")
    assert ask("message-waiting", "list") == []


def test_a_number_that_is_not_there(ringward: Ringward) -> None:
    assert "1002" in ringward("message-waiting", "set", "1002", "--new", "1", code=1)
