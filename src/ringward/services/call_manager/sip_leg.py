"""A call leg that is a SIP phone: orders of the call engine become SIP, SIP becomes events of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.calls.directory import Device, LineAppearance
from ringward.calls.events import (
    Alerting,
    Answered,
    Cause,
    Digit,
    Ended,
    Failed,
    LegEvent,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    Party,
    Redirected,
    Redirection,
    TransferRequested,
)
from ringward.calls.leg import Leg
from ringward.calls.media import MediaDescription
from ringward.domain.rules.call_security import CallSecurity
from ringward.domain.vocabulary import CallSecurityClass
from ringward.media.translation import MediaWriter, UnsupportedMedia, read_media
from ringward.protocols.sdp.description import MalformedDescription
from ringward.protocols.sip import key_press
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.extensions import CALL_INFORMATION, FALLBACK, ShownSecurity, call_information
from ringward.protocols.sip.flow import Flow, host_for_uri
from ringward.protocols.sip.header import name_address, parse_name_address
from ringward.protocols.sip.message import Headers, Request
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.uri import parse_uri
from ringward.services.call_manager.causes import cause_of, status_of
from ringward.services.call_manager.registrations import Binding

if TYPE_CHECKING:
    from ringward.services.call_manager.line_side import LineSide

_SILENTLY: Headers = {"Alert-Info": ["<http://127.0.0.1/silent>;info=silent"]}
"""Phones choose their ring tone by it (RFC 3261 section 20.4); what tones there are is up to each phone."""


class SipLeg(Leg):
    """See the module. One per call and contact; nothing of it outlives its session."""

    __slots__ = (
        "_binding",
        "_identity",
        "_is_shown",
        "_side",
        "_writer",
        "device",
        "flow",
        "session",
    )

    def __init__(
        self,
        side: LineSide,
        device: Device,
        appearance: LineAppearance,
        flow: Flow,
        security: CallSecurityClass,
        binding: Binding | None = None,
    ) -> None:
        super().__init__(Party(appearance.number, appearance.display_name), appearance, security)
        self._side = side
        self._binding = binding
        self._identity: Headers = {}
        self._is_shown = True
        """Whether the phone has been told of :attr:`_identity`."""
        self._writer = MediaWriter(side.next_number(), flow.local[0])
        self.device = device
        self.flow = flow
        self.session: InviteSession | None = None

    def _tell(self, event: LegEvent) -> None:
        if self.listener is not None:
            self.listener(self, event)

    def _note_call(self) -> None:
        """Let the ladder of the leg's present call have the leg's messages."""
        session, call = self.session, self.connection.call if self.connection is not None else None
        if session is not None and call is not None:
            self._side.messages.joined((call.id, session.dialog.call_id, self.device.name))

    def _write(self, media: MediaDescription | None) -> bytes:
        return self._writer.write(media) if media is not None else b""

    @property
    def falls_back(self) -> bool:
        """Whether the phone says that it takes RTP in answer to an offer of SRTP."""
        return self.session is not None and self.session.far_side.supports(FALLBACK)

    def another(self) -> SipLeg | None:
        """A new INVITE to the same contact."""
        if self._binding is None or self.appearance is None:
            return None
        return SipLeg(self._side, self.device, self.appearance, self.flow, self.security, self._binding)

    # -- orders -------------------------------------------------------------------------------------------

    def place(self, caller: Party, called: Party, media: MediaDescription | None) -> None:
        """Send an INVITE to the contact."""
        binding = self._binding
        if binding is None:
            return
        host = host_for_uri(self.flow.local[0])
        self._identity = _identity(caller, host)
        headers = self._identity
        if self.redirections:
            headers = headers | _diversions(self.redirections, host)
        if self.is_silent:
            headers = headers | _SILENTLY
        self.session = self._side.endpoint.invite(
            self.flow,
            binding.contact,
            name_address(caller.name, f"sip:{caller.number}@{host}"),
            f"<sip:{self.party.number}@{host}>",
            f"<{self.flow.contact_uri(caller.number)}>",
            self,
            self._side.now,
            body=self._write(media),
            headers=headers,
        )
        self._note_call()

    def ring(self, called: Party, media: MediaDescription | None) -> None:
        """180, or 183 with early media."""
        if self.session is not None:
            self._identity = _identity(called, host_for_uri(self.flow.local[0]))
            body = self._write(media)
            self.session.progress(183 if body else 180, self._side.now, body=body, headers=self._identity)

    def answer(self, called: Party, media: MediaDescription | None) -> None:
        """200 with the answer, or with our offer."""
        if self.session is not None:
            self._identity = _identity(called, host_for_uri(self.flow.local[0]))
            self._note_call()
            self.session.answer(self._write(media), self._side.now, headers=self._identity)

    def reject(self, cause: Cause) -> None:
        """The status that this cause has."""
        session, self.session = self.session, None
        if session is not None:
            session.refuse(status_of(cause), self._side.now)

    def offer(self, media: MediaDescription | None) -> None:
        """A re-INVITE; it also shows who is at the other end."""
        self._is_shown = True
        self._note_call()
        if self.session is not None:
            self.session.offer(self._write(media), self._side.now, headers=self._identity)

    def accept(self, media: MediaDescription) -> None:
        """200 to a re-INVITE, or the ACK with the answer to a late offer."""
        session = self.session
        if session is None:
            return
        if session.owes_answer:
            session.acknowledge(self._write(media), self._side.now)
        else:
            session.accept(self._write(media), self._side.now)

    def refuse(self, cause: Cause) -> None:
        """Refuse a re-INVITE."""
        if self.session is not None:
            self.session.refuse_offer(status_of(cause), self._side.now)

    def transfer_progress(self, cause: Cause | None, *, final: bool) -> None:
        """NOTIFY with the status of the new call (RFC 3515)."""
        if self.session is not None:
            status = (200 if final else 180) if cause is None else status_of(cause)
            self.session.notify(status, self._side.now, final=final)

    def identify(self, party: Party) -> None:
        """Show the new party at once: by the offer that comes with it, or by an UPDATE or re-INVITE of its own."""
        host = host_for_uri(self.flow.local[0])
        self._identity = _identity(party, host)
        self._is_shown = False
        session = self.session
        if session is not None and session.far_side.supports("from-change"):
            session.dialog.local_address = name_address(party.name, f"sip:{party.number}@{host}")  # RFC 4916
        self._side.after_this(self._show)

    def _show(self) -> None:
        """Tell the phone what it has not been told yet, as soon as the call stands."""
        session = self.session
        if not self._is_shown and session is not None and session.state == "established":
            self._is_shown = True
            session.refresh(self._side.now, self._identity)

    def send_digit(self, digit: str, duration: int) -> None:
        """INFO, if the phone takes that."""
        session = self.session
        if session is not None and session.far_side.allows("INFO"):
            session.info(key_press.RELAY, key_press.write_relay(digit, duration), self._side.now)

    def show_security(self, security: CallSecurity) -> None:
        """Tell the phone which icon to show, if it is one that listens (CALL-07, CALL-08)."""
        session = self.session
        if session is None or not session.far_side.supports(CALL_INFORMATION):
            return
        shown = call_information(ShownSecurity[security.call_class.name])
        self._identity = self._identity | {"Call-Info": [shown]}
        self._is_shown = False
        self._side.after_this(self._show)

    def hang_up(self, cause: Cause = Cause.NORMAL) -> None:
        """CANCEL, refusal or BYE, whichever the state needs."""
        session, self.session = self.session, None
        if session is not None:
            number = cause.value if cause.value < 128 else Cause.NORMAL.value
            reason = "" if cause is Cause.NORMAL else f"Q.850;cause={number}"
            session.hang_up(self._side.now, status=status_of(cause), reason=reason)

    def ask_whether_it_stands(self) -> None:
        """Have the phone confirm the call. If it knows nothing of it, or is silent, the call ends."""
        if self.session is not None:
            self.session.refresh(self._side.now)

    def ring_again(self, binding: Binding, *, has_moved: bool) -> None:
        """The phone at this contact has restarted: if the leg rings there, have it ring anew.

        A phone that only chose another Call-ID takes the INVITE for a copy and rings on. Where it has come back
        elsewhere, or by another connection, the leg is lost, and the call goes on without it.
        """
        session = self.session
        if binding is not self._binding or session is None or session.state not in ("calling", "trying", "early"):
            return
        if not has_moved and self._is_reached_by(binding.flow):
            session.start_again()
            return
        self.session = None
        session.hang_up(self._side.now)
        self._tell(Failed(Cause.DESTINATION_OUT_OF_ORDER, "the phone has restarted"))

    def _is_reached_by(self, flow: Flow) -> bool:
        return (flow.transport, flow.remote) == (self.flow.transport, self.flow.remote)

    # -- events of the session ----------------------------------------------------------------------------

    def _read(self, body: bytes) -> MediaDescription | None:
        return read_media(body) if body else None

    def on_progress(self, session: InviteSession, status: int, body: bytes, now: float) -> None:
        """18x: the phone rings, perhaps with early media."""
        try:
            self._tell(Alerting(self._read(body)))
        except (MalformedDescription, UnsupportedMedia):
            self._tell(Alerting())

    def on_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        """200: connected, if the media can be understood."""
        try:
            media = self._read(body)
        except (MalformedDescription, UnsupportedMedia) as error:
            self.session = None
            session.hang_up(now)
            self._tell(Failed(Cause.INCOMPATIBLE_MEDIA, str(error)))
            return
        self._tell(Answered(media))

    def on_failed(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """The phone refused or did not respond."""
        self.session = None
        if 300 <= status < 400:
            target = _number_in(session.redirected_to)
            self._tell(Redirected(target) if target else Failed(Cause.CALL_REJECTED, "redirected to nowhere"))
            return
        self._tell(Failed(cause_of(status), f"{status} {reason}"[:120]))

    def on_ended(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """BYE or CANCEL, or the phone was lost."""
        self.session = None
        cause = {200: Cause.NORMAL, 487: Cause.CANCELLED}.get(status, Cause.DESTINATION_OUT_OF_ORDER)
        self._tell(Ended(cause, reason[:120]))

    def on_offer(self, session: InviteSession, body: bytes, now: float) -> None:
        """A re-INVITE: hold, resume, moved media."""
        try:
            media = self._read(body)
        except (MalformedDescription, UnsupportedMedia):
            session.refuse_offer(488, now)
            return
        self._tell(MediaOffered(media))

    def on_offer_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        """The answer to our re-INVITE, or the offer that we asked for."""
        try:
            media = self._read(body)
        except (MalformedDescription, UnsupportedMedia) as error:
            # What it has agreed to nobody knows, so the call cannot go on (RFC 3261 section 13.2.2.4).
            self.session = None
            session.hang_up(now)
            self._tell(Failed(Cause.INCOMPATIBLE_MEDIA, str(error)))
            return
        if media is None and session.owes_answer:
            session.acknowledge(b"", now)  # it was asked for an offer, and makes none
        self._tell(MediaAnswered(media) if media is not None else MediaRefused(Cause.INCOMPATIBLE_MEDIA))

    def on_offer_refused(self, session: InviteSession, status: int, now: float) -> None:
        """The phone keeps its media as they were."""
        self._tell(MediaRefused(cause_of(status)))

    def on_acknowledged(self, session: InviteSession, body: bytes, now: float) -> None:
        """An ACK, perhaps with the answer to the offer in our 200."""
        if body:
            self.on_offer_answered(session, body, now)
        self._show()

    def on_refer(self, session: InviteSession, refer_to: str, request: Request, now: float) -> int:
        """A transfer; the engine hears of it once the REFER is answered."""
        try:
            uri = parse_name_address(refer_to).uri
            replaces = Replaces.in_uri(uri)
        except MalformedMessage as error:
            return error.status
        if not uri.user and replaces is None:
            return 400
        self._side.after_this(lambda: self._transfer(uri.user, replaces))
        return 202

    def _transfer(self, target: str, replaces: Replaces | None) -> None:
        if replaces is None:
            self._tell(TransferRequested(target))
            return
        consulted = self._side.leg_in(replaces)
        if consulted is None or consulted.device.name != self.device.name:
            # A phone joins only calls of its own; whether others have such a call is none of its business.
            self.transfer_progress(Cause.NO_SUCH_CALL, final=True)
        else:
            self._tell(TransferRequested(target, consulted))

    def on_refer_progress(self, session: InviteSession, status: int, final: bool, now: float) -> None:
        """We never ask a phone to transfer."""

    def on_identity(self, session: InviteSession, now: float) -> None:
        """Who is at a phone is what the configuration says, not what the phone says."""

    def on_info(self, session: InviteSession, content_type: str, body: bytes, now: float) -> None:
        """A key of the phone, for the other party."""
        pressed = key_press.read(content_type, body)
        if pressed is not None:
            self._tell(Digit(*pressed))


def _identity(party: Party, host: str) -> Headers:
    """Who is at the other end, in the two ways that phones understand (RFC 3325; the older Remote-Party-ID)."""
    address = name_address(party.name, f"sip:{party.number}@{host}")
    return {
        "P-Asserted-Identity": [address],
        "Remote-Party-ID": [f"{address};party=calling;screen=yes;privacy=off"],
    }


def _diversions(redirections: tuple[Redirection, ...], host: str) -> Headers:
    """The numbers that the call has left, the last one first (RFC 5806 section 4)."""
    return {
        "Diversion": [f"<sip:{each.number}@{host}>;reason={each.reason.value}" for each in reversed(redirections)]
    }


def _number_in(uri: str) -> str:
    try:
        return parse_uri(uri).user if uri else ""
    except MalformedMessage:
        return ""
