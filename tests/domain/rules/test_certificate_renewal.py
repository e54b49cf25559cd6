"""CAPF-09: certificates are renewed at quiet hours, some at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringward.domain.rules.certificate_renewal import (
    SHORTEST_TURN,
    TURN,
    ExpiringPhone,
    Hours,
    RenewalState,
    hours_of,
    is_time,
    length_of,
    next_wave,
    turn_end,
)
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation

NULL, STRING = CapfAuthenticationMode.NULL_STRING, CapfAuthenticationMode.AUTHENTICATION_STRING


def at(clock: str, day: int = 25) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day:02} {clock}").replace(tzinfo=UTC)


def phone(
    name: str,
    day: int = 1,
    mode: CapfAuthenticationMode = NULL,
    operation: CertificateOperation = CertificateOperation.NONE,
    status: str = "Upgrade Success",
) -> ExpiringPhone:
    return ExpiringPhone(name, at("00:00", day), mode, operation, status)


@pytest.mark.parametrize(
    ("now", "begin", "end", "expected"),
    [
        (at("01:59"), "02:00", "05:00", None),
        (at("02:00"), "02:00", "05:00", Hours(at("02:00"), at("05:00"))),
        (at("04:59"), "02:00", "05:00", Hours(at("02:00"), at("05:00"))),
        (at("05:00"), "02:00", "05:00", None),
        (at("23:30"), "22:00", "04:00", Hours(at("22:00"), at("04:00", 26))),
        (at("03:30"), "22:00", "04:00", Hours(at("22:00", 24), at("04:00"))),
        (at("12:00"), "22:00", "04:00", None),
    ],
)
def test_the_hours_of_renewal_may_go_past_midnight(
    now: datetime, begin: str, end: str, expected: Hours | None
) -> None:
    assert hours_of(now, begin, end) == expected


def test_a_wave_has_its_turn_but_not_beyond_the_hours() -> None:
    hours = Hours(at("02:00"), at("05:00"))
    assert turn_end(at("02:00"), hours) == at("02:00") + TURN
    assert turn_end(at("04:50"), hours) == at("05:00")
    assert turn_end(at("04:51"), hours) is None, "its phones would be reset and not be done in time"
    assert timedelta(minutes=5) < SHORTEST_TURN < TURN < timedelta(hours=2)


@pytest.mark.parametrize(
    ("begin", "end", "minutes"),
    [("02:00", "05:00", 180), ("22:00", "04:00", 360), ("02:00", "02:00", 0), ("23:59", "00:01", 2)],
)
def test_the_hours_of_renewal_have_a_length(begin: str, end: str, minutes: int) -> None:
    assert length_of(begin, end) == timedelta(minutes=minutes)


def test_the_most_urgent_come_first_and_those_that_failed_last() -> None:
    phones = [phone("late", 9), phone("failed", 1, status="Upgrade Failed: Invalid LSC"), phone("soon", 2)]
    assert next_wave(phones, 2, {}) == ["soon", "late"]
    assert next_wave(phones, 5, {}) == ["soon", "late", "failed"]


def test_no_more_are_under_way_than_may_be() -> None:
    busy = [phone(f"busy{n}", operation=CertificateOperation.INSTALL_UPGRADE) for n in range(3)]
    turns = {each.device: 1 for each in busy}
    assert next_wave([*busy, phone("next"), phone("other")], 4, turns) == ["next"]
    assert next_wave([*busy, phone("next")], 2, turns) == []


def test_operations_that_somebody_else_gave_take_no_place_in_a_wave() -> None:
    """Twenty phones in a drawer, with ten days for theirs, would stop renewal for ten days."""
    busy = [phone(f"busy{n}", operation=CertificateOperation.INSTALL_UPGRADE) for n in range(3)]
    assert next_wave([*busy, phone("next")], 1, {}) == ["next"]


def test_who_had_a_turn_comes_behind_all_who_had_none_and_no_more_than_once_again() -> None:
    failed = phone("failed before", 9, status="Upgrade Failed: Invalid LSC")
    phones = [phone("had one", 1), phone("had two", 2), failed, phone("had none", 8)]
    assert next_wave(phones, 9, {"had one": 1, "had two": 2}) == ["had none", "failed before", "had one"]


def test_where_somebody_must_type_nothing_goes_by_itself() -> None:
    """CAPF-14."""
    assert next_wave([phone("typed", mode=STRING)], 9, {}) == []
    assert phone("typed", mode=STRING).state is RenewalState.NEEDS_STRING


@pytest.mark.parametrize(
    ("text", "good"), [("02:00", True), ("2:00", False), ("24:00", False), ("02:00:10", False)]
)
def test_times_of_day_are_hours_and_minutes(text: str, good: bool) -> None:
    assert is_time(text) is good
