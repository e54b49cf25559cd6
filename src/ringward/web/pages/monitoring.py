"""AST: devices and calls as they are at this moment, kept fresh by server-sent events (SVC-08)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import Actor, authorize
from ringward.web.charts import history_chart
from ringward.web.pages.overview import CLASSES
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
        "phone_modes": _modes(present),
        "call_classes": _tally(call["security"] for call in calls),
        "phones_chart": history_chart(history, "phones", CLASSES),
        "calls_chart": history_chart(history, "calls", CLASSES),
    }


def _modes(present: Mapping[str, Any]) -> dict[str, int]:
    """Registered phones by the security mode that they are registered in; each phone counts once."""
    by_device = {line["device"]: line["security_mode"] for line in present["registered"]}
    return _tally(by_device.values())


def _tally(words: Iterable[str]) -> dict[str, int]:
    """How often each class comes; words are compared without blanks and case (Non Secure, nonsecure)."""
    counts = dict.fromkeys(CLASSES, 0)
    for word in words:
        name = word.lower().replace(" ", "")
        counts[name if name in counts else "nonsecure"] += 1
    return counts
