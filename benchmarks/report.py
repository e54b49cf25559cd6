"""The figures as a person reads them: a table in the terminal, a page and a record for later."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import calls, registrations, tftp
from benchmarks.tftp_load import CLIENTS

RESULTS = Path(__file__).parent / "results"
OURS = "Ringward"
RATIO = f"{OURS} : it"  # of CPU, or of files per second


@dataclass(slots=True)
class Report:
    """All that one run measured, with the facts of its machine."""

    facts: dict[str, str]
    thorough: bool
    calls: list[calls.Result] = field(default_factory=list)
    registrations: list[registrations.Result] = field(default_factory=list)
    tftp: list[tftp.Result] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def tables(self) -> Iterable[tuple[str, list[str], list[list[str]]]]:
        """Each table: title, headings, rows of text."""
        if self.calls:
            yield self._calls()
        if self.registrations:
            yield self._registrations()
        if self.tftp:
            yield self._tftp()

    def _calls(self) -> tuple[str, list[str], list[list[str]]]:
        headings = ["server", "what it is", f"CPU at {calls.COMMON_RATE}/s", "highest rate", "CPU there"]
        headings += ["set-up there", RATIO]
        ours = next((each for each in self.calls if each.subject == OURS), None)
        rows = []
        for each in self.calls:
            top = each.highest
            rows.append(
                [
                    *(f"{each.subject} {each.version}", each.kind, f"{each.common.cpu_per_thousand:.2f}"),
                    f"{top.rate:,}/s" if top else "none",
                    f"{top.cpu_per_thousand:.2f}" if top else "-",
                    f"{top.outcome.setup * 1000:.0f} ms" if top else "-",
                    _ratio(
                        ours.highest.cpu_per_thousand if ours and ours.highest else None,
                        top.cpu_per_thousand if top else None,
                    ),
                ]
            )
        return (
            "Calls over UDP, INVITE to BYE: CPU seconds per 1,000; highest rate without a failed call",
            headings,
            rows,
        )

    def _registrations(self) -> tuple[str, list[str], list[list[str]]]:
        ours = next((each.cpu_per_thousand for each in self.registrations if each.subject == OURS), None)
        headings = ["server", "CPU", "failed", RATIO]
        rows = [
            [
                f"{each.subject} {each.version}",
                f"{each.cpu_per_thousand:.3f}",
                str(each.failed),
                _ratio(ours, each.cpu_per_thousand),
            ]
            for each in self.registrations
        ]
        title = f"Registrations over UDP with digest, {registrations.RATE}/s: CPU seconds per 1,000"
        return title, headings, rows

    def _tftp(self) -> tuple[str, list[str], list[list[str]]]:
        ours = {each.block: each.files_per_second for each in self.tftp if each.subject == OURS}
        headings = ["server", "block size", "files/s", "CPU", "failed", RATIO]
        rows = [
            [
                f"{each.subject} {each.version}",
                str(each.block),
                f"{each.files_per_second:,.0f}",
                _figure(each.cpu_per_thousand),
                str(each.failed),
                _ratio(ours.get(each.block), each.files_per_second),
            ]
            for each in self.tftp
        ]
        title = f"TFTP, files of {tftp.FILE_BYTES // 1024} KiB to {CLIENTS} clients at once: CPU seconds per 1,000"
        return title, headings, rows

    def show(self, console: Console) -> None:
        console.print()
        for title, headings, rows in self.tables():
            table = Table(title=title, title_justify="left", title_style="bold")
            for number, heading in enumerate(headings):
                table.add_column(heading, justify="left" if number == 0 else "right")
            for row in rows:
                table.add_row(*row, style="bold" if row[0].startswith(OURS) else "")
            console.print(table)
        for name, reason in self.missing.items():
            console.print(f"[yellow]not measured: {name}: {reason}")
        console.print("  ".join(f"[dim]{name}[/dim] {value}" for name, value in self.facts.items()))

    def write(self, label: str, directory: Path = RESULTS) -> Path:
        """Keep page and record, named for the day and the machine; returns the page's path."""
        directory.mkdir(parents=True, exist_ok=True)
        today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
        page = directory / f"{today}-{label}.md"
        page.write_text(self._page(today))
        page.with_suffix(".json").write_text(
            json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n"
        )
        return page

    def _page(self, today: str) -> str:
        pace = "medians of three" if self.thorough else "a quick look: short runs, one of each"
        lines = [f"# Measured on {today} ({pace})", ""]
        for title, headings, rows in self.tables():
            lines += [f"## {title}", "", _markdown(headings), _markdown(["---"] + ["---:"] * (len(headings) - 1))]
            lines += [_markdown(row) for row in rows] + [""]
        lines += [f"Not measured: {name}: {reason}" for name, reason in self.missing.items()]
        lines += ["## The machine", ""] + [f"- {name}: {value}" for name, value in self.facts.items()]
        return "\n".join(lines) + "\n"


def _ratio(ours: float | None, theirs: float | None) -> str:
    """Our figure over theirs; a figure that was not measured, or is nought, has no ratio."""
    return f"{ours / theirs:.2f}" if ours and theirs else "-"


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _markdown(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
