from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringward.domain.rules.certificate_expiry import alarm_of, time_left

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "alarm"),
    [
        (timedelta(days=60, seconds=1), None),
        (timedelta(days=60), 60),
        (timedelta(days=30, seconds=1), 60),
        (timedelta(days=30), 30),
        (timedelta(days=7), 7),
        (timedelta(seconds=1), 7),
        (timedelta(0), 0),
        (timedelta(days=-400), 0),
    ],
)
def test_alarms_are_reached_one_after_the_other(left: timedelta, alarm: int | None) -> None:
    assert alarm_of(NOW + left, NOW) == alarm


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=400), "400 days"),
        (timedelta(days=1, hours=3), "1 day"),
        (timedelta(hours=3), "less than a day"),
        (timedelta(0), "expired"),
    ],
)
def test_what_is_left_in_words(left: timedelta, words: str) -> None:
    assert time_left(NOW + left, NOW) == words
