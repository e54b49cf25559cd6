"""AST: devices and calls as they are at this moment, kept fresh by server-sent events (SVC-08)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import Actor, authorize
from ringward.web.charts import history_chart
from ringward.web.pages.overview import CLASSES, modes, tally
from ringward.web.visit import Site, Visit


def show(visit: Visit) -> Response:
    """The page, complete by itself."""
    authorize(visit.actor, "phone.read")
    return visit.show("monitoring.html", **_picture(visit.site))


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The part of the page that changes, as HTML."""
    return site.templates.get_template("monitoring_live.html").render(**_picture(site))


def _picture(site: Site) -> dict[str, Any]:
    present = site.live.ask("phones")
    calls = site.live.ask("calls")
    history = site.live.history()
    return {
        "registered": present["registered"],
        "refused": present["refused"],
        "calls": calls,
        "phone_modes": modes(present),
        "call_classes": tally(call["security"] for call in calls),
        "phones_chart": history_chart(history, "phones", CLASSES),
        "calls_chart": history_chart(history, "calls", CLASSES),
    }
