"""What an INVITE session does about each request of the far side within its dialog (RFC 3261 section 12.2.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ringward.protocols.sip.message import response_to
from ringward.protocols.sip.offer_exchange import SDP
from ringward.protocols.sip.session_timer import MIN_SE, lacks_time
from ringward.protocols.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from ringward.protocols.sip.session import InviteSession


def _on_bye(session: InviteSession, transaction: ServerTransaction, now: float) -> None:
    transaction.answer(200, now)
    if session.state == "ended":
        return
    if session.state in ("incoming", "ringing"):
        # A caller may end an early dialog by BYE (RFC 3261 section 15).
        session.refuse(487, now)
    session.end(now)
    session.user.on_ended(session, 200, transaction.request.get("Reason") or "", now)


def _on_offer(session: InviteSession, transaction: ServerTransaction, now: float) -> None:
    request = transaction.request
    if session.state not in ("established", "answered") and transaction.is_invite:
        transaction.answer(481 if session.state == "ended" else 491, now)
    elif request.body and request.content_type != SDP:
        transaction.respond(response_to(request, 415, headers={"Accept": [SDP]}), now)
    elif lacks_time(request):
        transaction.respond(response_to(request, 422, headers={"Min-SE": [str(MIN_SE)]}), now)
    elif transaction.is_invite or request.body:
        session.offers.request_received(session, transaction, now)
    else:
        session.dialog.refresh(request)
        if session.state in ("established", "answered"):
            session.accepted(transaction, b"", None, now)
        else:
            session.respond(transaction, 200, now)
        if "P-Asserted-Identity" in request.headers:
            session.user.on_identity(session, now)


def _on_prack(session: InviteSession, transaction: ServerTransaction, now: float) -> None:
    if session.incoming is not None:
        session.incoming.acknowledged(session, transaction, transaction.request, now)
    else:
        transaction.answer(481, now)


def _on_refer(session: InviteSession, transaction: ServerTransaction, now: float) -> None:
    session.referral.requested(session, transaction, transaction.request, now)


def _on_notify(session: InviteSession, transaction: ServerTransaction, now: float) -> None:
    session.referral.notified(session, transaction, transaction.request, now)


def _on_info(session: InviteSession, transaction: ServerTransaction, now: float) -> None:
    request = transaction.request
    session.respond(transaction, 200, now)
    session.user.on_info(session, request.content_type, request.body, now)


def _on_options(session: InviteSession, transaction: ServerTransaction, now: float) -> None:
    session.respond(transaction, 200, now)


HANDLERS: Mapping[str, Callable[[InviteSession, ServerTransaction, float], None]] = {
    "BYE": _on_bye,
    "INVITE": _on_offer,
    "UPDATE": _on_offer,
    "PRACK": _on_prack,
    "REFER": _on_refer,
    "NOTIFY": _on_notify,
    "INFO": _on_info,
    "OPTIONS": _on_options,
}
"""By method; any other is answered with 405."""
