"""AST: devices and calls as they are at this moment, kept fresh by server-sent events (SVC-08).

The node counts, and tells of what is shown alone: it has calls to make beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import Actor, authorize
from ringward.web.charts import history_chart
from ringward.web.live import question
from ringward.web.pages.overview import CLASSES, of_classes
from ringward.web.visit import Site, Visit

_SHOWN = 200
"""Calls, lines and refused phones that are shown, of each so many."""
_PHONES, _CALLS = question("phones", most=_SHOWN), question("calls", most=_SHOWN)


def show(visit: Visit) -> Response:
    """The page, complete by itself."""
    authorize(visit.actor, "phone.read")
    return visit.show("monitoring.html", **_picture(visit.site))


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The part of the page that changes, as HTML."""
    return site.templates.get_template("monitoring_live.html").render(**_picture(site))


def _picture(site: Site) -> dict[str, Any]:
    live = site.foreseeing(_PHONES, _CALLS, question("tallies"), question("history")).live
    present, counts, history = live.ask(*_PHONES), live.ask("tallies"), live.ask("history")
    return {
        "registered": present["registered"],
        "refused": present["refused"],
        "calls": live.ask(*_CALLS),
        "phone_modes": of_classes(counts["phones"]),
        "call_classes": of_classes(counts["calls"]),
        "phones_chart": history_chart(history, "phones", CLASSES),
        "calls_chart": history_chart(history, "calls", CLASSES),
    }
