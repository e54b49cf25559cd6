"""Lock-out of those who guess digest credentials, with a back-off that doubles with every further wrong guess.

Three counts, each with a purpose of its own:

* a device from one address: a guesser, or a phone with a wrong password. Locked after a few guesses.
* an address over all devices: one who tries the same few passwords on every number. Locked after more guesses; the
  devices that are registered from there stay out of it, so that an office keeps working beside a guesser.
* a device from all addresses: many machines that guess together. Locked except where the device is registered or
  last proved itself, so that nobody can lock a phone out from elsewhere.

While something is locked even the right credentials are refused, in the same words as wrong ones: who guesses
learns neither that he is locked out nor that he has guessed right. A guess counts only if it answers a challenge
that was sent to the very address it came from, so that nobody can be locked out by forged addresses either.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """How many wrong guesses are forgiven, and for how many seconds one of them is remembered."""

    free: int
    memory: float


PAIR = Threshold(free=5, memory=3_600)
"""A device from one address: somebody may mistype a few times while setting up a phone."""
ADDRESS = Threshold(free=30, memory=300)
"""An address over all devices; six phones with wrong passwords behind one address do not reach it."""
DEVICE = Threshold(free=30, memory=3_600)
"""A device over all addresses."""
FIRST_LOCK = 4.0
"""Seconds of the first lock; each further wrong guess doubles it."""
LONGEST_LOCK = 3_600.0
"""Seconds: with it a guesser has some 9,000 guesses a year, and a repaired phone waits an hour at most."""
MAX_COUNTS = 20_000
"""Counts kept of each kind; the one that was not touched for the longest time is forgotten."""


class _Count:
    """Wrong guesses of one kind; forgiven one by one as time goes by."""

    __slots__ = ("at", "guesses", "locked_until")

    def __init__(self, now: float) -> None:
        self.guesses = 0.0
        self.at = now
        self.locked_until = 0.0


class _Counts:
    """A bounded table of counts with one threshold."""

    def __init__(self, threshold: Threshold) -> None:
        self._threshold = threshold
        self._table: OrderedDict[tuple[str, str], _Count] = OrderedDict()

    def locked(self, key: tuple[str, str], now: float) -> bool:
        count = self._table.get(key)
        return count is not None and now < count.locked_until

    def add(self, key: tuple[str, str], now: float) -> float:
        """Count a wrong guess; returns the seconds of the lock that it brings, 0 for none."""
        count = self._table.get(key)
        if count is None:
            if len(self._table) >= MAX_COUNTS:
                self._table.popitem(last=False)
            count = self._table[key] = _Count(now)
        else:
            self._table.move_to_end(key)
        count.guesses = max(0.0, count.guesses - (now - count.at) / self._threshold.memory) + 1
        count.at = now
        over = round(count.guesses) - self._threshold.free
        if over < 1:
            return 0.0
        seconds = min(LONGEST_LOCK, FIRST_LOCK * 2.0 ** min(over - 1, 20))
        count.locked_until = now + seconds
        return seconds

    def forget(self, key: tuple[str, str]) -> None:
        self._table.pop(key, None)

    def __len__(self) -> int:
        return len(self._table)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that a wrong guess has brought about, for the log."""

    what: str
    seconds: float


class GuessingGuard:
    """See the module. ``device`` is empty for credentials that belong to no device."""

    def __init__(self) -> None:
        self._pairs = _Counts(PAIR)
        self._addresses = _Counts(ADDRESS)
        self._devices = _Counts(DEVICE)
        self._proven: dict[str, str] = {}
        self.locks = 0
        """Locks since the start."""

    def is_locked(self, device: str, address: str, registered_here: bool, now: float) -> bool:
        """Whether credentials for a device that come from an address are refused unseen.

        ``registered_here``: whether the device is registered at that address now.
        """
        if self._pairs.locked((device, address), now):
            return True
        if registered_here:
            return False
        if self._addresses.locked(("", address), now):
            return True
        return self._proven.get(device) != address and self._devices.locked((device, ""), now)

    def wrong(self, device: str, address: str, registered_here: bool, now: float) -> Lock | None:
        """Count a wrong guess; returns the longest lock that it brings. One made while locked changes nothing."""
        if self.is_locked(device, address, registered_here, now):
            return None
        locks = [
            Lock(f"all devices from {address}", self._addresses.add(("", address), now)),
        ]
        if device:
            locks.append(Lock(f"{device} from {address}", self._pairs.add((device, address), now)))
            if not registered_here and self._proven.get(device) != address:
                locks.append(Lock(f"{device} from everywhere else", self._devices.add((device, ""), now)))
        longest = max(locks, key=lambda lock: lock.seconds)
        if not longest.seconds:
            return None
        self.locks += 1
        return longest

    def right(self, device: str, address: str) -> None:
        """The device has proved itself from an address."""
        self._proven[device] = address
        self._pairs.forget((device, address))

    def __len__(self) -> int:
        return len(self._pairs) + len(self._addresses) + len(self._devices)
