"""Offenders are named, and the log does not become the flood."""

from __future__ import annotations

import logging

import pytest

from ringward.domain.alarm import AlarmEvent
from ringward.domain.alarm_catalogue import PHONE_REFUSED
from ringward.services.call_manager.offences import MAX_NAMED, REPORT_INTERVAL, Offences

log = logging.getLogger("test.offences")


def test_each_offence_of_each_offender_is_named_once_per_interval(caplog: pytest.LogCaptureFixture) -> None:
    offences = Offences(log)
    offences.advance(0.0)
    for _ in range(1_000):
        offences.note("flood", "192.0.2.1", "%s floods", "192.0.2.1")
        offences.note("guess", "192.0.2.1", "%s guesses", "192.0.2.1")
    assert caplog.messages == ["192.0.2.1 floods", "192.0.2.1 guesses"]
    caplog.clear()
    offences.advance(REPORT_INTERVAL - 1)
    assert caplog.messages == []
    offences.advance(REPORT_INTERVAL)
    assert caplog.messages == [
        "192.0.2.1: flood, 999 more times within a minute",
        "192.0.2.1: guess, 999 more times within a minute",
    ]
    caplog.clear()
    offences.note("flood", "192.0.2.1", "%s floods", "192.0.2.1")
    assert caplog.messages == ["192.0.2.1 floods"]


def test_many_offenders_are_counted_together(caplog: pytest.LogCaptureFixture) -> None:
    offences = Offences(log)
    offences.advance(0.0)
    for number in range(10_000):
        offences.note("flood", f"offender {number}", "%s floods", number)
    assert len(caplog.messages) == MAX_NAMED
    caplog.clear()
    offences.advance(REPORT_INTERVAL)
    assert caplog.messages == [
        f"flood: {10_000 - MAX_NAMED} more times within a minute, by others than those named"
    ]


def test_silence_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    offences = Offences(log)
    for now in range(0, 1_000, 10):
        offences.advance(float(now))
    assert caplog.messages == []


def test_a_defect_has_its_traceback_once(caplog: pytest.LogCaptureFixture) -> None:
    offences = Offences(log)
    for _ in range(3):
        try:
            raise ValueError("broken")
        except ValueError:
            offences.note("defect", "x", "it broke", level=logging.ERROR, with_traceback=True)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None


def test_many_who_do_little_do_not_hide_one_who_does_worse(caplog: pytest.LogCaptureFixture) -> None:
    offences = Offences(log)
    for number in range(1_000):
        offences.note("refused", f"offender {number}", "%s was refused", number)
    caplog.clear()
    offences.note("locked out", "192.0.2.1", "%s guesses", "192.0.2.1")
    assert caplog.messages == ["192.0.2.1 guesses"]


def test_what_was_repeated_once_is_told_so(caplog: pytest.LogCaptureFixture) -> None:
    offences = Offences(log)
    offences.advance(0.0)
    for _ in range(2):
        offences.note("flood", "192.0.2.1", "%s floods", "192.0.2.1")
    caplog.clear()
    offences.advance(REPORT_INTERVAL)
    assert caplog.messages == ["192.0.2.1: flood, once more within a minute"]


def test_an_alarm_that_is_raised_again_still_says_why() -> None:
    heard: list[AlarmEvent] = []
    offences = Offences(log, heard.append)
    offences.advance(0.0)
    for _ in range(3):
        offences.note("refused", "SEP1 at 192.0.2.1", "%s refused: %s", "SEP1", "it is late", alarm=PHONE_REFUSED)
    offences.advance(REPORT_INTERVAL)
    assert [each.text for each in heard] == [
        "SEP1 refused: it is late",
        "SEP1 refused: it is late; 2 more times within a minute",
    ]
    assert heard[-1].count == 2
