"""The report: what a person and a program get to read."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import boot, calls, certificates, crowd, pages, registrations, secure_calls, signed_files, tftp
from benchmarks.calls_beside_pages import Calls, Carried
from benchmarks.report import Report
from benchmarks.sipp import Outcome


def result(subject: str, cpu: float) -> calls.Result:
    outcome = Outcome(successful=1000, failed=0, retransmissions=0, elapsed=10.1, setup=0.012)
    trial = calls.Trial(rate=100, planned=10, outcome=outcome, cpu=cpu, megabytes=30)
    return calls.Result(subject, "B2BUA", "1.0", "udp", common=trial, highest=trial)


@pytest.fixture
def report() -> Report:
    common = Calls(200, 0, 1.6, 0.011, 0.015, 0.32, 0.1, 0.2, 0.05)
    return Report(
        {"processor": "Some One", "cores": "2"},
        thorough=True,
        calls=[result("Ringward", 1.0), result("sippy", 5.0)],
        registrations=[
            registrations.Result("Ringward", "1.0", "udp", 0.2, 0),
            registrations.Result("Kamailio", "5", "udp", 0.1, 0),
        ],
        crowd=[
            crowd.Result("Ringward", "1.0", "tls", 5000, 40960, 0.012, 300, 9000, 0, 0.8, 0.012, 0.02, 0.003, 3.2)
        ],
        tftp=[tftp.Result("tftpd-hpa", "5.2", 512, 1000.0, math.nan, 0)],
        certificates=[certificates.Result("Ringward", "1.0", 210.0, 4.0, 0.5, 1.5, 0)],
        boot=[boot.Result("Ringward", "1.0", 2000, 0, 120.0, 3.0, 1.2)],
        secure_calls=[secure_calls.Result("Ringward", "1.0", "srtp", 500, 0, 0.9, 0.012, 1.5)],
        signing=[signed_files.Result("Ringward", "1.0", 10_000, 0, 0.0003, 0.00024, 4.21, 1.234)],
        pages=[
            pages.Result(
                *("Ringward", "1.0", [pages.Page("start page", 0.02, 0.06, 0.05, 0.2)], 0, 0.0004, True),
                Carried(Calls(400, 0, 1.5, 0.012, 0.02, 0.6, 0.0, 0.4, 0.0), common),
                Carried(None, common),
                common,
            )
        ],
        missing={"tftp: Ringward": "it did not start"},
    )


def test_the_page_has_figures_ratios_facts_and_what_is_missing(report: Report, tmp_path: Path) -> None:
    page = report.write("some-machine", tmp_path)
    text = page.read_text()
    assert "| sippy 1.0 | B2BUA | 5.00 | 100/s | 5.00 | 12 ms | 0.20 |" in text
    assert "| Kamailio 5 | 0.100 | 0 | 2.00 |" in text
    assert "| Ringward 1.0 | TLS | 5,000 | 40.0 KiB | 1.20% |" in text
    assert "| Ringward 1.0 | TLS | 9,000 at 300/s | 0 | 0.80 | 12 ms | 20 ms | 3 ms | 3 bytes |" in text
    assert "| Ringward 1.0 | 210/s | 4.00 | 0.50 | 1.50 | 2.00 | 12% | 0 |" in text
    assert "| Ringward 1.0 | 2,000 | 0 | 120/s | 3.00 ms | 1.20 ms | 2.50 |" in text
    assert "| Ringward 1.0 | TLS with certificates, SRTP | 500 | 0 | 0.90 | 12 ms | 1.50 |" in text
    assert "| Ringward 1.0 | 10,000 | 0 | 0.300 ms | 0.240 ms | 80% | 4.2 s | 1.23 s |" in text
    assert "| start page | 20 ms | 60 ms | 50 ms | 200 ms | 0 |" in text and "0.40 ms of the node's time" in text
    assert "| highest, without | 400/s | 0 | 1.50 | 12 ms | 20 ms | 60% | 0% | 40% | 0% |" in text
    assert "| common, beside | 200/s | 0 | 1.60 | 11 ms | 15 ms | 32% | 10% | 20% | 5% |" in text
    assert "common, without, other cores busy" in text and "highest, beside" not in text
    assert "processor: Some One" in text
    assert "tftp: Ringward: it did not start" in text
    record = json.loads(page.with_suffix(".json").read_text())
    assert record["calls"][0]["highest"]["cpu"] == 1.0


def test_the_table_fits_a_terminal(report: Report) -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    report.show(console)
    shown = console.export_text()
    assert "sippy 1.0" in shown
    assert "highest rate" in shown
    assert max(map(len, shown.splitlines())) <= 100
