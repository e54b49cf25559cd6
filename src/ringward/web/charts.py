"""Charts, computed here and drawn by a template as SVG: without a script, and without styles within pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 720, 190
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 10, 22
_STEPS = 4


@dataclass(frozen=True, slots=True)
class Chart:
    """Areas upon each other over time."""

    subject: str
    words: str
    """What it shows, for those who do not see it."""
    scale: tuple[tuple[float, int], ...]
    """Height and number of each line across."""
    areas: tuple[tuple[str, str], ...]
    """Class and outline of each area."""
    first: int = 0
    """Milliseconds since 1970 at the left end."""
    last: int = 0


def history_chart(samples: Sequence[Mapping[str, Any]], subject: str, classes: Sequence[str]) -> Chart | None:
    """How many there were of each class over time, the first class lowest; None before the second sample."""
    if len(samples) < 2:
        return None
    times = [float(sample["at"]) for sample in samples]
    counts = [[int(sample[subject][name]) for name in classes] for sample in samples]
    most = max(_STEPS, -(-max(map(sum, counts)) // _STEPS) * _STEPS)
    across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    x = [LEFT + across * (time - times[0]) / max(times[-1] - times[0], 1.0) for time in times]

    def y(count: float) -> float:
        return round(TOP + up * (1 - count / most), 1)

    areas = []
    below = [0] * len(samples)
    for place, name in enumerate(classes):
        above = [low + row[place] for low, row in zip(below, counts, strict=True)]
        if above != below:
            edge = [*zip(x, above, strict=True), *reversed([*zip(x, below, strict=True)])]
            areas.append((name, " ".join(f"{left:.1f},{y(count)}" for left, count in edge)))
        below = above
    words = ", ".join(f"{count} {name}" for name, count in zip(classes, counts[-1], strict=True))
    scale = tuple((y(most * step / _STEPS), most * step // _STEPS) for step in range(_STEPS + 1))
    return Chart(subject, words, scale, tuple(areas), int(times[0] * 1000), int(times[-1] * 1000))
