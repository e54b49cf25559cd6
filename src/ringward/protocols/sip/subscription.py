"""One subscription of somebody to the state of something here: SUBSCRIBE and NOTIFY (RFC 6665 section 4.2).

Each NOTIFY holds the whole state, and there is one under way at a time: what changes meanwhile is told together
once it is answered. So a watcher who is slow gets fewer reports, and never an old one after a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.dialog import Dialog
from ringward.protocols.sip.message import Headers, Response

if TYPE_CHECKING:
    from ringward.protocols.sip.endpoint import SipEndpoint

State = Literal["quiet", "telling", "outdated", "ended"]

SUBSCRIPTIONS: dict[tuple[State, str], tuple[str, State]] = {
    ("quiet", "news"): ("tell", "telling"),
    ("telling", "news"): ("nothing", "outdated"),
    ("outdated", "news"): ("nothing", "outdated"),
    ("telling", "accepted"): ("nothing", "quiet"),
    ("outdated", "accepted"): ("tell", "telling"),
    ("telling", "failed"): ("let go", "ended"),
    ("outdated", "failed"): ("let go", "ended"),
    ("quiet", "over"): ("tell the end", "ended"),
    ("telling", "over"): ("tell the end", "ended"),
    ("outdated", "over"): ("tell the end", "ended"),
    ("quiet", "lost"): ("let go", "ended"),
    ("telling", "lost"): ("let go", "ended"),
    ("outdated", "lost"): ("let go", "ended"),
}
"""What a subscription does about an input. *telling*: a NOTIFY is under way; *outdated*: what it says is old."""


class Subscription:
    """See the module. It begins with :meth:`extend`."""

    __slots__ = (
        "_content",
        "_content_type",
        "_endpoint",
        "_event",
        "_expires_at",
        "_on_over",
        "_slot",
        "_version",
        "dialog",
        "state",
    )

    def __init__(
        self,
        endpoint: SipEndpoint,
        dialog: Dialog,
        event: str,
        content_type: str,
        content: Callable[[int], bytes],
        on_over: Callable[[], None],
    ) -> None:
        """``event``: the Event as it was asked for; ``content`` writes the state, given how often it was told.

        ``on_over`` is called once, when the subscription has ended for whatever reason.
        """
        self._endpoint = endpoint
        self.dialog = dialog
        self.state: State = "quiet"
        self._event = event
        self._content_type = content_type
        self._content = content
        self._on_over = on_over
        self._version = 0
        self._expires_at = 0.0
        self._slot: int | None = None

    @property
    def key(self) -> str:
        """How requests of the watcher find it."""
        return self.dialog.key

    # -- inputs -------------------------------------------------------------------------------------------

    def extend(self, seconds: int, now: float) -> None:
        """It is wanted for so long from now on, and the watcher is told the state; with 0 for the last time."""
        if not seconds:
            self._step("over", now, "timeout")
            return
        self._stop_waiting()
        self._expires_at = now + seconds
        self._slot = self._endpoint.subscription_timers.put(self, self._expires_at)
        self._step("news", now)

    def tell(self, now: float) -> None:
        """The state has changed."""
        self._step("news", now)

    def end(self, reason: str, now: float) -> None:
        """It is over, for a reason of section 4.1.3; the watcher is told."""
        self._step("over", now, reason)

    def lose(self, now: float) -> None:
        """The watcher cannot be reached any more, or does not want to be."""
        self._step("lost", now)

    def timer_due(self, now: float) -> None:
        """It was not extended in time; called by the wheel."""
        self._slot = None
        self._step("over", now, "timeout")

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """The NOTIFY was answered; whoever refuses one wants no more (section 4.2.2)."""
        if response.status >= 200:
            self._step("accepted" if response.status < 300 else "failed", now)

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """The NOTIFY was not answered."""
        self._step("failed", now)

    # -- the machine --------------------------------------------------------------------------------------

    def _step(self, what: str, now: float, reason: str = "") -> None:
        row = SUBSCRIPTIONS.get((self.state, what))
        if row is None:
            return
        action, self.state = row
        if action == "tell":
            left = max(1, round(self._expires_at - now))
            self._notify(f"active;expires={left}", now)
        elif action == "tell the end":
            self._notify(f"terminated;reason={reason}", now)
        if self.state == "ended":
            self._stop_waiting()
            on_over = self._on_over
            self._on_over, self._content = _nothing, _no_content  # so that its memory is free at once
            on_over()

    def _notify(self, subscription_state: str, now: float) -> None:
        headers: Headers = {
            "Event": [self._event],
            "Subscription-State": [subscription_state],
            "Contact": [self.dialog.contact],
            "Content-Type": [self._content_type],
        }
        body = self._content(self._version)
        self._version += 1
        self._endpoint.request(self.dialog.request("NOTIFY", headers, body), self.dialog.flow, self, now)

    def _stop_waiting(self) -> None:
        if self._slot is not None:
            self._endpoint.subscription_timers.take(self, self._slot)
            self._slot = None


def _nothing() -> None:
    """Nothing is left to do."""


def _no_content(version: int) -> bytes:
    """Nothing is left to tell."""
    return b""
