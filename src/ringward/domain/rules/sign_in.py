"""How often somebody may guess, and how long whoever has signed in stays so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringward.domain.address import source_of
from ringward.domain.enterprise_parameters import EnterpriseParameters

FIRST_LOCK = 30
"""Seconds of the first lock-out; each further wrong attempt doubles it."""
FORGOTTEN_AFTER = 24 * 3600
"""Seconds without a wrong attempt after which the former ones count no more."""
EVERYWHERE = "everywhere"
"""Counts the attempts of all strangers together, however many addresses they have."""
SIGNED_IN = "signed in"
"""Counts the attempts of those who are signed in and prove who they are once more."""
_SECOND_FACTOR = "second factor, "
"""Codes are counted apart: only who knows the password comes so far, and nobody else can lock that step."""
_BROWSER = "browser "
_STRANGERS = 10
"""Strangers together have so many times the attempts of one: somebody with many addresses is held back too."""
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Guessing:
    """When guessing locks."""

    attempts: int
    """Wrong attempts before the first lock-out; people mistype."""
    longest: int
    """Seconds of the longest lock-out: a guesser gets one guess in each, and nobody honest waits longer."""

    def lock_after(self, place: str, failures: int) -> int:
        """Seconds that nothing is checked for from this place after so many wrong attempts; 0 for no lock."""
        free = self.attempts * (_STRANGERS if place.removeprefix(_SECOND_FACTOR) == EVERYWHERE else 1)
        if failures < free:
            return 0
        return int(min(FIRST_LOCK * 2 ** min(failures - free, _MOST_DOUBLINGS), self.longest))


def places_of(address: str, device: str | None) -> tuple[str, ...]:
    """Where an attempt is counted.

    A browser in which the account has signed in before counts by itself, so that nobody elsewhere can lock its
    owner out. Strangers count by their address, and all together.
    """
    return (_BROWSER + device,) if device is not None else (source_of(address), EVERYWHERE)


def places_of_code(places: Sequence[str]) -> tuple[str, ...]:
    """Where the code of a second factor is counted, after the password was right at these places."""
    return tuple(_SECOND_FACTOR + each for each in places)


def place_in_words(place: str) -> str:
    """For whom an account is locked."""
    if place.startswith(_SECOND_FACTOR):
        return f"the second factor: {place_in_words(place.removeprefix(_SECOND_FACTOR))}"
    if place == EVERYWHERE:
        return "all browsers in which it has not signed in before"
    if place == SIGNED_IN:
        return "whoever is signed in and proves it once more"
    return "a browser of its own" if place.startswith(_BROWSER) else place


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a browser stays signed in, and how many of one account."""

    idle: int
    """Seconds without a request."""
    longest: int
    """Seconds, however busy it is."""
    of_one: int
    """Sessions of one account at a time; the one that has been idle longest makes room."""


def guessing(parameters: EnterpriseParameters) -> Guessing:
    """The rules of guessing that are in force."""
    return Guessing(parameters.sign_in_attempts, parameters.longest_lock_out * 60)


def session_limits(parameters: EnterpriseParameters) -> SessionLimits:
    """The limits of sessions that are in force."""
    return SessionLimits(
        parameters.session_idle * 60, parameters.session_longest * 3600, parameters.sessions_of_one
    )
