"""Who signs whom, and who trusts what: boxes and arrows, computed here and drawn by a template as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BOX_WIDTH, BOX_HEIGHT = 190, 52
_COLUMN, _ROW = 270, 84
_MARGIN = 8
_TITLE_LENGTH = 26
"""Characters that fit a box; the table has all of a name."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody or something in the picture."""

    name: str
    note: str
    column: int
    """From left to right: whoever vouches, what is vouched for, who relies on it."""


@dataclass(frozen=True, slots=True)
class Bond:
    """What one party does about another."""

    subject: str
    verb: str
    """``signs``, ``lists`` or ``trusts``."""
    object: str


@dataclass(frozen=True, slots=True)
class Box:
    """A party with its place."""

    x: float
    y: float
    title: str
    note: str
    whole: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A bond with its way."""

    verb: str
    way: str
    words: str


@dataclass(frozen=True, slots=True)
class TrustPicture:
    """See the module."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def trust_picture(parties: Sequence[Party], bonds: Sequence[Bond]) -> TrustPicture:
    """Columns from left to right, each centred; arrows leave at the right and arrive at the left if they can."""
    columns: dict[int, list[Party]] = {}
    for each in parties:
        columns.setdefault(each.column, []).append(each)
    tallest = max((len(column) for column in columns.values()), default=0)
    places: dict[str, tuple[int, float, float]] = {}
    for column, members in columns.items():
        begin = (tallest - len(members)) / 2
        for row, party in enumerate(members):
            places[party.name] = (column, _MARGIN + column * _COLUMN, _MARGIN + (begin + row) * _ROW)
    boxes = tuple(
        Box(*places[each.name][1:], _short(each.name), _short(each.note), f"{each.name}: {each.note}")
        for each in parties
    )
    arrows = tuple(
        Arrow(each.verb, _way(places, each), f"{each.subject} {each.verb} {each.object}") for each in bonds
    )
    width = _MARGIN * 2 + max(columns, default=0) * _COLUMN + BOX_WIDTH
    return TrustPicture(width, int(_MARGIN * 2 + tallest * _ROW), boxes, arrows)


def _way(places: Mapping[str, tuple[int, float, float]], bond: Bond) -> str:
    begin_column, x, y = places[bond.subject]
    end_column, to_x, to_y = places[bond.object]
    middle, to_middle = y + BOX_HEIGHT / 2, to_y + BOX_HEIGHT / 2
    if begin_column < end_column:
        begin, end = x + BOX_WIDTH, to_x - 6
    elif begin_column > end_column:
        begin, end = x, to_x + BOX_WIDTH + 6
        middle, to_middle = middle + 12, to_middle + 12  # beside the arrow that may come the other way
    else:
        down = y < to_y
        middle = x + BOX_WIDTH / 2
        begin, end = (y + BOX_HEIGHT, to_y - 6) if down else (y, to_y + BOX_HEIGHT + 6)
        return f"M{middle:.0f} {begin:.0f}L{middle:.0f} {end:.0f}"
    bend = (begin + end) / 2
    return (
        f"M{begin:.0f} {middle:.0f}C{bend:.0f} {middle:.0f} {bend:.0f} {to_middle:.0f} {end:.0f} {to_middle:.0f}"
    )


def _short(text: str) -> str:
    return text if len(text) <= _TITLE_LENGTH else text[: _TITLE_LENGTH - 1] + "…"
