"""SIPp playing a phone's part of a ladder."""

from __future__ import annotations

import csv
import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.ports import free_ports, is_taken
from strangers.node import PATIENCE, Node, eventually
from strangers.scenario import Scenario

_runs = itertools.count()

LONGEST = 2 * PATIENCE
"""Seconds for a scenario: in some of them 32 pass before somebody gives up (RFC 3261, 64 times T1)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What SIPp counted: calls that went as written, messages it had to send again."""

    successful: int
    retransmissions: int


class SippPhone:
    """A phone with a port of its own; SIPp speaks for it, one scenario after another."""

    def __init__(self, node: Node, directory: Path, number: str, transport: str = "u1") -> None:
        self.node = node
        self.number = number
        self.directory = directory
        self.transport = transport
        self.port = free_ports()
        self._processes: list[subprocess.Popen[bytes]] = []

    def play(self, scenario: Scenario, *options: str, calls: int = 1) -> Counted:
        """Play a scenario to its end."""
        return self.begin(scenario, *options, calls=calls).finish()

    def begin(self, scenario: Scenario, *options: str, calls: int | None = 1) -> Playing:
        """Begin to play, for a scenario that waits for another's; `calls` None: until it is put away."""
        name = f"{scenario.name}-{next(_runs)}"
        file = self.directory / f"{name}.xml"
        file.write_text(scenario.xml())
        errors, statistics = self.directory / f"{name}.errors", self.directory / f"{name}.csv"
        where = (
            f"127.0.0.1:{self.node.sip_port} -i 127.0.0.1 -p {self.port} -mp {self.port + 2} -t {self.transport}"
        )
        what = f"-nostdin -trace_err -trace_stat -fd 1 -timeout {LONGEST:.0f}s -timeout_error -watchdog_interval 0"
        if calls is not None:
            what += f" -m {calls}"
        command = ["sipp", *where.split(), *what.split(), "-sf", str(file), "-error_file", str(errors)]
        process = subprocess.Popen(
            [*command, "-stf", str(statistics), *options],
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        assert eventually(lambda: is_taken(self.port) or process.poll() is not None)
        return Playing(scenario.name, process, errors, statistics)

    def put_away(self) -> None:
        """End what a test that failed has left behind."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()


@dataclass(slots=True)
class Playing:
    """A scenario that is being played."""

    name: str
    process: subprocess.Popen[bytes]
    errors: Path
    statistics: Path

    def break_off(self) -> None:
        """Let the phone vanish in the middle, and its connections with it."""
        self.process.kill()
        self.process.wait()

    def finish(self) -> Counted:
        """Wait for the end of the scenario; fails with SIPp's own words when it did not go as written."""
        try:
            status = self.process.wait(LONGEST + 5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        said = self.errors.read_text() if self.errors.exists() else ""
        assert status == 0, f"SIPp, playing {self.name}, ended with {status}:\n{said[:3000]}"
        with self.statistics.open(newline="") as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        return Counted(
            successful=int(last["SuccessfulCall(C)"]),
            retransmissions=int(last["Retransmissions(C)"]),
        )
