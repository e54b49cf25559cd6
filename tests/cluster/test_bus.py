from __future__ import annotations

import logging

import pytest

from ringward.cluster.bus import Announcement, Bus, LocalBus
from ringward.domain.change import Action

FIRST = Announcement("region", "North", Action.ADDED, 1)
SECOND = Announcement("region", "North", Action.REMOVED, 2)


def test_every_subscriber_hears_every_announcement_in_order() -> None:
    bus: Bus = LocalBus()
    heard: list[tuple[str, Announcement]] = []
    bus.subscribe(lambda each: heard.append(("a", each)))
    bus.subscribe(lambda each: heard.append(("b", each)))
    bus.publish(FIRST)
    bus.publish(SECOND)
    assert heard == [("a", FIRST), ("b", FIRST), ("a", SECOND), ("b", SECOND)]


def test_a_failing_subscriber_is_logged_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus = LocalBus()
    heard: list[Announcement] = []

    def fail(_: Announcement) -> None:
        raise RuntimeError("no")

    bus.subscribe(fail)
    bus.subscribe(heard.append)
    with caplog.at_level(logging.ERROR):
        bus.publish(FIRST)
    assert heard == [FIRST]
    assert "a subscriber failed" in caplog.text


def test_a_subscription_ends_once_and_only_itself() -> None:
    bus = LocalBus()
    heard: list[Announcement] = []
    end = bus.subscribe(heard.append)
    bus.subscribe(heard.append)
    end()
    end()
    bus.publish(FIRST)
    assert heard == [FIRST]


def test_subscribing_and_leaving_while_an_announcement_is_made() -> None:
    bus = LocalBus()
    heard: list[str] = []

    def newcomer(_: Announcement) -> None:
        heard.append("newcomer")

    def once(_: Announcement) -> None:
        heard.append("once")
        leave()
        bus.subscribe(newcomer)

    leave = bus.subscribe(once)
    bus.publish(FIRST)
    assert heard == ["once"]
    bus.publish(SECOND)
    assert heard == ["once", "newcomer"]
