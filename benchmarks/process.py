"""Processes under measurement: the processor time of a whole tree, its memory, an orderly end."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

START_SECONDS = 20.0  # a server that does not answer by then is not going to
STOP_SECONDS = 10.0
QUIET_SHARE = 0.03  # of a processor, by which a server is done with its start


class DidNotStart(Exception):
    """A server under measurement ended or stayed silent; the text holds the end of what it printed."""


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None  # it has just ended
    return text.rpartition(")")[2].split()  # the name before may hold anything


def tree(root: int) -> list[int]:
    """`root` and all that descend from it, as far as they live."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def own_cpu_seconds(pid: int) -> float:
    """User and system time of one process so far, in seconds; 0 when it has ended."""
    fields = _stat(pid)
    return sum(int(field) for field in fields[11:13]) / TICKS_PER_SECOND if fields else 0.0


def cpu_seconds(root: int) -> float:
    """User and system time of a process tree so far, ended and awaited children included, in seconds."""
    ticks = 0
    for pid in tree(root):
        if fields := _stat(pid):
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS_PER_SECOND


def wait_until_quiet(root: int) -> None:
    """Return when a process tree has hardly done anything for a second, or after long enough."""
    deadline, before = time.monotonic() + START_SECONDS, 0.0
    while time.monotonic() < deadline and (now := cpu_seconds(root)) - before > QUIET_SHARE:
        before = now
        time.sleep(1)


class ControlGroup:
    """A control group of the kernel that counts the processor time of all that was ever in it.

    For servers that ignore the end of their children, whose time is in no account otherwise. Needs root.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    @contextlib.contextmanager
    def made(cls) -> Iterator[ControlGroup | None]:
        """A group for the time of the block; None where this user may not make one."""
        found = re.search(r"^\S+ (\S+) cgroup2 ", Path("/proc/mounts").read_text(), flags=re.MULTILINE)
        path = Path(found.group(1) if found else "/nowhere") / f"bench-{os.getpid()}"
        try:
            path.mkdir()
        except OSError:
            yield None
            return
        try:
            yield cls(path)
        finally:
            deadline = time.monotonic() + STOP_SECONDS
            while path.exists() and time.monotonic() < deadline:
                with contextlib.suppress(OSError):  # children may take a moment longer than their server
                    path.rmdir()
                time.sleep(0.05)

    def add(self, pid: int) -> None:
        (self.path / "cgroup.procs").write_text(str(pid))

    def cpu_seconds(self) -> float:
        return int((self.path / "cpu.stat").read_text().split()[1]) / 1e6


def memory_bytes(root: int) -> int:
    """Memory the tree's processes hold; a page that several share is counted once (PSS, see proc(5))."""
    total = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):  # it has just ended
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.findall(r"^Pss:\s+(\d+) kB", text, flags=re.MULTILINE)[0])
    return total * 1024


@contextlib.contextmanager
def started(
    command: list[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the time of the block; what it prints goes to `log`. Ended by SIGTERM, then SIGKILL."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        try:
            yield server
        finally:
            stop(server)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server with all its children."""
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)  # it leads a session of its own
        server.wait()


def wait_for_tcp(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return as soon as somebody accepts connections on the loopback port; raise `DidNotStart` otherwise."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise DidNotStart(log.read_text(errors="replace")[-2000:])


def wait_for_udp(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return as soon as somebody listens on the loopback UDP port; raise `DidNotStart` when nobody does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        if not udp_port_is_free(port):
            return
        time.sleep(0.05)
    raise DidNotStart(log.read_text(errors="replace")[-2000:])


def udp_port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def tcp_port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


# Ports are handed out in order, each with its successors: SIPp takes them for media. None is given twice, so that
# one can be planned before its owner runs.
PORTS_APART = 4
_ports = itertools.cycle(range(20000 + os.getpid() % 5000 * PORTS_APART, 60000, PORTS_APART))


def free_port() -> int:
    """A free port on the loopback address."""
    return next(port for port in _ports if udp_port_is_free(port))


def free_offset(ports: Sequence[int]) -> int:
    """An offset at which all these ports are free."""
    while True:
        offset = free_port() - min(ports)
        if all(
            port + offset < 65536 and udp_port_is_free(port + offset) and tcp_port_is_free(port + offset)
            for port in ports
        ):
            return offset
