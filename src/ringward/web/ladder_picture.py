"""The ladder of a call as a picture: the first phone left of the call manager, the others at its right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringward.protocols.sip.caption import caption

MANAGER = "Ringward"
MOST = 120
"""Arrows in the picture; the list of messages beneath has all."""
LEFT, TOP, ROW, COLUMN = 132, 44, 30, 196
_LONGEST = 24
"""Characters of a caption that fit between two posts."""
_KINDS = (("SIP/2.0 1", "progress"), ("SIP/2.0 2", "success"), ("SIP/2.0 ", "failure"))
_HEAD = 9
"""Length of an arrow's head."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One message."""

    y: int
    begin: int
    end: int
    """Where its head is."""
    head: str
    """Points of the head."""
    kind: str
    """``request``, ``progress``, ``success`` or ``failure``."""
    label: str
    words: str
    """All of it in a sentence."""
    time: str


@dataclass(frozen=True, slots=True)
class LadderPicture:
    """What the template draws."""

    width: int
    height: int
    posts: tuple[tuple[str, int], ...]
    arrows: tuple[Arrow, ...]
    left_out: int
    """Later messages that are not in it."""


def ladder_picture(messages: Sequence[Mapping[str, Any]]) -> LadderPicture | None:
    """The picture of a call's messages, oldest first; None where there are none."""
    if not messages:
        return None
    parties = list(dict.fromkeys(str(each["device"]) for each in messages))
    posts = [parties[0], MANAGER, *parties[1:]]
    places = {name: LEFT + COLUMN * number for number, name in enumerate(posts)}
    manager, start = places[MANAGER], float(messages[0]["at"])
    arrows = []
    for row, each in enumerate(messages[:MOST]):
        phone = places[str(each["device"])]
        begin, end = (phone, manager) if each["received"] else (manager, phone)
        arrows.append(_arrow(each, TOP + 24 + ROW * row, begin, end, float(each["at"]) - start))
    return LadderPicture(
        LEFT + COLUMN * (len(posts) - 1) + 100,
        TOP + ROW * len(arrows) + 16,
        tuple(places.items()),
        tuple(arrows),
        max(0, len(messages) - MOST),
    )


def _arrow(message: Mapping[str, Any], y: int, begin: int, end: int, at: float) -> Arrow:
    text = str(message["text"])
    label = caption(text)
    base = end - _HEAD if end > begin else end + _HEAD
    way = "from" if message["received"] else "to"
    return Arrow(
        y,
        begin,
        end,
        f"{end},{y} {base},{y - 5} {base},{y + 5}",
        next((kind for beginning, kind in _KINDS if text.startswith(beginning)), "request"),
        label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…",
        f"{label} {way} {message['device']}",
        f"{at:+.3f} s",
    )
