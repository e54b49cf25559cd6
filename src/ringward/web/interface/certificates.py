"""Certificates of this server, trust stores, and certificates that are revoked."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from ringward.administration.certificates import Renewed, ServerCertificate
from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.pki.certificate_fields import certificate_fields, certificate_json
from ringward.pki.certificates import Certificate, KeyKind
from ringward.pki.export import ExportForm
from ringward.web.interface.body import Body, member
from ringward.web.interface.call import Call

_LONGEST_CERTIFICATE = 100_000
"""Characters of PEM."""


def find(call: Call) -> Response:
    """The certificates of this server."""
    return JSONResponse({"items": [_own(each) for each in call.administration.certificates.find(call.actor)]})


def read(call: Call) -> Response:
    """One of them, with every field and as PEM."""
    found = call.administration.certificates.get(call.actor, _kind(call))
    fields = dict(certificate_fields(found.certificate))
    return JSONResponse(_own(found) | {"fields": fields, "pem": found.certificate.pem.decode()})


def export(call: Call) -> Response:
    """One of them as a file."""
    form = member(ExportForm, "form", call.asked("form", ExportForm.PEM.value))
    content = call.administration.certificates.export(call.actor, _kind(call), form)
    return Response(content, media_type="application/octet-stream")


def regenerate(call: Call) -> Response:
    """A new key and a new self-signed certificate."""
    key = Body(call, "certificate", "key").one_of(KeyKind, "key", KeyKind.RSA_2048)
    return _renewed(call.administration.certificates.regenerate(call.actor, _kind(call), key))


def request(call: Call) -> Response:
    """A new key and a signing request for it, as PEM."""
    key = Body(call, "certificate", "key").one_of(KeyKind, "key", KeyKind.RSA_2048)
    made = call.administration.certificates.request(call.actor, _kind(call), key)
    return PlainTextResponse(made.pem)


def import_signed(call: Call) -> Response:
    """Put the answer to a signing request into force."""
    content = Body(call, "certificate", "certificate").text("certificate", most=_LONGEST_CERTIFICATE).encode()
    return _renewed(call.administration.certificates.import_signed(call.actor, _kind(call), content))


def expiring(call: Call) -> Response:
    """What has reached an alarm."""
    found = call.administration.certificates.expiring(call.actor)
    items = [
        {"place": each.place, "count": each.count, "alarm": each.alarm, **certificate_json(each.certificate)}
        for each in found
    ]
    return JSONResponse({"items": items})


def trusted(call: Call) -> Response:
    """The certificates of one trust store, or of all."""
    store = call.asked("store")
    purpose = member(TrustPurpose, "store", store) if store else None
    found = call.administration.trust_stores.find(call.actor, purpose)
    return JSONResponse({"items": [_trusted(each.purpose, each.certificate) for each in found]})


def read_trusted(call: Call) -> Response:
    """One trusted certificate, with every field."""
    found = call.administration.trust_stores.get(call.actor, _store(call), call.path_parts["certificate"])
    fields = dict(certificate_fields(found.certificate))
    return JSONResponse(_trusted(found.purpose, found.certificate) | {"fields": fields})


def trust(call: Call) -> Response:
    """Trust a certificate, given as PEM."""
    content = Body(call, "trusted-certificate", "certificate").text("certificate", most=_LONGEST_CERTIFICATE)
    made = call.administration.trust_stores.add(call.actor, _store(call), content.encode())
    return JSONResponse(_trusted(_store(call), made.certificate) | {"notes": list(map(str, made.warnings))}, 201)


def distrust(call: Call) -> Response:
    """Trust a certificate no longer."""
    call.administration.trust_stores.remove(call.actor, _store(call), call.path_parts["certificate"])
    return Response(status_code=204)


def revoked(call: Call) -> Response:
    """Certificates of devices that are refused."""
    items = [asdict(each) for each in call.administration.trust_stores.revoked(call.actor)]
    return JSONResponse({"items": items})


def revoke(call: Call) -> Response:
    """Refuse a device's certificate, given as PEM, from now on."""
    content = Body(call, "revoked-certificate", "certificate").text("certificate", most=_LONGEST_CERTIFICATE)
    certificate = Certificate.load(content.encode())
    call.administration.trust_stores.revoke(call.actor, certificate)
    return JSONResponse(certificate_json(certificate), 201)


def _kind(call: Call) -> CertificateKind:
    return member(CertificateKind, "kind", call.path_parts["certificate_kind"])


def _store(call: Call) -> TrustPurpose:
    return member(TrustPurpose, "store", call.path_parts["store"])


def _own(found: ServerCertificate) -> dict[str, Any]:
    about = {"server": found.server, "kind": found.kind.value, "request_pending": found.request_pending}
    return about | certificate_json(found.certificate)


def _renewed(renewed: Renewed) -> Response:
    return JSONResponse(certificate_json(renewed.certificate) | {"notes": list(renewed.notes)})


def _trusted(purpose: TrustPurpose, certificate: Certificate) -> dict[str, Any]:
    return {"store": purpose.value, **certificate_json(certificate)}
