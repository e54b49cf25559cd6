"""What a running node answers on its control socket, and to its own pages."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from ringward.domain.alarm import MAX_SUBJECT, MAX_TEXT, AlarmEvent, Report
from ringward.domain.alarm_catalogue import ALARMS
from ringward.domain.errors import RingwardError, Unavailable
from ringward.domain.service import ADMINISTRATION_WEB, CALL_MANAGER, CAPF, TFTP
from ringward.services.administration_web import order as orders
from ringward.services.administration_web.description import AdministrationWebRun
from ringward.services.alarm_desk import AlarmDesk
from ringward.services.call_manager.service import CallManagerService
from ringward.services.call_manager.traces import TraceLevel, Traces
from ringward.services.change_watcher import ChangeWatcher
from ringward.services.control.server import ControlServer
from ringward.services.control_center import ControlCenter
from ringward.services.device_timeline import device_timeline
from ringward.services.drain import LONGEST, Drain
from ringward.services.listener import Listener
from ringward.services.live_history import LiveHistory
from ringward.services.live_view import (
    call_views,
    capf_call_views,
    phone_views,
    refusal_views,
    registered_view,
    route_view,
    security_sample,
    service_views,
    traces_view,
)
from ringward.services.metrics import render
from ringward.services.node_metrics import node_metrics
from ringward.services.service import RunningService
from ringward.services.settings import NodeSettings
from ringward.services.tftp.description import TftpRun
from ringward.services.tftp.library import shows_at

LONGEST_WAIT = 5.0
"""Seconds that somebody may have the node wait before it answers; those who ask give it ten."""
TALLIED_FOR = 1.0
"""Seconds that tallies are kept."""


class AnsweringNode(Protocol):
    """What the answers tell of the node itself."""

    name: str
    address: str
    directory: Path
    settings: NodeSettings
    started_at: float
    """Monotonic."""
    stopping: asyncio.Event

    @property
    def listeners(self) -> Sequence[Listener]:
        """Where it listens."""


class NodeCommands:
    """See the module."""

    def __init__(
        self,
        node: AnsweringNode,
        services: ControlCenter,
        watcher: ChangeWatcher,
        alarms: AlarmDesk,
        report: Report,
    ) -> None:
        """``report`` takes alarms that the process of the pages tells of."""
        self._node = node
        self._services = services
        self._watcher = watcher
        self._alarms = alarms
        self._report = report
        self._version = version("ringward")  # out of a file, and pages ask often
        self._draining: Drain | None = None
        self._traces: tuple[CallManagerService, Traces] | None = None
        self._tallied: tuple[float, dict[str, dict[str, int]]] | None = None

    def stop(self) -> None:
        """End what was begun."""
        if self._draining is not None:
            self._draining.cancel()
        if self._traces is not None:
            self._traces[1].close()

    @property
    def _call_manager(self) -> CallManagerService:
        """The call manager that runs; raises :class:`Unavailable` while none does."""
        running = self._services.running(CALL_MANAGER)
        if not isinstance(running, CallManagerService):
            raise Unavailable(
                f"the service {CALL_MANAGER.name} does not run on {self._node.name}; see: ringward service list"
            )
        return running

    @property
    def _pages(self) -> AdministrationWebRun:
        """The process of the pages; raises :class:`Unavailable` while there is none."""
        running = self._services.running(ADMINISTRATION_WEB)
        if not isinstance(running, AdministrationWebRun):
            raise Unavailable(f"the service {ADMINISTRATION_WEB.name} does not run on {self._node.name}")
        return running

    def offer(self, control: ControlServer, history: LiveHistory) -> None:
        """Have a control socket answer them."""
        services = self._services
        control.answer("ping", lambda arguments: "pong")
        control.answer("status", lambda arguments: self._status())
        control.answer("shutdown", lambda arguments: self._node.stopping.set())
        control.answer("catch-up", self._catch_up)
        control.answer("reset", lambda arguments: self._reset(arguments))
        control.answer("analyse", lambda arguments: _analyse(self._call_manager, arguments))
        control.answer("ladder", lambda arguments: _ladder(self._call_manager, arguments))
        control.answer("metrics", lambda arguments: self.metrics())
        control.answer("drain", lambda arguments: self._drain(arguments))
        control.answer("trace", lambda arguments: self._trace(arguments))
        control.answer("traces", lambda arguments: traces_view(self._traces_of(self._call_manager)))
        control.answer("trace-text", lambda arguments: self._trace_text(arguments))
        control.answer("settle", lambda arguments: self._settle())
        control.answer("capf-calls", lambda arguments: capf_call_views(services.running(CAPF)))
        control.answer("files-read", lambda arguments: _files_read(services.running(TFTP), arguments))
        control.answer("timeline", lambda arguments: self._timeline(arguments))
        control.answer("sessions", lambda arguments: self._pages.ask(orders.SESSIONS, arguments))
        control.answer("end-sessions", lambda arguments: self._pages.ask(orders.END_SESSIONS, arguments))
        control.answer("history", lambda arguments: _history(history, arguments))
        control.answer("changed", lambda arguments: self._watcher.look_now())
        control.answer("alarm", lambda arguments: self._report(_alarm(arguments)))
        control.answer("registered", lambda arguments: registered_view(self._call_manager))
        control.show("services", lambda: service_views(services.views()))
        control.answer("tallies", lambda arguments: self._tallies())
        control.answer("refusals", lambda arguments: self._refusals(arguments))
        control.show("phones", lambda: phone_views(self._call_manager))
        control.answer("phones", lambda arguments: self._phones(arguments))
        control.show("calls", lambda: call_views(self._call_manager))
        control.answer("calls", lambda arguments: call_views(self._call_manager, _most(arguments)))

    def _phones(self, arguments: dict[str, Any]) -> dict[str, Any]:
        devices = arguments.get("devices")
        if not (devices is None or (isinstance(devices, list) and all(isinstance(each, str) for each in devices))):
            raise RingwardError("'devices' are the names of those that are asked for")
        only = None if devices is None else frozenset(devices)
        return phone_views(self._call_manager, only, _most(arguments))

    def _tallies(self) -> dict[str, dict[str, int]]:
        """Counted anew each second at most: that costs as much as there are phones, and many may ask."""
        now = time.monotonic()
        if self._tallied is None or now - self._tallied[0] > TALLIED_FOR:
            self._tallied = now, self.security_sample()
        return self._tallied[1]

    def _refusals(self, arguments: dict[str, Any]) -> dict[str, Any]:
        running = self._services.running(CALL_MANAGER)
        return refusal_views(running if isinstance(running, CallManagerService) else None, _most(arguments))

    async def _catch_up(self, arguments: dict[str, Any]) -> bool:
        """Whether the node works by what was changed until now; without ``within``, as soon as it does."""
        within = arguments.get("within")
        if within is None:
            await self._watcher.catch_up(lambda change: True)
            return True
        if not isinstance(within, (int, float)) or not 0 <= within <= LONGEST_WAIT:
            raise RingwardError(f"catch-up needs a number of seconds from 0 to {LONGEST_WAIT:g}")
        return await self._watcher.has_caught_up(within)

    async def _settle(self) -> list[dict[str, Any]]:
        views = await self._services.settle()
        # A service that has started may have made a certificate, which phones must find in their trust list.
        await self._watcher.catch_up(lambda change: True)
        return service_views(views)

    async def _reset(self, arguments: dict[str, Any]) -> int:
        device = arguments.get("device")
        if not isinstance(device, str):
            raise RingwardError("reset needs the name of a device")
        # The phone reads its file at once, and must not find the one before the change.
        await self._watcher.catch_up(lambda change: shows_at(change.noun, change.key, device))
        return self._call_manager.reset(device, restart=bool(arguments.get("restart")))

    def _timeline(self, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        device = arguments.get("device")
        if not isinstance(device, str):
            raise RingwardError("say of which device: 'device' is its name")
        call_manager = self._services.running(CALL_MANAGER)
        entries = device_timeline(
            device,
            call_manager if isinstance(call_manager, CallManagerService) else None,
            self._services.running(TFTP),
            self._services.running(CAPF),
        )
        return [entry.as_json() for entry in entries]

    def metrics(self) -> str:
        call_manager, files = self._services.running(CALL_MANAGER), self._services.running(TFTP)
        return render(
            node_metrics(
                self._services,
                call_manager if isinstance(call_manager, CallManagerService) else None,
                files.counters if isinstance(files, TftpRun) else None,
                self._node.started_at,
                self._alarms,
            )
        )

    def _drain(self, arguments: dict[str, Any]) -> int:
        """Begin to drain, or with ``seconds`` null end it; returns how many calls there are."""
        seconds, call_manager = arguments.get("seconds"), self._call_manager
        if seconds is None:
            if self._draining is not None:
                self._draining.cancel()
        elif not isinstance(seconds, (int, float)) or not 0 <= seconds <= LONGEST:
            raise RingwardError(f"drain needs a number of seconds from 0 to {LONGEST:g}")
        else:
            if self._draining is None:
                calls = call_manager.live_calls
                self._draining = Drain(call_manager.drain, lambda: len(calls()), self._node.stopping.set)
            self._draining.begin(float(seconds))
        return len(call_manager.live_calls())

    def _traces_of(self, call_manager: CallManagerService) -> Traces:
        """The traces of the call manager that runs; those of a run before have ended with it."""
        if self._traces is None or self._traces[0] is not call_manager:
            if self._traces is not None:
                self._traces[1].close()
            self._traces = call_manager, call_manager.traces_in(self._node.directory)
        return self._traces[1]

    def _trace(self, arguments: dict[str, Any]) -> dict[str, Any]:
        device, level, seconds = (arguments.get(name) for name in ("device", "level", "seconds"))
        if not (isinstance(device, str) and isinstance(seconds, (int, float))):
            raise RingwardError("trace needs the name of a device, a level, and for how many seconds (0: no more)")
        traces = self._traces_of(self._call_manager)
        if not seconds:
            traces.end(device)
            return {}
        if level not in (known := [each.value for each in TraceLevel]):
            raise RingwardError(f"there is no level {level!r}; there are: {', '.join(known)}")
        return {"until": traces.begin(device, TraceLevel(level), float(seconds)).until}

    async def _trace_text(self, arguments: dict[str, Any]) -> str:
        device = arguments.get("device")
        if not isinstance(device, str):
            raise RingwardError("trace-text needs the name of a device")
        traces, recent = self._traces_of(self._call_manager), bool(arguments.get("recent"))
        return await asyncio.to_thread(traces.text_of, device, recent=recent)

    def security_sample(self) -> dict[str, dict[str, int]]:
        running = self._services.running(CALL_MANAGER)
        return security_sample(running if isinstance(running, CallManagerService) else None)

    def _status(self) -> dict[str, Any]:
        running = self._services.running(CALL_MANAGER)
        call_manager = running if isinstance(running, CallManagerService) else None
        return {
            "node_name": self._node.name,
            "version": self._version,
            "process": os.getpid(),
            "data": str(self._node.directory),
            "address": self._node.address,
            "port_offset": self._node.settings.port_offset,
            "uptime": time.monotonic() - self._node.started_at,
            "registered_phones": call_manager.phones.registered_count if call_manager is not None else 0,
            "calls": len(call_manager.live_calls()) if call_manager is not None else 0,
            "signed_anew": _signed_anew(self._services.running(TFTP)),
            "listeners": [
                {"service": each.service, "transport": each.transport, "address": each.address, "port": each.port}
                for each in self._node.listeners
            ],
            "services": service_views(self._services.views()),
            "counters": call_manager.counters() if call_manager is not None else {},
        }


def _signed_anew(files: RunningService | None) -> dict[str, int] | None:
    """How many files are signed anew since the signing certificate has changed; None if it has not."""
    progress = files.signing_progress if isinstance(files, TftpRun) else None
    return asdict(progress) if progress is not None else None


def _files_read(files: RunningService | None, arguments: dict[str, Any]) -> dict[str, float]:
    since = _moment(arguments, "since")
    return files.files_read(since) if isinstance(files, TftpRun) else {}


def _history(history: LiveHistory, arguments: dict[str, Any]) -> list[Mapping[str, Any]]:
    return history.after(_moment(arguments, "after"))


def _moment(arguments: dict[str, Any], name: str) -> float:
    moment = arguments.get(name, 0.0)
    if not isinstance(moment, (int, float)):
        raise RingwardError(f"{name!r} is a time in seconds since 1970")
    return float(moment)


def _most(arguments: dict[str, Any]) -> int | None:
    """How many are asked for at most; None for all."""
    most = arguments.get("most")
    if not (most is None or (isinstance(most, int) and most >= 0)):
        raise RingwardError("'most' is how many are told of, a number")
    return most


def _alarm(arguments: dict[str, Any]) -> AlarmEvent:
    name, subject, text = (arguments.get(each) for each in ("name", "subject", "text"))
    count = arguments.get("count", 1)
    if not (name in ALARMS and isinstance(subject, str) and isinstance(text, str) and isinstance(count, int)):
        raise RingwardError("an alarm needs the name of one of the catalogue, a subject, a text and a count")
    is_raised = arguments.get("raised") is not False
    return AlarmEvent(name, subject[:MAX_SUBJECT], text[:MAX_TEXT], raised=is_raised, count=count)


def _ladder(call_manager: CallManagerService, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    call = arguments.get("call")
    if not isinstance(call, int):
        raise RingwardError("ladder needs the number of a call")
    return [asdict(message) for message in call_manager.ladder(call)]


def _analyse(call_manager: CallManagerService, arguments: dict[str, Any]) -> dict[str, Any]:
    dialled, device, line = (arguments.get(name) for name in ("dialled", "device", "line"))
    if not (isinstance(dialled, str) and isinstance(device, str) and isinstance(line, int)):
        raise RingwardError("analyse needs what is dialled, the name of a device (or nothing), and a line")
    return route_view(call_manager.analyse(dialled, device, line), call_manager)
