"""Guided: secure the cluster. What becomes of each phone, the CTL file signed, how the phones have followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import Actor, is_allowed
from ringward.administration.job_kinds import PHONE_RESET
from ringward.administration.readiness import Expectation
from ringward.administration.software_tokens import NewToken
from ringward.domain.errors import FieldError, Invalid, NotFound, Refused, RingwardError
from ringward.domain.phone import Phone
from ringward.domain.rules.readiness import Readiness
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.files import trust_list
from ringward.files.trust_list_edition import tokens_of
from ringward.pki.tokens.token import TokenError
from ringward.web.live import question
from ringward.web.navigation import (
    CERTIFICATE_OPERATIONS,
    CONTROL_CENTER,
    ENROL_PHONES,
    SECURE_CLUSTER,
    SERVICE_ACTIVATION,
    WHY,
    path_of,
)
from ringward.web.pages.jobs import job_path
from ringward.web.pages.why import CTL_FILE
from ringward.web.visit import Site, Visit

_NAMED = 25
"""Phones that are named of each kind."""
_MOODS = {
    Readiness.LEFT_BEHIND: "bad",
    Readiness.NEEDS_CERTIFICATE: "warn",
    Readiness.READY: "good",
    Readiness.BY_PROFILE: "faint",
    Readiness.BY_MODEL: "faint",
}
_TOKENS = ("1", "2")
_QUESTIONS = tuple(map(question, ("status", "services", "files-read")))


def show(visit: Visit) -> Response:
    """All steps on one page, each with how it stands."""
    return _draw_page(visit)


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The part of the page that changes: how far the phones have followed."""
    return site.templates.get_template("secure_cluster_live.html").render(
        **_progress(site.foreseeing(*_QUESTIONS), actor)
    )


def act(visit: Visit) -> Response:
    """Make tokens and sign, sign with one that is there, or reset the phones."""
    wanted = visit.entered("act")
    try:
        if wanted == "reset":
            job = visit.administration.jobs.order(visit.actor, PHONE_RESET, {})
            return visit.go(job_path(job), "The phones are reset one after another; they fetch the new CTL file.")
        if wanted == "tokens":
            _make_tokens(visit)
        return _sign(visit, visit.entered("label-1" if wanted == "tokens" else "label"))
    except Invalid as error:
        return _draw_page(visit, 422, [str(each) for each in error.errors])
    except (Refused, TokenError, NotFound) as error:
        return _draw_page(visit, 409, [f"{str(error)[:1].upper()}{str(error)[1:]}."])


def _make_tokens(visit: Visit) -> None:
    new = [
        NewToken(visit.entered(f"label-{each}").strip(), Secret(visit.entered(f"password-{each}")))
        for each in _TOKENS
    ]
    different = [
        each for each in _TOKENS if visit.entered(f"password-{each}") != visit.entered(f"password-{each}.again")
    ]
    if different:
        words = "the same password twice; no token was made"
        raise Invalid("form", "", [FieldError(f"password {different[0]}", "(hidden)", words)])
    visit.administration.software_tokens.make(visit.actor, new)


def _sign(visit: Visit, label: str) -> Response:
    password = visit.entered("password-1" if visit.entered("act") == "tokens" else "password")
    steps = visit.administration.software_tokens.sign(
        visit.actor, label, Secret(password), ClusterSecurityMode.MIXED
    )
    return visit.go(f"{SECURE_CLUSTER}#after", "The CTL file is signed: the cluster is in mixed mode.", steps)


def _draw_page(visit: Visit, code: int = 200, errors: Sequence[str] = ()) -> Response:
    visit = visit.foreseeing(*_QUESTIONS)
    ctl_file = visit.administration.ctl_file
    cluster, present = ctl_file.cluster(visit.actor), ctl_file.present(visit.actor)
    tokens = visit.administration.software_tokens.find(visit.actor)
    expected = _expectations(visit, present.content)
    first = next((each for each in cluster.servers if each.is_first), cluster.servers[0])
    return visit.show(
        "secure_cluster.html",
        code,
        errors=errors,
        without_provider=[each.name for each in cluster.servers if not each.runs_provider],
        has_capf=bool(cluster.capf_certificate),
        expected=[(each, _MOODS[each.readiness]) for each in expected],
        phones=sum(each.count for each in expected),
        needs=next((each.count for each in expected if each.readiness is Readiness.NEEDS_CERTIFICATE), 0),
        tokens=tokens,
        drawer=visit.administration.software_tokens.directory,
        may_sign=visit.may("trust-list.update") and visit.may("trust-list.issue-token"),
        one_server=len(cluster.servers) == 1,
        first=first,
        port=first.ctl_port + visit.site.live.ask("status")["port_offset"],
        entered=visit.entered,
        activation=SERVICE_ACTIVATION,
        enrol=ENROL_PHONES,
        phone_path=lambda device: path_of(Phone.noun, device),
        # What can be done about one that is left behind is done where it says which CTL file it holds.
        left_path=lambda device: f"{path_of(Phone.noun, device, WHY)}#{CTL_FILE}",
        left_behind=Readiness.LEFT_BEHIND,
        **_progress(visit.site, visit.actor),
    )


def _expectations(visit: Visit, content: bytes) -> Sequence[Expectation]:
    """What becomes of the phones if the first token that is known signs."""
    tokens = [each.der for each in tokens_of(trust_list.parse(content).trust)] if content else []
    return visit.administration.readiness.expectations(visit.actor, tokens[0] if tokens else b"", _NAMED)


def _progress(site: Site, actor: Actor) -> dict[str, Any]:
    administration = site.administration
    holders = administration.readiness.holders(actor)
    return {
        "is_mixed": administration.ctl_file.cluster(actor).mode is ClusterSecurityMode.MIXED,
        "is_signed": bool(administration.ctl_file.present(actor).content),
        "holders": holders,
        "holding": {"with the new file": holders.present, "with an older one": holders.older},
        "services": _services_due(site, actor),
        "resets": len(administration.due_resets.find(actor, site.live.ask("files-read"))),
        "may_reset": is_allowed(actor, "phone.reset"),
        "control_center": CONTROL_CENTER,
        "operations": CERTIFICATE_OPERATIONS,
    }


def _services_due(site: Site, actor: Actor) -> list[str]:
    """Services of this server that changes wait for."""
    if not is_allowed(actor, "service.read"):
        return []
    here: str = site.live.ask("status")["node_name"]
    started = {each["service"]: each["since"] for each in site.live.ask("services") if each["since"]}
    try:
        return list(site.administration.service_control.restarts_due(actor, here, started))
    except RingwardError:  # another server's node shows this page
        return []
