"""A node: one process that runs all services on one data directory.

What it starts, it stops in the opposite order; a start that fails half way leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ringward.administration.administration import Administration
from ringward.administration.installation import FirstAdministrator
from ringward.domain.date_time_group import is_time_zone
from ringward.domain.errors import RingwardError, Unavailable
from ringward.domain.server import Server
from ringward.pki.certificates import KeyPairFiles, make_self_signed
from ringward.pki.tls import ServerTls
from ringward.services.call_manager.configuration import stations_of
from ringward.services.call_manager.service import CallManagerService, Listening
from ringward.services.call_records import CallRecordWriter
from ringward.services.change_watcher import ChangeWatcher
from ringward.services.configuration import PresentConfiguration
from ringward.services.control.server import ControlServer
from ringward.services.live_view import call_views, phone_views
from ringward.services.node_lock import NodeLock
from ringward.services.settings import NodeSettings
from ringward.services.tftp.library import MAX_CACHE, FileLibrary
from ringward.services.tftp.service import TftpService, limits_in_force
from ringward.services.tftp.source import ClusterSource
from ringward.services.tftp.static_files import StaticFiles

CERTIFICATES = "certificates"
NODE_CERTIFICATE = "node"
STATIC_FILES = "tftp"
_LOCAL_TIME = Path("/etc/localtime")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listener:
    """One port on which a node listens."""

    service: str
    transport: str
    address: str
    port: int


class Node:
    """All services of a node. ``on_first_start`` gets the first administrator as soon as the account exists."""

    def __init__(
        self,
        directory: Path,
        settings: NodeSettings,
        on_first_start: Callable[[FirstAdministrator], None],
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._on_first_start = on_first_start
        self._stack = AsyncExitStack()
        self._started_at = time.monotonic()
        self.stopping = asyncio.Event()
        """Set by whoever wants the node to stop."""
        self.name = ""
        self.address = ""
        self.listeners: tuple[Listener, ...] = ()

    async def start(self) -> None:
        """Start everything. Raises :class:`RingwardError` with a sentence for people."""
        try:
            await self._start()
        except (OSError, OverflowError) as error:
            await self.stop()  # first, so that ports of our own are not taken for somebody else's
            raise Unavailable(explain(error, self.listeners)) from None
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything that was started, in the opposite order; call records are all stored after it."""
        await self._stack.aclose()

    async def _start(self) -> None:
        _prepare_directory(self._directory)
        self._stack.enter_context(NodeLock(self._directory))
        administration = Administration.open(self._directory, create=True)
        self._stack.callback(administration.close)
        certificate = self._certificate()
        self._install(administration)

        configuration = PresentConfiguration(administration.configuration, self.name)
        server = configuration.server
        self.address = self._reachable(server)
        records = CallRecordWriter(administration.call_records.store)
        records.start()
        self._stack.push_async_callback(asyncio.to_thread, records.stop)
        library, files = self._file_service(configuration)
        call_manager = CallManagerService(
            self._listening(server),
            lambda: stations_of(configuration.current, self.name),
            records.put,
            ServerTls(certificate).context,
            first_call_id=time.time_ns() // 1_000_000,  # no two runs of a node count from the same number
        )
        self.listeners = self._planned(server)
        await self._start_listening(files, call_manager)

        watcher = ChangeWatcher(administration.database, administration.bus, configuration, library, call_manager)
        await watcher.start()
        self._stack.push_async_callback(watcher.stop)
        control = self._control(call_manager)
        await control.start()
        self._stack.push_async_callback(control.stop)
        _log.info("node %s is ready at %s", self.name, self.address)

    def _file_service(self, configuration: PresentConfiguration) -> tuple[FileLibrary, TftpService]:
        """The file service with its parameters as they are now; a change of them needs a restart."""
        parameters = configuration.current.tftp[self.name]
        library = FileLibrary(
            ClusterSource(lambda: configuration.current, self._settings.port_offset),
            StaticFiles(self._directory / STATIC_FILES),
            max_cache=MAX_CACHE if parameters.enable_caching else 0,
        )
        return library, TftpService(library, tftp_limits=limits_in_force(parameters))

    # -- what the first start makes -----------------------------------------------------------------------

    def _certificate(self) -> KeyPairFiles:
        """The node's key pair, made at the first start; it also keeps the node's name (CERT-06, CERT-19)."""
        files = KeyPairFiles.of(self._directory / CERTIFICATES, NODE_CERTIFICATE)
        wanted = self._settings.node_name
        if not files.certificate.exists():  # written last: without it the pair was never finished
            self.name = self._settings.new_node_name
            address = self._settings.reachable_address
            pair = make_self_signed(
                self.name, now=datetime.now(UTC), dns=[socket.gethostname()], addresses=[address]
            )
            pair.save(files.key.parent, NODE_CERTIFICATE)
            return files
        self.name = files.load().certificate.common_name
        if wanted is not None and wanted != self.name:
            raise Unavailable(
                f"{self._directory} belongs to the node {self.name!r}, but the setting node_name is {wanted!r}; "
                "a node keeps its name"
            )
        return files

    def _install(self, administration: Administration) -> None:
        server = Server(self.name, self._settings.reachable_address)
        first = administration.installation.run(server, _local_time_zone())
        if first is not None:
            (self._directory / STATIC_FILES).mkdir(mode=0o755, exist_ok=True)
            self._on_first_start(first)

    # -- listening ----------------------------------------------------------------------------------------

    def _reachable(self, server: Server) -> str:
        """The address phones know: the one set for this machine, else that of the server record."""
        here = self._settings.reachable_address
        if self._settings.advertised_address is not None:
            return here
        if server.address != here:
            _log.warning(
                "phones are told to find this node at %s (its server record), but this machine's address is %s; "
                "if that is wrong: ringward server update %s --address %s",
                server.address,
                here,
                server.name,
                here,
            )
        try:
            return str(ip_address(server.address))
        except ValueError:
            return here

    def _listening(self, server: Server) -> Listening:
        offset = self._settings.port_offset
        return Listening(
            str(self._settings.bind_address),
            self.address,
            server.sip_phone_port + offset,
            server.sip_phone_secure_port + offset,
        )

    def _planned(self, server: Server) -> tuple[Listener, ...]:
        bind, where = str(self._settings.bind_address), self._listening(server)
        return (
            Listener("files by TFTP", "UDP", bind, self._settings.port("tftp")),
            Listener("files by HTTP", "TCP", bind, self._settings.port("http")),
            Listener("SIP", "UDP", bind, where.sip_port),
            Listener("SIP", "TCP", bind, where.sip_port),
            Listener("SIP", "TLS", bind, where.secure_port),
        )

    async def _start_listening(self, files: TftpService, call_manager: CallManagerService) -> None:
        bind = str(self._settings.bind_address)
        await files.start_on(bind, self._settings.port("tftp"), self._settings.port("http"))
        self._stack.push_async_callback(files.stop)
        self._stack.push_async_callback(call_manager.stop)
        await call_manager.start()

    # -- the control socket -------------------------------------------------------------------------------

    def _control(self, call_manager: CallManagerService) -> ControlServer:
        control = ControlServer(self._directory)
        control.answer("ping", lambda arguments: "pong")
        control.answer("status", lambda arguments: self._status(call_manager))
        control.answer("shutdown", lambda arguments: self.stopping.set())
        control.answer("reset", lambda arguments: _reset(call_manager, arguments))
        control.show("phones", lambda: phone_views(call_manager))
        control.show("calls", lambda: call_views(call_manager))
        return control

    def _status(self, call_manager: CallManagerService) -> dict[str, Any]:
        return {
            "node_name": self.name,
            "version": version("ringward"),
            "process": os.getpid(),
            "data": str(self._directory),
            "address": self.address,
            "uptime": time.monotonic() - self._started_at,
            "registered_phones": len({view.device for view in call_manager.registrations()}),
            "calls": len(call_manager.live_calls()),
            "listeners": [
                {"service": each.service, "transport": each.transport, "address": each.address, "port": each.port}
                for each in self.listeners
            ],
            "counters": call_manager.counters(),
        }


def run_node(
    directory: Path,
    settings: NodeSettings,
    on_first_start: Callable[[FirstAdministrator], None],
    on_ready: Callable[[Node], None],
) -> None:
    """Run a node until it is told to stop. Raises :class:`RingwardError` if it cannot start."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(directory, settings, on_first_start, on_ready))


async def _run(
    directory: Path,
    settings: NodeSettings,
    on_first_start: Callable[[FirstAdministrator], None],
    on_ready: Callable[[Node], None],
) -> None:
    node = Node(directory, settings, on_first_start)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # Under nohup the hang-up is ignored, and stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, node.stopping.set)
    await node.start()
    try:
        on_ready(node)
        await node.stopping.wait()
        _log.info("node %s stops", node.name)
    finally:
        await node.stop()


def explain(error: Exception, listeners: tuple[Listener, ...]) -> str:
    """Which of the ports cannot be had, and what to do about it: the error itself names none."""
    for listener in listeners:
        kind = socket.SOCK_DGRAM if listener.transport == "UDP" else socket.SOCK_STREAM
        family = socket.AF_INET6 if ":" in listener.address else socket.AF_INET
        what = f"{listener.transport} port {listener.port} ({listener.service})"
        if not 0 < listener.port < 65536:
            return f"{what} does not exist; choose another --port-offset"
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((listener.address, listener.port))
            except PermissionError:
                return f"{what} needs the rights of root; use other ports, for instance with --port-offset 10000"
            except OSError as reason:
                return f"{what} on {listener.address} cannot be had: {reason.strerror}; try a --port-offset"
    return f"the node cannot start: {error}"


def _reset(call_manager: CallManagerService, arguments: dict[str, Any]) -> int:
    device = arguments.get("device")
    if not isinstance(device, str):
        raise RingwardError("reset needs the name of a device")
    return call_manager.reset(device, restart=bool(arguments.get("restart")))


def _prepare_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"the data directory {directory} cannot be made: {error.strerror}") from None


def _local_time_zone() -> str:
    """The machine's time zone by its IANA name; UTC if it does not say."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named:
        _, _, named = str(_LOCAL_TIME.resolve()).partition("zoneinfo/")
    return named if named and is_time_zone(named) else "UTC"
