"""How secure a phone is and why: verdict, next step, checks, and what happened, kept fresh while it boots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import Actor, authorize
from ringward.administration.readiness import HeldTrustList
from ringward.administration.trust_list import FORGET_PHONE
from ringward.administration.why import PhoneAnswer
from ringward.domain.errors import NotFound
from ringward.domain.phone import Phone
from ringward.domain.rules.obstacles import Place
from ringward.store.criteria import Comparison, Criterion
from ringward.web.find_and_list import Search
from ringward.web.live_questions import phone_answer
from ringward.web.navigation import (
    CERTIFICATE_OPERATIONS,
    PLATFORM,
    SERVICE_ACTIVATION,
    TRACE,
    TRUST_LIST,
    WHY,
    list_path,
    path_of,
)
from ringward.web.timeline_picture import timeline_picture
from ringward.web.visit import Site, Visit, sentence_of

CTL_FILE = "ctl-file"
"""Where on the page it stands which CTL file the phone holds, with the button that notes that it was erased."""
ORDERS = "orders"
"""Where on the page the buttons are that tell the phone something."""


def show(visit: Visit) -> Response:
    """The page, complete by itself."""
    answer = phone_answer(visit.administration, visit.site.live, visit.actor, visit.path_parts["key"])
    held = visit.administration.readiness.held_by(visit.actor, answer.device)
    return visit.show(
        "why.html",
        device=answer.device,
        path=path_of(Phone.noun, answer.device, WHY),
        record_path=path_of(Phone.noun, answer.device),
        reset_path=path_of(Phone.noun, answer.device, "reset"),
        list_path=list_path(Phone.noun),
        trace_path=f"{TRACE}/{answer.device}",
        back=WHY,
        held=None if held is HeldTrustList.NONE else held.value,
        may_forget=visit.may(FORGET_PHONE),
        **_values(answer),
    )


def forget_trust_list(visit: Visit) -> Response:
    """Note that the CTL file was erased at the phone, after a question (CTL-19)."""
    authorize(visit.actor, FORGET_PHONE)
    device = visit.path_parts["key"]
    if not visit.is_sure:
        return visit.ask_first(
            question=f"Was the CTL file erased at {device}?",
            consequence=(
                "Say so only when that is done at the phone itself. The phone then counts as one without a CTL "
                "file, which takes the next one that it is given. If it still holds its file, nobody is warned "
                "any more before a CTL file is signed that it does not take."
            ),
            word="it was erased",
        )
    try:
        visit.administration.ctl_file.forget(visit.actor, device)
    except NotFound as error:
        return visit.go(visit.path, sentence_of(error), kind="warning")
    return visit.go(visit.path, f"{device} counts as a phone without a CTL file.")


def live_values(site: Site, actor: Actor, device: str) -> dict[str, Any]:
    """What ``why_live.html`` needs of a phone."""
    return _values(phone_answer(site.administration, site.live, actor, device))


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The part of the page that changes, as HTML."""
    values = live_values(site, actor, path_parts["key"])
    return site.templates.get_template("why_live.html").render(**values)


def _values(answer: PhoneAnswer) -> dict[str, Any]:
    return {
        "verdict": answer.verdict,
        "mood": "bad" if not answer.verdict.is_well else "warn" if answer.verdict.next_step else "good",
        "step": _link(answer),
        "checks": answer.checks,
        "timeline": answer.timeline,
        "picture": timeline_picture(answer.timeline),
        "orders": ORDERS,
    }


def _link(answer: PhoneAnswer) -> tuple[str, str] | None:
    """Words and address of the page on which the next step is taken, if one is."""
    this_phone = Criterion("device_name", Comparison.IS_EXACTLY, answer.device)
    found = {
        Place.RECORD: ("Open the phone", path_of(Phone.noun, answer.device)),
        Place.RESET: ("Go to Reset", f"#{ORDERS}"),
        Place.CERTIFICATE_OPERATIONS: (
            "Give it a certificate operation",
            CERTIFICATE_OPERATIONS + Search((this_phone,)).query(),
        ),
        Place.CTL_FILE: ("See the CTL file", TRUST_LIST),
        Place.SERVICES: ("Go to the services", SERVICE_ACTIVATION),
        Place.PARAMETERS: ("Open the enterprise parameters", list_path("enterprise-parameters")),
        Place.TRUST_STORES: ("Open the trust stores", f"{PLATFORM}/trust"),
    }
    return found.get(answer.verdict.place)
