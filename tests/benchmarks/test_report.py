"""The report: what a person and a program get to read."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import calls, registrations, tftp
from benchmarks.report import Report
from benchmarks.sipp import Outcome


def result(subject: str, cpu: float) -> calls.Result:
    outcome = Outcome(successful=1000, failed=0, retransmissions=0, elapsed=10.1, setup=0.012)
    trial = calls.Trial(rate=100, planned=10, outcome=outcome, cpu=cpu, megabytes=30)
    return calls.Result(subject, "B2BUA", "1.0", common=trial, highest=trial)


@pytest.fixture
def report() -> Report:
    return Report(
        {"processor": "Some One", "cores": "2"},
        thorough=True,
        calls=[result("Ringward", 1.0), result("sippy", 5.0)],
        registrations=[
            registrations.Result("Ringward", "1.0", 0.2, 0),
            registrations.Result("Kamailio", "5", 0.1, 0),
        ],
        tftp=[tftp.Result("tftpd-hpa", "5.2", 512, 1000.0, math.nan, 0)],
        missing={"tftp: Ringward": "it did not start"},
    )


def test_the_page_has_figures_ratios_facts_and_what_is_missing(report: Report, tmp_path: Path) -> None:
    page = report.write("some-machine", tmp_path)
    text = page.read_text()
    assert "| sippy 1.0 | B2BUA | 5.00 | 100/s | 5.00 | 12 ms | 0.20 |" in text
    assert "| Kamailio 5 | 0.100 | 0 | 2.00 |" in text
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
