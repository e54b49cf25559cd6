"""A node: one process that runs all services on one data directory, but for the pages, which have a child of it.

What it starts, it stops in the opposite order; a start that fails half way leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from ringward.administration.administration import Administration
from ringward.administration.certificates import ServerNames
from ringward.administration.installation import FirstAdministrator
from ringward.calls.call import Call
from ringward.calls.records import CallDetailRecord
from ringward.domain.alarm import raised
from ringward.domain.alarm_catalogue import NODE_KILLED
from ringward.domain.certificate import MADE_AT_INSTALLATION, CertificateKind
from ringward.domain.date_time_group import is_time_zone
from ringward.domain.errors import Unavailable
from ringward.domain.server import Server
from ringward.domain.service import ADMINISTRATION_WEB, CALL_MANAGER
from ringward.services.alarm_desk import AlarmDesk
from ringward.services.backup_watch import BackupWatch
from ringward.services.call_journal import CallJournal
from ringward.services.call_manager.service import CallManagerService
from ringward.services.catalogue import CATALOGUE
from ringward.services.certificate_renewal import CertificateRenewal
from ringward.services.change_watcher import ChangeWatcher
from ringward.services.configuration import PresentConfiguration
from ringward.services.control.server import ControlServer
from ringward.services.control.threads import ThreadsQuestions
from ringward.services.control_center import ControlCenter
from ringward.services.garbage_collection import GarbageCollection
from ringward.services.health_watch import HealthWatch
from ringward.services.job_worker import JobWorker
from ringward.services.listener import Listener, explain, port_problem
from ringward.services.live_history import LiveHistory
from ringward.services.metrics_listener import MetricsListener
from ringward.services.node_commands import NodeCommands
from ringward.services.node_lock import NodeLock
from ringward.services.record_writer import RecordWriter
from ringward.services.service import Surroundings
from ringward.services.settings import NodeSettings
from ringward.services.tftp.description import static_files_directory

_LOCAL_TIME = Path("/etc/localtime")

_SWITCH_INTERVAL = 0.0005
"""Seconds after which another thread gives way to the one that carries calls; Python presets 5 ms."""

LONGEST_WAIT = 10.0
"""Seconds that a service waits for the others to work by a change: twice what a reading may be put off."""

_log = logging.getLogger(__name__)


class Node:
    """All services of a node. ``on_first_start`` gets the first administrator as soon as the account exists."""

    def __init__(
        self,
        directory: Path,
        settings: NodeSettings,
        on_first_start: Callable[[FirstAdministrator], None],
    ) -> None:
        self.directory = directory
        self.settings = settings
        self._on_first_start = on_first_start
        self._stack = AsyncExitStack()
        self.started_at = time.monotonic()
        self.stopping = asyncio.Event()
        """Set by whoever wants the node to stop."""
        self.name = ""
        self.address = ""
        self.web_fingerprint = ""
        """SHA-256 of the certificate that browsers are shown, for the comparison at the first visit (HTTPS-07)."""
        self._services: ControlCenter | None = None
        self._watcher: ChangeWatcher | None = None

    @property
    def listeners(self) -> list[Listener]:
        """Where the node listens."""
        running = self._services.listeners if self._services is not None else []
        return [*running, *self._metrics_listeners]

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
        _prepare_directory(self.directory)
        self._stack.enter_context(NodeLock(self.directory))
        administration = Administration.open(self.directory, create=True)
        self._stack.callback(administration.close)
        administration.backups.remove_left_over()
        self._take_name(administration)
        self._install(administration)

        configuration = PresentConfiguration(administration.configuration, self.name)
        server = configuration.server
        self.address = self._reachable(server)
        desk = AlarmDesk(administration.alarms, administration.bus, socket.gethostname())
        await asyncio.to_thread(desk.start)
        self._stack.push_async_callback(asyncio.to_thread, desk.stop)
        self._keep_journal(administration)
        records = RecordWriter(administration.call_records.store, alarm=administration.alarms.report)
        records.start()
        self._stack.push_async_callback(asyncio.to_thread, records.stop)
        renewal = CertificateRenewal(administration.bus, administration.key_store, administration.alarms.report)
        self._stack.callback(renewal.stop)
        services = self._control_center(administration, configuration, renewal, records)
        self._stack.push_async_callback(services.stop)
        await services.start()

        watcher = ChangeWatcher(
            administration.database,
            administration.bus,
            configuration,
            services.configuration_changed,
            administration.alarms.report,
        )
        await watcher.start()
        self._watcher = watcher
        self._stack.push_async_callback(watcher.stop)
        health = HealthWatch(administration, self.directory)
        health.start()
        self._stack.callback(health.stop)
        commands = NodeCommands(self, services, watcher, desk, administration.alarms.report)
        self._stack.callback(commands.stop)
        history = LiveHistory(commands.security_sample)
        history.start()
        self._stack.callback(history.stop)
        control = ControlServer(self.directory)
        commands.offer(control, history)
        await control.start()
        self._stack.push_async_callback(control.stop)
        await self._serve_metrics(commands)
        self._do_jobs(administration, control)
        self.web_fingerprint = administration.key_store.certificate(CertificateKind.WEB).fingerprint_sha256
        # The pages end first: until then the node answers what they ask.
        self._stack.push_async_callback(services.end, ADMINISTRATION_WEB)
        _log.info("node %s is ready at %s", self.name, self.address)

    def _keep_journal(self, administration: Administration) -> None:
        """Store the records of calls that were cut when the node was killed, and note those to come."""
        journal = CallJournal(self.directory, self._calls, administration.alarms.report)
        cut = administration.call_records.store_missing(journal.left_over())
        if cut:
            said = f"the node was not stopped but killed; {cut} calls ended with it, see: ringward calls"
            administration.alarms.report(raised(NODE_KILLED, self.name, said))
        journal.start()
        self._stack.callback(journal.stop)

    @property
    def calls_begun(self) -> int:
        """Calls since the call manager was started; 0 while there is none."""
        call_manager = self._call_manager
        return call_manager.counters()["calls"] if call_manager is not None else 0

    def _calls(self) -> Mapping[int, Call]:
        call_manager = self._call_manager
        return call_manager.calls if call_manager is not None else {}

    @property
    def _call_manager(self) -> CallManagerService | None:
        running = self._services.running(CALL_MANAGER) if self._services is not None else None
        return running if isinstance(running, CallManagerService) else None

    def _control_center(
        self,
        administration: Administration,
        configuration: PresentConfiguration,
        renewal: CertificateRenewal,
        records: RecordWriter[CallDetailRecord],
    ) -> ControlCenter:
        surroundings = Surroundings(
            self.directory,
            self.settings,
            self.name,
            self.address,
            administration,
            configuration,
            renewal,
            records.put,
            lambda service: services.running(service),
            lambda run, why: services.failed(run, why),
            self._changes_taken_in,
        )
        services = ControlCenter(
            CATALOGUE,
            lambda description: description.make(surroundings),
            lambda: administration.service_control.wanted(self.name),
            administration.alarms.report,
        )
        self._services = services
        return services

    async def _changes_taken_in(self) -> None:
        if self._watcher is not None:  # until then the services have just read everything
            await self._watcher.has_caught_up(LONGEST_WAIT)

    # -- what the first start makes -----------------------------------------------------------------------

    def _take_name(self, administration: Administration) -> None:
        """The node's name, and at the first start its key pairs: its certificate keeps the name (CERT-06)."""
        wanted, kept = self.settings.node_name, administration.certificates.server_name
        if wanted is not None and kept and wanted != kept:
            raise Unavailable(
                f"{self.directory} belongs to the node {kept!r}, but the setting node_name is {wanted!r}; "
                "a node keeps its name"
            )
        self.name = kept or self.settings.new_node_name
        names = ServerNames(self.name, (socket.gethostname(),), (self.settings.reachable_address,))
        administration.certificates.make_missing(MADE_AT_INSTALLATION, names)

    def _install(self, administration: Administration) -> None:
        server = Server(self.name, self.settings.reachable_address)
        if not administration.installation.is_done() and (problem := port_problem(self._planned(server))):
            # Before anything is made: the start that shows the password must be one that succeeds.
            raise Unavailable(problem)
        first = administration.installation.run(server, _local_time_zone())
        if first is not None:
            static_files_directory(self.directory).mkdir(mode=0o755, exist_ok=True)
            self._on_first_start(first)

    # -- listening ----------------------------------------------------------------------------------------

    def _reachable(self, server: Server) -> str:
        """The address phones know: the one set for this machine, else that of the server record."""
        here = self.settings.reachable_address
        if self.settings.advertised_address is not None:
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

    @property
    def _metrics_listeners(self) -> tuple[Listener, ...]:
        settings = self.settings
        if not settings.metrics_port:
            return ()
        return (Listener("metrics", "TCP", str(settings.metrics_address), settings.metrics_port),)

    def _planned(self, server: Server) -> list[Listener]:
        """Where a fresh cluster's node will listen."""
        services = [each for each in CATALOGUE if each.service.activated_at_installation]
        listeners = [listener for each in services for listener in each.listeners(self.settings, server)]
        return [*listeners, *self._metrics_listeners]

    @property
    def serves_pages(self) -> bool:
        """Whether there are pages: an administrator may have stopped them."""
        return self._services is not None and self._services.running(ADMINISTRATION_WEB) is not None

    @property
    def web_address(self) -> str:
        """Where a browser finds the pages."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"https://{host}:{self.settings.port('https')}/"

    def _do_jobs(self, administration: Administration, control: ControlServer) -> None:
        questions = ThreadsQuestions(control.ask)
        for takes_long in (False, True):
            worker = JobWorker(partial(administration.jobs.step, questions.ask, long=takes_long))
            worker.start()
            self._stack.push_async_callback(worker.stop)
        backups = BackupWatch(administration.backup_clock.order_due)
        backups.start()
        self._stack.push_async_callback(backups.stop)

    async def _serve_metrics(self, commands: NodeCommands) -> None:
        if self.settings.metrics_port:
            listener = MetricsListener(commands.metrics)
            await listener.start(str(self.settings.metrics_address), self.settings.metrics_port)
            self._stack.push_async_callback(listener.stop)


def run_node(
    directory: Path,
    settings: NodeSettings,
    on_first_start: Callable[[FirstAdministrator], None],
    on_ready: Callable[[Node], None],
) -> None:
    """Run a node until it is told to stop. Raises :class:`RingwardError` if it cannot start."""
    import uvloop

    sys.setswitchinterval(_SWITCH_INTERVAL)
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
    garbage = GarbageCollection(lambda: node.calls_begun)
    garbage.start()
    try:
        on_ready(node)
        await node.stopping.wait()
        _log.info("node %s stops", node.name)
    finally:
        garbage.stop()
        await node.stop()


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
