"""What a phone asks about the messages of one line: SUBSCRIBE to message-summary (RFC 3842, RFC 6665 section 4.1).

It begins when the line is registered and ends with the registration, without a word: the call manager ends it then
as well. What the call manager tells of its own accord the phone takes, too; that needs nothing of this.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.dialog import Dialog
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.endpoint import METHODS, SipEndpoint
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.message import Headers, Request, Response
from ringward.protocols.sip.message_summary import CONTENT_TYPE, PACKAGE, MessageSummary
from ringward.protocols.sip.timers import Timer
from ringward.protocols.sip.transaction import ServerTransaction

EXPIRES = 3_600
"""Seconds asked for (RFC 3842 section 3.4)."""
MAX_EXPIRES = 7 * 24 * 3600
"""Longest subscription asked for or believed in, whatever the call manager says."""
MARGIN = 30.0
"""Seconds before its end in which a subscription is refreshed; a short one at half its time."""
LEAST_WAIT = 5.0
"""Seconds between two requests at least, however short the call manager makes the subscription."""
FIRST_PAUSE = 10.0
"""Seconds before a subscription that failed is tried again; doubles each time until one holds."""
LONGEST_PAUSE = 600.0
_NOT_HERE = frozenset({403, 404, 405, 406, 489, 501, 604})
"""Answers that will be the same until the phone is registered anew."""
_NOT_AGAIN = frozenset({"rejected", "noresource", "invariant"})
"""Reasons for which what has ended is not asked for again (RFC 6665 section 4.1.3)."""

State = Literal["off", "asked", "active", "resting"]

MACHINE: dict[tuple[State, str], tuple[str, State]] = {
    ("off", "start"): ("subscribe", "asked"),
    ("asked", "told"): ("keep", "active"),
    ("asked", "accepted"): ("wait for the state", "asked"),
    ("asked", "failed"): ("rest", "resting"),
    ("asked", "unknown"): ("rest", "resting"),
    ("asked", "too short"): ("subscribe", "asked"),
    ("asked", "due"): ("rest", "resting"),
    ("asked", "denied"): ("let go", "off"),
    ("active", "told"): ("keep", "active"),
    ("active", "accepted"): ("keep", "active"),
    ("active", "due"): ("refresh", "active"),
    ("active", "failed"): ("rest", "resting"),
    ("active", "unknown"): ("subscribe", "asked"),
    ("active", "too short"): ("subscribe", "asked"),
    ("active", "denied"): ("let go", "off"),
    ("resting", "due"): ("subscribe", "asked"),
    ("asked", "stop"): ("let go", "off"),
    ("active", "stop"): ("let go", "off"),
    ("resting", "stop"): ("let go", "off"),
}
"""What a subscription does about an input. *asked*: nothing has been told yet; *resting*: tried again later."""


class MessageSubscription:
    """See the module. One per line, for as long as the phone is on."""

    def __init__(
        self,
        endpoint: SipEndpoint,
        credentials: DigestCredentials | None,
        on_told: Callable[[MessageSummary], None],
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._on_told = on_told
        self._dialog: Dialog | None = None
        self._place: tuple[Flow, str, str] | None = None
        self._sent: ClientRequest | None = None
        self._timer: Timer | None = None
        self._pause = FIRST_PAUSE
        self._wish = EXPIRES
        self._granted = EXPIRES
        self.state: State = "off"

    # -- orders -------------------------------------------------------------------------------------------

    def start(self, flow: Flow, address: str, contact: str, now: float) -> None:
        """Ask by this flow, from now on and until told to stop. ``address`` is the line's at the call manager."""
        self.stop(now)
        self._place = flow, address, contact
        self._pause = FIRST_PAUSE
        self._step("start", now)

    def stop(self, now: float) -> None:
        """The line is not registered any more."""
        self._step("stop", now)

    # -- what the call manager says -----------------------------------------------------------------------

    def is_for(self, request: Request) -> bool:
        """Whether a NOTIFY belongs to this subscription."""
        return self._dialog is not None and self._dialog.key == f"{request.call_id} {request.to_tag}"

    def notified(self, transaction: ServerTransaction, now: float) -> None:
        """Take a NOTIFY that is for this subscription; raises :class:`MalformedMessage`."""
        request, dialog = transaction.request, self._dialog
        if dialog is None or (dialog.remote_tag and request.from_tag != dialog.remote_tag):
            transaction.answer(481, now)
            return
        if request.cseq[0] <= dialog.remote_cseq:
            transaction.answer(500, now, reason="CSeq out of order")
            return
        is_over, seconds, reason = read_state(request.get("Subscription-State") or "")
        summary = MessageSummary.parse(request.body) if request.body else None
        dialog.remote_cseq = request.cseq[0]
        if not dialog.remote_tag:
            dialog.remote_tag = request.from_tag
            dialog.route_set = list(request.values("Record-Route"))
        dialog.refresh(request)
        transaction.answer(200, now)
        if is_over:
            self._step("denied" if reason in _NOT_AGAIN else "failed", now)
        else:
            self._granted = seconds or self._granted
            self._step("told", now)
        if summary is not None:
            self._on_told(summary)

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """The call manager's final answer to a SUBSCRIBE; a challenge that can be met is not one."""
        if response.status < 200 or sent is not self._sent:
            return
        self._sent = None
        if response.status < 300:
            self._granted = _expires_in(response) or self._wish
            self._step("accepted", now)
        elif response.status == 423 and self._lengthen(response):
            self._step("too short", now)
        elif response.status == 481:
            self._step("unknown", now)
        else:
            self._step("denied" if response.status in _NOT_HERE else "failed", now)

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """No answer at all."""
        if sent is self._sent:
            self._sent = None
            self._step("failed", now)

    def _lengthen(self, response: Response) -> bool:
        """Ask for longer if the call manager wants so."""
        try:
            minimum = response.number("Min-Expires") or 0
        except MalformedMessage:
            return False
        if not self._wish < minimum <= MAX_EXPIRES:
            return False
        self._wish = minimum
        return True

    # -- the machine --------------------------------------------------------------------------------------

    def _step(self, what: str, now: float) -> None:
        row = MACHINE.get((self.state, what))
        if row is None:
            return
        action, self.state = row
        self._stop_timer()
        match action:
            case "subscribe":
                self._let_go()
                self._begin(now)
            case "refresh":
                self._ask(now)
            case "wait for the state":  # timer N (RFC 6665 section 4.1.2.4)
                self._wait(self._endpoint.timing.timeout, now)
            case "keep":
                self._pause = FIRST_PAUSE
                self._wait(max(LEAST_WAIT, self._granted - min(MARGIN, self._granted / 2)), now)
            case "rest":
                self._let_go()
                self._wait(self._pause, now)
                self._pause = min(2 * self._pause, LONGEST_PAUSE)
            case _:
                self._let_go()

    def _begin(self, now: float) -> None:
        assert self._place is not None  # noqa: S101  (set before it is started)
        flow, address, contact = self._place
        new_token = self._endpoint.new_token
        self._dialog = Dialog(
            call_id=new_token(),
            local_address=f"<{address}>",
            local_tag=new_token(),
            remote_address=f"<{address}>",
            remote_target=address,
            contact=contact,
            flow=flow,
            local_cseq=0,
        )
        self._endpoint.watched.add(self._dialog.key)
        self._ask(now)

    def _ask(self, now: float) -> None:
        dialog = self._dialog
        assert dialog is not None  # noqa: S101  (begun)
        headers: Headers = {
            "Contact": [dialog.contact],
            "Event": [PACKAGE],
            "Accept": [CONTENT_TYPE],
            "Expires": [str(self._wish)],
            "Allow": [METHODS],
        }
        request = dialog.request("SUBSCRIBE", headers)
        self._sent = self._endpoint.request(request, dialog.flow, self, now, self._credentials, dialog.next_cseq)

    def _let_go(self) -> None:
        if self._dialog is not None:
            self._endpoint.watched.discard(self._dialog.key)
        self._dialog = self._sent = None

    def _wait(self, seconds: float, now: float) -> None:
        self._timer = self._endpoint.timers.start_at(now + seconds, self._due, None)

    def _due(self, _: None, now: float) -> None:
        self._step("due", now)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None


def read_state(value: str) -> tuple[bool, int, str]:
    """Read a Subscription-State: whether it is over, the seconds left (0 if not said), and the reason for the end.

    Raises :class:`MalformedMessage`.
    """
    state, *parameters = (part.strip().lower() for part in value.split(";"))
    if not state:
        raise MalformedMessage("a NOTIFY says how its subscription stands")
    said = {name.strip(): text.strip() for name, _, text in (part.partition("=") for part in parameters)}
    return state == "terminated", _seconds(said.get("expires", "")), said.get("reason", "")


def _expires_in(response: Response) -> int:
    return _seconds(response.get("Expires") or "")


def _seconds(text: str) -> int:
    """Seconds as written, at most :data:`MAX_EXPIRES`; 0 for what is no number."""
    digits = text.strip()
    return min(int(digits), MAX_EXPIRES) if digits.isascii() and digits.isdigit() and len(digits) < 11 else 0
