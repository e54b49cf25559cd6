"""tftpd-hpa (Debian): the TFTP server most sites use; one process per transfer."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from pathlib import Path

from benchmarks import machine, process
from benchmarks.subject import Running


class TftpdHpa:
    name = "tftpd-hpa"

    def version(self) -> str:
        return machine.printed_version(["in.tftpd", "-V"], r"tftp-hpa (\S+?),?\s")

    @contextlib.contextmanager
    def run(self, directory: Path, name: str, content: bytes) -> Iterator[Running]:
        root = directory / "tftp"
        root.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
        port = process.free_port()
        log = directory / "tftpd-hpa.log"
        command = ["in.tftpd", "--foreground", "--address", f"127.0.0.1:{port}", "--user", getpass.getuser()]
        with (
            process.ControlGroup.made() as group,
            process.started([*command, "--secure", str(root)], log) as server,
        ):
            if group:
                group.add(server.pid)
            process.wait_for_udp(server, port, log)
            # It serves each file by a child whose end it ignores.
            yield Running(server.pid, port, group, all_in_tree=False)
