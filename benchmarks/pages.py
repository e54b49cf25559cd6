"""Pages over 20,000 phones: how long the node takes for one, what fifty administrators wait, and what calls lose.

A page is asked for as a browser asks, over HTTPS on a kept connection; its time is that of the whole answer. Then
fifty administrators at a time open pages, and the highest rate of calls is looked for with and without them.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import calls, process, sipp
from benchmarks.office import PASSWORD, Office
from benchmarks.pace import Pace
from benchmarks.phones import Phones
from benchmarks.ringward import SIP_PORT, administer, running_node
from benchmarks.subject import Running

PHONES = 20_000
ADMINISTRATORS = 50
THINK_SECONDS = 1.0
HTTPS_PORT = 8443
OPENED_BY_MANY = {
    "Find and List": "/CMAdmin/phone",
    "sorted": "/CMAdmin/phone?order=-description",
    "searched": "/CMAdmin/phone?where=description:contains:19",
    "start page": "/CMAdmin/",
}
OPENED_ALONE = {
    "To Do, all phones wait": "/CMAdmin/to-do",
    "certificate operations": "/CMAdmin/certificate-operations",
    "enrol phones": "/CMAdmin/enrol-phones",
    "secure the cluster": "/CMAdmin/secure-cluster",
    "alarms": "/CMService/alarms",
}
"""What few people open, and then look at for long."""
_SETTLE_SECONDS = 3.0
_FOR_EVER = 3600.0


@dataclass(frozen=True, slots=True)
class Page:
    """Times of one page in seconds: asked for alone, and among fifty administrators."""

    title: str
    alone: float
    among_many: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one node showed."""

    subject: str
    version: str
    pages: list[Page]
    failed: int
    rate_alone: int
    """Highest rate of calls over TCP that the node carries while nobody opens pages."""
    rate_beside: int
    """While fifty administrators do."""

    @property
    def ratio(self) -> float:
        """What is left of the rate of calls."""
        return self.rate_beside / self.rate_alone if self.rate_alone else 0.0


def measure(pace: Pace) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        data, log = Path(name) / "node", Path(name) / "ringward.log"
        office = Office()
        _configure(data, log, office)
        with running_node(data, log) as (pid, offset):
            time.sleep(_SETTLE_SECONDS)
            port = HTTPS_PORT + offset
            alone = _load(port, 1, pace.prove, 0.0, OPENED_BY_MANY | OPENED_ALONE)
            many = _load(port, ADMINISTRATORS, pace.prove, THINK_SECONDS, OPENED_BY_MANY)
            server = Running(pid, SIP_PORT + offset)
            with Phones.of(server, "tcp", office.pairs) as phones:
                phones.register_first()
                rate = calls.highest_clean_rate(_trials(phones), pace)
                with _administrators(port):
                    beside = calls.highest_clean_rate(_trials(phones), pace)
    pages = [
        Page(title, alone["pages"][path]["median"], many["pages"][path]["median"], many["pages"][path]["p99"])
        for title, path in OPENED_BY_MANY.items()
    ]
    pages += [Page(title, alone["pages"][path]["median"]) for title, path in OPENED_ALONE.items()]
    failed = alone["failed"] + many["failed"]
    return [Result("Ringward", version("ringward"), pages, failed, rate, beside)]


def _configure(data: Path, log: Path, office: Office) -> None:
    with running_node(data, log):
        pass  # its first start makes the cluster
    administer("application-user update", data, "administrator", "--password", "-", typed=PASSWORD)
    rows = [f"SEP0000AA{number:06},7961,Desk {number},{300_000 + number}" for number in range(PHONES)]
    rows += [f"SEP000000{number},,,{number}" for number in office.callers + office.callees]
    phones = data.with_suffix(".csv")
    phones.write_text("\n".join(["device_name,model,description,line_1_directory_number", *rows, ""]))
    administer("phone import", data, str(phones))
    # A change that every phone waits for, so that To Do has them all.
    administer("parameter set", data, "url_services", "http://192.0.2.1/services")


def _trials(phones: Phones) -> calls.Trials:
    def make(rate: int, seconds: float) -> calls.Trial:
        counted = phones.order("call", rate, seconds)
        outcome = sipp.Outcome(counted.succeeded, counted.failed, 0, counted.seconds, counted.median)
        made = calls.Trial(rate, seconds, outcome, counted.cpu, 0.0)
        if not made.clean:
            time.sleep(_SETTLE_SECONDS)  # what is left of it would spoil the next one
        return made

    return make


def _command(port: int, count: int, seconds: float, think: float, pages: Mapping[str, str]) -> list[str]:
    words = (str(port), str(count), str(seconds), str(think), *pages.values())
    return [sys.executable, "-m", "benchmarks.page_load", *words]


def _load(port: int, count: int, seconds: float, think: float, pages: Mapping[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        _command(port, count, seconds, think, pages),
        input=PASSWORD + "\n",
        capture_output=True,
        text=True,
        timeout=seconds * 2 + 120,
        check=False,
    )
    if done.returncode:
        raise sipp.LoadFailed(done.stderr[-1000:])
    counted: dict[str, Any] = json.loads(done.stdout)
    if set(counted["pages"]) != set(pages.values()):
        raise sipp.LoadFailed("some page never came")
    return counted


@contextlib.contextmanager
def _administrators(port: int) -> Iterator[None]:
    """They open pages for the time of the block."""
    command = _command(port, ADMINISTRATORS, _FOR_EVER, THINK_SECONDS, OPENED_BY_MANY)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as load:
        try:
            assert load.stdin is not None
            load.stdin.write(PASSWORD + "\n")
            load.stdin.close()
            time.sleep(_SETTLE_SECONDS)
            if load.poll() is not None:
                raise process.DidNotStart("the administrators ended; what they said is above")
            yield
        finally:
            load.kill()
