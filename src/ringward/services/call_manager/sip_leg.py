"""A call leg that is a SIP phone: orders of the call engine become SIP, SIP becomes events of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.calls.directory import Device, LineAppearance
from ringward.calls.events import (
    Alerting,
    Answered,
    Cause,
    Ended,
    Failed,
    LegEvent,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    Party,
    TransferRequested,
)
from ringward.calls.leg import Leg
from ringward.calls.media import MediaDescription
from ringward.domain.vocabulary import CallSecurityClass
from ringward.protocols.sdp.description import MalformedDescription
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, host_for_uri
from ringward.protocols.sip.header import name_address, parse_name_address
from ringward.protocols.sip.message import Headers, Request
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.session import InviteSession
from ringward.services.call_manager.causes import cause_of, status_of
from ringward.services.call_manager.media_translation import MediaWriter, UnsupportedMedia, read_media
from ringward.services.call_manager.registrations import Binding

if TYPE_CHECKING:
    from ringward.services.call_manager.line_side import LineSide


class SipLeg(Leg):
    """See the module. One per call and contact; nothing of it outlives its session."""

    __slots__ = (
        "_binding",
        "_identity",
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
        self._writer = MediaWriter(side.next_number(), flow.local[0])
        self.device = device
        self.flow = flow
        self.session: InviteSession | None = None

    def _tell(self, event: LegEvent) -> None:
        if self.listener is not None:
            self.listener(self, event)

    def _write(self, media: MediaDescription | None) -> bytes:
        return self._writer.write(media) if media is not None else b""

    # -- orders -------------------------------------------------------------------------------------------

    def place(self, caller: Party, called: Party, media: MediaDescription | None) -> None:
        """Send an INVITE to the contact."""
        binding = self._binding
        if binding is None:
            return
        host = host_for_uri(self.flow.local[0])
        self._identity = _identity(caller, host)
        self.session = self._side.endpoint.invite(
            self.flow,
            binding.contact,
            name_address(caller.name, f"sip:{caller.number}@{host}"),
            f"<sip:{self.party.number}@{host}>",
            f"<{self.flow.contact_uri(caller.number)}>",
            self,
            self._side.now,
            body=self._write(media),
            headers=self._identity,
        )

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
            self.session.answer(self._write(media), self._side.now, headers=self._identity)

    def reject(self, cause: Cause) -> None:
        """The status that this cause has."""
        if self.session is not None:
            self.session.refuse(status_of(cause), self._side.now)

    def offer(self, media: MediaDescription | None) -> None:
        """A re-INVITE."""
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
        """The next offer shows the new party."""
        self._identity = _identity(party, host_for_uri(self.flow.local[0]))

    def hang_up(self, cause: Cause = Cause.NORMAL) -> None:
        """CANCEL, refusal or BYE, whichever the state needs."""
        if self.session is not None:
            number = cause.value if cause.value < 128 else Cause.NORMAL.value
            reason = "" if cause is Cause.NORMAL else f"Q.850;cause={number}"
            self.session.hang_up(self._side.now, status=status_of(cause), reason=reason)

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
            session.hang_up(now)
            self._tell(Failed(Cause.INCOMPATIBLE_MEDIA, str(error)))
            return
        self._tell(Answered(media))

    def on_failed(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """The phone refused or did not respond."""
        self._tell(Failed(cause_of(status), f"{status} {reason}"[:120]))

    def on_ended(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """BYE or CANCEL, or the phone was lost."""
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
        except (MalformedDescription, UnsupportedMedia):
            media = None
        self._tell(MediaAnswered(media) if media is not None else MediaRefused(Cause.INCOMPATIBLE_MEDIA))

    def on_offer_refused(self, session: InviteSession, status: int, now: float) -> None:
        """The phone keeps its media as they were."""
        self._tell(MediaRefused(cause_of(status)))

    def on_acknowledged(self, session: InviteSession, body: bytes, now: float) -> None:
        """An ACK, perhaps with the answer to the offer in our 200."""
        if body:
            self.on_offer_answered(session, body, now)

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

    def on_info(self, session: InviteSession, content_type: str, body: bytes, now: float) -> None:
        """Digits travel with the media between phones."""


def _identity(party: Party, host: str) -> Headers:
    """Who is at the other end, in the two ways that phones understand (RFC 3325; the older Remote-Party-ID)."""
    address = name_address(party.name, f"sip:{party.number}@{host}")
    return {
        "P-Asserted-Identity": [address],
        "Remote-Party-ID": [f"{address};party=calling;screen=yes;privacy=off"],
    }
