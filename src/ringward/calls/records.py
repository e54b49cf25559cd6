"""Call detail records: what is kept of every call when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ringward.calls.events import Cause
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

if TYPE_CHECKING:
    from ringward.calls.call import Call


class EndedBy(Enum):
    """Who ended a call."""

    CALLING = "calling party"
    CALLED = "called party"
    CALL_MANAGER = "call manager"


class Feature(Enum):
    """What a feature did with a call."""

    HUNT = "hunt"
    """A hunt pilot distributed it."""
    PARK = "park"
    """It waited at a park number."""
    RETRIEVAL = "retrieval"
    """It began as somebody retrieved a parked party."""
    REVERSION = "reversion"
    """Nobody retrieved it in time; it rang at the number again."""
    PICKUP = "pickup"
    """It rang at the number and was answered by somebody else, or somebody asked for that."""


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """A feature that took part in a call, and the number by which it did."""

    feature: Feature
    number: str

    def __str__(self) -> str:
        return f"{self.feature.value} {self.number}"


@dataclass(frozen=True, slots=True)
class CallDetailRecord:
    """One call, from the first dialled digit to its end. Times are seconds since the epoch (SVC-11)."""

    call_id: int
    origination_time: float
    answer_time: float | None
    """None if nobody answered."""
    end_time: float
    calling_number: str
    calling_name: str
    calling_device: str
    """Empty where no configured device is behind the party, here and below."""
    originally_called_number: str
    """What was dialled."""
    partition: str
    """Partition of the number that was found; empty if there is none."""
    final_called_number: str
    """The number that was reached: the one that answered, else the one that was found, else what was dialled."""
    final_called_device: str
    ended_by: EndedBy
    calling_cause: Cause | None
    """Why the calling side ended the call; None if it did not."""
    called_cause: Cause | None
    security_class: CallSecurityClass
    security_reason: str
    transferred_from: int | None
    """The call whose transfer made this one."""
    transferred_to: int | None
    """The call that this one became by a transfer."""
    redirecting_number: str = ""
    """The number that was called last before the final one, and was redirected; empty if none was."""
    redirect_reason: str = ""
    """Why it was, in the words of :class:`~ringward.calls.events.RedirectReason`."""
    features: str = ""
    """What features did with the call, in order, as ``hunt 5000, pickup 1002``; see :class:`Feature`."""
    calling_mode: DeviceSecurityMode | None = None
    """The mode in which the calling phone was registered; None if nobody answered. What its part of the call is
    worth follows from that and from the class of the whole: :mod:`ringward.calls.party_security`."""
    called_mode: DeviceSecurityMode | None = None
    """The same of the phone that answered."""

    @property
    def duration(self) -> float:
        """Seconds from the answer to the end; 0 for a call that nobody answered."""
        return self.end_time - self.answer_time if self.answer_time is not None else 0.0


def detail_record(call: Call, cause: Cause, ended_by: EndedBy) -> CallDetailRecord:
    """The record of a call that is over now."""
    caller, called, entry = call.caller, call.called, call.entry
    if called is not None:
        final_number = called.leg.party.number
    elif entry is None:
        final_number = call.dialled
    else:  # after a redirection the pattern says more than what was dialled
        final_number = entry.pattern.number or (entry.pattern.text if call.redirections else call.dialled)
    redirection = call.redirections[-1] if call.redirections else None
    return CallDetailRecord(
        call.id,
        call.started_at,
        call.answered_at,
        call.engine.clock(),
        caller.leg.party.number,
        caller.leg.party.name,
        caller.device.name if caller.device is not None else "",
        call.dialled,
        entry.partition if entry is not None else "",
        final_number,
        called.device.name if called is not None and called.device is not None else "",
        ended_by,
        None if ended_by is EndedBy.CALLED else cause,
        None if ended_by is EndedBy.CALLING else cause,
        call.security.call_class,
        call.security.reason,
        call.transferred_from,
        call.transferred_to,
        redirection.number if redirection is not None else "",
        redirection.reason.value if redirection is not None else "",
        ", ".join(map(str, call.features)) if call.features else "",
        call.mode_of(caller),
        call.mode_of(called),
    )
