"""Call forward: what a number does with calls that it does not take itself.

A call that is forwarded stays one call: it leaves the number's lines and goes on to another number, with the
permission of the number that forwards it. Where a call cannot go on, its caller hears why the last number failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringward.calls import ringing
from ringward.calls.events import Cause, Redirection, RedirectReason

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.connection import Connection
    from ringward.calls.digit_analysis import DialPlan, DialPlanEntry
    from ringward.calls.directory import LineAppearance
    from ringward.calls.media import MediaDescription
    from ringward.calls.set_up import SetUp

MAX_REDIRECTIONS = 12
"""How often one call may go on to another number. Longer chains are mistakes, and each link costs set-up time."""

_REASONS = {
    Cause.USER_BUSY: RedirectReason.BUSY,
    Cause.CALL_REJECTED: RedirectReason.BUSY,
    Cause.NO_ANSWER: RedirectReason.NO_ANSWER,
    Cause.SUBSCRIBER_ABSENT: RedirectReason.UNREGISTERED,
    Cause.NO_USER_RESPONDING: RedirectReason.UNREGISTERED,
    Cause.DESTINATION_OUT_OF_ORDER: RedirectReason.UNREGISTERED,
}
"""Which failures are forwarded; who declines is treated as busy."""


@dataclass(frozen=True, slots=True)
class ForwardRules:
    """Where calls to a number go on; a destination that is empty does not forward."""

    always: str = ""
    busy: str = ""
    no_answer: str = ""
    unregistered: str = ""
    ring_time: float = 12.0
    """Seconds that it rings before ``no_answer`` takes the call."""
    search_space: tuple[str, ...] = ()
    """Partitions in which the destinations are looked for."""

    @property
    def is_any(self) -> bool:
        """Whether there is any destination."""
        return bool(self.always or self.busy or self.no_answer or self.unregistered)

    def destination(self, reason: RedirectReason | None) -> str:
        """Where calls go that fail for this reason."""
        match reason:
            case RedirectReason.BUSY:
                return self.busy
            case RedirectReason.NO_ANSWER:
                return self.no_answer
            case RedirectReason.UNREGISTERED:
                return self.unregistered
            case _:
                return ""

    def begin(self, call: Call, entry: DialPlanEntry) -> None:
        """Ring the number's lines, or go on at once."""
        Forwarding.of(call).take(call, entry, self)

    def account(self, plan: DialPlan) -> Iterator[str]:
        """Each destination, with when calls go there."""
        for number, when in (
            (self.always, "All calls go on to"),
            ("" if self.always else self.busy, "Calls that find it busy go on to"),
            ("" if self.always else self.no_answer, f"Calls that ring for {self.ring_time:g} s go on to"),
            ("" if self.always else self.unregistered, "Calls that find no phone registered go on to"),
        ):
            if number:
                yield f"{when} {plan.destination(number, self.search_space)}."


NO_RULES = ForwardRules()


class Forwarding:
    """A call that may go on to other numbers; stands between the call and whoever waits for its called side."""

    __slots__ = ("_inner", "_rules", "_visited")

    def __init__(self, inner: SetUp) -> None:
        self._inner = inner
        self._rules = NO_RULES
        """Those of the number that the call is for now."""
        self._visited: set[tuple[str, str]] = set()
        """Pattern and partition of the numbers that the call was for before."""

    @staticmethod
    def of(call: Call) -> Forwarding:
        """The call's forwarding; made if it has none yet."""
        if isinstance(call.set_up, Forwarding):
            return call.set_up
        call.set_up = made = Forwarding(call.set_up)
        return made

    def stay_by(self, rules: ForwardRules) -> None:
        """These rules hold now; a feature sees to it that somebody rings."""
        self._rules = rules

    def take(self, call: Call, entry: DialPlanEntry, rules: ForwardRules) -> None:
        """The call is for a number with these rules."""
        self._rules = rules
        if rules.always:
            obstacle = self.go_on(call, rules.always, rules.search_space, RedirectReason.ALWAYS)
            if obstacle is not None:
                self._inner.failed(call, obstacle)
            return
        if rules.no_answer:
            call.engine.set_alarm(call, rules.ring_time, ringing.no_answer)
        ringing.ring(call, entry.lines)

    # -- news of the called side --------------------------------------------------------------------------

    def alerting(self, call: Call, connection: Connection, media: MediaDescription | None) -> None:
        """It rings. Early media answers the caller's offer: nobody's may, as long as the call may go on."""
        self._inner.alerting(call, connection, None if self._rules.is_any else media)

    def answered(self, call: Call, connection: Connection, media: MediaDescription) -> None:
        """Somebody has answered: the call stays there."""
        self._inner.answered(call, connection, media)

    def failed(self, call: Call, cause: Cause) -> None:
        """Go on if the number's rules say so and it is possible; otherwise the call has failed."""
        rules, reason = self._rules, _reason(call, cause)
        destination = rules.destination(reason)
        if reason is not None and destination:
            obstacle = self.go_on(call, destination, rules.search_space, reason)
            if obstacle is None:
                return
        self._inner.failed(call, cause)

    def let_go(self, call: Call) -> LineAppearance | None:
        """As the one who waits says."""
        return self._inner.let_go(call)

    def go_on(
        self,
        call: Call,
        destination: str,
        search_space: tuple[str, ...],
        reason: RedirectReason,
        leaving: Connection | None = None,
    ) -> Cause | None:
        """Bring the call to ``destination``; returns what stands in the way, if anything does.

        ``leaving``: a party that rang until now, and whose leg has ended.
        """
        left = call.entry
        if left is None:
            return Cause.UNALLOCATED_NUMBER
        entry = call.engine.directory().dial_plan.match(destination, search_space)
        if entry is None:
            return Cause.UNALLOCATED_NUMBER
        self._visited.add((left.pattern.text, left.partition))
        if (entry.pattern.text, entry.partition) in self._visited:
            return Cause.ROUTING_ERROR
        if len(call.redirections) >= MAX_REDIRECTIONS:
            return Cause.ROUTING_ERROR
        number = left.pattern.number or (left.pattern.text if call.redirections else call.dialled)
        call.redirections = (*call.redirections, Redirection(number, reason))
        self._rules = NO_RULES
        if leaving is not None:
            call.ringing.remove(leaving)
            ringing.stop(call, Cause.ANSWERED_ELSEWHERE)
        call.begin_again()
        call.reach(entry)
        return None


def _reason(call: Call, cause: Cause) -> RedirectReason | None:
    if Cause.NO_ANSWER in call.failures:  # the time is over, whatever one or another phone said before
        return RedirectReason.NO_ANSWER
    return _REASONS.get(cause)
