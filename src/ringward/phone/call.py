"""One call of a phone: what its user can do with it, and what the far side does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Protocol

from ringward.domain.rules.call_security import SecurityIcon, icon
from ringward.domain.vocabulary import CallSecurityClass
from ringward.media.translation import MediaWriter, UnsupportedMedia, read_media
from ringward.phone import events
from ringward.phone.configuration import LineConfiguration
from ringward.phone.media import Agreement, MediaReport, MediaStream
from ringward.phone.negotiation import Negotiator, NothingInCommon
from ringward.protocols.rtp.telephone_event import DIGITS
from ringward.protocols.sdp.description import MalformedDescription
from ringward.protocols.sip import key_press
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.extensions import read_call_information
from ringward.protocols.sip.header import parse_name_address
from ringward.protocols.sip.message import Request
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.timers import Timer

_UNREADABLE = (MalformedDescription, UnsupportedMedia, NothingInCommon)
_DIGIT_LENGTH = 100
"""Milliseconds stated for a digit sent by INFO."""


class CallState(Enum):
    """Where a call stands."""

    DIALLING = "dialling"
    EARLY = "the far side rings"
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


class CallUser(Protocol):
    """The phone, as its calls see it."""

    @property
    def now(self) -> float:
        """The time."""

    def tell(self, event: events.PhoneEvent) -> None:
        """Tell the owner of the phone."""

    def forget(self, call: Call) -> None:
        """The call is over."""

    def settle(self) -> None:
        """Timers may have been started."""

    def called_by_transfer(self, call: Call, target: str) -> Call | None:
        """Call ``target`` in place of ``call``; None if that cannot be done."""

    def target_uri(self, number: str) -> str:
        """The URI for what somebody dialled."""


class Call:
    """A call, from the first INVITE to the last report. Made by the phone; see :meth:`Phone.dial`."""

    def __init__(
        self,
        user: CallUser,
        line: LineConfiguration,
        far_number: str,
        far_name: str,
        negotiator: Negotiator,
        writer: MediaWriter,
        stream: MediaStream | None,
        *,
        incoming: bool,
    ) -> None:
        self._user = user
        self._negotiator = negotiator
        self._writer = writer
        self._stream = stream
        self._wants_hold = False
        self._transfer_target = ""
        self._for_transfer: Callable[[int, bool], None] | None = None
        self._answer_timer: Timer | None = None
        self._offer_body = b""
        self.line = line
        self.far_number = far_number
        """Who is at the far end, as far as signalling says."""
        self.far_name = far_name
        self.is_incoming = incoming
        self.state = CallState.RINGING if incoming else CallState.DIALLING
        self.held_by_us = False
        self.held_by_far_side = False
        self.agreement: Agreement | None = None
        self._shown = SecurityIcon.NONE
        self.session: InviteSession
        """Set by the phone as soon as there is one."""
        self.began = user.now
        self.connected_at: float | None = None
        self.last_report = MediaReport()

    def __repr__(self) -> str:
        arrow = "from" if self.is_incoming else "to"
        return f"<call {arrow} {self.far_number} on {self.line.number}: {self.state.value}>"

    @property
    def icon(self) -> SecurityIcon:
        """What the phone shows of the call's security, as the call manager says (CALL-07, CALL-08)."""
        shown = read_call_information(self.session.far_side.call_information)
        return icon(CallSecurityClass[shown.name]) if shown is not None else SecurityIcon.NONE

    # -- what the user of the phone can do ----------------------------------------------------------------

    def answer(self) -> None:
        """Pick up."""
        if self.state is not CallState.RINGING:
            return
        self._stop_answer_timer()
        try:
            if self._offer_body:
                own, self.agreement = self._negotiator.answer(read_media(self._offer_body), held=False)
            else:
                own = self._negotiator.offer(held=False)
        except _UNREADABLE as error:
            self.session.refuse(488, self._user.now)
            self._over(488, str(error))
            return
        self.session.answer(self._writer.write(own), self._user.now)
        self._user.settle()
        self._connected()

    def reject(self, status: int = 486) -> None:
        """Refuse a call that rings."""
        if self.state is CallState.RINGING:
            self.session.refuse(status, self._user.now)
            self._user.settle()
            self._over(status, "rejected")

    def hang_up(self) -> None:
        """End the call, whatever its state."""
        if self.state is CallState.ENDED:
            return
        if self.state is CallState.RINGING:
            self.reject()
            return
        connected = self.connected_at is not None
        self.session.hang_up(self._user.now)
        self._user.settle()
        self._over(200 if connected else 487, "hung up" if connected else "cancelled")

    def hold(self) -> None:
        """Put the far side on hold."""
        self._offer_hold(True)

    def resume(self) -> None:
        """Take the far side off hold."""
        self._offer_hold(False)

    def _offer_hold(self, hold: bool) -> None:
        if self.state is CallState.TALKING and hold != self._wants_hold:
            self._wants_hold = hold
            self.session.offer(self._writer.write(self._negotiator.offer(held=hold)), self._user.now)
            self._user.settle()

    def transfer(self, number: str) -> None:
        """Ask for the far side to be connected with ``number`` in our place (RFC 3515)."""
        self._refer(number, self._user.target_uri(number))

    def transfer_to(self, other: Call) -> None:
        """Ask for the far sides of this and another call of ours to be connected with each other (RFC 5589)."""
        if other is self or other.state is not CallState.TALKING:
            return
        dialog = other.session.dialog
        replaces = Replaces(dialog.call_id, dialog.remote_tag, dialog.local_tag)
        target = self._user.target_uri(other.far_number)
        self._refer(other.far_number, f"{target}?{replaces.for_uri()}")

    def _refer(self, shown: str, target: str) -> None:
        if self.state is CallState.TALKING and not self._transfer_target:
            self._transfer_target = shown
            referred_by = parse_name_address(self.session.dialog.local_address).uri_text
            self.session.refer(target, self._user.now, referred_by=referred_by)
            self._user.settle()

    def send_digits(self, digits: str) -> None:
        """Press keys: in the media if the far side takes them there, else by INFO. Raises ``ValueError``."""
        if not digits or any(digit not in DIGITS for digit in digits.upper()):
            raise ValueError(f"{digits!r} are not digits; allowed: {DIGITS}")
        if self.state is not CallState.TALKING or (self._stream is not None and self._stream.send_digits(digits)):
            return
        for digit in digits.upper():
            self.session.info(key_press.RELAY, key_press.write_relay(digit, _DIGIT_LENGTH), self._user.now)
        self._user.settle()

    def report(self) -> MediaReport:
        """What went over the media so far."""
        return self._stream.report() if self._stream is not None else self.last_report

    def captured(self) -> tuple[bytes, ...]:
        """The last media datagrams as the network brought them, before anything was decrypted."""
        return self._stream.captured if self._stream is not None else ()

    # -- for the phone ------------------------------------------------------------------------------------

    def first_offer(self) -> bytes:
        """The body of our INVITE."""
        return self._writer.write(self._negotiator.offer(held=False))

    def can_take(self, offer: bytes) -> bool:
        """Whether an offer can be answered at all, so that the phone need not ring for one that cannot."""
        try:
            self._negotiator.check(read_media(offer))
        except _UNREADABLE:
            return False
        return True

    def ring(self, offer: bytes, timer: Timer | None) -> None:
        """Begin to ring; ``timer`` answers by itself."""
        self._offer_body = offer
        self._answer_timer = timer
        self.session.progress(180, self._user.now)
        self._user.tell(events.Ringing(self))

    def discard(self) -> None:
        """The call never came to be; give its media back."""
        self._user.forget(self)
        if self._stream is not None:
            self._stream.close()

    def report_to(self, notify: Callable[[int, bool], None]) -> None:
        """Tell how this call goes, since somebody asked for it by REFER."""
        self._for_transfer = notify

    # -- the far side (SessionUser) -----------------------------------------------------------------------

    def on_progress(self, session: InviteSession, status: int, body: bytes, now: float) -> None:
        """It rings there; with a body there is early media."""
        if body:
            self._conclude(body)
        if self.state is CallState.DIALLING:
            self.state = CallState.EARLY
            self._user.tell(events.Early(self, status))
        if self._for_transfer is not None:
            self._for_transfer(status, False)

    def on_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        """Somebody picked up."""
        if not self._concluded(session, body, now):
            return
        self._note_far_party(session)
        if self._for_transfer is not None:
            self._for_transfer(200, True)
        self._connected()

    def on_failed(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """Refused, or no answer."""
        if self._for_transfer is not None:
            self._for_transfer(status, True)
        self._over(status, reason)

    def on_ended(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """The far side hung up or is lost."""
        self._over(status, reason)

    def on_offer(self, session: InviteSession, body: bytes, now: float) -> None:
        """The far side holds, resumes, moves its media, or asks what we can do."""
        try:
            if body:
                own, agreement = self._negotiator.answer(read_media(body), held=self._wants_hold)
            else:
                own, agreement = self._negotiator.offer(held=self._wants_hold), None
        except _UNREADABLE:
            session.refuse_offer(488, now)
            return
        session.accept(self._writer.write(own), now)
        self._note_far_party(session)
        if agreement is not None:
            self._obey(agreement)

    def on_offer_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        """Our hold or resume was taken."""
        self._concluded(session, body, now)

    def on_offer_refused(self, session: InviteSession, status: int, now: float) -> None:
        """Our hold or resume was not taken."""
        self._wants_hold = self.held_by_us
        self._user.tell(events.OfferRefused(self, status))

    def on_acknowledged(self, session: InviteSession, body: bytes, now: float) -> None:
        """The ACK came, perhaps with the answer to our offer."""
        if body:
            self._concluded(session, body, now)

    def on_refer(self, session: InviteSession, refer_to: str, request: Request, now: float) -> int:
        """The far side wants us to call somebody else."""
        try:
            target = parse_name_address(refer_to).uri_text
        except MalformedMessage:
            return 400
        self._user.tell(events.Transferring(self, target))
        new = self._user.called_by_transfer(self, target)
        if new is None:
            return 603
        new.report_to(lambda status, final: session.notify(status, self._user.now, final=final))
        return 202

    def on_refer_progress(self, session: InviteSession, status: int, final: bool, now: float) -> None:
        """How the transfer goes that we asked for."""
        if not final or not self._transfer_target:
            return
        target, self._transfer_target = self._transfer_target, ""
        if 200 <= status < 300:
            self._user.tell(events.Transferred(self, target))
            self.hang_up()
        else:
            self._user.tell(events.TransferFailed(self, target, status))

    def on_info(self, session: InviteSession, content_type: str, body: bytes, now: float) -> None:
        """A digit by INFO."""
        pressed = key_press.read(content_type, body)
        if pressed is not None and pressed[0] in DIGITS:
            self._user.tell(events.DigitHeard(self, pressed[0]))

    def on_identity(self, session: InviteSession, now: float) -> None:
        """Somebody else is at the other end."""
        self._note_far_party(session)

    # -- inside -------------------------------------------------------------------------------------------

    def _note_far_party(self, session: InviteSession) -> None:
        """Show who is at the other end, and how secure the call is, as the call manager says (RFC 3325)."""
        if self.icon is not self._shown:
            self._shown = self.icon
            self._user.tell(events.SecurityShown(self, self._shown))
        number, name = self.far_number, self.far_name
        try:
            address = parse_name_address(session.far_side.identity)
            self.far_number = address.uri.user or number
        except MalformedMessage:
            return
        self.far_name = address.display
        if self.connected_at is not None and (self.far_number, self.far_name) != (number, name):
            self._user.tell(events.PartyChanged(self, number))

    def _concluded(self, session: InviteSession, body: bytes, now: float) -> bool:
        """Take the answer to our offer; if it cannot be used, nobody knows what the far side sends, and we end."""
        if self._conclude(body):
            return True
        session.hang_up(now, reason="SIP;cause=488")
        self._over(488, "the answer cannot be used")
        return False

    def _conclude(self, body: bytes) -> bool:
        """Take the answer to our offer; False if it cannot be used."""
        try:
            agreement = self._negotiator.conclude(read_media(body))
        except _UNREADABLE:
            return False
        self._obey(agreement)
        return True

    def _obey(self, agreement: Agreement) -> None:
        self.agreement = agreement
        if self._stream is not None:
            # A desk phone has no music of its own: whom it holds hears nothing.
            self._stream.direct(replace(agreement, sends=False) if self._wants_hold else agreement)
        if self.connected_at is not None:
            self._tell_hold()

    def _tell_hold(self) -> None:
        """Say what changed: who holds whom, or that the call goes on."""
        assert self.agreement is not None  # noqa: S101  (told only after an agreement)
        by_us, by_far = self._wants_hold, not self.agreement.sends
        changed = (by_us, by_far) != (self.held_by_us, self.held_by_far_side)
        was_by_us, was_by_far = self.held_by_us, self.held_by_far_side
        self.held_by_us, self.held_by_far_side = by_us, by_far
        if not changed:
            return
        if by_us and not was_by_us:
            self._user.tell(events.Held(self, by_far_side=False))
        if by_far and not was_by_far:
            self._user.tell(events.Held(self, by_far_side=True))
        if not by_us and not by_far:
            self._user.tell(events.Talking(self))

    def _connected(self) -> None:
        if self.state is CallState.ENDED:
            return
        self.state = CallState.TALKING
        self.connected_at = self._user.now
        if self.agreement is not None and self._stream is not None:
            self._stream.direct(self.agreement)
        self._user.tell(events.Talking(self))

    def _over(self, status: int, reason: str) -> None:
        if self.state is CallState.ENDED:
            return
        self.state = CallState.ENDED
        self._stop_answer_timer()
        self.last_report = self.report()
        if self._stream is not None:
            self._stream.close()
        self._user.forget(self)
        self._user.tell(events.Ended(self, status, reason, self.last_report))

    def _stop_answer_timer(self) -> None:
        if self._answer_timer is not None:
            self._answer_timer.stop()
            self._answer_timer = None
