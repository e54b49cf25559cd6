"""Call detail records: what is kept of every call when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ringward.calls.events import Cause
from ringward.domain.vocabulary import CallSecurityClass


class EndedBy(Enum):
    """Who ended a call."""

    CALLING = "calling party"
    CALLED = "called party"
    CALL_MANAGER = "call manager"


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

    @property
    def duration(self) -> float:
        """Seconds from the answer to the end; 0 for a call that nobody answered."""
        return self.end_time - self.answer_time if self.answer_time is not None else 0.0
