"""Measure, show, keep: `make bench`, or `make bench ARGS="calls --quick"`."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from benchmarks import (
    boot,
    calls,
    certificates,
    crowd,
    machine,
    pace,
    pages,
    process,
    registrations,
    secure_calls,
    signed_files,
    sipp,
    tftp,
)
from benchmarks.peers.kamailio import Kamailio
from benchmarks.peers.sippy import Sippy
from benchmarks.peers.tftpd_hpa import TftpdHpa
from benchmarks.report import RESULTS, Report
from benchmarks.ringward import RingwardNode, RingwardTftp
from benchmarks.subject import SipSubject, TftpSubject

RINGWARD = RingwardNode()
SIP_SUBJECTS: tuple[SipSubject, ...] = (RINGWARD, Kamailio(), Sippy())
TFTP_SUBJECTS: tuple[TftpSubject, ...] = (RingwardTftp(), TftpdHpa())
Result = TypeVar("Result")

MEASUREMENTS = (
    "calls",
    "registrations",
    "tftp",
    "crowd",
    "certificates",
    "boot",
    "secure-calls",
    "signing",
    "pages",
)
TRANSPORTS = ("udp", "tcp", "tls")
CROWD_RATE = 200  # calls per second in the long run where the highest rate was not measured


def main() -> int:
    arguments = _arguments()
    console = Console()
    speed = pace.QUICK if arguments.quick else pace.THOROUGH
    if arguments.soak:
        speed = dataclasses.replace(speed, soak=arguments.soak * 60)
    report = Report(machine.facts(), thorough=not arguments.quick)

    status = console.status("")

    def attempt(
        what: str, name: str, transport: str, measure: Callable[[], list[Result]], into: list[Result]
    ) -> None:
        """Put what was measured into the report, or a word where it could not be; and write it down at once."""
        title = f"{what}{transport and ' over '}{transport.upper()}: {name}"
        if what not in arguments.what or (
            arguments.only and name.lower() not in arguments.only.lower().split(",")
        ):
            return
        try:
            status.update(title)
            with status:
                into += measure()
            console.print(f"measured, {title}", style="green", highlight=False)
        except (process.DidNotStart, sipp.LoadFailed, OSError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
            report.missing[title] = reason
            console.print(f"not measured, {title}: {error}", style="red", highlight=False, markup=False)
        report.write(machine.label(), arguments.output)

    for transport in arguments.transports:
        for server in SIP_SUBJECTS:
            if transport in server.transports:
                measure = partial(calls.measure, server, transport, speed, status.update)
                attempt("calls", server.name, transport, measure, report.calls)
    for transport in arguments.transports:
        for server in SIP_SUBJECTS:
            if server.registers and transport in registrations.TRANSPORTS:
                register = partial(registrations.measure, server, transport, speed)
                attempt("registrations", server.name, transport, register, report.registrations)
    for files in TFTP_SUBJECTS:
        attempt("tftp", files.name, "", partial(tftp.measure, files, speed), report.tftp)
    for transport in arguments.transports:
        for server in SIP_SUBJECTS:
            if server.registers and transport in crowd.TRANSPORTS:
                rate = report.highest_rate(RINGWARD.name, transport) / 2 or CROWD_RATE
                stay = partial(crowd.measure, server, transport, speed, rate)
                attempt("crowd", server.name, transport, stay, report.crowd)

    attempt("certificates", RINGWARD.name, "", partial(certificates.measure, speed), report.certificates)

    attempt("boot", RINGWARD.name, "", partial(boot.measure, speed, arguments.phones), report.boot)

    attempt("secure-calls", RINGWARD.name, "", partial(secure_calls.measure, speed), report.secure_calls)

    sign = partial(signed_files.measure, speed, arguments.phones)
    attempt("signing", RINGWARD.name, "", sign, report.signing)

    attempt("pages", RINGWARD.name, "", partial(pages.measure, speed), report.pages)

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
    parser.add_argument("--transports", metavar="NAMES", default=",".join(TRANSPORTS), help="of udp,tcp,tls")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="how long the crowd of phones calls")
    parser.add_argument(
        "--phones", type=int, default=0, metavar="NUMBER", help="that boot or whose files are signed"
    )
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="DIR", help="where to keep the figures")
    arguments = parser.parse_args()
    arguments.what = arguments.what or MEASUREMENTS
    arguments.transports = [each for each in TRANSPORTS if each in arguments.transports.lower().split(",")]
    for unknown in set(arguments.what) - set(MEASUREMENTS):
        parser.error(f"{unknown} is not one of {', '.join(MEASUREMENTS)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
