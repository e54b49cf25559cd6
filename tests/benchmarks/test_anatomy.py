"""The call that is taken apart is a whole one, and leaves nothing behind."""

from __future__ import annotations

from benchmarks.anatomy import LADDER, left_behind, measure


def test_every_message_of_a_call_is_timed() -> None:
    figures = measure(20)
    assert len(figures) == len(LADDER)
    assert all(0 < each.reading < 1e6 and 0 < each.total < 1e6 for each in figures)
    assert [each.writing > 0 for each in figures] == [True, True, True, False, True, False]


def test_calls_leave_nothing_behind_and_no_cycles_to_be_searched_for() -> None:
    """The node's memory does not grow with its calls, and its messages never wait for the collector."""
    cycles, objects = left_behind(200)
    assert cycles == 0
    assert abs(objects) < 50
