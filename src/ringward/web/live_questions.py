"""What pages and programming interface alike ask of the running node, each with the use case that goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor, authorize
from ringward.administration.why import PhoneAnswer
from ringward.domain.phone import Phone
from ringward.domain.phone_timeline import TimelineEntry
from ringward.web.live import LiveNode

TRACE_LEVELS = ("summary", "messages")
"""How much is written of a phone: a line for each message, or all of it."""
MAX_TRACE_MINUTES = 24 * 60
TRACE_PERMISSION = f"{Phone.noun}.trace"


def phone_answer(administration: Administration, live: LiveNode, actor: Actor, device: str) -> PhoneAnswer:
    """The answer of the use case, with what the node has seen of the phone; raises :class:`NotFound`."""
    phone = administration.phones.get(actor, device)  # before the node is asked anything about a made-up name
    seen = map(TimelineEntry.from_json, live.ask("timeline", {"device": phone.device_name}))
    return administration.why.of_phone(actor, phone.device_name, seen)


def call_ladder(live: LiveNode, actor: Actor, call: int) -> list[dict[str, Any]]:
    """The messages of a present or recent call, oldest first; empty when they are not kept any more."""
    authorize(actor, "call-detail-record.read")
    found: list[dict[str, Any]] = live.ask("ladder", {"call": call})
    return found


def set_trace(
    administration: Administration, live: LiveNode, actor: Actor, device: str, level: str, minutes: int
) -> float | None:
    """Trace a phone for some minutes, or with none no more; returns until when, in seconds since 1970.

    Raises :class:`NotFound`, or :class:`Refused` when too many are traced.
    """
    administration.phones.get(actor, device)
    arguments = {"device": device, "level": level if minutes else "", "seconds": minutes * 60}
    answer: Mapping[str, float] = administration.phones.trace(
        actor, device, lambda: live.ask("trace", arguments), level=level, seconds=minutes * 60
    )
    return answer.get("until")


def read_trace(
    administration: Administration, live: LiveNode, actor: Actor, device: str, *, recent: bool = False
) -> str:
    """What was traced of a phone and is still in the files, or the end of it; raises :class:`NotFound`."""
    authorize(actor, TRACE_PERMISSION)
    name = administration.phones.get(actor, device).device_name
    text: str = live.ask("trace-text", {"device": name, "recent": recent})
    return text
