"""The Cisco CallManager service of a node: listens for SIP phones and connects their calls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from ringward.calls.engine import CallEngine
from ringward.calls.live import LiveCall
from ringward.calls.records import CallDetailRecord
from ringward.domain.errors import NotFound, Refused
from ringward.protocols.sip.flow import Flow, Transport
from ringward.services.call_manager.connections import Connections, room_for_connections
from ringward.services.call_manager.line_side import LineSide
from ringward.services.call_manager.registrations import Binding
from ringward.services.call_manager.stations import Stations
from ringward.services.call_manager.transport import DatagramSide, Doorkeepers, StreamSide, transmit

log = logging.getLogger(__name__)

TICK = 0.05
"""Seconds between looks at the timers: a tenth of T1, the shortest of them that matters."""
DRAIN = 2.0
"""Longest time that a stop waits for the last answers of ended calls."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the service listens, and the address at which phones reach it."""

    bind: str
    address: str
    sip_port: int
    secure_port: int


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """A registered line, for tables and pages."""

    device: str
    description: str
    model: str
    line: int
    number: str
    partition: str
    address: str
    transport: str
    security_mode: str
    registered_since: float
    """Seconds since the epoch."""
    expires_in: int
    user_agent: str


@dataclass(frozen=True, slots=True)
class RefusalView:
    """A device that was refused, and why."""

    device: str
    at: float
    address: str
    reason: str


class CallManagerService:
    """See the module."""

    def __init__(
        self,
        listening: Listening,
        stations: Callable[[], Stations],
        on_record: Callable[[CallDetailRecord], None],
        tls: ssl.SSLContext | None = None,
        first_call_id: int = 1,
    ) -> None:
        """``stations`` reads the present configuration; it is called at the start and after each change."""
        self._listening = listening
        self._stations = stations
        self._tls = tls
        self._side = LineSide(transmit, _new_token, random.random, secrets.token_bytes(32))
        self._engine = CallEngine(
            lambda: self._side.stations.directory,
            self._side,
            clock=time.time,
            on_record=on_record,
            call_ids=count(first_call_id),
            ringing_limit=lambda: float(self._side.stations.parameters.sip_invite_expires),
        )
        self._side.connect(self._engine)
        self._datagrams: asyncio.DatagramTransport | None = None
        self._streams: list[StreamSide] = []
        self._ticker: asyncio.TimerHandle | None = None

    # -- start and stop -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Read the configuration and begin to listen; raises ``OSError`` if a port cannot be had."""
        self._side.configuration_changed(await asyncio.to_thread(self._stations))
        loop = asyncio.get_running_loop()
        where = self._listening
        local = (where.address, where.sip_port)
        transport, _ = await loop.create_datagram_endpoint(
            lambda: DatagramSide(local, self._receive), local_addr=(where.bind, where.sip_port)
        )
        self._datagrams = transport
        side = self._side
        doorkeepers = Doorkeepers(
            side.admission, Connections(side.registrations.has_flow, room_for_connections()), side.offences
        )
        self._listen(Transport.TCP, local, doorkeepers, None)
        if self._tls is not None:
            self._listen(Transport.TLS, (where.address, where.secure_port), doorkeepers, self._tls)
        self._tick(loop)
        log.info("SIP phones are served on %s, ports %s and %s", where.bind, where.sip_port, where.secure_port)

    def _listen(
        self,
        transport: Transport,
        local: tuple[str, int],
        doorkeepers: Doorkeepers,
        context: ssl.SSLContext | None,
    ) -> None:
        side = StreamSide(transport, local, self._receive, self._flow_lost, doorkeepers, context)
        side.start(self._listening.bind, local[1])
        self._streams.append(side)

    async def stop(self) -> None:
        """End all calls, let the last messages out, and close."""
        loop = asyncio.get_running_loop()
        self._side.now = loop.time()
        self._engine.end_all()
        for _ in range(int(DRAIN / TICK)):
            if not self._side.endpoint.transactions.waiting_clients:
                break
            await asyncio.sleep(TICK)
        if self._ticker is not None:
            self._ticker.cancel()
        if self._datagrams is not None:
            self._datagrams.close()
        for side in self._streams:
            with contextlib.suppress(OSError):
                await side.stop()

    # -- the hot path -------------------------------------------------------------------------------------

    def _receive(self, data: bytes, flow: Flow, now: float) -> None:
        try:
            self._side.receive(data, flow, now)
        except Exception:
            # A defect must not take the other phones' calls with it; the message is dropped, the log has it all.
            message = "a message from %s could not be processed"
            self._side.offences.note(
                "defect", flow.remote[0], message, flow, level=logging.ERROR, with_traceback=True
            )

    def _flow_lost(self, flow: Flow, now: float) -> None:
        try:
            self._side.flow_lost(flow, now)
        except Exception:
            log.exception("the loss of %s could not be processed", flow)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._side.advance(loop.time())
            self._engine.expire(time.time())
        except Exception:
            log.exception("a timer could not be processed")
        self._ticker = loop.call_later(TICK, self._tick, loop)

    # -- for the administrator ----------------------------------------------------------------------------

    async def configuration_changed(self) -> None:
        """Read the configuration again and work by it from now on; calls that are up go on."""
        stations = await asyncio.to_thread(self._stations)
        self._side.now = asyncio.get_running_loop().time()
        self._side.configuration_changed(stations)

    def registrations(self) -> list[RegistrationView]:
        """All registered lines, by device and button."""
        now, wall = asyncio.get_running_loop().time(), time.time()
        views = [self._view(binding, now, wall) for binding in self._side.registrations]
        return sorted(views, key=lambda view: (view.device, view.line, view.address))

    def _view(self, binding: Binding, now: float, wall: float) -> RegistrationView:
        line = binding.appearance
        device = self._side.stations.directory.devices[line.device]
        return RegistrationView(
            device.name,
            device.description,
            device.model,
            line.index,
            line.number,
            line.partition,
            f"{binding.flow.remote[0]}:{binding.flow.remote[1]}",
            binding.source.transport.value,
            device.security_mode.label,
            wall - (now - binding.since),
            max(0, round(binding.expires_at - now)),
            binding.user_agent,
        )

    def refusals(self) -> list[RefusalView]:
        """Devices that were refused and have not registered since, the latest first."""
        now, wall = asyncio.get_running_loop().time(), time.time()
        return [
            RefusalView(device, wall - (now - refusal.at), refusal.address, refusal.reason)
            for device, refusal in reversed(self._side.registrations.refusals.items())
        ]

    def live_calls(self) -> list[LiveCall]:
        """The calls that are up or being set up."""
        return self._engine.live()

    def reset(self, device: str, *, restart: bool = False) -> int:
        """Tell a device to read its files again (R-21): reset reboots it, restart only registers it anew.

        Returns how many contacts were told. Raises ``NotFound`` for an unknown device and ``Refused`` for one
        that is not registered: it reads its files when it comes.
        """
        if device not in self._side.stations.directory.devices:
            raise NotFound("phone", device)
        told = self._side.reset(device, restart=restart, now=asyncio.get_running_loop().time())
        if not told:
            raise Refused(f"phone {device!r} is not registered; it will read its files when it starts")
        return told

    def counters(self) -> dict[str, int]:
        """What happened since the start, and what there is now."""
        counters = self._side.counters
        return {
            "messages": counters.messages,
            "malformed": counters.malformed,
            "refused": self._side.refused,
            "dropped": self._side.admission.refused,
            "locked_out": self._side.authenticator.guard.locks,
            "registered_lines": len(self._side.registrations),
            "sessions": self._side.endpoint.session_count,
            "transactions": len(self._side.endpoint.transactions),
            "connections": sum(side.count for side in self._streams),
        }


_random = random.SystemRandom()


def _new_token() -> str:
    """An unguessable text for tags, branches and Call-IDs (RFC 3261 section 19.3 asks for 32 random bits)."""
    return f"{_random.getrandbits(80):020x}"
