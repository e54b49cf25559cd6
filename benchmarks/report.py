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

from benchmarks import (
    boot,
    calls,
    certificates,
    crowd,
    desk_phone,
    pages,
    registrations,
    secure_calls,
    signed_files,
    tftp,
)
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
    crowd: list[crowd.Result] = field(default_factory=list)
    tftp: list[tftp.Result] = field(default_factory=list)
    certificates: list[certificates.Result] = field(default_factory=list)
    boot: list[boot.Result] = field(default_factory=list)
    secure_calls: list[secure_calls.Result] = field(default_factory=list)
    signing: list[signed_files.Result] = field(default_factory=list)
    pages: list[pages.Result] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def highest_rate(self, subject: str, transport: str) -> float:
        """The highest rate of calls that a server was found to carry; 0 if none was."""
        for each in self.calls:
            if (each.subject, each.transport) == (subject, transport) and each.highest:
                return each.highest.rate
        return 0.0

    def tables(self) -> Iterable[tuple[str, list[str], list[list[str]]]]:
        """Each table: title, headings, rows of text."""
        for transport in dict.fromkeys(each.transport for each in self.calls):
            yield self._calls(transport)
        for transport in dict.fromkeys(each.transport for each in self.registrations):
            yield self._registrations(transport)
        if self.crowd:
            yield self._memory()
            yield self._long_run()
        if self.tftp:
            yield self._tftp()
        if self.certificates:
            yield self._certificates()
        if self.boot:
            yield self._boot()
        if self.secure_calls:
            yield self._secure_calls()
        if self.signing:
            yield self._signing()
        if self.pages:
            yield self._pages()
            yield self._calls_beside_pages()

    def _calls(self, transport: str) -> tuple[str, list[str], list[list[str]]]:
        measured = [each for each in self.calls if each.transport == transport]
        headings = ["server", "what it is", f"CPU at {calls.COMMON_RATE}/s", "highest rate", "CPU there"]
        headings += ["set-up there", RATIO]
        ours = next((each for each in measured if each.subject == OURS), None)
        rows = []
        for each in measured:
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
            f"Calls over {transport.upper()}: CPU seconds per 1,000; highest rate without a failed call",
            headings,
            rows,
        )

    def _registrations(self, transport: str) -> tuple[str, list[str], list[list[str]]]:
        measured = [each for each in self.registrations if each.transport == transport]
        ours = next((each.cpu_per_thousand for each in measured if each.subject == OURS), None)
        headings = ["server", "CPU", "failed", RATIO]
        rows = [
            [
                f"{each.subject} {each.version}",
                f"{each.cpu_per_thousand:.3f}",
                str(each.failed),
                _ratio(ours, each.cpu_per_thousand),
            ]
            for each in measured
        ]
        title = (
            f"Registrations over {transport.upper()} with digest, {registrations.RATE}/s: CPU seconds per 1,000"
        )
        return title, headings, rows

    def _certificates(self) -> tuple[str, list[str], list[list[str]]]:
        headings = ["server", "certificates", "CPU", "making them", "handshakes", "beside both"]
        headings += ["of the bare rate", "failed"]
        rows = [
            [
                f"{each.subject} {each.version}",
                f"{each.certificates_per_second:.0f}/s",
                f"{each.cpu_per_thousand:.2f}",
                f"{each.bare_cpu_per_thousand:.2f}",
                f"{each.handshakes_cpu_per_thousand:.2f}",
                f"{each.times_floor:.2f}",
                f"{each.of_bare_rate:.0%}",
                str(each.failed),
            ]
            for each in self.certificates
        ]
        at_a_time, bits = certificates.PHONES_AT_A_TIME, certificates.KEY_BITS
        title = f"Certificates from CAPF, {at_a_time} phones at a time, RSA {bits}: CPU seconds per 1,000"
        return title, headings, rows

    def _boot(self) -> tuple[str, list[str], list[list[str]]]:
        headings = ["server", "phones", "failed", "up", "CPU each", "OpenSSL's part", "ratio"]
        rows = [
            [
                f"{each.subject} {each.version}",
                f"{each.phones:,}",
                str(each.failed),
                f"{each.phones_per_second:.0f}/s",
                f"{each.cpu:.2f} ms",
                f"{each.openssl:.2f} ms",
                f"{each.ratio:.2f}",
            ]
            for each in self.boot
        ]
        return "Boot storm: encrypted phones from cold to registered", headings, rows

    def _secure_calls(self) -> tuple[str, list[str], list[list[str]]]:
        headings = ["server", "over", "calls", "failed", "CPU", "set-up", "beside UDP"]
        titles = {"udp": "UDP", "tls": "TLS", "srtp": "TLS with certificates, SRTP"}
        rows = [
            [
                f"{each.subject} {each.version}",
                titles[each.kind],
                f"{each.calls:,}",
                str(each.failed),
                f"{each.cpu_per_thousand:.2f}",
                f"{each.median * 1000:.0f} ms",
                f"{each.ratio:.2f}",
            ]
            for each in self.secure_calls
        ]
        answer = f"phones answer after {desk_phone.PICK_UP * 1000:.0f} ms"
        return f"Encrypted calls, {secure_calls.RATE}/s ({answer}): CPU seconds per 1,000", headings, rows

    def _signing(self) -> tuple[str, list[str], list[list[str]]]:
        headings = [
            "server",
            "files",
            "failed",
            "the first time",
            "bare signature",
            "share",
            "all anew",
            "CTL file",
        ]
        rows = [
            [
                f"{each.subject} {each.version}",
                f"{each.phones:,}",
                str(each.failed),
                f"{each.first * 1000:.3f} ms",
                f"{each.signature * 1000:.3f} ms",
                f"{each.share:.0%}",
                f"{each.anew:.1f} s",
                f"{each.ctl_file:.2f} s",
            ]
            for each in self.signing
        ]
        return "Signed configuration files beside bare signatures of RSA-2048; a CTL file made", headings, rows

    def _pages(self) -> tuple[str, list[str], list[list[str]]]:
        headings = ["page", "alone", "after a change, at most", f"{pages.ADMINISTRATORS} people", "p99", "failed"]
        rows = [
            [
                page.title,
                f"{page.alone * 1000:.0f} ms",
                *(
                    f"{each * 1000:.0f} ms" if each is not None else ""
                    for each in (page.after_a_change, page.among_many, page.p99)
                ),
                str(each.failed),
            ]
            for each in self.pages
            for page in each.pages
        ]
        cost = ", ".join(f"{each.of_node * 1000:.2f} ms of the node's time for each" for each in self.pages)
        return f"Pages over {pages.PHONES:,} phones: medians, alone and among many; {cost}", headings, rows

    def _calls_beside_pages(self) -> tuple[str, list[str], list[list[str]]]:
        headings = [
            "calls over TCP",
            "rate",
            "failed",
            "CPU",
            "set-up",
            "p99",
            "node",
            "its pages",
            "phones",
            "people",
        ]
        rows = [
            [
                what,
                f"{each.rate:,}/s",
                str(each.failed),
                f"{each.cpu_per_thousand:.2f}",
                *(f"{seconds * 1000:.0f} ms" for seconds in (each.median, each.p99)),
                *(f"{share:.0%}" for share in (each.node, each.pages, each.phones, each.people)),
            ]
            for result in self.pages
            for what, each in (
                ("highest, without", result.without.highest),
                ("highest, beside", result.beside.highest),
                ("common, without", result.without.common),
                ("common, without, other cores busy", result.busy),
                ("common, beside", result.beside.common),
            )
            if each is not None
        ]
        core = "has a core for itself" if all(each.on_own_core for each in self.pages) else "shares its core"
        title = f"Calls over TCP with and without {pages.ADMINISTRATORS} people who open pages: CPU seconds of the"
        return f"{title} node (it {core}) per 1,000, and how much of a core each used", headings, rows

    def _memory(self) -> tuple[str, list[str], list[list[str]]]:
        headings = ["server", "transport", "phones", "memory of each", "of one processor"]
        rows = [
            [
                f"{each.subject} {each.version}",
                each.transport.upper(),
                f"{each.phones:,}",
                f"{each.per_phone / 1024:.1f} KiB",
                f"{each.keeping:.2%}",
            ]
            for each in self.crowd
        ]
        every = f"{crowd.REFRESH_SECONDS:.0f}"
        return f"Registered phones that refresh their registrations every {every} s", headings, rows

    def _long_run(self) -> tuple[str, list[str], list[list[str]]]:
        headings = [
            "server",
            "transport",
            "calls",
            "failed",
            "CPU",
            "set-up",
            "p99",
            "phones late",
            "left by a call",
        ]
        rows = [
            [
                f"{each.subject} {each.version}",
                each.transport.upper(),
                f"{each.calls:,} at {each.rate:,.0f}/s",
                str(each.failed),
                f"{each.cpu_per_thousand:.2f}",
                f"{each.median * 1000:.0f} ms",
                f"{each.p99 * 1000:.0f} ms",
                f"{each.load_gap * 1000:.0f} ms",
                "-" if math.isnan(each.growth_per_call) else f"{each.growth_per_call:,.0f} bytes",
            ]
            for each in self.crowd
        ]
        answer = f"phones answer after {desk_phone.PICK_UP * 1000:.0f} ms"
        return f"Calls among these phones, for long ({answer}): CPU seconds per 1,000", headings, rows

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
