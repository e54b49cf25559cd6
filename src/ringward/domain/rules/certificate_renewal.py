"""Renewal of phones' certificates before they expire: who is due, and at what hours (CAPF-09)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation

TURN = timedelta(minutes=30)
"""How long a phone of a wave has; one that is off does not keep the others waiting for longer."""


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


def next_wave(phones: Iterable[ExpiringPhone], at_a_time: int) -> Sequence[str]:
    """Whose turn it is, so that no more are under way than may be: those that failed come behind all others."""
    waiting: list[ExpiringPhone] = []
    free = at_a_time
    for phone in phones:
        if phone.state is RenewalState.UNDER_WAY:
            free -= 1
        elif phone.state is not RenewalState.NEEDS_STRING:
            waiting.append(phone)
    waiting.sort(key=lambda each: (each.state is RenewalState.FAILED, each.expires, each.device))
    return [each.device for each in waiting[: max(0, free)]]


def is_time(text: str) -> bool:
    """Whether a text is an hour and minute such as ``02:00``."""
    try:
        return f"{time.fromisoformat(text):%H:%M}" == text
    except ValueError:
        return False


def window_end(now: datetime, begin: str, end: str) -> datetime | None:
    """When the hours of renewal end in which ``now`` is; None outside of them. They may go past midnight."""
    first, last, clock = time.fromisoformat(begin), time.fromisoformat(end), now.time()
    today = now.replace(hour=last.hour, minute=last.minute, second=0, microsecond=0)
    if first <= last:
        return today if first <= clock < last else None
    if clock >= first:
        return today + timedelta(days=1)
    return today if clock < last else None


def turn_end(now: datetime, window: datetime) -> datetime:
    """Until when the phones of a wave that begins now have time."""
    return min(now + TURN, window)
