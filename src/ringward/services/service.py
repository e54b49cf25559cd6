"""What a service is to the node that runs it: one description, from which it is made anew at each start."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ringward.administration.administration import Administration
from ringward.calls.records import CallDetailRecord
from ringward.domain.server import Server
from ringward.domain.service import Service
from ringward.services.certificate_renewal import CertificateRenewal
from ringward.services.configuration import PresentConfiguration
from ringward.services.listener import Listener
from ringward.services.settings import NodeSettings
from ringward.store.feed import Change


class RunningService(Protocol):
    """One run of a service, from its start to its stop."""

    @property
    def listeners(self) -> Sequence[Listener]:
        """Where it listens, or will once it is started."""
        ...

    async def start(self) -> None:
        """Begin; raises ``OSError`` if a port cannot be had, and then nothing is left behind."""
        ...

    async def stop(self) -> None:
        """End, whatever has been started of it."""
        ...

    async def configuration_changed(self, changes: Sequence[Change]) -> None:
        """Something has changed; the present configuration has it already."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a node gives its services to work with."""

    directory: Path
    """The data directory."""
    settings: NodeSettings
    node_name: str
    address: str
    """Where phones reach the node."""
    administration: Administration
    configuration: PresentConfiguration
    renewal: CertificateRenewal
    on_call_record: Callable[[CallDetailRecord], None]
    running: Callable[[Service], RunningService | None]
    """The present run of another service; None while it does not run."""
    failed: Callable[[RunningService, str], None]
    """A run tells that it has ended by itself, and why."""
    taken_in: Callable[[], Awaitable[object]]
    """Wait until all services of this node work by what has been changed until now, some seconds at most."""


@dataclass(frozen=True, slots=True)
class ServiceDescription:
    """A service as the node starts it."""

    service: Service
    make: Callable[[Surroundings], RunningService]
    """Makes a run of it, with parameters and ports as they are configured at this moment; starts nothing."""
    listeners: Callable[[NodeSettings, Server], Sequence[Listener]]
    """Where it listens in a fresh cluster: looked at before the first start makes one."""
