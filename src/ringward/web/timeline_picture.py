"""The timeline of a phone as a picture: a track for each kind of event, and the way that the phone took over them.

Events that follow each other within milliseconds stand apart, and hours of silence take no more room than a break
in the line: what people look for is the order, and where it stopped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from ringward.domain.phone_timeline import Subject, TimelineEntry
from ringward.files.file_names import FileKind, parse

MOST = 30
"""Events in the picture, the latest ones; a boot has about ten."""
LEFT, RIGHT, TOP, BOTTOM = 118, 30, 34, 18
TRACK = 34
"""Height of a track."""
_STEP, _MOST_STEP = 27.0, 84.0
"""Room between two events."""
_SCALE = 15.0
_MOMENT = 0.1
"""Seconds up to which events stand as close as they can."""
_SILENCE = 60.0
"""Seconds without an event after which the line is broken."""
_BREAK = 96.0
"""Room of a break; the time of day stands behind it."""
_MOODS = {True: "good", False: "bad", None: "plain"}

_ADMINISTRATION, _TRUST_LIST, _CONFIGURATION, _OTHERS = (
    "Administration",
    "Trust list",
    "Configuration",
    "Other files",
)
_CAPF, _SIGNALLING, _CALLS = "CAPF", "Registration", "Calls"
_TRACKS = (_ADMINISTRATION, _TRUST_LIST, _CONFIGURATION, _OTHERS, _CAPF, _SIGNALLING, _CALLS)
_TRACK_OF = {Subject.ADMINISTRATION: _ADMINISTRATION, Subject.CAPF: _CAPF, Subject.CALL: _CALLS}
_CONFIGURATIONS = (FileKind.PHONE_XML, FileKind.PHONE_FLAT_SIP, FileKind.PHONE_PROFILE)


@dataclass(frozen=True, slots=True)
class Mark:
    """One event."""

    number: int
    """Its number in the table beside the picture."""
    x: float
    y: float
    mood: str
    """``good``, ``bad`` or ``plain``."""
    words: str


@dataclass(frozen=True, slots=True)
class TimelinePicture:
    """What the template draws."""

    width: int
    height: int
    tracks: tuple[tuple[str, float], ...]
    """Title and height of each."""
    marks: tuple[Mark, ...]
    ways: tuple[str, ...]
    """The line through the marks, in pieces: points for SVG."""
    times: tuple[tuple[float, str], ...]
    """Where the time of day, or the seconds since the event before, is written."""
    left_out: int
    """Earlier events that are not in it."""


def timeline_picture(timeline: Sequence[TimelineEntry]) -> TimelinePicture | None:
    """The picture of a timeline, oldest entry first; None of an empty one."""
    if not timeline:
        return None
    left_out = max(0, len(timeline) - MOST)
    shown = timeline[left_out:]
    names = [_track(entry) for entry in shown]
    used = [name for name in _TRACKS if name in names]
    heights = {name: TOP + TRACK * (place + 0.5) for place, name in enumerate(used)}
    places = _places(shown)
    marks = tuple(
        Mark(left_out + place + 1, x, heights[name], _MOODS[entry.good], f"{entry.subject.title}: {entry.text}")
        for place, (entry, name, x) in enumerate(zip(shown, names, places, strict=True))
    )
    return TimelinePicture(
        max(math.ceil(places[-1]) + RIGHT, 420),
        TOP + TRACK * len(used) + BOTTOM,
        tuple(heights.items()),
        marks,
        _ways(shown, marks),
        _times(shown, places),
        left_out,
    )


def _track(entry: TimelineEntry) -> str:
    if entry.subject is Subject.FILE:
        name = parse(entry.about)
        if name is not None and name.kind is FileKind.TRUST_LIST:
            return _TRUST_LIST
        return _CONFIGURATION if name is not None and name.kind in _CONFIGURATIONS else _OTHERS
    return _TRACK_OF.get(entry.subject, _SIGNALLING)


def _places(entries: Sequence[TimelineEntry]) -> list[float]:
    x = float(LEFT + 24)
    places = [x]
    for before, after in pairwise(entries):
        apart = max(after.at - before.at, 0.0)
        x += _BREAK if apart > _SILENCE else min(_STEP + _SCALE * math.log10(1 + apart / _MOMENT), _MOST_STEP)
        places.append(round(x, 1))
    return places


def _ways(entries: Sequence[TimelineEntry], marks: Sequence[Mark]) -> tuple[str, ...]:
    pieces: list[list[str]] = [[]]
    for place, mark in enumerate(marks):
        if place and entries[place].at - entries[place - 1].at > _SILENCE:
            pieces.append([])
        pieces[-1].append(f"{mark.x},{mark.y}")
    return tuple(" ".join(piece) for piece in pieces)


def _times(entries: Sequence[TimelineEntry], places: Sequence[float]) -> tuple[tuple[float, str], ...]:
    """The time of day where the line begins, and seconds since then as far as there is room for them."""
    found: list[tuple[float, str]] = []
    beginning, room = 0.0, -math.inf
    for place, (entry, x) in enumerate(zip(entries, places, strict=True)):
        if not place or entry.at - entries[place - 1].at > _SILENCE:
            beginning, room = entry.at, x + 66
            found.append((x, datetime.fromtimestamp(entry.at, UTC).strftime("%H:%M:%S")))
        elif x >= room:
            room = x + 56
            found.append((x, f"+{entry.at - beginning:.1f} s"))
    return tuple(found)
