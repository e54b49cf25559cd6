"""Guided: a new phone from its box to a secure registration, watched while it boots (SCN-08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import Actor
from ringward.administration.onboarding import NewPhone, WantedSecurity, choices_for
from ringward.domain.errors import AlreadyExists, Invalid, Refused
from ringward.domain.phone import Phone
from ringward.domain.phone_models import CAPABILITIES, PhoneCapability, capability_of
from ringward.domain.setting import settings_of
from ringward.domain.vocabulary import CertificateOperation, ClusterSecurityMode, Protocol
from ringward.web.navigation import ONBOARD_PHONE, SECURE_CLUSTER, SERVICE_ACTIVATION, WHY, path_of
from ringward.web.pages import why
from ringward.web.pages.certificate_operations import REPORT
from ringward.web.visit import Site, Visit, sentence_of

_SEPARATOR = "|"
_LABELS = {item.name: item.setting.label for item in settings_of(Phone)}


def show(visit: Visit) -> Response:
    """First the model, then the form."""
    return _draw_page(visit, _model(visit.asked("model")))


def add(visit: Visit) -> Response:
    """Add the phone, and go on to what is to be done at it."""
    row = _model(visit.entered("model"))
    if row is None:
        return _draw_page(visit, None)
    security = next((each for each in choices_for(row) if each.value == visit.entered("security")), None)
    new = NewPhone(
        row.model,
        row.protocol,
        visit.entered("device").strip(),
        visit.entered("number").strip(),
        visit.entered("description").strip(),
        security or choices_for(row)[-1],
        enrol=bool(visit.entered("enrol")),
    )
    try:
        phone = visit.administration.onboarding.add(visit.actor, new)
    except Invalid as error:
        errors = [
            f"{_LABELS.get(each.field, each.field)}: {each.value!r}; allowed: {each.allowed}"
            for each in error.errors
        ]
        return _draw_page(visit, row, 422, errors)
    except (AlreadyExists, Refused) as error:
        return _draw_page(visit, row, 409, [sentence_of(error)])
    return visit.go(f"{ONBOARD_PHONE}/{phone.device_name}", f"{phone.device_name} is added.")


def watch(visit: Visit) -> Response:
    """What is to be done at the phone, and its boot while it goes on."""
    device = visit.path_parts["device"]
    phone = visit.administration.phones.get(visit.actor, device)
    row = capability_of(phone.model, phone.protocol)
    status: Mapping[str, Any] = visit.site.live.ask("status")
    pending = phone.certificate_operation is not CertificateOperation.NONE
    string = phone.authentication_string if pending and visit.may(REPORT) else None
    return visit.show(
        "onboard_watch.html",
        phone=phone,
        is_third_party=row is None or row.is_third_party,
        address=status.get("address", ""),
        string=string.reveal() if string is not None else "",
        pending=pending,
        path=f"{ONBOARD_PHONE}/{device}",
        record_path=path_of(Phone.noun, phone.device_name),
        why_path=path_of(Phone.noun, phone.device_name, WHY),
        another=ONBOARD_PHONE,
        **why.live_values(visit.site, visit.actor, device),
    )


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The boot, as far as it has come."""
    values = why.live_values(site, actor, path_parts["device"])
    return site.templates.get_template("why_live.html").render(**values)


def _model(text: str) -> PhoneCapability | None:
    model, _, protocol = text.partition(_SEPARATOR)
    known = next((each for each in Protocol if each.value == protocol), None)
    return None if known is None else capability_of(model, known)


def _draw_page(visit: Visit, row: PhoneCapability | None, code: int = 200, errors: Sequence[str] = ()) -> Response:
    mode = visit.administration.parameters.enterprise(visit.actor).cluster_security_mode
    return visit.show(
        "onboard_phone.html",
        code,
        row=row,
        model="" if row is None else f"{row.model}{_SEPARATOR}{row.protocol.value}",
        models=[
            (f"{model}{_SEPARATOR}{protocol.value}", f"{model}, {protocol.value}")
            for model, protocol in CAPABILITIES
        ],
        securities=[] if row is None else [each.value for each in choices_for(row)],
        chosen=visit.entered("security"),
        entered=visit.entered,
        errors=errors,
        is_mixed=mode is ClusterSecurityMode.MIXED,
        secure=SECURE_CLUSTER,
        capf_runs=visit.site.live.ask("capf-calls") is not None,
        activation=SERVICE_ACTIVATION,
        nonsecure=WantedSecurity.NONSECURE.value,
        path=ONBOARD_PHONE,
    )
