"""Metrics: the text that Prometheus reads, and the small server that gives it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from ringward.services import metrics_listener
from ringward.services.metrics import Histogram, HistogramMetric, counter, gauge, memory, render
from ringward.services.metrics_listener import MetricsListener


def test_numbers_and_labels_are_written_as_prometheus_reads_them() -> None:
    text = render(
        [
            gauge("calls", "Calls now.", 3),
            counter("refusals_total", "Refusals.", {"flood": 2, 'odd "\n': 1}, "reason"),
        ]
    )
    assert text == (
        "# HELP ringward_calls Calls now.\n# TYPE ringward_calls gauge\nringward_calls 3\n"
        "# HELP ringward_refusals_total Refusals.\n# TYPE ringward_refusals_total counter\n"
        'ringward_refusals_total{reason="flood"} 2\n'
        'ringward_refusals_total{reason="odd \\"\\n"} 1\n'
    )


def test_a_histogram_counts_up_to_each_bound_inclusive() -> None:
    histogram = Histogram((0.001, 0.01))
    for value in (0.0005, 0.001, 0.005, 7.0):
        histogram.observe(value)
    assert render([HistogramMetric("lag", "Lag.", histogram)]).splitlines()[2:] == [
        'ringward_lag_bucket{le="0.001"} 2',
        'ringward_lag_bucket{le="0.01"} 3',
        'ringward_lag_bucket{le="+Inf"} 4',
        "ringward_lag_sum 7.0065",
        "ringward_lag_count 4",
    ]


def test_memory_is_that_of_this_process() -> None:
    assert memory() > 10_000_000


@pytest.fixture
async def port() -> AsyncIterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    listener = MetricsListener(lambda: "ringward_calls 3\n")
    await listener.start("127.0.0.1", number)
    yield number
    await listener.stop()


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return answer


async def test_the_listener_answers_what_it_knows(port: int) -> None:
    answer = await ask(port, b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4")
    assert answer.endswith(b"\r\n\r\nringward_calls 3\n")
    assert (await ask(port, b"HEAD /metrics HTTP/1.1\r\n\r\n")).endswith(b"\r\n\r\n")
    assert b" 404 " in await ask(port, b"GET / HTTP/1.1\r\n\r\n")
    refused = await ask(port, b"POST /metrics HTTP/1.1\r\n\r\n")
    assert b" 405 " in refused
    assert b"Allow: GET, HEAD" in refused


async def test_rubbish_and_silence_are_dropped(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await ask(port, b"x" * 20_000 + b"\r\n\r\n") == b""
    assert b" 404 " in await ask(port, b"\x00\xff\r\n\r\n")
    monkeypatch.setattr(metrics_listener, "TIMEOUT", 0.05)
    assert await ask(port, b"GET /met") == b""
