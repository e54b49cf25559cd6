"""The line side: what SIP phones ask of the call manager, from the first byte to the call engine.

Bytes and the time come in, bytes go out; there is no socket here, no database and no waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ringward.calls.directory import Device, LineAppearance
from ringward.calls.engine import CallEngine
from ringward.calls.events import Cause
from ringward.calls.leg import Leg
from ringward.domain.phone_models import capability_of
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode, Protocol
from ringward.protocols.sdp.description import MalformedDescription
from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.endpoint import METHODS, SipEndpoint, refuse_extensions
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.message import Headers, Request, Response, response_to
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.session import SDP, InviteSession
from ringward.protocols.sip.transaction import MAX_SERVER_TRANSACTIONS, ServerTransaction, Timing
from ringward.protocols.sip.uri import parse_uri
from ringward.services.call_manager.admission import Admission
from ringward.services.call_manager.authentication import Authenticator
from ringward.services.call_manager.authorisation import Authorisation, refusal_of
from ringward.services.call_manager.identification import (
    Station,
    line_like,
)
from ringward.services.call_manager.media_translation import UnsupportedMedia, read_media
from ringward.services.call_manager.offences import Offences
from ringward.services.call_manager.registrar import Registrar
from ringward.services.call_manager.registrations import Binding, Registrations
from ringward.services.call_manager.sip_leg import SipLeg
from ringward.services.call_manager.stations import Stations, no_stations

log = logging.getLogger(__name__)

PRODUCT = "Ringward"
SUPPORTED = frozenset({"replaces"})
"""SIP extensions that a phone may require (RFC 3261 section 20.32)."""

RECOGNISED = frozenset(METHODS.split(", ")) | {"MESSAGE", "PRACK", "PUBLISH", "SUBSCRIBE"}
"""Methods that there are in SIP; any other is answered with 501 (RFC 3261 sections 8.2.1 and 21.5.2)."""
PRESSING = MAX_SERVER_TRANSACTIONS * 2 // 3
"""Requests being dealt with from which on no single address may take many more: room for the others."""


@dataclass(slots=True)
class LineSideCounters:
    """What happened since the start."""

    messages: int = 0
    malformed: int = 0


class LineSide:
    """See the module. It is the owner of the SIP endpoint and the endpoints of the call engine."""

    def __init__(
        self,
        transmit: Callable[[Flow, bytes], None],
        new_token: Callable[[], str],
        random_share: Callable[[], float],
        digest_key: bytes,
        timing: Timing | None = None,
    ) -> None:
        self.now = 0.0
        """The node's monotonic time of the message or deadline that is being dealt with."""
        self.stations: Stations = no_stations()
        self.counters = LineSideCounters()
        self.registrations = Registrations()
        self.endpoint = SipEndpoint(
            self, transmit, new_token, random_share, PRODUCT, timing, ", ".join(sorted(SUPPORTED))
        )
        self.registrar = Registrar(lambda: self.stations, self.registrations, self._registration_changed)
        self.offences = Offences(log)
        self.admission = Admission(self.registrations.addresses)
        self.authenticator = Authenticator(lambda: self.stations, self.registrations, digest_key, new_token)
        self._authorisation = Authorisation(
            lambda: self.stations, self.registrations, self.registrar, self.authenticator, self.offences
        )
        self._engine: CallEngine | None = None
        self._next_number = 1
        self._later: list[Callable[[], None]] = []

    def connect(self, engine: CallEngine) -> None:
        """Give the line side its call engine; the two know each other."""
        self._engine = engine

    # -- bytes and time -----------------------------------------------------------------------------------

    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """Take one message from the wire."""
        self.now = now
        self.counters.messages += 1
        if not flow.reliable:
            offender = self.admission.refuses(flow.remote[0], len(data), now)
            if offender:
                self.offences.note("flood", offender, "flood by %s: what is too much is dropped", offender)
                return
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
            self._registration_changed(binding, "expired")
        if self._later:
            self._run_later()

    def flow_lost(self, flow: Flow, now: float) -> None:
        """A connection is gone."""
        self.now = now
        served = self.registrations.served(flow)
        for binding in self.registrations.flow_lost(flow):
            self._registration_changed(binding, "connection lost")
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
                self._registration_changed(binding, "no longer configured")
                continue
            binding.appearance = line_like(device, binding.appearance) or binding.appearance
            binding.refusal = refusal_of(device, binding.source)

    def _registration_changed(self, binding: Binding, what: str) -> None:
        log.info(
            "%s line %s (%s) %s: %s",
            binding.appearance.device,
            binding.appearance.index,
            binding.appearance.number,
            what,
            binding.source,
        )

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
        if refuse_extensions(transaction, SUPPORTED, now):
            return
        if request.method == "INVITE" and request.number("Max-Forwards") == 0:
            # It would go on to another phone; whatever else comes here has arrived (RFC 4475 section 3.3.11).
            transaction.refuse(483, now, to_tag="refused")
            return
        handler = _HANDLERS.get(request.method)
        if handler is not None:
            handler(self, transaction, now)
        else:
            headers: Headers = {"Allow": [METHODS]}
            status = 405 if request.method in RECOGNISED else 501
            transaction.dismiss(response_to(request, status, to_tag="refused", headers=headers), now)

    def _register(self, transaction: ServerTransaction, now: float) -> None:
        station = transaction.origin
        assert isinstance(station, Station)  # noqa: S101  (set by authorise)
        self.registrar.register(transaction, station, now)

    def _options(self, transaction: ServerTransaction, now: float) -> None:
        headers: Headers = {"Allow": [METHODS], "Accept": [SDP], "Server": [PRODUCT]}
        transaction.dismiss(response_to(transaction.request, 200, to_tag="options", headers=headers), now)

    def _invite(self, transaction: ServerTransaction, now: float) -> None:
        request, station = transaction.request, transaction.origin
        assert isinstance(station, Station) and self._engine is not None  # noqa: S101
        if request.body and request.content_type != SDP:
            transaction.respond(response_to(request, 415, to_tag="refused", headers={"Accept": [SDP]}), now)
            return
        try:
            media = read_media(request.body) if request.body else None
        except (MalformedDescription, UnsupportedMedia) as error:
            log.info("%s: call refused: %s", station.device.name, error)
            transaction.answer(488, now, to_tag="refused", reason="Not Acceptable Here")
            return
        replaced = None
        if "Replaces" in request.headers:
            replaced = self._leg_to_replace(transaction, station, now)
            if replaced is None:
                return
        dialled = parse_uri(request.uri).user
        flow = transaction.flow
        leg = SipLeg(self, station.device, station.appearance, flow, self._security(station.device, flow))
        leg.session = self.endpoint.take(transaction, f"<{flow.contact_uri(dialled)}>", leg, now)
        leg.flow = leg.session.flow
        if replaced is None:
            self._engine.incoming(leg, dialled, media)
        elif media is None:
            leg.reject(Cause.INCOMPATIBLE_MEDIA)  # its offer is what the replaced call is asked to agree to
        else:
            self._engine.replace(leg, replaced, media)

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

    def _security(self, device: Device, flow: Flow) -> CallSecurityClass:
        """Class of a leg's signalling; its media is not encrypted."""
        if flow.transport is not Transport.TLS or flow.peer_subject != device.name:
            return CallSecurityClass.NONSECURE
        return CallSecurityClass(min(device.security_mode, DeviceSecurityMode.AUTHENTICATED))

    # -- for the call engine ------------------------------------------------------------------------------

    def place(self, appearance: LineAppearance) -> Sequence[Leg]:
        """New legs to all contacts of a line."""
        device = self.stations.directory.devices.get(appearance.device)
        if device is None:
            return ()
        return [
            SipLeg(self, device, appearance, binding.flow, self._security(device, binding.flow), binding)
            for binding in self.registrations.of_line(appearance)
        ]

    # -- for the administrator ----------------------------------------------------------------------------

    def reset(self, device: str, *, restart: bool, now: float) -> int:
        """Tell a device to read its files again (R-21); returns to how many contacts it was sent.

        Phones of the guide know the event service-control, others check-sync.
        """
        self.now = now
        flows: dict[str, Binding] = {}
        for binding in self.registrations.of_device(device):
            flows.setdefault(binding.key.partition("@")[2], binding)
        for binding in flows.values():
            self._send_reset(binding, restart, now)
        return len(flows)

    def _send_reset(self, binding: Binding, restart: bool, now: float) -> None:
        configured = self.stations.directory.devices.get(binding.appearance.device)
        capability = capability_of(configured.model, Protocol.SIP) if configured is not None else None
        host = binding.flow.local[0]
        token = self.endpoint.new_token
        headers: Headers = {
            "Max-Forwards": ["70"],
            "From": [f"<sip:{binding.appearance.number}@{host}>;tag={token()}"],
            "To": [f"<sip:{binding.appearance.number}@{host}>"],
            "Call-ID": [token()],
            "CSeq": ["1 NOTIFY"],
            "Contact": [f"<{binding.flow.contact_uri('')}>"],
            "Subscription-State": ["terminated"],
        }
        body = b""
        if capability is None or capability.is_third_party:
            headers["Event"] = [f"check-sync;reboot={'false' if restart else 'true'}"]
        else:
            action = "restart" if restart else "reset"
            headers["Event"] = ["service-control"]
            headers["Content-Type"] = ["text/plain"]
            body = f"action={action}\r\nRegisterCallID={{{binding.call_id}}}\r\n".encode(
                "utf-8", "surrogateescape"
            )
        self.endpoint.request(Request("NOTIFY", binding.contact, headers, body), binding.flow, _NOTED, now)


class _Noted:
    """The outcome of a reset shows in the registration that follows it."""

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """Note a refusal."""
        if response.status >= 300:
            log.warning("%s refused to be reset: %s %s", sent.request.uri, response.status, response.reason)

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """Note the silence."""
        log.warning("%s did not answer to being reset", sent.request.uri)


_NOTED = _Noted()
_HANDLERS: dict[str, Callable[[LineSide, ServerTransaction, float], None]] = {
    "REGISTER": LineSide._register,
    "INVITE": LineSide._invite,
    "OPTIONS": LineSide._options,
}
