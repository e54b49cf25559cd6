"""What the service reads anew when something has changed."""

from __future__ import annotations

import asyncio

import pytest

from ringward.calls.message_waiting import Messages, Number
from ringward.domain.change import Action
from ringward.domain.partition import NO_PARTITION
from ringward.services.call_manager.service import CallManagerService, Listening
from ringward.services.call_manager.stations import Stations, no_stations
from ringward.store.feed import Change

ONE = ("1001", NO_PARTITION)


@pytest.mark.parametrize(
    ("noun", "read"),
    [
        ("message-waiting", ["messages"]),
        ("directory-number", ["stations", "messages"]),
        ("region", ["stations"]),
    ],
)
def test_a_message_that_waits_is_no_change_of_the_configuration(noun: str, read: list[str]) -> None:
    done: list[str] = []

    def stations() -> Stations:
        done.append("stations")
        return no_stations()

    def messages() -> dict[Number, Messages]:
        done.append("messages")
        return {ONE: Messages(2, 0)}

    service = CallManagerService(
        Listening("127.0.0.1", "127.0.0.1", 0, 0), stations, lambda _: None, messages=messages
    )
    told: list[Number] = []
    service.message_waiting.watch(*ONE, told.append)
    asyncio.run(service.configuration_changed([Change(1, 0, noun, "1001", Action.UPDATED)]))
    assert done == read
    assert told == ([ONE] if "messages" in read else [])
