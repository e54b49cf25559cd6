"""The software phone: what a desk phone does once it has its configuration.

It registers its lines with the call manager that its association found and keeps them registered, and makes and
takes calls with real media. It is driven by plain calls and tells its owner by events; nothing here waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from ringward.domain.errors import Refused, RingwardError, Unavailable
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.media.translation import MediaWriter
from ringward.phone import events
from ringward.phone.association import Association
from ringward.phone.call import Call
from ringward.phone.configuration import Configuration, LineConfiguration, Member
from ringward.phone.connection import Connection
from ringward.phone.identity import Identity
from ringward.phone.line_messages import LineMessages
from ringward.phone.media import MediaClock, MediaStream, PortRange
from ringward.phone.negotiation import Negotiator
from ringward.phone.options import OWN_TONE, Options
from ringward.phone.reception import Reception
from ringward.phone.registration import Registration, RegistrationState
from ringward.phone.sound import tone_of
from ringward.phone.srtp import new_keys
from ringward.protocols.sip.endpoint import SipEndpoint
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.extensions import CALL_INFORMATION, FALLBACK
from ringward.protocols.sip.flow import Flow, Transport, host_for_uri
from ringward.protocols.sip.header import name_address
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.transaction import ServerTransaction, Timing
from ringward.protocols.sip.uri import parse_uri

LEAVE_TIMEOUT = 5.0
"""Seconds that a phone which is switched off waits for the call manager to confirm."""
SILENT_PORT = 9
"""Port offered by a phone without media: the discard service (RFC 863), where nothing is listened for."""
_DIALLED = frozenset("0123456789*#+ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_")
"""Characters of what can be dialled as a number."""


Owner = Callable[["Phone", events.PhoneEvent], None]


@dataclass(slots=True)
class _Waiter:
    """Somebody who waits for an event."""

    wanted: Callable[[events.PhoneEvent], bool]
    future: asyncio.Future[events.PhoneEvent] = field(default_factory=asyncio.Future)


class Phone:
    """See the module. Switch it on with :meth:`start` and off with :meth:`stop`."""

    def __init__(
        self,
        identity: Identity,
        configuration: Configuration,
        owner: Owner,
        options: Options | None = None,
        *,
        clock: MediaClock | None = None,
        ports: PortRange | None = None,
    ) -> None:
        """``clock`` and ``ports`` are shared by the phones of a process. Needs a running event loop."""
        self.identity = identity
        self.configuration = configuration
        self.options = options or Options()
        self._owner = owner
        self._clock = clock or MediaClock()
        self._ports = ports or PortRange(configuration.media.first_port, configuration.media.last_port)
        self._loop = asyncio.get_running_loop()
        timers = configuration.timers
        self.endpoint = SipEndpoint(
            self,
            _transmit,
            lambda: secrets.token_hex(8),
            lambda: secrets.randbelow(1000) / 1000,
            identity.user_agent,
            Timing(t1=timers.t1, t2=timers.t2),
            frozenset({CALL_INFORMATION} if self.options.only_encrypted else {CALL_INFORMATION, FALLBACK}),
        )
        self.registrations = tuple(
            Registration(self.endpoint, identity, line, timers, self) for line in configuration.lines
        )
        self.messages = LineMessages(self.endpoint, self.registrations, self.tell)
        self._reception = Reception(self)
        self.calls: list[Call] = []
        """Calls that are not over, oldest first."""
        self._association = Association(
            self,
            self.endpoint,
            identity,
            configuration,
            self._receive,
            local=(
                self.options.local_host,
                configuration.signalling_port if self.options.use_configured_port else 0,
            ),
            context=self.options.tls,
        )
        self._wake: asyncio.TimerHandle | None = None
        self._wake_at = 0.0
        self.is_stopping = False
        """Whether it is being switched off."""
        self._waiters: list[_Waiter] = []

    # -- on and off ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Connect and register; events tell what becomes of it."""
        self._association.start()

    async def stop(self) -> None:
        """Hang up, take the registrations back, and close; waits at most :data:`LEAVE_TIMEOUT` seconds."""
        self.is_stopping = True
        await self._association.stop_seeking()
        for call in list(self.calls):
            call.hang_up()
        leaving = [each for each in self.registrations if each.leave(self.now)]
        self.settle()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_TIMEOUT):
                while any(each.state is RegistrationState.LEAVING for each in leaving):
                    await self.event(lambda event: isinstance(event, (events.Unregistered, events.MemberLost)))
        connection = self._association.close()
        self._detach(connection)
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        for waiter in self._waiters:
            waiter.future.cancel()
        if connection is not None:
            await connection.closed()

    @property
    def connection(self) -> Connection | None:
        """The way to the call manager that the phone is with."""
        return self._association.connection

    @property
    def is_registered(self) -> bool:
        """Whether every line is registered."""
        return all(each.state is RegistrationState.REGISTERED for each in self.registrations)

    @property
    def is_idle(self) -> bool:
        """Whether there is no call."""
        return not self.calls

    async def registered(self) -> None:
        """Wait until every line is registered; set a time-out around it."""
        while not self.is_registered:
            await self.event(lambda event: isinstance(event, events.Registered))

    async def event(self, wanted: Callable[[events.PhoneEvent], bool]) -> events.PhoneEvent:
        """Wait for the next event of a kind; set a time-out around it."""
        waiter = _Waiter(wanted)
        self._waiters.append(waiter)
        try:
            return await waiter.future
        finally:
            self._waiters.remove(waiter)

    def tell(self, event: events.PhoneEvent) -> None:
        """Tell the owner and whoever waits."""
        self._owner(self, event)
        for waiter in self._waiters:
            if not waiter.future.done() and waiter.wanted(event):
                waiter.future.set_result(event)

    # -- calling ------------------------------------------------------------------------------------------

    def dial(self, number: str, line: int = 0) -> Call:
        """Call a number or a SIP URI from a line (counted from 0).

        Raises :class:`Unavailable` when the phone is not connected, :class:`Refused` for what cannot be dialled.
        """
        if not 0 <= line < len(self.registrations):
            raise Refused(f"line {line + 1} cannot be used: the phone has {len(self.registrations)}")
        return self._call(self.registrations[line], self.target_uri(number))

    def target_uri(self, number: str) -> str:
        """The URI for what somebody dialled: a number at the call manager, or a URI as it is."""
        if number.lower().startswith(("sip:", "sips:")):
            try:
                return parse_uri(number).text
            except MalformedMessage as error:
                raise Refused(f"{number!r} cannot be dialled: {error}") from None
        if not number or not _DIALLED.issuperset(number):
            raise Refused(f"{number!r} cannot be dialled: it is neither a number nor a SIP URI")
        domain = host_for_uri(self._connected().member.host)
        return f"sip:{number.replace('#', '%23')}@{domain}"

    def _connected(self) -> Connection:
        connection = self._association.connection
        if connection is None or self.is_stopping:
            raise Unavailable(f"{self.identity.device_name} is not connected to a call manager")
        return connection

    def _call(self, registration: Registration, target: str) -> Call:
        connection = self._connected()
        line, domain = registration.line, host_for_uri(connection.member.host)
        flow = self._flow_for(connection, target)
        call = self.new_call(line, parse_uri(target).user, "", flow, incoming=False)
        self.tell(events.Dialling(call))
        call.session = self.endpoint.invite(
            flow,
            target,
            name_address(line.display_name, f"sip:{line.number}@{domain}"),
            f"<{target}>",
            registration.contact or f"<{flow.contact_uri(line.number)}>",
            call,
            self.now,
            body=call.first_offer(),
            credentials=registration.credentials,
        )
        self.settle()
        return call

    def _flow_for(self, connection: Connection, target: str) -> Flow:
        """Everything goes to the call manager, except what a phone with direct calls dials by address."""
        uri = parse_uri(target)
        if self.options.direct_calls and not connection.flow.reliable and uri.port is not None:
            return connection.flow.toward((uri.host.strip("[]"), uri.port))
        return connection.flow

    def new_call(self, line: LineConfiguration, number: str, name: str, flow: Flow, *, incoming: bool) -> Call:
        """A call with its media, by nobody yet; raises :class:`Unavailable` when no port is free."""
        host = flow.local[0]
        media, sound = self.configuration.media, self.options.sound
        stream: MediaStream | None = None
        if self.options.media:
            stream = MediaStream(
                host,
                self._clock,
                ports=self._ports,
                sound=tone_of(self.identity.mac) if sound is OWN_TONE else sound,
                on_heard=lambda tone: self.tell(events.Hearing(call, tone)),
                on_digit=lambda digit: self.tell(events.DigitHeard(call, digit)),
            )
        negotiator = Negotiator(
            host,
            stream.port if stream is not None else SILENT_PORT,
            media.digit_type if media.digits_in_media else None,
            media.preferred_codec,
            new_keys=partial(new_keys, self.options.suites, secrets.token_bytes) if self._encrypts(flow) else None,
            falls_back=not self.options.only_encrypted,
        )
        writer = MediaWriter(secrets.randbits(31), host)
        call = Call(self, line, number, name, negotiator, writer, stream, incoming=incoming)
        self.calls.append(call)
        return call

    def _encrypts(self, flow: Flow) -> bool:
        """Whether calls are encrypted where the far side can do so too: keys travel over TLS alone (MEDIA-10)."""
        return self.configuration.security_mode is DeviceSecurityMode.ENCRYPTED and flow.transport is Transport.TLS

    def called_by_transfer(self, call: Call, target: str) -> Call | None:
        """Call the target of a REFER from the same line."""
        for registration in self.registrations:
            if registration.line is call.line:
                try:
                    return self._call(registration, target)
                except (RingwardError, MalformedMessage):
                    return None
        return None

    def forget(self, call: Call) -> None:
        """A call is over."""
        self.calls.remove(call)

    # -- being asked (EndpointUser) -----------------------------------------------------------------------

    def authorise(self, transaction: ServerTransaction, session: InviteSession | None, now: float) -> bool:
        """Take requests from the call manager only, unless direct calls are allowed."""
        connection, flow = self._association.connection, transaction.flow
        if self.options.direct_calls or (connection is not None and flow is connection.flow):
            return True
        transaction.answer(403, now, to_tag=self.endpoint.new_token())
        return False

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """A request outside of a dialog."""
        self._reception.request_received(transaction, now)

    # -- the call manager (AssociationUser, RegistrationUser) ---------------------------------------------

    def on_connected(self, connection: Connection) -> None:
        """Register every line."""
        if self.options.register:
            for registration in self.registrations:
                registration.start(connection.flow, connection.member.host, self.now)

    def on_leaving(self, connection: Connection) -> None:
        """Take the registrations back before going on to a better call manager."""
        for registration in self.registrations:
            registration.leave(self.now)
        self._detach(connection)

    def on_member_lost(self, connection: Connection | None, member: Member, reason: str) -> None:
        """Calls by way of that call manager end with it."""
        self._detach(connection)
        self.tell(events.MemberLost(member, reason))

    def _detach(self, connection: Connection | None) -> None:
        if connection is not None:
            for registration in self.registrations:
                registration.suspend()
                self.messages.leave(registration, self.now)
            self.endpoint.flow_lost(connection.flow, self.now)

    def on_registered(self, registration: Registration, expires: int) -> None:
        """A line is registered."""
        connection = self._association.connection
        if connection is not None:
            self.tell(events.Registered(registration.line.number, connection.member, expires))
            self.messages.follow(registration, connection.flow, self.now)

    def on_unregistered(self, registration: Registration) -> None:
        """A line is no longer registered."""
        self.messages.leave(registration, self.now)
        self.tell(events.Unregistered(registration.line.number))

    def on_refused(self, registration: Registration, status: int, reason: str, again_in: float) -> None:
        """A line was refused."""
        self.messages.leave(registration, self.now)
        self.tell(events.RegistrationRefused(registration.line.number, status, reason, again_in))

    def on_no_answer(self, registration: Registration, reason: str, now: float) -> None:
        """The call manager does not answer."""
        self._association.fail_over(reason)

    # -- time and bytes -----------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Loop time."""
        return self._loop.time()

    def settle(self) -> None:
        """Wake up when the next timer is due; called after everything that may have started one."""
        deadline = self.endpoint.next_deadline()
        if deadline is None:
            return
        if self._wake is not None:
            if self._wake_at <= deadline:
                return
            self._wake.cancel()
        self._wake_at = deadline
        self._wake = self._loop.call_at(deadline, self._advance)

    def _advance(self) -> None:
        self._wake = None
        self.endpoint.advance(max(self.now, self._wake_at))  # a loop may call a little before its time
        self.settle()

    def _receive(self, data: bytes, flow: Flow) -> None:
        self.endpoint.receive(data, flow, self.now)
        self.settle()


def _transmit(flow: Flow, data: bytes) -> None:
    """Every flow of a phone knows the connection it belongs to."""
    if isinstance(flow.channel, Connection):
        flow.channel.send(flow, data)
