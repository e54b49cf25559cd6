"""Renewal of phones' certificates before they expire: who is due, and at what hours (CAPF-09)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation

TURN = timedelta(minutes=30)
"""How long a phone of a wave has; one that is off does not keep the others waiting for longer."""
SHORTEST_TURN = timedelta(minutes=10)
"""What a phone needs to boot and make a key; with less it would be reset in vain."""
MOST_TURNS = 2
"""Turns of a phone in the hours of one night. One whose enrolment cannot succeed would be reset again and again,
and one that can be given no operation would keep the others waiting."""


class RenewalState(Enum):
    """How it stands with the renewal of a phone's certificate."""

    DUE = "due"
    UNDER_WAY = "under way"
    FAILED = "failed, will be tried again"
    NEEDS_STRING = "needs an authentication string"


@dataclass(frozen=True, slots=True)
class ExpiringPhone:
    """A phone whose LSC expires soon."""

    device: str
    expires: datetime
    authentication_mode: CapfAuthenticationMode
    operation: CertificateOperation
    operation_status: str

    @property
    def state(self) -> RenewalState:
        """How it stands. With an authentication string nothing goes by itself (CAPF-14)."""
        if self.operation is not CertificateOperation.NONE:
            return RenewalState.UNDER_WAY
        if self.authentication_mode is CapfAuthenticationMode.AUTHENTICATION_STRING:
            return RenewalState.NEEDS_STRING
        return RenewalState.FAILED if "Failed" in self.operation_status else RenewalState.DUE


def next_wave(phones: Iterable[ExpiringPhone], at_a_time: int, turns: Mapping[str, int]) -> Sequence[str]:
    """Whose turn it is, so that no more are under way than may be.

    ``turns``: how often waves have had each phone in these hours. Who had one comes behind all who had none, and
    those that failed another night behind the others. Operations that somebody else gave are not the waves'.
    """
    waiting: list[ExpiringPhone] = []
    free = at_a_time
    for phone in phones:
        if phone.state is RenewalState.UNDER_WAY:
            free -= phone.device in turns
        elif phone.state is not RenewalState.NEEDS_STRING and turns.get(phone.device, 0) < MOST_TURNS:
            waiting.append(phone)
    waiting.sort(
        key=lambda each: (
            turns.get(each.device, 0),
            each.state is RenewalState.FAILED,
            each.expires,
            each.device,
        )
    )
    return [each.device for each in waiting[: max(0, free)]]


def is_time(text: str) -> bool:
    """Whether a text is an hour and minute such as ``02:00``."""
    try:
        return f"{time.fromisoformat(text):%H:%M}" == text
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of renewal in which a moment is."""

    begin: datetime
    end: datetime


def hours_of(now: datetime, begin: str, end: str) -> Hours | None:
    """The hours of renewal in which ``now`` is; None outside of them. They may go past midnight."""
    first, last, day = time.fromisoformat(begin), time.fromisoformat(end), timedelta(days=1)
    begins, ends = _at(now, first), _at(now, last)
    if first > last:
        begins, ends = (begins, ends + day) if now.time() >= first else (begins - day, ends)
    return Hours(begins, ends) if begins <= now < ends else None


def _at(now: datetime, clock: time) -> datetime:
    return now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)


def length_of(begin: str, end: str) -> timedelta:
    """How long the hours of renewal are."""
    first, last = time.fromisoformat(begin), time.fromisoformat(end)
    minutes = (last.hour - first.hour) * 60 + last.minute - first.minute
    return timedelta(minutes=minutes % (24 * 60))


def turn_end(now: datetime, hours: Hours) -> datetime | None:
    """Until when the phones of a wave that begins now have time; None if that is too short to reset any for."""
    end = min(now + TURN, hours.end)
    return end if end - now >= SHORTEST_TURN else None
