from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ringward.domain.backup_schedule import BackupSchedule, Frequency, Weekday, is_backup_key, is_directory
from ringward.domain.rules.backup_times import last_due, next_due

DAILY = BackupSchedule("nightly", hour=2)
WEEKLY = BackupSchedule("weekly", frequency=Frequency.WEEKLY, weekday=Weekday.SATURDAY, hour=23)


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server's clock has summer time, by the rule itself so that no database of zones is needed."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone()


def shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M %z")


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        ("2026-11-26 01:59", "2026-11-25 02:00 +0100", "2026-11-26 02:00 +0100"),
        ("2026-11-26 02:00", "2026-11-26 02:00 +0100", "2026-11-27 02:00 +0100"),
        ("2026-11-26 23:59", "2026-11-26 02:00 +0100", "2026-11-27 02:00 +0100"),
    ],
)
def test_a_daily_schedule_is_due_at_its_hour(now: str, last: str, following: str) -> None:
    assert shown(last_due(DAILY, at(now))) == last
    assert shown(next_due(DAILY, at(now))) == following


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        ("2026-11-28 22:59", "2026-11-21 23:00 +0100", "2026-11-28 23:00 +0100"),
        ("2026-11-28 23:00", "2026-11-28 23:00 +0100", "2026-12-05 23:00 +0100"),
        ("2026-12-01 00:00", "2026-11-28 23:00 +0100", "2026-12-05 23:00 +0100"),
    ],
)
def test_a_weekly_schedule_is_due_on_its_day(now: str, last: str, following: str) -> None:
    assert shown(last_due(WEEKLY, at(now))) == last
    assert shown(next_due(WEEKLY, at(now))) == following


def test_the_hour_is_the_one_on_the_wall_also_when_the_clock_is_changed() -> None:
    daily = BackupSchedule("nightly", hour=4)
    assert shown(last_due(daily, at("2026-10-25 03:30"))) == "2026-10-24 04:00 +0200"
    assert shown(next_due(daily, at("2026-10-24 12:00"))) == "2026-10-25 04:00 +0100"
    assert shown(next_due(daily, at("2026-03-28 12:00"))) == "2026-03-29 04:00 +0200"


def test_the_clock_of_the_asker_does_not_matter() -> None:
    assert last_due(DAILY, datetime(2026, 11, 26, 1, 30, tzinfo=UTC)) == at("2026-11-26 02:00")


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("MCowBQYDK2VuAyEAtGjQ0d9b0jHwT4Zx1m6xkqk0oY3wqv3mX8d0kYh1c2U=", True),
        ("MCowBQYDK2VwAyEAtGjQ0d9b0jHwT4Zx1m6xkqk0oY3wqv3mX8d0kYh1c2U=", False),  # Ed25519
        ("MCowBQYDK2VuAyEAtGjQ0d9b0jHwT4Zx1m6xkqk0oY3wqv3mX8d0kYh1", False),
        ("-----BEGIN PUBLIC KEY-----", False),
        ("ü", False),
        ("", False),
    ],
)
def test_only_a_public_key_for_backups_is_one(text: str, good: bool) -> None:
    assert is_backup_key(text) is good


@pytest.mark.parametrize("text", ["backups", "./a", "/var/../etc", "/a\nb", "/a\0", ""])
def test_what_is_no_directory_from_the_root_on_is_refused(text: str) -> None:
    assert not is_directory(text)
    assert is_directory("/var/backups/ringward")
