"""A new phone from its box to its certificate: onboarding, symmetric keys, and what CAPF did (SCN-08, CAPF-33)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from starlette.responses import JSONResponse, Response

from ringward.administration.authorization import authorize
from ringward.administration.onboarding import NewPhone, WantedSecurity, choices_for
from ringward.domain.errors import FieldError, Invalid
from ringward.domain.json_record import json_record
from ringward.domain.phone_models import capability_of
from ringward.domain.rules.device_name import device_name_of
from ringward.domain.vocabulary import DeviceCertificateStatus, Protocol
from ringward.store.device_certificates import DeviceCertificateRow
from ringward.web.find_and_list import read_criterion
from ringward.web.interface.body import Body, member
from ringward.web.interface.call import Call
from ringward.web.interface.records import DEFAULT_LIMIT, MAX_LIMIT

REPORT = "certificate-operation.report"
_MOST_DAYS = 36_500


def onboard(call: Call) -> Response:
    """Add a phone with profile, certificate operation and authentication string as it needs them."""
    known = ("device", "model", "protocol", "directory_number", "description", "security", "enrol")
    body = Body(call, "phone", *known)
    model, protocol = body.text("model"), body.one_of(Protocol, "protocol", Protocol.SIP)
    row = capability_of(model, protocol)
    if row is None:
        raise Invalid("phone", "", [FieldError("model", model[:40], "a model that knows the protocol")])
    choices = choices_for(row)
    security = body.one_of(WantedSecurity, "security", choices[0])
    if security not in choices:
        raise body.wrong("security", security.value, ", ".join(each.value for each in choices))
    new = NewPhone(
        model,
        protocol,
        body.text("device").strip(),
        body.text("directory_number", "").strip(),
        body.text("description", "").strip(),
        security,
        enrol=body.flag("enrol", security is not WantedSecurity.NONSECURE),
    )
    phone = call.administration.onboarding.add(call.actor, new)
    string = phone.authentication_string
    return JSONResponse(
        {
            "key": phone.key,
            "record": json_record(phone),
            "authentication_string": string.reveal() if string is not None else "",
        },
        201,
    )


def symmetric_key(call: Call) -> Response:
    """Make a new symmetric key for a phone's file; it is shown this once (CFGENC-18)."""
    key, saved = call.administration.phones.generate_symmetric_key(call.actor, call.path_parts["key"])
    return JSONResponse({"symmetric_key": key.reveal(), "notes": list(saved.notes)}, 201)


def report(call: Call) -> Response:
    """The CAPF report: the phones that meet every criterion, with their authentication strings (CAPF-33)."""
    criteria = [read_criterion(text) for text in call.query.get("where", ())]
    rows = call.administration.certificate_operations.report(
        call.actor, criteria, limit=call.number("limit", DEFAULT_LIMIT, MAX_LIMIT)
    )
    total = call.administration.certificate_operations.count(call.actor, criteria)
    return JSONResponse({"items": [asdict(row) for row in rows], "total": total, "offset": 0})


def certificates(call: Call) -> Response:
    """The certificates of phones."""
    status = [member(DeviceCertificateStatus, "status", text) for text in call.query.get("status", ())]
    days = call.asked("days")
    found = call.administration.device_certificates.find(
        call.actor,
        device=call.asked("device"),
        status=status or tuple(DeviceCertificateStatus),
        expires_within=timedelta(days=call.number("days", 0, _MOST_DAYS)) if days else None,
    )
    return JSONResponse({"items": [_certificate(row) for row in found]})


def revoke(call: Call) -> Response:
    """Revoke a certificate by its fingerprint, or all that a phone holds by its name."""
    text = Body(call, "device-certificate", "which").text("which")
    rows = call.administration.device_certificates.revoke(call.actor, device_name_of(text) or text)
    return JSONResponse({"items": [_certificate(row) for row in rows]})


def renewals(call: Call) -> Response:
    """The phones whose certificate is to be renewed, the most urgent first."""
    days = call.number("days", 0, _MOST_DAYS) if call.asked("days") else None
    items = [
        {
            "device": each.device,
            "expires": f"{each.expires:%Y-%m-%d}",
            "state": each.state.value,
            "authentication_mode": each.authentication_mode.value,
            "operation_status": each.operation_status,
        }
        for each in call.administration.certificate_renewals.report(call.actor, days)
    ]
    return JSONResponse({"items": items})


def capf_calls(call: Call) -> Response:
    """The last calls of phones to CAPF; null while it does not run."""
    authorize(call.actor, REPORT)
    return JSONResponse({"items": call.live.ask("capf-calls")})


def _certificate(row: DeviceCertificateRow) -> dict[str, str]:
    return {
        "device": row.device,
        "kind": row.kind.value,
        "status": row.status.value,
        "status_since": _moment(row.status_at),
        "issued": _moment(row.issued_at),
        "expires": _moment(row.expires_at),
        "serial_number": row.serial_number,
        "fingerprint_sha256": row.fingerprint,
    }


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
