"""The phones of `phone_load` as the load of a measurement: orders to their process, and what it counted."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import process, sipp
from benchmarks.subject import Running

CONNECTING_RATE = 150  # phones that connect and register per second; handshakes take both sides' time


@dataclass(frozen=True, slots=True)
class Counted:
    """What one order came to. Times in seconds; `cpu`: of the server; `load`: of the phones.

    `load_gap`: the longest time between two looks of the phones at their sockets. What it has above some
    milliseconds is in the slowest delays too, and no fault of the server.
    """

    succeeded: int
    failed: int
    seconds: float
    median: float
    p99: float
    load_gap: float
    cpu: float
    load: float

    @property
    def cpu_per_thousand(self) -> float:
        return self.cpu / max(self.succeeded, 1) * 1000


class Phones:
    """Pairs of phones in a process of their own."""

    def __init__(self, orders: subprocess.Popen[str], server: Running) -> None:
        self._orders = orders
        self._server = server

    @classmethod
    @contextlib.contextmanager
    def of(cls, server: Running, transport: str, pairs: int, devices: Path | None = None) -> Iterator[Phones]:
        """Phones for the time of the block; they register by the first order they get.

        ``devices`` holds the certificates of phones that show them.
        """
        command = [
            sys.executable,
            "-m",
            "benchmarks.phone_load",
            transport,
            "127.0.0.1",
            str(server.port),
            str(pairs),
            *([] if devices is None else [str(devices)]),
        ]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as orders:
            try:
                phones = cls(orders, server)
                phones._answer()
                yield phones
            finally:
                orders.kill()

    def register_first(self) -> Counted:
        """Connect and register all; raises `LoadFailed` unless all could."""
        counted = self.order("register", CONNECTING_RATE, 1)
        if counted.failed:
            raise sipp.LoadFailed(f"{counted.failed} phones could not register")
        return counted

    def order(self, what: str, *numbers: float) -> Counted:
        """Have something done and wait for it; `phone_load` lists what there is."""
        assert self._orders.stdin is not None
        cpu, load = self._server.cpu_seconds(), process.cpu_seconds(self._orders.pid)
        self._orders.stdin.write(json.dumps([what, *numbers]) + "\n")
        self._orders.stdin.flush()
        counted = self._answer()
        cpu, load = self._server.cpu_seconds() - cpu, process.cpu_seconds(self._orders.pid) - load
        return Counted(**counted, cpu=cpu, load=load)

    def _answer(self) -> dict[str, int]:
        assert self._orders.stdout is not None
        line = self._orders.stdout.readline()
        if not line:
            raise sipp.LoadFailed("the phones ended; what they said is above")
        counted: dict[str, int] = json.loads(line)
        return counted
