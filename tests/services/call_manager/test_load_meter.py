"""How busy a thread is."""

from __future__ import annotations

import pytest

from ringward.services.call_manager.load_meter import LoadMeter

PERIOD = 0.05


@pytest.fixture
def meter() -> LoadMeter:
    return LoadMeter(PERIOD, now=100.0, used=7.0)


def test_the_share_is_what_was_used_of_the_time(meter: LoadMeter) -> None:
    assert meter.share(100.05, 7.04) == pytest.approx(0.8)
    assert meter.share(100.10, 7.04) == 0.0
    assert meter.share(100.15, 7.09) == pytest.approx(1.0)


def test_a_thread_that_comes_late_is_busy_whatever_it_used(meter: LoadMeter) -> None:
    assert meter.share(100.50, 7.0) == pytest.approx(0.9)
    assert meter.share(100.55, 7.0) == pytest.approx(0.0)


def test_looking_early_makes_nobody_busy(meter: LoadMeter) -> None:
    assert meter.share(100.001, 7.001) == pytest.approx(0.02)


def test_it_is_never_more_than_one(meter: LoadMeter) -> None:
    assert meter.share(100.05, 9.0) == 1.0
