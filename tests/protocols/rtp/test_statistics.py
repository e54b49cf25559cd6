"""Loss, order and jitter as a receiver counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.rtp.statistics import MAX_DROPOUT, ReceptionReport, ReceptionStatistics


def feed(sequences: list[int], ssrc: int = 7) -> ReceptionReport:
    statistics = ReceptionStatistics(8000)
    for place, sequence in enumerate(sequences):
        statistics.receive(ssrc, sequence % 65536, sequence * 160 % 2**32, place * 0.02)
    return statistics.report()


def test_nothing_received() -> None:
    assert ReceptionStatistics(8000).report() == ReceptionReport()


def test_a_clean_stream_over_the_end_of_the_numbers() -> None:
    report = feed(list(range(65530, 65546)))
    assert (report.packets, report.lost, report.out_of_order, report.duplicates) == (16, 0, 0, 0)
    assert (report.first_sequence, report.last_sequence) == (65530, 9)
    assert report.jitter == pytest.approx(0, abs=1e-9)


def test_loss() -> None:
    report = feed([1, 2, 5, 6, 9])
    assert (report.packets, report.lost) == (5, 4)


def test_late_packets_are_not_lost() -> None:
    report = feed([1, 2, 4, 3, 5])
    assert (report.packets, report.lost, report.out_of_order) == (5, 0, 1)


def test_second_copies_do_not_hide_loss() -> None:
    report = feed([1, 2, 2, 2, 4])
    assert (report.packets, report.lost, report.duplicates) == (3, 1, 2)


def test_a_packet_from_before_the_first() -> None:
    report = feed([10, 9, 11])
    assert (report.packets, report.lost, report.out_of_order) == (3, 0, 1)


def test_one_stray_number_changes_nothing() -> None:
    report = feed([1, 2, 30000, 3, 4])
    assert (report.packets, report.lost, report.last_sequence, report.restarts) == (4, 0, 4, 0)


def test_two_in_a_row_are_a_new_start() -> None:
    report = feed([1, 2, 4, 30000, 30001, 30002])
    assert (report.packets, report.lost, report.restarts, report.last_sequence) == (5, 1, 1, 30002)


def test_another_source_is_a_new_start() -> None:
    statistics = ReceptionStatistics(8000)
    for ssrc, sequence in ((1, 10), (1, 12), (2, 500), (2, 501)):
        assert statistics.receive(ssrc, sequence, 0, 0.0)
    report = statistics.report()
    assert (report.packets, report.lost, report.restarts, report.first_sequence) == (4, 1, 1, 10)


def test_what_came_but_is_not_to_be_played_is_not_lost() -> None:
    statistics = ReceptionStatistics(8000)
    statistics.pass_over(1, 9)  # nothing is known of that stream yet
    for sequence in (10, 11, 12):
        statistics.receive(1, sequence, 0, 0.0)
    for sequence in (13, 14, 16, 14):
        statistics.pass_over(1, sequence)
    statistics.pass_over(2, 700)
    statistics.receive(1, 17, 0, 0.0)
    report = statistics.report()
    assert (report.packets, report.lost, report.restarts) == (4, 1, 0)


def test_jitter_of_alternating_delay() -> None:
    """Every interval is 5 ms too long or too short: the estimate of RFC 3550 A.8 tends to 5 ms."""
    statistics = ReceptionStatistics(8000)
    for place in range(200):
        statistics.receive(1, place, place * 160, place * 0.02 + (0.005 if place % 2 else 0.0))
    assert statistics.report().jitter == pytest.approx(0.005, rel=0.01)


def test_jitter_does_not_jump_when_the_timestamp_wraps() -> None:
    statistics = ReceptionStatistics(8000)
    for place in range(50):
        statistics.receive(1, place, (2**32 - 20 * 160 + place * 160) % 2**32, 1000 + place * 0.02)
    assert statistics.report().jitter == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 65535), st.sets(st.integers(1, 80)), st.randoms(use_true_random=False))
def test_loss_is_what_is_missing_however_the_rest_is_shuffled(
    start: int, dropped: set[int], random: object
) -> None:
    sequences = [start + place for place in range(90) if place not in dropped or place in (0, 89)]
    middle = sequences[1:-1]
    random.shuffle(middle)  # type: ignore[attr-defined]
    report = feed([sequences[0], *middle, sequences[-1]])
    assert report.packets == len(sequences)
    assert report.lost == 90 - len(sequences)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 65535), st.integers(0, 2**32 - 1)), max_size=60))
def test_any_packets_at_all(packets: list[tuple[int, int, int]]) -> None:
    statistics = ReceptionStatistics(8000)
    taken = sum(statistics.receive(ssrc, sequence, timestamp, 0.0) for ssrc, sequence, timestamp in packets)
    report = statistics.report()
    assert report.packets == taken
    assert 0 <= report.lost <= MAX_DROPOUT * len(packets)
