"""Pages over 20,000 phones: how long one takes, what fifty administrators wait, and what calls lose.

A page is asked for as a browser asks, over HTTPS on a kept connection; its time is that of the whole answer. Some
are opened right after a change that all phones wait for, too. Then fifty administrators at a time open pages, and
calls are made with and without them.
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

from benchmarks import calls, cores, process, sipp
from benchmarks.calls_beside_pages import SETTLE_SECONDS, CallLoad, Calls, Carried
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
EVERY_PAGE = OPENED_BY_MANY | OPENED_ALONE
OPENED_AFTER_A_CHANGE = {
    title: EVERY_PAGE[title] for title in ("start page", "To Do, all phones wait", "secure the cluster")
}
CHANGES = 5
_FOR_EVER = 3600.0


@dataclass(frozen=True, slots=True)
class Page:
    """Times of one page in seconds: asked for alone, and among fifty administrators."""

    title: str
    alone: float
    after_a_change: float | None = None
    """The longest time of those right after a change that all phones wait for."""
    among_many: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one node showed."""

    subject: str
    version: str
    pages: list[Page]
    failed: int
    of_node: float
    """Processor time of the node's own process for a page among many, in seconds."""
    on_own_core: bool
    """Whether the node's own process had a core for itself while calls were made."""
    without: Carried
    """Calls over TCP while nobody opens pages."""
    beside: Carried
    """While fifty administrators do."""
    busy: Calls
    """At the common rate, while nobody opens pages and the other cores only count."""


def measure(pace: Pace) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        data, log = Path(name) / "node", Path(name) / "ringward.log"
        office = Office()
        _configure(data, log, office)
        with running_node(data, log) as (pid, offset):
            time.sleep(SETTLE_SECONDS)
            port = HTTPS_PORT + offset
            alone = _load(port, 1, pace.prove, 0.0, EVERY_PAGE)
            changed = _load_after_changes(data, port)
            server = Running(pid, SIP_PORT + offset)
            with cores.apart(pid) as on_own_core, Phones.of(server, "tcp", office.pairs) as phones:
                phones.register_first()
                of_node, many = _cost_of_a_page(pid, port, pace)
                load = CallLoad(pid, phones)
                highest = load.highest(pace)
                common = highest.rate // 2 if highest else calls.COMMON_RATE
                without = Carried(highest, load.at(common, pace))
                with cores.busy():
                    busy = load.at(common, pace)
                with _administrators(port) as people, load.beside(people):
                    beside = Carried(load.highest(pace), load.at(common, pace))
    pages = [
        Page(
            title,
            alone["pages"][path]["median"],
            changed.get(path),
            *((many["pages"][path][each] for each in ("median", "p99")) if title in OPENED_BY_MANY else ()),
        )
        for title, path in EVERY_PAGE.items()
    ]
    failed = alone["failed"] + many["failed"]
    return [Result("Ringward", version("ringward"), pages, failed, of_node, on_own_core, without, beside, busy)]


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


def _load_after_changes(data: Path, port: int) -> dict[str, float]:
    """The longest times of pages that are opened right after a change that every phone waits for, by path."""
    longest = dict.fromkeys(OPENED_AFTER_A_CHANGE.values(), 0.0)
    for title, path in OPENED_AFTER_A_CHANGE.items():
        for number in range(CHANGES):
            administer("parameter set", data, "url_services", f"http://192.0.2.2/{number}")
            opened = _load(port, 1, 0.0, 0.0, {title: path})
            longest[path] = max(longest[path], opened["pages"][path]["median"])
    return longest


def _cost_of_a_page(node: int, port: int, pace: Pace) -> tuple[float, dict[str, Any]]:
    """What a page among many takes of the node's own process, beside what that takes at rest; and their times."""
    before = process.own_cpu_seconds(node)
    time.sleep(pace.measure)
    at_rest = (process.own_cpu_seconds(node) - before) / pace.measure
    before = process.own_cpu_seconds(node)
    many = _load(port, ADMINISTRATORS, pace.prove, THINK_SECONDS, OPENED_BY_MANY)
    used = process.own_cpu_seconds(node) - before - at_rest * many["seconds"]
    return used / sum(each["opened"] for each in many["pages"].values()), many


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
def _administrators(port: int) -> Iterator[int]:
    """They open pages for the time of the block; yields their process."""
    command = _command(port, ADMINISTRATORS, _FOR_EVER, THINK_SECONDS, OPENED_BY_MANY)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as load:
        try:
            assert load.stdin is not None
            load.stdin.write(PASSWORD + "\n")
            load.stdin.close()
            time.sleep(SETTLE_SECONDS)
            if load.poll() is not None:
                raise process.DidNotStart("the administrators ended; what they said is above")
            yield load.pid
        finally:
            load.kill()
