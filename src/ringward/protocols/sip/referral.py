"""REFER within a session, and the reports on what becomes of it (RFC 3515): asked by either side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.protocols.sip.message import Headers, Request, Response, reason_of

if TYPE_CHECKING:
    from ringward.protocols.sip.session import InviteSession
    from ringward.protocols.sip.transaction import ServerTransaction

EXPIRES = 60
"""Seconds that a report says there will be more of."""


class Referral:
    """See the module. Each side can have one of its transfers reported at a time."""

    __slots__ = (
        "_asked",
        "_reporting",
    )

    def __init__(self) -> None:
        self._reporting: int | None = None
        """CSeq of the far side's REFER that we report on."""
        self._asked = False
        """Whether we asked for a transfer."""

    # -- the far side asks --------------------------------------------------------------------------------

    def requested(
        self, session: InviteSession, transaction: ServerTransaction, request: Request, now: float
    ) -> None:
        """A REFER came."""
        targets = request.values("Refer-To")
        if len(targets) != 1 or session.state != "established":
            transaction.answer(400 if len(targets) != 1 else 481, now, to_tag=session.dialog.local_tag)
            return
        if self._reporting is not None:
            transaction.answer(491, now)
            return
        status = session.user.on_refer(session, targets[0], request, now)
        if status == 202:
            self._reporting = request.cseq[0]
        session.respond(transaction, status, now)
        if status == 202:
            self.notify(session, 100, now, final=False)

    def notify(self, session: InviteSession, status: int, now: float, *, final: bool, reason: str = "") -> None:
        """Report on the transfer that the far side asked for (RFC 3515 section 2.4.5)."""
        if self._reporting is None or session.is_over:
            return
        state = "terminated;reason=noresource" if final else f"active;expires={EXPIRES}"
        headers: Headers = {
            "Event": [f"refer;id={self._reporting}"],
            "Subscription-State": [state],
            "Contact": [session.dialog.contact],
            "Content-Type": ["message/sipfrag;version=2.0"],
        }
        body = f"SIP/2.0 {status} {reason or reason_of(status)}\r\n".encode()
        if final:
            self._reporting = None
        session.send(session.dialog.request("NOTIFY", headers, body), now)

    def report_refused(self) -> None:
        """The far side does not want to hear more."""
        self._reporting = None

    # -- we ask -------------------------------------------------------------------------------------------

    def refer(self, session: InviteSession, target: str, now: float, *, referred_by: str = "") -> None:
        """Ask the far side to call ``target`` instead."""
        headers: Headers = {"Refer-To": [f"<{target}>"], "Contact": [session.dialog.contact]}
        if referred_by:
            headers["Referred-By"] = [f"<{referred_by}>"]
        self._asked = True
        session.send(session.dialog.request("REFER", headers), now)

    def on_response(self, session: InviteSession, response: Response, now: float) -> None:
        """A response to our REFER."""
        if response.status >= 300:
            session.user.on_refer_progress(session, response.status, True, now)

    def notified(
        self, session: InviteSession, transaction: ServerTransaction, request: Request, now: float
    ) -> None:
        """A NOTIFY came."""
        event = (request.get("Event") or "").partition(";")[0].strip().lower()
        if event != "refer" or not self._asked:
            transaction.answer(489 if event != "refer" else 481, now, to_tag=session.dialog.local_tag)
            return
        session.respond(transaction, 200, now)
        first = request.body[:64].decode("ascii", "replace").split(" ")
        status = int(first[1]) if len(first) > 1 and first[0] == "SIP/2.0" and first[1].isdigit() else 0
        final = (request.get("Subscription-State") or "").lower().startswith("terminated")
        session.user.on_refer_progress(session, status, final or status >= 200, now)
