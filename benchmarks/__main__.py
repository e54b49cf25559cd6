"""Measure, show, keep: `make bench`, or `make bench ARGS="calls --quick"`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from benchmarks import calls, machine, pace, process, registrations, sipp, tftp
from benchmarks.peers.kamailio import Kamailio
from benchmarks.peers.sippy import Sippy
from benchmarks.peers.tftpd_hpa import TftpdHpa
from benchmarks.report import RESULTS, Report
from benchmarks.ringward import RingwardNode, RingwardTftp
from benchmarks.subject import SipSubject, TftpSubject

SIP_SUBJECTS: tuple[SipSubject, ...] = (RingwardNode(), Kamailio(), Sippy())
TFTP_SUBJECTS: tuple[TftpSubject, ...] = (RingwardTftp(), TftpdHpa())
Result = TypeVar("Result")

MEASUREMENTS = ("calls", "registrations", "tftp")


def main() -> int:
    arguments = _arguments()
    console = Console()
    speed = pace.QUICK if arguments.quick else pace.THOROUGH
    report = Report(machine.facts(), thorough=not arguments.quick)

    status = console.status("")

    def attempt(what: str, name: str, measure: Callable[[], list[Result]]) -> list[Result]:
        """What was measured; nothing, and a word in the report, where it could not be."""
        if what not in arguments.what or (
            arguments.only and name.lower() not in arguments.only.lower().split(",")
        ):
            return []
        try:
            status.update(f"{what}: {name}")
            with status:
                results = measure()
        except (process.DidNotStart, sipp.LoadFailed, OSError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
            report.missing[f"{what}: {name}"] = reason
            console.print(f"not measured, {what}: {name}: {error}", style="red", highlight=False, markup=False)
            return []
        console.print(f"measured, {what}: {name}", style="green", highlight=False)
        return results

    for server in SIP_SUBJECTS:
        report.calls += attempt("calls", server.name, partial(calls.measure, server, speed, status.update))
    for server in SIP_SUBJECTS:
        if server.registers:
            report.registrations += attempt(
                "registrations", server.name, partial(registrations.measure, server, speed)
            )
    for files in TFTP_SUBJECTS:
        report.tftp += attempt("tftp", files.name, partial(tftp.measure, files, speed))

    report.show(console)
    console.print(f"written to {report.write(machine.label(), arguments.output)}", highlight=False)
    return 1 if report.missing else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("what", nargs="*", help=f"of {', '.join(MEASUREMENTS)}; all by default")
    parser.add_argument(
        "--quick", action="store_true", help="short runs, one of each: does it work, about how fast"
    )
    parser.add_argument("--only", metavar="NAMES", help="servers to measure, by name, with commas between")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="DIR", help="where to keep the figures")
    arguments = parser.parse_args()
    arguments.what = arguments.what or MEASUREMENTS
    for unknown in set(arguments.what) - set(MEASUREMENTS):
        parser.error(f"{unknown} is not one of {', '.join(MEASUREMENTS)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
