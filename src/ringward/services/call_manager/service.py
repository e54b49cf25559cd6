"""The Cisco CallManager service of a node: listens for SIP phones and connects their calls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from ringward.administration import message_waiting
from ringward.calls.call import Call
from ringward.calls.engine import CallEngine
from ringward.calls.live import LiveCall
from ringward.calls.message_waiting import Messages, Number
from ringward.calls.records import CallDetailRecord
from ringward.calls.route import Route, route_of
from ringward.domain.alarm import Report
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import NotFound, Refused
from ringward.pki.tls import ServerTls
from ringward.protocols.sip.flow import Flow, Transport
from ringward.services.alarm_log import log_alarm
from ringward.services.call_manager.connections import Connections, room_for_connections
from ringward.services.call_manager.device_trust import DeviceDoor
from ringward.services.call_manager.intake import Intake
from ringward.services.call_manager.line_side import LineSide
from ringward.services.call_manager.load_meter import LoadMeter
from ringward.services.call_manager.message_ring import LadderMessage
from ringward.services.call_manager.phone_views import PhoneViews
from ringward.services.call_manager.registrations import Refusal
from ringward.services.call_manager.stations import Stations
from ringward.services.call_manager.tokens import Tokens
from ringward.services.call_manager.traces import Traces
from ringward.services.call_manager.transport import DatagramSide, Doorkeepers, StreamSide, transmit
from ringward.services.listener import Listener
from ringward.services.metrics import LAG_BOUNDS, Histogram
from ringward.store.feed import Change

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

    @property
    def listeners(self) -> Sequence[Listener]:
        """The ports."""
        return (
            Listener("SIP", "UDP", self.bind, self.sip_port),
            Listener("SIP", "TCP", self.bind, self.sip_port),
            Listener("SIP", "TLS", self.bind, self.secure_port),
        )


class CallManagerService:
    """See the module."""

    def __init__(
        self,
        listening: Listening,
        stations: Callable[[], Stations],
        on_record: Callable[[CallDetailRecord], None],
        tls: ServerTls | None = None,
        first_call_id: int = 1,
        messages: Callable[[], Mapping[Number, Messages]] = dict,
        take_in: Callable[[str, str], object] | None = None,
        alarm: Report = log_alarm,
    ) -> None:
        """``stations`` reads the present configuration; it is called at the start and after each change.

        ``messages`` reads for which numbers messages wait, likewise. ``take_in`` makes a phone of an unknown
        device of a model, for auto-registration.
        """
        self._messages = messages
        self._alarm = alarm
        self._listening = listening
        self._stations = stations
        self._side = LineSide(transmit, Tokens(), random.random, secrets.token_bytes(32), alarm=alarm)
        self.message_waiting = self._side.message_waiting
        self._engine = CallEngine(
            lambda: self._side.stations.directory,
            self._side,
            clock=time.time,
            on_record=on_record,
            call_ids=count(first_call_id),
            ringing_limit=lambda: float(self._side.stations.parameters.sip_invite_expires),
        )
        self._side.connect(self._engine)
        self._intake = Intake(self._side, take_in, alarm) if take_in is not None else None
        self._door = DeviceDoor(tls, self._certificate_refused) if tls is not None else None
        self.phones = PhoneViews(self._side, self._door)
        """Who is registered and who was refused, for the administrator."""
        self._datagrams: asyncio.DatagramTransport | None = None
        self._streams: list[StreamSide] = []
        self._ticker: asyncio.TimerHandle | None = None
        self._meter = LoadMeter(TICK, 0.0, 0.0)
        self._tick_due = math.inf
        self.loop_lags = Histogram(LAG_BOUNDS)
        """By how much the ticks were late."""

    # -- start and stop -----------------------------------------------------------------------------------

    @property
    def listeners(self) -> Sequence[Listener]:
        """Where it listens."""
        return self._listening.listeners

    async def start(self) -> None:
        """Read the configuration and begin to listen; raises ``OSError`` if a port cannot be had."""
        self._take(await asyncio.to_thread(self._stations))
        await self._read_messages()
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
        if self._door is not None:
            self._listen(Transport.TLS, (where.address, where.secure_port), doorkeepers, self._door)
        self._meter = LoadMeter(TICK, loop.time(), time.thread_time())
        self._tick(loop)
        log.info("SIP phones are served on %s, ports %s and %s", where.bind, where.sip_port, where.secure_port)

    def _listen(
        self,
        transport: Transport,
        local: tuple[str, int],
        doorkeepers: Doorkeepers,
        door: DeviceDoor | None,
    ) -> None:
        side = StreamSide(transport, local, self._receive, self._flow_lost, doorkeepers, door)
        side.start(self._listening.bind, local[1])
        self._streams.append(side)

    async def stop(self) -> None:
        """End all calls, let the last messages out, and close."""
        loop = asyncio.get_running_loop()
        self._side.now = loop.time()
        if self._intake is not None:
            self._intake.stop()
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
            now = loop.time()
            self.loop_lags.observe(max(0.0, now - self._tick_due))
            self._tick_due = now + TICK
            self._side.admission.note_load(self._meter.share(now, time.thread_time()), now)
            self._side.advance(now)
            self._engine.expire(time.time())
        except Exception:
            log.exception("a timer could not be processed")
        self._ticker = loop.call_later(TICK, self._tick, loop)

    # -- for the administrator ----------------------------------------------------------------------------

    async def configuration_changed(self, changes: Sequence[Change] = ()) -> None:
        """Read the configuration again and work by it from now on; calls that are up go on."""
        nouns = {change.noun for change in changes}
        if nouns != {message_waiting.NOUN}:
            stations = await asyncio.to_thread(self._stations)
            self._side.now = asyncio.get_running_loop().time()
            self._take(stations)
        if not nouns or nouns & {message_waiting.NOUN, DirectoryNumber.noun}:
            await self._read_messages()

    def _take(self, stations: Stations) -> None:
        self._side.configuration_changed(stations)
        if self._door is None:
            return
        self._door.lscs = stations.lscs
        if self._door.trust(stations.device_trust):
            for side in self._streams:
                side.recheck()

    def _certificate_refused(self, device: str, refusal: Refusal) -> None:
        if device in self._side.stations.directory.devices:
            self._side.registrations.refused(device, refusal)

    async def _read_messages(self) -> None:
        messages = await asyncio.to_thread(self._messages)
        self._side.now = asyncio.get_running_loop().time()
        self.message_waiting.replace(messages)

    def ladder(self, call: int) -> list[LadderMessage]:
        """The messages of a recent call, with times since the epoch; empty if they are not kept any more."""
        past = time.time() - asyncio.get_running_loop().time()
        return [replace(message, at=message.at + past) for message in self._side.messages.ladder(call)]

    @property
    def set_up_times(self) -> Histogram:
        """How long callers waited until their INVITE was dealt with."""
        return self._side.set_up_times

    @property
    def is_draining(self) -> bool:
        """Whether new calls are refused."""
        return self._side.is_draining

    def drain(self, begins: bool) -> None:
        """Refuse new calls from now on, or take them again; those that are up go on."""
        self._side.is_draining = begins

    def traces_in(self, folder: Path) -> Traces:
        """The traces of devices, written to a file in a folder."""
        side = self._side
        return Traces(
            side.messages,
            lambda device: device in side.stations.directory.devices,
            lambda device: [each.flow for each in side.registrations.of_device(device)],
            folder,
            alarm=self._alarm,
        )

    def live_calls(self) -> list[LiveCall]:
        """The calls that are up or being set up."""
        return self._engine.live()

    @property
    def calls(self) -> Mapping[int, Call]:
        """The same calls by their number. Only to be read."""
        return self._engine.calls

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

    def analyse(self, dialled: str, device: str, line: int) -> Route:
        """Where a number goes that is dialled on a line of a device, or by a party without either ("").

        ``device`` may be a number, too: that of the line. Raises ``NotFound`` for what there is not.
        """
        directory = self._side.stations.directory
        if not device:
            return route_of(directory.dial_plan, dialled, ())
        if device not in directory.devices:
            for (number, _), lines in directory.numbers.items():
                if number == device and lines:
                    return route_of(directory.dial_plan, dialled, lines[0].search_space)
            raise NotFound("phone or number", device)
        for appearance in directory.devices[device].lines:
            if appearance.index == line:
                return route_of(directory.dial_plan, dialled, appearance.search_space)
        raise NotFound("line", f"{line} of {device}")

    def counters(self) -> dict[str, int]:
        """What happened since the start, and what there is now."""
        counters = self._side.counters
        return {
            "messages": counters.messages,
            "calls": counters.calls,
            "draining": counters.refused_draining,
            "malformed": counters.malformed,
            "refused": self._side.refused,
            "dropped": self._side.admission.refused,
            "locked_out": self._side.authenticator.guard.locks,
            "registered_lines": len(self._side.registrations),
            "sessions": self._side.endpoint.session_count,
            "subscriptions": len(self._side.subscriptions),
            "transactions": len(self._side.endpoint.transactions),
            "connections": sum(side.count for side in self._streams),
        }
