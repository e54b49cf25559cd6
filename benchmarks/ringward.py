"""Ringward itself: a node, configured by the commands an administrator uses."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import process
from benchmarks.office import DIGEST_USER, PASSWORD, Office
from benchmarks.subject import Running
from ringward.domain.ports import FIXED_TCP_PORTS

SIP_PORT, TFTP_PORT = 5060, 69
PORTS = (TFTP_PORT, SIP_PORT, SIP_PORT + 1, 6970, *FIXED_TCP_PORTS.values())
DIGEST_PROFILE = "Measured with digest"


class RingwardNode:
    """The call manager: registrar and back-to-back user agent."""

    name = "Ringward"
    kind = "B2BUA, Python"
    registers = True
    transports: Sequence[str] = ("udp", "tcp", "tls")

    def __init__(self) -> None:
        self._prepared: dict[tuple[int, bool], Path] = {}
        self._keep = tempfile.TemporaryDirectory(prefix="bench-ringward-")

    def version(self) -> str:
        return version("ringward")

    @contextlib.contextmanager
    def run(self, office: Office, directory: Path, *, digest: bool, transport: str = "udp") -> Iterator[Running]:
        kind = (office.pairs, digest)
        if kind not in self._prepared:
            data = Path(self._keep.name) / f"{office.pairs}-{digest}"
            self._prepared[kind] = _configured(office, data, digest)
        data = directory / "node"
        shutil.copytree(self._prepared[kind], data)
        with running_node(data, directory / "ringward.log") as (pid, offset):
            yield Running(pid, SIP_PORT + offset + (transport == "tls"))


class RingwardTftp:
    """The same node as a TFTP server, with a static file."""

    name = "Ringward"

    def version(self) -> str:
        return version("ringward")

    @contextlib.contextmanager
    def run(self, directory: Path, name: str, content: bytes) -> Iterator[Running]:
        data = directory / "node"
        files = data / "tftp"
        files.mkdir(parents=True)
        (files / name).write_bytes(content)
        with running_node(data, directory / "ringward.log") as (pid, offset):
            yield Running(pid, TFTP_PORT + offset)


@contextlib.contextmanager
def running_node(data: Path, log: Path) -> Iterator[tuple[int, int]]:
    """Run a node on the loopback address; its process and its port offset."""
    offset = process.free_offset(PORTS)
    command = [*_ringward("run", data), "--port-offset", str(offset), "--bind", "127.0.0.1"]
    with process.started(command, log) as server:
        process.wait_for_udp(server, SIP_PORT + offset, log)
        process.wait_for_udp(server, TFTP_PORT + offset, log)
        yield server.pid, offset


def _configured(office: Office, data: Path, digest: bool) -> Path:
    """A data directory with the office's phones in it."""
    data.mkdir()
    phones = data.with_suffix(".csv")
    columns = "device_name,security_profile,digest_user,line_1_directory_number"
    profile, user = (DIGEST_PROFILE, DIGEST_USER) if digest else ("", "")
    rows = [f"SEP000000{number},{profile},{user},{number}" for number in office.callers + office.callees]
    phones.write_text("\n".join([columns, *rows, ""]))
    with running_node(data, data.with_suffix(".log")):
        if digest:
            user_options = ["--last-name", "Office", "--digest-credentials", "-"]
            administer("end-user add", data, DIGEST_USER, *user_options, typed=PASSWORD)
            profile_options = [
                "--model",
                "Third-party SIP",
                "--protocol",
                "SIP",
                "--digest-authentication",
                "true",
            ]
            administer("phone-security-profile add", data, DIGEST_PROFILE, *profile_options)
        administer("phone import", data, str(phones))
        time.sleep(0.5)
    return data


def administer(command: str, data: Path, *arguments: str, typed: str = "") -> None:
    """Run one command of the administrator on a data directory."""
    done = subprocess.run(
        [*_ringward(command, data), *arguments], input=typed + "\n", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise process.DidNotStart(f"ringward {command}: {done.stdout}{done.stderr}")


def _ringward(command: str, data: Path) -> list[str]:
    return [str(Path(sys.executable).with_name("ringward")), *command.split(), "--data", str(data)]
