"""Serviceability > Trace: how much is written of which phone, and what was written (SVC-05)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import PlainTextResponse, Response

from ringward.administration.authorization import Actor, authorize
from ringward.domain.errors import NotFound, Refused
from ringward.domain.phone import Phone
from ringward.domain.rules.device_name import device_name_of
from ringward.web.live import LiveNode
from ringward.web.live_questions import MAX_TRACE_MINUTES, TRACE_LEVELS, TRACE_PERMISSION, read_trace, set_trace
from ringward.web.navigation import TRACE, WHY, path_of
from ringward.web.visit import Site, Visit, sentence_of

_OFFERED = 300
"""Names of phones that are offered while one types."""
_SHOWN = 200_000
"""Characters that the page shows, the latest; the download has all."""


def find(visit: Visit) -> Response:
    """Who is traced, and the form to trace another one."""
    return _list(visit)


def _list(visit: Visit, sentence: str = "", code: int = 200) -> Response:
    authorize(visit.actor, TRACE_PERMISSION)
    phones = visit.administration.records(Phone).find(visit.actor, limit=_OFFERED).records
    return visit.show(
        "traces.html",
        code,
        path=TRACE,
        sentence=sentence,
        present=visit.site.live.ask("traces"),
        phones=[(phone.device_name, phone.description) for phone in phones],
        levels=TRACE_LEVELS,
        most=MAX_TRACE_MINUTES,
        typed={name: visit.entered(name) for name in ("device", "level", "minutes")},
    )


def set_level(visit: Visit) -> Response:
    """Trace a phone at a level, or no more."""
    text, level = visit.entered("device").strip()[:64], visit.entered("level")
    device = device_name_of(text) or text
    ends = visit.entered("act") == "end"
    typed = visit.entered("minutes", "60")
    minutes = 0 if ends else int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else -1
    if not ends and (level not in TRACE_LEVELS or not 0 < minutes <= MAX_TRACE_MINUTES):
        return _list(visit, f"Choose a level, and from 1 to {MAX_TRACE_MINUTES} minutes.", 422)
    try:
        set_trace(visit.administration, visit.site.live, visit.actor, device, level, minutes)
    except NotFound as error:
        return _list(visit, f"There is no {error.noun} {error.key}.", 404)
    except Refused as error:
        return _list(visit, sentence_of(error), 409)
    if ends:
        return visit.go(TRACE, f"{device} is traced no more. What was written stays.")
    return visit.go(f"{TRACE}/{device}", f"{device} is traced for {minutes} minutes.")


def show(visit: Visit) -> Response:
    """What was written of a phone, and how it is traced now."""
    device = visit.path_parts["device"]
    text = read_trace(visit.administration, visit.site.live, visit.actor, device, recent=True)
    return visit.show(
        "trace.html",
        path=TRACE,
        why_path=path_of(Phone.noun, device, WHY),
        levels=TRACE_LEVELS,
        most=MAX_TRACE_MINUTES,
        **_values(visit.site.live, device, text),
    )


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The part of that page that changes, as HTML."""
    device = path_parts["device"]
    text = read_trace(site.administration, site.live, actor, device, recent=True)
    return site.templates.get_template("trace_live.html").render(**_values(site.live, device, text))


def _values(live: LiveNode, device: str, text: str) -> dict[str, Any]:
    present = live.ask("traces")["traces"]
    return {
        "device": device,
        "trace": next((each for each in present if each["device"] == device), None),
        "text": text[-_SHOWN:],
    }


def download(visit: Visit) -> Response:
    """The same as a file."""
    device = visit.path_parts["device"]
    text = read_trace(visit.administration, visit.site.live, visit.actor, device)
    return PlainTextResponse(text, headers={"Content-Disposition": f'attachment; filename="{device}.trace.txt"'})
