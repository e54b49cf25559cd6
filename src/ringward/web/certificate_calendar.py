"""When certificates end: a bar for each month, computed here and drawn by a template as SVG."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

MONTHS = 61
"""Five years, after which everything that is made here today has ended, and the present month."""
WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 40, 24, 12, 34
_SCALE = 4


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate that ends."""

    at: datetime
    group: str
    """Whose it is, as the legend has it."""
    name: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Part of a month's bar."""

    group: str
    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The picture, and the same as a table."""

    bars: tuple[Bar, ...]
    scale: tuple[tuple[float, int], ...]
    """Height and number of each line across."""
    labels: tuple[tuple[float, str], ...]
    rows: tuple[tuple[str, tuple[int, ...], str], ...]
    """Month, number of each group, and the names of the few that are named."""
    expired: tuple[Ending, ...]
    later: int
    """Those that end after the last month."""


def certificate_calendar(
    endings: Iterable[Ending], groups: Sequence[str], now: datetime, named: Sequence[str]
) -> Calendar:
    """``named``: groups whose certificates the table names one by one; of the others it tells the number."""
    months = [_month_after(now, step) for step in range(MONTHS)]
    counts: Counter[tuple[str, str]] = Counter()
    names: dict[str, list[str]] = {}
    expired, later = [], 0
    for each in endings:
        month = f"{each.at:%Y-%m}"
        if each.at <= now:
            expired.append(each)
        elif month not in months:
            later += 1
        else:
            counts[month, each.group] += 1
            if each.group in named:
                names.setdefault(month, []).append(each.name)
    most = max((sum(counts[month, group] for group in groups) for month in months), default=0)
    most = max(_SCALE, -(-most // _SCALE) * _SCALE)
    step, up = (WIDTH - LEFT - RIGHT) / MONTHS, HEIGHT - TOP - BOTTOM
    bars = []
    for place, month in enumerate(months):
        base = float(HEIGHT - BOTTOM)
        for group in groups:
            if count := counts[month, group]:
                height = up * count / most
                base -= height
                words = f"{month}: {count} {group}"
                bars.append(Bar(group, round(LEFT + place * step + 1, 1), round(base, 1), step - 2, height, words))
    scale = tuple(
        (round(HEIGHT - BOTTOM - up * part / _SCALE, 1), most * part // _SCALE) for part in range(_SCALE + 1)
    )
    labels = tuple(
        (round(LEFT + (place + 0.5) * step, 1), month) for place, month in enumerate(months) if place % 12 == 0
    )
    rows = tuple(
        (month, numbers, ", ".join(sorted(names.get(month, ()))))
        for month in months
        if any(numbers := tuple(counts[month, group] for group in groups))
    )
    return Calendar(tuple(bars), scale, labels, rows, tuple(sorted(expired, key=lambda each: each.at)), later)


def _month_after(now: datetime, steps: int) -> str:
    year, month = divmod(now.year * 12 + now.month - 1 + steps, 12)
    return f"{year:04}-{month + 1:02}"
