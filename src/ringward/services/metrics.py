"""What a node measures, written as Prometheus reads it (text format, version 0.0.4).

Counting happens where things happen, as plain numbers; the text is made when somebody asks for it.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SET_UP_BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
"""Seconds between a caller's INVITE and the moment when it has been sent on or refused."""
LAG_BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)
"""Seconds by which a timer of the node was late."""
_MEMORY = Path("/proc/self/statm")


class Histogram:
    """How often a value was at most each of some bounds."""

    __slots__ = ("_counts", "bounds", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        """Sum of all values."""

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def cumulated(self) -> list[int]:
        """For each bound and then for all, how many values there were up to it."""
        sums, so_far = [], 0
        for each in self._counts:
            so_far += each
            sums.append(so_far)
        return sums


@dataclass(frozen=True, slots=True)
class Metric:
    """A number, or several that differ by a label."""

    name: str
    help: str
    kind: str
    """``counter`` or ``gauge``."""
    values: Mapping[str, float]
    """By the label's value; a single number has the key ""."""
    label: str = ""


@dataclass(frozen=True, slots=True)
class HistogramMetric:
    """A histogram with its name."""

    name: str
    help: str
    histogram: Histogram = field(hash=False)


def counter(name: str, help: str, value: float | Mapping[str, float], label: str = "") -> Metric:
    """What only grows until the node starts anew."""
    return Metric(name, help, "counter", value if isinstance(value, Mapping) else {"": value}, label)


def gauge(name: str, help: str, value: float | Mapping[str, float], label: str = "") -> Metric:
    """What there is now."""
    return Metric(name, help, "gauge", value if isinstance(value, Mapping) else {"": value}, label)


def render(metrics: Iterable[Metric | HistogramMetric]) -> str:
    """The text."""
    lines: list[str] = []
    for each in metrics:
        name = f"ringward_{each.name}"
        lines.append(f"# HELP {name} {each.help}")
        if isinstance(each, HistogramMetric):
            histogram = each.histogram
            lines.append(f"# TYPE {name} histogram")
            sums = histogram.cumulated
            bounds = [*map(repr, histogram.bounds), "+Inf"]
            lines += [f'{name}_bucket{{le="{at}"}} {so_far}' for at, so_far in zip(bounds, sums, strict=True)]
            lines += [f"{name}_sum {histogram.total!r}", f"{name}_count {sums[-1]}"]
            continue
        lines.append(f"# TYPE {name} {each.kind}")
        for key, value in each.values.items():
            label = f'{{{each.label}="{_escaped(key)}"}}' if each.label else ""
            lines.append(f"{name}{label} {value!r}")
    return "\n".join(lines) + "\n"


def memory() -> int:
    """Bytes of memory that this process has now."""
    return int(_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
