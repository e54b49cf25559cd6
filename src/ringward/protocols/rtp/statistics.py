"""What a receiver knows of a stream: loss, order and jitter (RFC 3550 sections 6.4.1, A.1, A.3 and A.8)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_DROPOUT = 3000
"""A jump ahead of this many packets (a minute of speech) or more is a new start, not loss (RFC 3550 A.1)."""
MAX_MISORDER = 100
"""A packet that is further behind than this is a new start, not a late one (RFC 3550 A.1)."""
_SEQUENCES = 1 << 16
_TIMESTAMPS = 1 << 32
_REMEMBERED = 128
"""How many of the latest sequence numbers are remembered to tell a late packet from a second copy."""


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """A stream's figures so far."""

    packets: int = 0
    lost: int = 0
    """Packets that were expected and have not come; never negative."""
    out_of_order: int = 0
    """Packets that came after a later one."""
    duplicates: int = 0
    restarts: int = 0
    """How often the sender began anew: another source, or a jump too far to be loss."""
    first_sequence: int | None = None
    last_sequence: int | None = None
    """Highest sequence number received, without its cycles."""
    jitter: float = 0.0
    """Interarrival jitter in seconds."""


class ReceptionStatistics:
    """Follows one stream. A changed SSRC or an impossible jump starts a new run; the figures add up over runs."""

    __slots__ = (
        "_base",
        "_clock_rate",
        "_duplicates",
        "_first",
        "_highest",
        "_jitter",
        "_lost_before",
        "_packets",
        "_restarts",
        "_run_packets",
        "_seen",
        "_ssrc",
        "_suspect",
        "_transit",
        "_unordered",
    )

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._ssrc: int | None = None
        self._first: int | None = None
        self._base = self._highest = 0
        self._seen = 0
        self._suspect: int | None = None
        self._packets = self._run_packets = 0
        self._lost_before = self._unordered = self._duplicates = self._restarts = 0
        self._transit: float | None = None
        self._jitter = 0.0

    def receive(self, ssrc: int, sequence: int, timestamp: int, now: float) -> bool:
        """Count one packet that arrived at ``now`` (seconds); False if it is a second copy or not to be played."""
        if self._ssrc != ssrc:
            self._start(ssrc, sequence)
        elif not self._follow(sequence):
            return False
        self._packets += 1
        self._run_packets += 1
        self._measure(timestamp, now)
        return True

    def pass_over(self, ssrc: int, sequence: int) -> None:
        """A packet came that is not to be played now: it counts neither as received nor as lost."""
        if self._ssrc == ssrc and self._follow(sequence):
            self._run_packets += 1

    def report(self) -> ReceptionReport:
        """The figures so far."""
        return ReceptionReport(
            self._packets,
            self._lost_before + self._missing(),
            self._unordered,
            self._duplicates,
            self._restarts,
            self._first,
            self._highest % _SEQUENCES if self._ssrc is not None else None,
            self._jitter,
        )

    def _start(self, ssrc: int, sequence: int) -> None:
        if self._ssrc is None:
            self._first = sequence
        else:
            self._lost_before += self._missing()
            self._restarts += 1
        self._ssrc = ssrc
        self._base = self._highest = sequence
        self._run_packets = 0
        self._seen = 1
        self._suspect = None
        self._transit = None

    def _follow(self, sequence: int) -> bool:
        ahead = (sequence - self._highest) % _SEQUENCES
        if 0 < ahead < MAX_DROPOUT:
            self._highest += ahead
            self._seen = (self._seen << ahead | 1) & (1 << _REMEMBERED) - 1
            self._suspect = None
            return True
        behind = _SEQUENCES - ahead if ahead else 0
        if behind <= MAX_MISORDER:
            return self._late(behind)
        if sequence != self._suspect:  # One stray packet changes nothing; two in a row are a new start.
            self._suspect = (sequence + 1) % _SEQUENCES
            return False
        assert self._ssrc is not None  # noqa: S101  (only a started run is followed)
        self._start(self._ssrc, sequence)
        return True

    def _late(self, behind: int) -> bool:
        if self._seen >> behind & 1:
            self._duplicates += 1
            return False
        if self._highest - behind < self._base:  # Sent before the first that we got: it was never missed.
            self._base = self._highest - behind
        self._seen |= 1 << behind
        self._unordered += 1
        return True

    def _missing(self) -> int:
        if self._ssrc is None:
            return 0
        return max(0, self._highest - self._base + 1 - self._run_packets)

    def _measure(self, timestamp: int, now: float) -> None:
        transit = (now - timestamp / self._clock_rate) % (_TIMESTAMPS / self._clock_rate)
        if self._transit is not None:
            wrap = _TIMESTAMPS / self._clock_rate
            difference = abs(transit - self._transit)
            difference = min(difference, wrap - difference)
            self._jitter += (difference - self._jitter) / 16
        self._transit = transit
