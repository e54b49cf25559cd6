"""Platform: the certificates of this server, and whom the cluster trusts (CERT-11 to CERT-18, HTTPS-08 to 11)."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.errors import FieldError, Invalid, NotFound, RingwardError
from ringward.domain.rules.certificate_expiry import alarm_of, time_left
from ringward.pki.certificate_fields import certificate_fields
from ringward.pki.certificates import Certificate, KeyKind
from ringward.pki.export import ExportForm
from ringward.web.navigation import PLATFORM
from ringward.web.visit import Visit, sentence_of

_MEDIA = {
    ExportForm.PEM: "application/x-pem-file",
    ExportForm.DER: "application/pkix-cert",
    ExportForm.PKCS7: "application/x-pkcs7-certificates",
}
MAX_CERTIFICATE = 65_536
"""Bytes; no certificate is near this size."""


def _kind(visit: Visit) -> CertificateKind:
    for kind in CertificateKind:
        if kind.value == visit.path_parts["kind"]:
            return kind
    raise NotFound("certificate", visit.path_parts["kind"])


def _left(certificate: Certificate, now: datetime) -> tuple[str, str]:
    """How long it is still good, and how that looks."""
    alarm = alarm_of(certificate.valid_to, now)
    return time_left(certificate.valid_to, now), "good" if alarm is None else "bad" if alarm <= 7 else "warn"


def _now(visit: Visit) -> datetime:
    return datetime.fromtimestamp(visit.site.now(), UTC)


def find(visit: Visit) -> Response:
    """The certificates of this server, and what ends soon, here and in the trust stores."""
    now = _now(visit)
    found = visit.administration.certificates.find(visit.actor)
    ending = visit.administration.certificates.expiring(visit.actor)
    return visit.show(
        "certificates.html",
        found=[(each, _left(each.certificate, now)) for each in found],
        expiring=[(each, _left(each.certificate, now)) for each in ending],
        platform=PLATFORM,
    )


def show(visit: Visit) -> Response:
    """One certificate with every field (CERT-24)."""
    return _draw(visit)


def _draw(visit: Visit, code: int = 200, sentence: str = "", request: str = "") -> Response:
    found = visit.administration.certificates.get(visit.actor, _kind(visit))
    return visit.show(
        "certificate.html",
        code,
        found=found,
        fields=certificate_fields(found.certificate),
        pem=found.certificate.pem.decode(),
        left=_left(found.certificate, _now(visit)),
        forms=[each.value for each in ExportForm],
        keys=[each.value for each in KeyKind],
        sentence=sentence,
        request=request,
        may_change=visit.may("certificate.update"),
        platform=PLATFORM,
    )


def export(visit: Visit) -> Response:
    """A certificate as a file (HTTPS-09)."""
    kind, name = _kind(visit), visit.path_parts["form"]
    form = next((each for each in ExportForm if each.value == name), None)
    if form is None:
        raise NotFound("form", name)
    content = visit.administration.certificates.export(visit.actor, kind, form)
    file = f'attachment; filename="{kind.value}.{form.value}"'
    return Response(content, media_type=_MEDIA[form], headers={"Content-Disposition": file})


def change(visit: Visit) -> Response:
    """Regenerate it, ask for a signature, or take in one that was signed elsewhere (CERT-14 to CERT-17)."""
    kind, certificates = _kind(visit), visit.administration.certificates
    try:
        match visit.entered("act"):
            case "request":
                made = certificates.request(visit.actor, kind, _key_kind(visit))
                return _draw(visit, 201, request=made.pem.decode())
            case "regenerate":
                renewed = certificates.regenerate(visit.actor, kind, _key_kind(visit))
            case "import":
                renewed = certificates.import_signed(visit.actor, kind, _content(visit))
            case other:
                raise Invalid("form", "act", [FieldError("act", other[:20], "request, regenerate, import")])
    except RingwardError as error:
        return _draw(visit, 422, sentence=sentence_of(error))
    said = f"The {kind.value} certificate is now the one with SHA-256 {renewed.certificate.fingerprint_sha256}."
    return visit.go(visit.path, said, renewed.notes)


def _key_kind(visit: Visit) -> KeyKind:
    text = visit.entered("key")
    for kind in KeyKind:
        if kind.value == text:
            return kind
    raise Invalid("form", "key", [FieldError("key", text[:20], ", ".join(kind.value for kind in KeyKind))])


def _content(visit: Visit) -> bytes:
    content = visit.files.get("file") or visit.entered("text").encode()
    if not 0 < len(content) <= MAX_CERTIFICATE:
        raise Invalid(
            "form", "certificate", [FieldError("certificate", f"{len(content)} bytes", "a file in PEM or DER")]
        )
    return content


def find_trusted(visit: Visit) -> Response:
    """The trust stores with what is in them."""
    return _draw_trust(visit)


def _draw_trust(visit: Visit, code: int = 200, sentence: str = "") -> Response:
    now = _now(visit)
    trusted = visit.administration.trust_stores.find(visit.actor)
    stores = [
        (
            purpose,
            [(each, _left(each.certificate, now)) for each in trusted if each.purpose is purpose],
            [kind.value for kind in CertificateKind if kind.trust is purpose],
        )
        for purpose in TrustPurpose
    ]
    return visit.show(
        "trust_stores.html",
        code,
        stores=stores,
        sentence=sentence,
        may_add=visit.may("trusted-certificate.add"),
        may_remove=visit.may("trusted-certificate.remove"),
    )


def change_trusted(visit: Visit) -> Response:
    """Trust a certificate, or trust one no longer."""
    name = visit.entered("store")
    purpose = next((each for each in TrustPurpose if each.value == name), None)
    if purpose is None:
        raise NotFound("trust store", name[:40])
    stores = visit.administration.trust_stores
    try:
        if fingerprint := visit.entered("remove"):
            removed = stores.remove(visit.actor, purpose, fingerprint)
            return visit.go(visit.path, f"{removed.certificate.subject} is trusted no longer.")
        added = stores.add(visit.actor, purpose, _content(visit))
    except RingwardError as error:
        return _draw_trust(visit, 422, sentence=sentence_of(error))
    return visit.go(visit.path, f"{added.certificate.subject} is trusted in {purpose.title}.", added.warnings)
