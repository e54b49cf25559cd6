"""Days and times as people write them, each meant whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.errors import Invalid
from ringward.domain.period import since, until

HOUR = 3_600_000
MIDNIGHT = int(datetime(2026, 1, 31, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026-01-31", 0, 24 * HOUR),
        (" 2026-01-31 14:30", 14.5 * HOUR, 14.5 * HOUR + 60_000),
        ("2026-01-31T14:30", 14.5 * HOUR, 14.5 * HOUR + 60_000),
        ("2026-01-31 14:30:15", 14.5 * HOUR + 15_000, 14.5 * HOUR + 16_000),
    ],
)
def test_a_day_a_minute_and_a_second_are_meant_whole(text: str, first: float, after: float) -> None:
    assert since(text, UTC, "from") == MIDNIGHT + first
    assert until(text, UTC, "until") == MIDNIGHT + after


def test_a_time_is_meant_by_the_clock_of_its_zone() -> None:
    east = timezone(timedelta(hours=2))
    assert since("2026-01-31", east, "from") == MIDNIGHT - 2 * HOUR


def test_what_is_not_written_does_not_matter() -> None:
    assert since(" ", UTC, "from") is None and until("", None, "until") is None


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "31.1.2026", "2026-01-31 25:00", "2026-01-31Z"])
def test_what_is_no_time_is_told_with_what_is_allowed(text: str) -> None:
    with pytest.raises(Invalid, match=r"from.*such as 2026-01-31"):
        since(text, UTC, "from")


@pytest.mark.parametrize("zone", [UTC, None])
def test_the_last_day_that_there_is_has_no_end(zone: timezone | None) -> None:
    with pytest.raises(Invalid):
        until("9999-12-31", zone, "until")


@given(st.text(max_size=60))
def test_any_text_is_a_time_or_is_refused(text: str) -> None:
    for end in (since, until):
        try:
            end(text, None, "from")
        except Invalid as error:
            assert len(error.errors[0].value) <= 40
