"""Call park: a party is left at a park number and waits there, until somebody dials the number.

A party is parked by being transferred to the number. When nobody has come after the reversion time, it rings at
the number of whoever parked it, and it can still be retrieved; if nobody answers there either, it waits again.
After :data:`MAX_REVERSIONS` of such rounds the call is given up.

========  ============================  =============================================  ========
state     input                         action                                         next
========  ============================  =============================================  ========
PARKED    somebody dials the number     the two are connected in a call of their own   over
PARKED    reversion time is over        it rings where it was parked from              RINGS
PARKED    the party hangs up            the call ends                                  over
RINGS     somebody answers              the two are connected                          over
RINGS     nobody answers                it waits again, or the last time: the end      PARKED
RINGS     somebody dials the number     the two are connected in a call of their own   over
========  ============================  =============================================  ========
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringward.calls.call import CallState
from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.events import Cause, Party
from ringward.calls.features.replacement import join
from ringward.calls.media import Direction, MediaDescription
from ringward.calls.media_negotiation import answer_from
from ringward.calls.reconciliation import Owed, Reconciliation
from ringward.calls.records import EndedBy, Feature, FeatureUse

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.digit_analysis import DialPlan, DialPlanEntry
    from ringward.calls.directory import LineAppearance

MAX_REVERSIONS = 5
"""How often a parked call rings back before it is given up: a party is not kept for ever."""


@dataclass(frozen=True, slots=True)
class ParkPlace:
    """Where a party waits: a number in a partition."""

    number: str
    partition: str


@dataclass(frozen=True, slots=True)
class ParkRules:
    """What holds for a park number, or for a pattern of them."""

    reversion_time: float
    """Seconds after which a parked call rings back."""
    reversion_number: str = ""
    """Where it rings then; empty for the number that it was parked from."""
    search_space: tuple[str, ...] = ()
    """Partitions in which the reversion number is looked for."""

    def begin(self, call: Call, entry: DialPlanEntry) -> None:
        """Park the transferred party, or retrieve whoever waits here for the calling one."""
        place = ParkPlace(call.dialled, entry.partition)
        parked = call.engine.parked.get(place)
        if call.redirections:  # a call that was forwarded here was neither parked nor sent to fetch somebody
            call.set_up.failed(call, Cause.UNALLOCATED_NUMBER)
        elif call.caller.state is ConnectionState.CONNECTED:
            if parked is not None:
                call.set_up.failed(call, Cause.USER_BUSY)
            else:
                self._park(call, place)
        elif parked is None:
            call.set_up.failed(call, Cause.UNALLOCATED_NUMBER)
        else:
            _retrieve(call, parked, place)

    def account(self, plan: DialPlan) -> Iterator[str]:
        """What transferring there and dialling it do."""
        yield "Whoever is transferred here is parked; who dials it then fetches them back."
        back = "the number that it was parked from"
        if self.reversion_number:
            back = plan.destination(self.reversion_number, self.search_space)
        yield f"After {self.reversion_time:g} s a parked call rings at {back}."

    def _park(self, call: Call, place: ParkPlace) -> None:
        line = call.set_up.let_go(call)
        call.engine.parked[place] = call
        call.parked_at = place
        call.features = (*call.features, FeatureUse(Feature.PARK, place.number))
        call.set_up = Reversion(self, line)
        wait(call, self.reversion_time)
        call.caller.leg.identify(Party(place.number))
        call.caller.leg.notice_security(call.security)  # it is connected with nobody (CALL-04)
        if call.exchange is None:
            Reconciliation(call).start()
        call.engine.changed(call)


def wait(call: Call, reversion_time: float) -> None:
    """Let the party wait for somebody to come."""
    call.state = CallState.PARKED
    call.failures.clear()
    call.engine.waits_no_longer(call)
    call.engine.set_alarm(call, reversion_time, _revert)


def _revert(call: Call) -> None:
    if isinstance(call.set_up, Reversion):
        call.set_up.ring_back(call)


def _retrieve(call: Call, parked: Call, place: ParkPlace) -> None:
    staying, offer = parked.caller, call.offer
    call.features = (*call.features, FeatureUse(Feature.RETRIEVAL, place.number))
    if offer is None:
        call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)  # there is nothing yet to answer with
    else:
        join(call, staying, parked, offer, None)


class Reversion:
    """Waits for a parked party's called side, whoever that will be."""

    __slots__ = ("_line", "_rounds", "_rules")

    def __init__(self, rules: ParkRules, line: LineAppearance | None) -> None:
        self._rules = rules
        self._line = line
        """From which line it was parked, if from a configured one."""
        self._rounds = 0

    def ring_back(self, call: Call) -> None:
        """Nobody has come: ring where the call was parked from, or at the number that is configured for this."""
        rules, line = self._rules, self._line
        self._rounds += 1
        number = rules.reversion_number or (line.number if line is not None else "")
        entry = self._entry(call, number)
        call.begin_again()
        if entry is None or isinstance(entry.treatment, ParkRules):
            self.failed(call, Cause.UNALLOCATED_NUMBER)
            return
        call.features = (*call.features, FeatureUse(Feature.REVERSION, number))
        call.redirections = ()  # each time it rings, forwards have the whole chain
        call.offer = call.caller.media.to_be_heard() if call.caller.media is not None else None
        call.engine.changed(call)
        call.reach(entry)

    def _entry(self, call: Call, number: str) -> DialPlanEntry | None:
        rules, line = self._rules, self._line
        if not number:
            return None
        if rules.reversion_number or line is None:
            return call.engine.directory().dial_plan.match(number, rules.search_space)
        return call.engine.directory().dial_plan.match(number, (line.partition, *line.search_space))

    def alerting(self, call: Call, connection: Connection, media: MediaDescription | None) -> None:
        """The parked party has been connected for long and hears nothing of it."""

    def answered(self, call: Call, connection: Connection, media: MediaDescription) -> None:
        """Somebody is there for the parked party."""
        connection.answered(media)
        place, call.parked_at = call.parked_at, None
        if place is not None:
            del call.engine.parked[place]
        caller = call.caller.leg
        caller.identify(connection.leg.party)
        connection.leg.identify(caller.party)
        if call.exchange is None:
            Reconciliation(call).start()

    def failed(self, call: Call, cause: Cause) -> None:
        """Nobody answers there: the party waits again, but not for ever."""
        if self._rounds >= MAX_REVERSIONS:
            call.end(Cause.NO_ANSWER, EndedBy.CALL_MANAGER)
            return
        call.set_up = self  # whatever forwards or hunts there were have come to their end
        wait(call, self._rules.reversion_time)
        call.engine.changed(call)

    def let_go(self, call: Call) -> LineAppearance | None:
        """Nobody waits but the parked party itself."""
        return self._line


def answer_offer(call: Call, connection: Connection, media: MediaDescription | None) -> None:
    """Answer the offer of a party that is parked: its media may change, and it goes on sending nothing."""
    told = connection.told
    if told is None or call.exchange is not None:
        connection.leg.refuse(Cause.OFFER_PENDING)
        return
    silence = told.with_direction(Direction.INACTIVE)
    if media is None:  # it asks for an offer
        call.exchange = Reconciliation(call, {connection: Owed.ANSWER})
    else:
        answer = answer_from(media, silence)
        if answer is None:
            connection.leg.refuse(Cause.INCOMPATIBLE_MEDIA)
            return
        connection.offered(media)
        silence = answer.with_direction(Direction.INACTIVE)
    connection.told = silence
    connection.leg.accept(silence)
