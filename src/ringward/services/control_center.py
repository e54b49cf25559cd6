"""Sees to it that exactly those services of a node run that shall (SVC-01, SVC-02)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ringward.administration.service_control import NOUN
from ringward.domain.alarm import Report, cleared, raised
from ringward.domain.alarm_catalogue import SERVICE_DID_NOT_STOP, SERVICE_FAILED
from ringward.domain.errors import RingwardError, Unavailable
from ringward.domain.service import Service, ServiceState
from ringward.services.alarm_log import log_alarm
from ringward.services.listener import Listener, explain
from ringward.services.service import RunningService, ServiceDescription
from ringward.store.feed import Change

REVIVAL_AFTER = 1.0
"""Seconds until a service that has ended by itself is tried again; twice as long after each failure."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries at most."""

_log = logging.getLogger(__name__)


class Status(Enum):
    """How a service of this node is, in the guide's words."""

    STARTED = "Started"
    STOPPED = "Stopped"
    NOT_ACTIVATED = "Not activated"
    FAILED = "Failed"
    """It shall run and cannot."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service of this node at this moment."""

    service: Service
    status: Status
    since: float | None
    """When it was started, in seconds since the epoch."""
    problem: str
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A service that runs, and the order by which it does."""

    service: RunningService
    restarts: int
    since: float


class ControlCenter:
    """See the module."""

    def __init__(
        self,
        catalogue: Iterable[ServiceDescription],
        make: Callable[[ServiceDescription], RunningService],
        wanted: Callable[[], Mapping[str, ServiceState]],
        alarm: Report = log_alarm,
    ) -> None:
        """``wanted`` reads from the database what the administrator wants; it is called in a thread."""
        self._catalogue = tuple(catalogue)
        self._make = make
        self._wanted = wanted
        self._alarm = alarm
        self._states: Mapping[str, ServiceState] = {}
        self._runs: dict[str, _Run] = {}
        self._problems: dict[str, str] = {}
        self._turn = asyncio.Lock()  # one change at a time: a service that starts must not miss one
        self._revivals: set[asyncio.Task[None]] = set()
        self._ended_for_good: set[str] = set()

    def running(self, service: Service) -> RunningService | None:
        """The present run of a service; None while it does not run."""
        run = self._runs.get(service.name)
        return run.service if run is not None else None

    @property
    def listeners(self) -> list[Listener]:
        """Where the services that run listen."""
        return [listener for run in self._runs.values() for listener in run.service.listeners]

    def views(self) -> list[ServiceView]:
        """All services of this node."""
        return [self._view(each.service) for each in self._catalogue]

    def _view(self, service: Service) -> ServiceView:
        run, problem = self._runs.get(service.name), self._problems.get(service.name, "")
        state = self._states.get(service.name)
        if run is not None:
            status = Status.STARTED
        elif problem:
            status = Status.FAILED
        elif state is None or not state.activated:
            status = Status.NOT_ACTIVATED
        else:
            status = Status.STOPPED
        return ServiceView(service, status, run.since if run is not None else None, problem)

    # -- what happens -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start what shall run; raises :class:`Unavailable` at the first service that cannot."""
        async with self._turn:
            await self._settle()
            if self._problems:
                raise Unavailable(next(iter(self._problems.values())))

    async def settle(self) -> list[ServiceView]:
        """Start and stop services until all are as they shall be, or have failed; returns how they are now."""
        async with self._turn:
            await self._settle()
        return self.views()

    async def stop(self) -> None:
        """Stop all, the last started first."""
        for task in self._revivals:
            task.cancel()
        await asyncio.gather(*self._revivals, return_exceptions=True)
        async with self._turn:
            for name in reversed(list(self._runs)):
                await self._stop(name)

    async def end(self, service: Service) -> None:
        """Stop one service before the others, since the node ends: it is not started again."""
        async with self._turn:
            self._ended_for_good.add(service.name)
            await self._stop(service.name)

    def failed(self, ended: RunningService, why: str) -> None:
        """A run has ended by itself: its service has failed from now on, and is soon tried again."""
        name = next((name for name, run in self._runs.items() if run.service is ended), None)
        if name is None:  # it is being stopped
            return
        del self._runs[name]
        self._has_failed(name, why, f"the service {name} has failed: {why}")
        task = asyncio.get_running_loop().create_task(self._revive(name, ended), name=f"revival of {name}")
        self._revivals.add(task)
        task.add_done_callback(self._revivals.discard)

    async def _revive(self, name: str, ended: RunningService) -> None:
        async with self._turn:
            await self._clean_up(name, ended)
        pause = REVIVAL_AFTER
        while name in self._problems:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            async with self._turn:
                await self._settle()

    async def configuration_changed(self, changes: Sequence[Change]) -> None:
        """Pass changes on to the services that run; changes of services themselves are obeyed."""
        async with self._turn:
            for run in list(self._runs.values()):
                await run.service.configuration_changed(changes)
            if any(change.noun == NOUN for change in changes):
                await self._settle()

    async def _settle(self) -> None:
        self._states = await asyncio.to_thread(self._wanted)
        for description in reversed(self._catalogue):
            name = description.service.name
            state, run = self._states[name], self._runs.get(name)
            if run is not None and (not state.runs or run.restarts != state.restarts):
                await self._stop(name)
        for description in self._catalogue:
            name = description.service.name
            state = self._states[name]
            if not state.runs:
                if self._problems.pop(name, None):
                    self._alarm(cleared(SERVICE_FAILED, name))
            elif name not in self._runs and name not in self._ended_for_good:
                await self._start(description, state)

    async def _start(self, description: ServiceDescription, state: ServiceState) -> None:
        name = description.service.name
        listeners: Sequence[Listener] = ()
        service: RunningService | None = None
        try:
            service = self._make(description)
            listeners = service.listeners
            await service.start()
        except (OSError, OverflowError, RingwardError) as error:
            if service is not None:
                await service.stop()  # first, so that ports of our own are not taken for somebody else's
            wrong = isinstance(error, RingwardError)
            why = str(error) if wrong else explain(error, listeners)
            self._has_failed(name, why, f"the service {name} cannot start: {why}")
            return
        except BaseException:
            if service is not None:
                await service.stop()
            raise
        self._runs[name] = _Run(service, state.restarts, time.time())
        self._problems.pop(name, None)  # not before: while it is tried again, it has failed and is not stopped
        self._alarm(cleared(SERVICE_FAILED, name))
        _log.info("the service %s is started", name)

    def _has_failed(self, name: str, why: str, said: str) -> None:
        self._problems[name] = why
        self._alarm(raised(SERVICE_FAILED, name, said))

    async def _stop(self, name: str) -> None:
        run = self._runs.pop(name, None)  # one that fails just now has gone already
        if run is not None and await self._clean_up(name, run.service):
            _log.info("the service %s is stopped", name)

    async def _clean_up(self, name: str, service: RunningService) -> bool:
        """Stop whatever there is of a run; returns whether that went as it should."""
        try:
            await service.stop()
        except Exception:
            _log.exception("the service %s did not stop as it should", name)
            self._alarm(raised(SERVICE_DID_NOT_STOP, name, f"{name} did not stop as it should"))
            return False
        return True
