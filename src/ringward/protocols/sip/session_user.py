"""Who has an INVITE session, as the session sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ringward.protocols.sip.message import Request
    from ringward.protocols.sip.session import InviteSession


class SessionUser(Protocol):
    """Who has the session: a leg of the call manager, or a software phone."""

    def on_progress(self, session: InviteSession, status: int, body: bytes, now: float) -> None:
        """The called side sent a provisional response above 100."""

    def on_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        """The called side answered. If our INVITE had no offer, ``body`` is one: then ``acknowledge``.

        Without body the answer is the one that came with a provisional response.
        """

    def on_failed(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """The called side refused, or did not respond (408). The session is over.

        With a status of 3xx ``session.redirected_to`` says where it would have the call go.
        """

    def on_ended(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """The far side ended the session: BYE (200), CANCEL (487), or it was lost (408, 481). It is over."""

    def on_offer(self, session: InviteSession, body: bytes, now: float) -> None:
        """The far side offers (empty: asks for an offer). Call ``accept`` or ``refuse_offer``."""

    def on_offer_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        """The far side answered our offer, or, if we asked for one, made its own: then ``acknowledge``."""

    def on_offer_refused(self, session: InviteSession, status: int, now: float) -> None:
        """The far side refused our offer; the session goes on as before."""

    def on_acknowledged(self, session: InviteSession, body: bytes, now: float) -> None:
        """The ACK came; with ``body`` it answers the offer in our 2xx."""

    def on_refer(self, session: InviteSession, refer_to: str, request: Request, now: float) -> int:
        """The far side asks for a transfer. Return 202 to take it (then ``notify``), else a refusal."""

    def on_refer_progress(self, session: InviteSession, status: int, final: bool, now: float) -> None:
        """How the transfer that we asked for goes; ``status`` is that of the new call."""

    def on_identity(self, session: InviteSession, now: float) -> None:
        """The far side says, without an offer, who is there now: ``session.far_side.identity``."""

    def on_info(self, session: InviteSession, content_type: str, body: bytes, now: float) -> None:
        """An INFO came (DTMF)."""
