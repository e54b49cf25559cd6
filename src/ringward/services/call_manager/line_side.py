"""The line side: what SIP phones ask of the call manager, from the first byte to the call engine.

Bytes and the time come in, bytes go out; there is no socket here, no database and no waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from ringward.calls.directory import Device, LineAppearance
from ringward.calls.engine import CallEngine
from ringward.calls.events import Cause
from ringward.calls.leg import Leg
from ringward.calls.message_waiting import MessageWaiting
from ringward.domain.alarm import Report
from ringward.domain.alarm_catalogue import FLOOD
from ringward.domain.vocabulary import CallSecurityClass
from ringward.media.translation import UnsupportedMedia, read_media
from ringward.protocols.sdp.description import MalformedDescription
from ringward.protocols.sip.endpoint import METHODS, SipEndpoint, refuse_extensions
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.message import Headers, response_to
from ringward.protocols.sip.offer_exchange import SDP
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.transaction import ServerTransaction, Timing
from ringward.protocols.sip.transaction_layer import MAX_SERVER_TRANSACTIONS
from ringward.protocols.sip.uri import parse_uri
from ringward.services.alarm_log import log_alarm
from ringward.services.call_manager.admission import Admission
from ringward.services.call_manager.authentication import Authenticator
from ringward.services.call_manager.authorisation import Authorisation, refusal_of
from ringward.services.call_manager.identification import (
    Station,
    line_like,
)
from ringward.services.call_manager.message_ring import MessageRing
from ringward.services.call_manager.newcomers import Newcomers
from ringward.services.call_manager.offences import Offences
from ringward.services.call_manager.registrar import MOVED, REGISTERED, RESTARTED, UNREGISTERED, Registrar
from ringward.services.call_manager.registrations import Binding, Refusal, Registrations
from ringward.services.call_manager.resets import Resets
from ringward.services.call_manager.sip_leg import SipLeg
from ringward.services.call_manager.stations import Stations, no_stations
from ringward.services.call_manager.subscriptions import EVENTS, Subscriptions
from ringward.services.metrics import SET_UP_BOUNDS, Histogram

log = logging.getLogger(__name__)

PRODUCT = "Ringward"
NO_LONGER_CONFIGURED = "no longer configured"
"""What became of the registrations of a device that the administrator removed."""
RETRY_AFTER = "30"
"""Seconds after which a caller may try again while the node drains: by then it has started anew, or soon will."""
EXPIRED, CONNECTION_LOST = "expired", "connection lost"
_WHY_GONE = {
    EXPIRED: "it has not renewed its registration",
    CONNECTION_LOST: "its connection was lost",
    UNREGISTERED: "it has signed off, as phones do before they start anew",
}
"""For whoever asks why a phone is not registered."""
SUPPORTED = frozenset({"replaces"})
"""SIP extensions that the line side has beside those of any session (RFC 3261 section 20.32)."""

OFFERED = f"{METHODS}, SUBSCRIBE"
"""Methods that the line side takes."""
RECOGNISED = frozenset(OFFERED.split(", ")) | {"MESSAGE", "PUBLISH"}
"""Methods that there are in SIP; any other is answered with 501 (RFC 3261 sections 8.2.1 and 21.5.2)."""
PRESSING = MAX_SERVER_TRANSACTIONS * 2 // 3
"""Requests being dealt with from which on no single address may take many more: room for the others."""


@dataclass(slots=True)
class LineSideCounters:
    """What happened since the start."""

    messages: int = 0
    malformed: int = 0
    calls: int = 0
    refused_draining: int = 0


class LineSide:
    """See the module. It is the owner of the SIP endpoint and the endpoints of the call engine."""

    def __init__(
        self,
        transmit: Callable[[Flow, bytes], None],
        new_token: Callable[[], str],
        random_share: Callable[[], float],
        digest_key: bytes,
        timing: Timing | None = None,
        alarm: Report = log_alarm,
    ) -> None:
        self.now = 0.0
        """The node's monotonic time of the message or deadline that is being dealt with."""
        self.stations: Stations = no_stations()
        self.counters = LineSideCounters()
        self.registrations = Registrations()
        self.messages = MessageRing()
        self.is_draining = False
        """Whether new calls are refused, because the node is about to stop."""
        self.set_up_times = Histogram(SET_UP_BOUNDS)

        def send(flow: Flow, data: bytes) -> None:
            self.messages.note(self.now, False, flow, data)
            transmit(flow, data)

        self.endpoint = SipEndpoint(self, send, new_token, random_share, PRODUCT, timing, SUPPORTED)
        self.registrar = Registrar(lambda: self.stations, self.registrations, self._registration_changed)
        self.message_waiting = MessageWaiting()
        self.subscriptions = Subscriptions(
            self.endpoint, lambda: self.stations, self.registrations, self.message_waiting, lambda: self.now
        )
        self.offences = Offences(log, alarm)
        self.admission = Admission(self.registrations.addresses)
        self.authenticator = Authenticator(lambda: self.stations, self.registrations, digest_key, new_token, alarm)
        self.resets = Resets(self.endpoint, lambda: self.stations, self.registrations)
        self.newcomers = Newcomers(
            lambda: self.stations, lambda binding, now: self.resets.send(binding, restart=False, now=now)
        )
        self._authorisation = Authorisation(
            lambda: self.stations,
            self.registrations,
            self.registrar,
            self.authenticator,
            self.offences,
            self.newcomers,
        )
        self._engine: CallEngine | None = None
        self._next_number = 1
        self._later: list[Callable[[], None]] = []

    def connect(self, engine: CallEngine) -> None:
        """Give the line side its call engine; the two know each other."""
        self._engine = engine
        self.subscriptions.connect(engine.line_states)

    # -- bytes and time -----------------------------------------------------------------------------------

    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """Take one message from the wire."""
        self.now = now
        self.counters.messages += 1
        if not flow.reliable:
            offender = self.admission.refuses(flow.remote[0], len(data), now)
            if offender:
                message = "flood by %s: what is too much is dropped"
                self.offences.note("flood", offender, message, offender, alarm=FLOOD)
                return
        self.messages.note(now, True, flow, data)
        problem = self.endpoint.receive(data, flow, now)
        if problem:
            self.counters.malformed += 1
            # No warning: a late response is no offence, only many of them are.
            message = "%s sent a message that was dropped or refused: %s"
            self.offences.note("malformed", flow.remote[0], message, flow, problem, level=logging.INFO)
        if self._later:
            self._run_later()

    def advance(self, now: float) -> None:
        """Let all that is due happen."""
        self.now = now
        self.endpoint.advance(now)
        self.admission.pressed = self.endpoint.transactions.server_count > PRESSING
        self.offences.advance(now)
        self.authenticator.offences.advance(now)
        for binding in self.registrations.expire(now):
            self._registration_changed(binding, EXPIRED)
        if self._later:
            self._run_later()

    def flow_lost(self, flow: Flow, now: float) -> None:
        """A connection is gone."""
        self.now = now
        served = self.registrations.served(flow)
        for binding in self.registrations.flow_lost(flow):
            self._registration_changed(binding, CONNECTION_LOST)
        if served:  # a connection that never was a phone's has neither calls nor requests, and they need no search
            self.endpoint.flow_lost(flow, now)
        if self._later:
            self._run_later()

    def after_this(self, action: Callable[[], None]) -> None:
        """Do something once the present message is dealt with and answered."""
        self._later.append(action)

    def _run_later(self) -> None:
        while self._later:
            actions, self._later = self._later, []
            for action in actions:
                action()

    @property
    def refused(self) -> int:
        """Requests since the start that came from nobody known."""
        return self._authorisation.refused

    def next_number(self) -> int:
        """A number for the origin of one leg's session descriptions."""
        self._next_number += 1
        return self._next_number

    def configuration_changed(self, stations: Stations) -> None:
        """Work by a new configuration from now on; devices that are no longer configured are unregistered.

        A line that its device has lost makes and takes no calls any more, but stays known until it expires: by it
        the device is told to reset, and so learns of its new lines.
        """
        self.stations = stations
        for binding in list(self.registrations):
            device = stations.directory.devices.get(binding.appearance.device)
            if device is None:
                self.registrations.remove(binding)
                self._registration_changed(binding, NO_LONGER_CONFIGURED)
                continue
            binding.appearance = line_like(device, binding.appearance) or binding.appearance
            binding.refusal = refusal_of(device, binding.source)
        self.subscriptions.configuration_changed(self.now)
        self.newcomers.configuration_changed(self.now)

    def _registration_changed(self, binding: Binding, what: str) -> None:
        log.info(
            "%s line %s (%s) %s: %s",
            binding.appearance.device,
            binding.appearance.index,
            binding.appearance.number,
            what,
            binding.source,
        )
        if why := _WHY_GONE.get(what):
            self.registrations.has_gone(binding.appearance.device, Refusal(self.now, repr(binding.source), why))
        if what in (REGISTERED, RESTARTED):
            self.after_this(lambda: self._is_here(binding))
        elif what != NO_LONGER_CONFIGURED:  # then the phone is told that it may watch no more, with the others
            self.subscriptions.binding_gone(binding, self.now)
        if what in (RESTARTED, MOVED):
            self.after_this(lambda: self._has_forgotten(binding, what == MOVED))

    def _has_forgotten(self, binding: Binding, has_moved: bool) -> None:
        """A phone has restarted, and knows nothing of what rang there."""
        for leg in self._legs_at(binding.appearance):
            leg.ring_again(binding, has_moved=has_moved)

    def _legs_at(self, appearance: LineAppearance) -> list[SipLeg]:
        if self._engine is None:
            return []
        connections = self._engine.occupancy.at(appearance)
        return [each.leg for each in connections if isinstance(each.leg, SipLeg)]

    def _is_here(self, binding: Binding) -> None:
        """A phone has come, perhaps because it was switched off and on.

        Then it may have forgotten calls of which nobody has heard the end. It is asked, as its line may also be
        registered from two places, where one has calls and the other one comes.
        """
        self.subscriptions.registered(binding, self.now)
        for leg in self._legs_at(binding.appearance):
            leg.ask_whether_it_stands()

    # -- who is it, may it --------------------------------------------------------------------------------

    def authorise(self, transaction: ServerTransaction, session: InviteSession | None, now: float) -> bool:
        """Find out whom a request comes from and challenge it where the device's profile says so (SIPD-05)."""
        request = transaction.request
        if session is not None:
            leg = session.user
            assert isinstance(leg, SipLeg)  # noqa: S101  (every session of this endpoint belongs to a leg)
            return self._authorisation.in_call(transaction, leg, now)
        if request.method == "REGISTER":
            return self._authorisation.of_registration(transaction, now)
        if request.method == "OPTIONS" and "@" not in request.uri:
            return True  # a keep-alive that asks only whether we are there
        if request.method == "INVITE" and self.endpoint.has_come_back(request):
            self.offences.note("loop", transaction.flow.remote[0], "%s sent a call back to us", transaction.flow)
            transaction.refuse(482, now, to_tag="loop")
            return False
        return self._authorisation.of_request(transaction, now)

    # -- requests outside of dialogs ----------------------------------------------------------------------

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """An authorised request outside of a dialog."""
        request = transaction.request
        if refuse_extensions(transaction, self.endpoint.extensions, now):
            return
        if request.method == "INVITE" and request.number("Max-Forwards") == 0:
            # It would go on to another phone; whatever else comes here has arrived (RFC 4475 section 3.3.11).
            transaction.refuse(483, now, to_tag="refused")
            return
        handler = _HANDLERS.get(request.method)
        if handler is not None:
            handler(self, transaction, now)
        else:
            headers: Headers = {"Allow": [OFFERED]}
            status = 405 if request.method in RECOGNISED else 501
            transaction.dismiss(response_to(request, status, to_tag="refused", headers=headers), now)

    def _register(self, transaction: ServerTransaction, now: float) -> None:
        station = transaction.origin
        assert isinstance(station, Station)  # noqa: S101  (set by authorise)
        self.registrar.register(transaction, station, now)

    def _options(self, transaction: ServerTransaction, now: float) -> None:
        headers: Headers = {"Allow": [OFFERED], "Accept": [SDP], "Server": [PRODUCT], **EVENTS}
        transaction.dismiss(response_to(transaction.request, 200, to_tag="options", headers=headers), now)

    def _subscribe(self, transaction: ServerTransaction, now: float) -> None:
        station = transaction.origin
        assert isinstance(station, Station)  # noqa: S101  (set by authorise)
        self.subscriptions.subscribe(transaction, station, now)

    def _invite(self, transaction: ServerTransaction, now: float) -> None:
        request, station = transaction.request, transaction.origin
        assert isinstance(station, Station) and self._engine is not None  # noqa: S101
        if request.body and request.content_type != SDP:
            transaction.respond(response_to(request, 415, to_tag="refused", headers={"Accept": [SDP]}), now)
            return
        media, refusal = None, ""
        try:
            media = read_media(request.body) if request.body else None
        except MalformedDescription as error:
            log.info("%s: call refused: %s", station.device.name, error)
            transaction.answer(488, now, to_tag="refused", reason="Not Acceptable Here")
            return
        except UnsupportedMedia as error:
            log.info("%s: call refused: %s", station.device.name, error)
            refusal = f"the calling phone offered {error}"[:120]
        began = perf_counter()
        replaced = None
        if self.is_draining and "Replaces" not in request.headers:
            self.counters.refused_draining += 1
            headers: Headers = {"Retry-After": [RETRY_AFTER]}
            transaction.respond(response_to(request, 503, to_tag="refused", headers=headers), now)
            return
        if "Replaces" in request.headers:
            replaced = self._leg_to_replace(transaction, station, now)
            if replaced is None:
                return
        dialled = parse_uri(request.uri).user
        flow = transaction.flow
        leg = SipLeg(self, station.device, station.appearance, flow, self.security_of(station.device, flow))
        leg.session = self.endpoint.take(transaction, f"<{flow.contact_uri(dialled)}>", leg, now)
        leg.flow = leg.session.flow
        if refusal:
            call = self._engine.refuse(leg, dialled, refusal)
        elif replaced is None:
            call = self._engine.incoming(leg, dialled, media)
        elif media is None:
            leg.reject(Cause.INCOMPATIBLE_MEDIA)  # its offer is what the replaced call is asked to agree to
            return
        else:
            call = self._engine.replace(leg, replaced, media)
        self.messages.joined((call, request.call_id, station.device.name))
        self.counters.calls += 1
        self.set_up_times.observe(perf_counter() - began)

    def _leg_to_replace(self, transaction: ServerTransaction, station: Station, now: float) -> SipLeg | None:
        """The leg whose place an INVITE asks for, if its device may have it: the line must be one of its own.

        None if it was refused, by RFC 3891 section 3.
        """
        values = transaction.request.headers["Replaces"]
        if len(values) > 1:
            raise MalformedMessage("more than one Replaces")
        replaces = Replaces.parse(values[0])
        leg = self.leg_in(replaces)
        line = leg.appearance if leg is not None else None
        if leg is None or line is None or leg.session is None or leg.session.state in ("incoming", "ringing"):
            transaction.answer(481, now, to_tag="refused")
        elif line_like(station.device, line) is None:
            log.warning("%s asked for a call of %s: refused", station.device.name, line.device)
            transaction.answer(403, now, to_tag="refused")
        elif replaces.early_only:
            transaction.answer(486, now, to_tag="refused")
        else:
            return leg
        return None

    def leg_in(self, replaces: Replaces) -> SipLeg | None:
        """The leg that a Replaces means, if there is one."""
        session = self.endpoint.session_in(replaces)
        return session.user if session is not None and isinstance(session.user, SipLeg) else None

    def security_of(self, device: Device, flow: Flow) -> CallSecurityClass:
        """Class of a leg's signalling: what its device proved to be, in the mode that is in effect for it.

        A phone whose mode has become Encrypted keeps its connection until it is reset, and by the cipher of the
        former mode keys could be read (MEDIA-10).
        """
        if flow.transport is not Transport.TLS or flow.peer_subject != device.name:
            return CallSecurityClass.NONSECURE
        most = CallSecurityClass.ENCRYPTED if flow.cipher_encrypts else CallSecurityClass.AUTHENTICATED
        return min(CallSecurityClass(device.security_mode), most)

    # -- for the call engine ------------------------------------------------------------------------------

    def place(self, appearance: LineAppearance) -> Sequence[Leg]:
        """New legs to all contacts of a line."""
        device = self.stations.directory.devices.get(appearance.device)
        if device is None:
            return ()
        return [
            SipLeg(self, device, appearance, binding.flow, self.security_of(device, binding.flow), binding)
            for binding in self.registrations.of_line(appearance)
        ]

    # -- for the administrator ----------------------------------------------------------------------------

    def reset(self, device: str, *, restart: bool, now: float) -> int:
        """Tell a device to read its files again; returns to how many contacts it was sent."""
        self.now = now
        return self.resets.reset(device, restart=restart, now=now)


_HANDLERS: dict[str, Callable[[LineSide, ServerTransaction, float], None]] = {
    "REGISTER": LineSide._register,
    "INVITE": LineSide._invite,
    "OPTIONS": LineSide._options,
    "SUBSCRIBE": LineSide._subscribe,
}
