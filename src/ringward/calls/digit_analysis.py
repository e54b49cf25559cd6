"""Digit analysis: from dialled digits and the caller's search space to the one entry that is meant.

The closest match wins: the entry that stands for the fewest numbers of the dialled length. Between equally close
ones the earlier partition of the search space wins. Numbers without a partition can be reached by everybody, after
all partitions of the search space; what else is outside the search space does not exist for the caller (AUTHZ-02).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ringward.domain.partition import NO_PARTITION
from ringward.domain.rules.number_pattern import NumberPattern

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.directory import LineAppearance


class Treatment(Protocol):
    """What a feature does with calls to a number, in place of simply ringing the number's lines."""

    def begin(self, call: Call, entry: DialPlanEntry) -> None:
        """Take the call, whose ``entry`` is the one that is passed, to whomever it is to reach."""

    def account(self, plan: DialPlan) -> Iterable[str]:
        """What it does with calls, in sentences for people; ``plan`` tells what numbers lead to."""


@dataclass(frozen=True, slots=True, eq=False)
class DialPlanEntry:
    """What a dialled number leads to."""

    pattern: NumberPattern
    partition: str
    lines: tuple[LineAppearance, ...]
    """The lines that ring."""
    treatment: Treatment | None = None
    """None: they ring, and that is all."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A digit analysis with its account, for people."""

    dialled: str
    match: DialPlanEntry | None
    steps: tuple[str, ...]


class _PartitionPlan:
    """The entries of one partition, arranged for matching."""

    __slots__ = ("by_length", "exact", "open_ended")

    def __init__(self, entries: Sequence[DialPlanEntry]) -> None:
        self.exact: dict[str, DialPlanEntry] = {}
        self.by_length: dict[int, list[DialPlanEntry]] = {}
        """Patterns of a fixed length, closest first."""
        self.open_ended: list[DialPlanEntry] = []
        """Patterns with ``!``, closest first: which of two is closer does not depend on the dialled length."""
        for entry in entries:
            number, length = entry.pattern.number, entry.pattern.length
            if number is not None:
                self.exact.setdefault(number, entry)
            elif length is not None:
                self.by_length.setdefault(length, []).append(entry)
            else:
                self.open_ended.append(entry)
        for length, same_length in self.by_length.items():
            same_length.sort(key=lambda entry: (entry.pattern.possible_numbers(length), entry.pattern.text))
        # Any length that fits all of them gives the right order.
        long = max((len(entry.pattern.elements) for entry in self.open_ended), default=0)
        self.open_ended.sort(key=lambda entry: (entry.pattern.possible_numbers(long), entry.pattern.text))

    def candidates(self, dialled: str) -> Iterable[DialPlanEntry]:
        """The matching entries that can be the closest: the first of each arrangement."""
        if (exact := self.exact.get(dialled)) is not None:
            yield exact
        for arrangement in (self.by_length.get(len(dialled), ()), self.open_ended):
            for entry in arrangement:
                if entry.pattern.matches(dialled):
                    yield entry
                    break


class DialPlan:
    """All numbers and patterns, compiled once when the directory is built and never changed."""

    __slots__ = ("_partitions", "_with_patterns")

    def __init__(
        self,
        numbers: Mapping[tuple[str, str], tuple[LineAppearance, ...]],
        treatments: Mapping[tuple[str, str], Treatment] | None = None,
    ) -> None:
        """``numbers``: (number or pattern, partition) to lines; ``treatments``: the same to features, if any.

        Raises ``ValueError`` for what is no pattern.
        """
        treatments = treatments or {}
        entries: dict[str, list[DialPlanEntry]] = {}
        for key in dict.fromkeys((*numbers, *treatments)):
            text, partition = key
            entry = DialPlanEntry(NumberPattern.parse(text), partition, numbers.get(key, ()), treatments.get(key))
            entries.setdefault(partition, []).append(entry)
        self._partitions = {partition: _PartitionPlan(found) for partition, found in entries.items()}
        self._with_patterns = any(plan.by_length or plan.open_ended for plan in self._partitions.values())

    def match(self, dialled: str, search_space: Sequence[str]) -> DialPlanEntry | None:
        """The entry that a caller with ``search_space`` reaches by dialling ``dialled``, if any."""
        partitions = self._partitions
        for partition in search_space:
            plan = partitions.get(partition) if partition != NO_PARTITION else None
            if plan is not None and (entry := plan.exact.get(dialled)) is not None:
                return entry  # one number only: nothing can be closer
        plan = partitions.get(NO_PARTITION)
        if plan is not None and (entry := plan.exact.get(dialled)) is not None:
            return entry
        return self._closest(dialled, search_space) if self._with_patterns else None

    def explain(self, dialled: str, search_space: Sequence[str]) -> Analysis:
        """Analyse as :meth:`match` does and give an account of every step."""
        steps = [f"{dialled!r} is looked up in: {', '.join(_reach(search_space))}"]
        for partition in _reach(search_space):
            plan = self._partitions.get(partition)
            found = list(plan.candidates(dialled)) if plan is not None else []
            for entry in found:
                possible = entry.pattern.possible_numbers(len(dialled))
                how = "exactly" if possible == 1 else f"as one of {possible} possible numbers"
                steps.append(f"{partition}: {entry.pattern.text} matches {how}")
            if not found:
                steps.append(f"{partition}: nothing matches")
        match = self.match(dialled, search_space)
        if match is not None:
            steps.append(f"closest match: {match.pattern.text} in {match.partition}")
        else:
            steps.append("no match: the call is refused as to an unallocated number")
            steps.extend(
                f"{entry.pattern.text} in {partition} would match, but is not in the search space"
                for partition, plan in sorted(self._partitions.items())
                for entry in plan.candidates(dialled)
            )
        return Analysis(dialled, match, tuple(steps))

    def destination(self, number: str, search_space: Sequence[str]) -> str:
        """A number that calls go on to, with what it leads to, as part of a sentence."""
        entry = self.match(number, search_space)
        if entry is None:
            return f"{number}, which nobody has in that search space: they do not go on"
        return (
            number if entry.pattern.text == number else f"{number}, by {entry.pattern.text} in {entry.partition}"
        )

    def _closest(self, dialled: str, search_space: Sequence[str]) -> DialPlanEntry | None:
        best: DialPlanEntry | None = None
        fewest = 0
        for partition in _reach(search_space):
            plan = self._partitions.get(partition)
            if plan is None:
                continue
            for entry in plan.candidates(dialled):
                possible = entry.pattern.possible_numbers(len(dialled))
                if best is None or possible < fewest:
                    best, fewest = entry, possible
        return best


def _reach(search_space: Sequence[str]) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(partition for partition in search_space if partition != NO_PARTITION))
    return (*named, NO_PARTITION)
