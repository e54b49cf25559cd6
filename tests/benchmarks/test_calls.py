"""The search for the highest rate, and what counts as a rate that holds."""

from __future__ import annotations

import pytest

from benchmarks.calls import LAST_RATE, Trial, highest_clean_rate
from benchmarks.pace import Pace
from benchmarks.sipp import Outcome

PACE = Pace(measure=1, probe=1, prove=4, soak=1, times=1, precision=1.06)


def trial(rate: int, seconds: float, *, failed: int = 0, late: float = 0.1, setup: float = 0.012) -> Trial:
    calls = int(rate * seconds)
    outcome = Outcome(calls - failed, failed, retransmissions=0, elapsed=seconds + late, setup=setup)
    return Trial(rate, seconds, outcome, cpu=1.0, megabytes=10)


@pytest.mark.parametrize("limit", [60, 100, 333, 1000, 2500])
def test_the_search_comes_near_the_limit_and_never_above(limit: int) -> None:
    found = highest_clean_rate(lambda rate, seconds: trial(rate, seconds, failed=rate > limit), PACE)
    assert limit / PACE.precision / 1.02 < found <= limit


def test_a_server_that_carries_nothing_has_no_rate() -> None:
    assert highest_clean_rate(lambda rate, seconds: trial(rate, seconds, failed=1), PACE) == 0


def test_the_search_ends_where_the_load_does() -> None:
    assert highest_clean_rate(trial, PACE) <= LAST_RATE


def test_a_rate_that_holds_only_for_a_while_is_not_the_highest() -> None:
    def tiring(rate: int, seconds: float) -> Trial:
        return trial(rate, seconds, failed=rate > (500 if seconds > 1 else 1000))

    assert 450 < highest_clean_rate(tiring, PACE) <= 500


def test_what_spoils_a_trial() -> None:
    assert trial(100, 1).clean
    assert not trial(100, 1, failed=1).clean
    assert not trial(100, 1, late=1.5).clean, "it did not keep up"
    assert not trial(100, 1, setup=0.3).clean, "a queue grew"


def test_processor_time_counts_per_successful_call() -> None:
    assert trial(100, 1, failed=50).cpu_per_thousand == 20
