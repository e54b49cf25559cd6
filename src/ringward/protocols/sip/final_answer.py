"""A 2xx to an INVITE on its way, repeated until its ACK comes (RFC 3261 section 13.3.1.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringward.protocols.sip.endpoint import SipEndpoint
    from ringward.protocols.sip.timers import Timer
    from ringward.protocols.sip.transaction import ServerTransaction


class FinalAnswer:
    """See the module. Made right after the 2xx was sent for the first time."""

    __slots__ = ("_endpoint", "_interval", "_lost", "_timer", "_until", "transaction")

    def __init__(
        self, endpoint: SipEndpoint, transaction: ServerTransaction, lost: Callable[[float], None], now: float
    ) -> None:
        """``lost`` is called when no ACK came in time: the far side may believe in the call or not."""
        self._endpoint = endpoint
        self.transaction = transaction
        self._lost = lost
        timing = endpoint.timing
        self._until = now + timing.timeout
        self._interval = timing.t1
        delay = timing.timeout if transaction.flow.reliable else timing.t1
        self._timer: Timer = endpoint.timers.start(delay, now, self._repeat, None)

    @property
    def number(self) -> int:
        """CSeq of the INVITE, and of the ACK."""
        return self.transaction.request.cseq[0]

    def stop(self) -> None:
        """The ACK came, or nobody waits for it any more."""
        self._timer.stop()

    def _repeat(self, _: None, now: float) -> None:
        if now >= self._until:
            self._lost(now)
            return
        self.transaction.repeat_answer()
        self._interval = min(2 * self._interval, self._endpoint.timing.t2)
        delay = min(self._interval, max(self._until - now, 0.0))
        self._timer = self._endpoint.timers.start(delay, now, self._repeat, None)
