"""The node of the demonstration: a process of its own, started as an administrator would start it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ringward.demo import bound_node
from ringward.domain.errors import Unavailable
from ringward.services.control.client import ControlClient

READY_TIMEOUT = 60.0
"""Seconds until a node must be ready; a first start hashes a password and makes an RSA key."""
_OFFSETS = range(20_000, 40_000, 1_000)
_UDP_PORTS = (69, 5060)
_WEB_PORT = 8443
_TCP_PORTS = (2444, 3804, 5060, 5061, 6970, 8080, _WEB_PORT)
_FIRST_PASSWORD = re.compile(r"^ *Password +(\S+) *$", re.MULTILINE)
"""As the first start of a node shows it."""


def free_port_offset() -> int:
    """A port offset with which a node finds all its ports free; raises :class:`Unavailable`."""
    for offset in _OFFSETS:
        if all(_is_free(socket.SOCK_DGRAM, port + offset) for port in _UDP_PORTS) and all(
            _is_free(socket.SOCK_STREAM, port + offset) for port in _TCP_PORTS
        ):
            return offset
    raise Unavailable("no free ports were found; choose some with --port-offset N")


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class NodeProcess:
    """``ringward run`` in the background; what it prints goes to ``node.log`` beside its data."""

    def __init__(self, directory: Path, port_offset: int) -> None:
        self.directory = directory
        self.port_offset = port_offset
        self.address = "127.0.0.1"
        self.log = directory / "node.log"
        self._process: asyncio.subprocess.Process | None = None
        self._control = ControlClient(directory)
        self._turn = threading.Lock()

    async def __aenter__(self) -> Self:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGWARD_")}
        environment |= {"RINGWARD_BIND_ADDRESS": self.address}
        command = ("run", "--data", str(self.directory), "--port-offset", str(self.port_offset))
        with self.log.open("wb") as log:
            os.fchmod(log.fileno(), 0o600)  # it holds the administrator's first password
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                bound_node.__name__,
                str(os.getpid()),
                *command,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(READY_TIMEOUT):
                while not await self._is_ready():  # noqa: ASYNC110  (another process: there is nothing to wait on)
                    await asyncio.sleep(0.1)
        except TimeoutError:
            await self._stop()
            raise Unavailable(f"the node was not ready within {READY_TIMEOUT:.0f} s; see {self.log}") from None
        return self

    async def _is_ready(self) -> bool:
        if self._process is not None and self._process.returncode is not None:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise Unavailable(f"the node did not start: {last[0]}")
        try:
            await self.ask("ping")
        except Unavailable:
            return False
        return True

    @property
    def web_address(self) -> str:
        """Where the pages are."""
        return f"https://{self.address}:{self.port_offset + _WEB_PORT}/"

    def first_password(self) -> str:
        """The administrator's, which the first start has shown; empty if it was shown to somebody else."""
        found = _FIRST_PASSWORD.search(self.log.read_text(errors="replace"))
        return found[1] if found else ""

    async def ask(self, command: str) -> Any:
        """Ask the running node through its control socket."""
        return await asyncio.to_thread(self._ask, command)

    def _ask(self, command: str) -> Any:
        with self._turn:  # the picture and the scenes ask at the same time; each must get its own answer
            return self._control.ask(command)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.close()
        await self._stop()

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(15):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
