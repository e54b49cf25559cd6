"""Where a call would go, told step by step: number after number, as forwards send it on.

Every step asks what a real call asks: digit analysis for the entry, and the entry's own feature for what it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringward.calls.digit_analysis import Analysis, DialPlan
from ringward.calls.features.forward import MAX_REDIRECTIONS, ForwardRules


@dataclass(frozen=True, slots=True)
class Stop:
    """One number on the way."""

    analysis: Analysis
    because: str
    """Why the call comes here."""
    does: tuple[str, ...]
    """What is done with it here, in sentences."""


@dataclass(frozen=True, slots=True)
class Route:
    """The whole way."""

    stops: tuple[Stop, ...]
    obstacle: str = ""
    """Why the call gets no further than the last stop; empty if nothing stands in the way."""

    @property
    def last(self) -> Analysis:
        """The analysis of the number where the call stays, as far as digits decide."""
        return self.stops[-1].analysis


def route_of(plan: DialPlan, dialled: str, search_space: Sequence[str]) -> Route:
    """The way of a call to a number that somebody with this search space dials."""
    stops: list[Stop] = []
    visited: set[tuple[str, str]] = set()
    number, because = dialled, "It is dialled."
    while True:
        analysis = plan.explain(number, search_space)
        entry = analysis.match
        rules = entry.treatment if entry is not None else None
        does = tuple(rules.account(plan)) if rules is not None else ()
        stops.append(Stop(analysis, because, does))
        if entry is None:
            return Route(tuple(stops), "Nobody has this number: the caller hears that it is not there.")
        if (entry.pattern.text, entry.partition) in visited:
            return Route(tuple(stops), "The call was for this number before: the forwards go in a circle.")
        if not isinstance(rules, ForwardRules) or not rules.always:
            return Route(tuple(stops))
        if len(visited) == MAX_REDIRECTIONS:
            return Route(tuple(stops), f"A call is forwarded {MAX_REDIRECTIONS} times at most.")
        visited.add((entry.pattern.text, entry.partition))
        because = f"{entry.pattern.text} forwards all its calls here."
        number, search_space = rules.always, rules.search_space
