"""Hunting: a hunt pilot takes a call from one member of its line groups to the next, until somebody answers.

Line groups are gone through in order. A member is a directory number; whether it rings is up to its lines, and its
own call forwards do not count, as the call stays with the pilot. When nobody is left, the pilot's final forward
takes the call: Busy if nobody could be rung at all, No Answer otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringward.calls import ringing
from ringward.calls.events import Cause
from ringward.calls.features.forward import NO_RULES, Forwarding, ForwardRules
from ringward.calls.records import Feature, FeatureUse
from ringward.domain.vocabulary import DistributionAlgorithm

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.connection import Connection
    from ringward.calls.digit_analysis import DialPlan, DialPlanEntry
    from ringward.calls.directory import LineAppearance
    from ringward.calls.line_occupancy import LineOccupancy
    from ringward.calls.media import MediaDescription
    from ringward.calls.set_up import SetUp

Member = tuple[str, str]
"""A directory number and its partition."""
Round = tuple[Member, ...]
"""Members that ring at the same time."""


@dataclass(frozen=True, slots=True)
class HuntGroup:
    """A line group."""

    name: str
    members: tuple[Member, ...]
    distribution: DistributionAlgorithm = DistributionAlgorithm.LONGEST_IDLE
    ring_time: float = 10.0
    """Seconds that a member, or with broadcast all of them, rings before the call goes on."""


class HuntMemory:
    """What is remembered of one call for the next: who was rung last, and who has been idle for how long."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str, Member] = {}
        """By line group, the member at which its last circular hunt ended."""

    def keep(self, group: HuntGroup, member: Member) -> None:
        """A member of a circular group was rung."""
        self._last[group.name] = member

    def order(
        self, group: HuntGroup, lines: Mapping[Member, tuple[LineAppearance, ...]], occupancy: LineOccupancy
    ) -> Sequence[Round]:
        """In which order the members of a group are to be rung now."""
        members = group.members
        match group.distribution:
            case DistributionAlgorithm.BROADCAST:
                return (members,)
            case DistributionAlgorithm.CIRCULAR:
                last = self._last.get(group.name)
                start = members.index(last) + 1 if last in members else 0
                members = (*members[start:], *members[:start])
            case DistributionAlgorithm.LONGEST_IDLE:
                members = tuple(sorted(members, key=lambda each: occupancy.last_used(lines.get(each, ()))))
            case DistributionAlgorithm.TOP_DOWN:
                pass
        return tuple((member,) for member in members)


@dataclass(frozen=True, slots=True)
class HuntRules:
    """What a hunt pilot does with calls."""

    groups: tuple[HuntGroup, ...]
    final: ForwardRules = NO_RULES
    """Where calls go that nobody takes; only ``busy`` and ``no_answer`` count."""
    maximum_time: float | None = None
    """Seconds that one call may hunt; None for as long as its members take."""

    def begin(self, call: Call, entry: DialPlanEntry) -> None:
        """Hunt for somebody who answers."""
        forwarding = Forwarding.of(call)
        forwarding.stay_by(self.final)
        number = entry.pattern.number or call.dialled
        call.features = (*call.features, FeatureUse(Feature.HUNT, number))
        call.set_up = hunting = Hunting(forwarding, self, call)
        hunting.go_on(call)

    def account(self, plan: DialPlan) -> Iterator[str]:
        """The groups in order, and where calls go that nobody takes."""
        for group in self.groups:
            members = ", ".join(number for number, _ in group.members) or "nobody"
            way = f"{group.distribution.value}, {group.ring_time:g} s each"
            yield f"It hunts in the line group {group.name} ({way}): {members}."
        if self.maximum_time is not None:
            yield f"After {self.maximum_time:g} s the hunt is over."
        yield from self.final.account(plan)


class Hunting:
    """A call that hunts; stands between the call and whoever waits for its called side."""

    __slots__ = ("_ends_at", "_has_rung", "_inner", "_rounds")

    def __init__(self, inner: SetUp, rules: HuntRules, call: Call) -> None:
        self._inner = inner
        self._rounds = _rounds(call, rules)
        self._has_rung = False
        clock = call.engine.clock
        self._ends_at = clock() + rules.maximum_time if rules.maximum_time is not None else None

    def go_on(self, call: Call) -> None:
        """Ring the next who can be rung; without one the hunt is over."""
        engine = call.engine
        numbers = engine.directory().numbers
        for group, members in self._rounds:
            left = group.ring_time
            if self._ends_at is not None:
                left = min(left, self._ends_at - engine.clock())
                if left <= 0:
                    break
            lines = tuple(line for member in members for line in numbers.get(member, ()))
            call.begin_again()
            if ringing.begin(call, lines):
                self._has_rung = True
                if group.distribution is DistributionAlgorithm.CIRCULAR:
                    engine.hunt_memory.keep(group, members[0])
                engine.set_alarm(call, left, ringing.no_answer)
                return
        call.failures.clear()
        cause = Cause.NO_ANSWER if self._has_rung else Cause.USER_BUSY
        call.failures.append(cause)
        call.set_up = self._inner
        self._inner.failed(call, cause)

    # -- news of the called side --------------------------------------------------------------------------

    def alerting(self, call: Call, connection: Connection, media: MediaDescription | None) -> None:
        """It rings. Early media would answer the caller's offer, and the call may go on."""
        self._inner.alerting(call, connection, None)

    def answered(self, call: Call, connection: Connection, media: MediaDescription) -> None:
        """Somebody has answered: the call stays there."""
        self._inner.answered(call, connection, media)

    def failed(self, call: Call, cause: Cause) -> None:
        """Whoever rang does not take the call: the next one may."""
        self.go_on(call)

    def let_go(self, call: Call) -> LineAppearance | None:
        """As the one who waits says."""
        return self._inner.let_go(call)


def _rounds(call: Call, rules: HuntRules) -> Iterator[tuple[HuntGroup, Round]]:
    """Whom to ring, in order; each group's order is found out when the hunt comes to it."""
    engine = call.engine
    return (
        (group, members)
        for group in rules.groups
        for members in engine.hunt_memory.order(group, engine.directory().numbers, engine.occupancy)
    )
