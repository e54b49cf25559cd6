"""Call detail records are written in batches, retried, and complete at shutdown."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from ringward.services.record_writer import BATCH, RecordWriter


class Store:
    """Remembers batches; fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.batches: list[list[int]] = []
        self.failures = failures
        self.wrote = threading.Event()

    def write(self, records: Sequence[int]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        self.batches.append(list(records))
        self.wrote.set()

    @property
    def records(self) -> list[int]:
        return [record for batch in self.batches for record in batch]


def test_records_are_written_without_waiting_for_the_end() -> None:
    store = Store()
    writer = RecordWriter(store.write, interval=0.01)
    writer.start()
    writer.put(1)
    assert store.wrote.wait(5)
    writer.stop()
    assert store.records == [1]


def test_everything_is_stored_at_shutdown_in_order_and_in_bounded_batches() -> None:
    store = Store()
    writer = RecordWriter(store.write, interval=30)
    writer.start()
    for number in range(2 * BATCH + 5):
        writer.put(number)
    writer.stop()
    assert store.records == list(range(2 * BATCH + 5))
    assert [len(batch) for batch in store.batches] == [BATCH, BATCH, 5]


def test_a_failing_database_delays_but_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(failures=2)
    writer = RecordWriter(store.write, interval=0.01, retry_interval=0.01)
    writer.start()
    writer.put(1)
    writer.put(2)
    assert store.wrote.wait(5)
    writer.stop()
    assert store.records == [1, 2]
    assert "could not be stored yet" in caplog.text


def test_failures_during_shutdown_are_retried_a_few_times(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(failures=3)
    writer = RecordWriter(store.write, interval=0.01)
    writer.put(1)
    writer.start()
    writer.stop()
    assert store.records == [1]
    hopeless = RecordWriter(Store(failures=1000).write, interval=0.01)
    hopeless.put(1)
    hopeless.start()
    hopeless.stop()
    assert "1 call records could not be stored and are lost" in caplog.text


def test_memory_is_bounded_and_losses_are_told(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    writer = RecordWriter(store.write, interval=30, capacity=3)
    for number in range(5):
        writer.put(number)
    writer.start()
    writer.stop()
    assert store.records == [0, 1, 2]
    assert "1 are lost" in caplog.text
