"""Platform: the certificates of this server (CERT-14 to CERT-17, HTTPS-08 to 11)."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from ringward.domain.certificate import CertificateKind
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


def time_left_of(certificate: Certificate, now: datetime) -> tuple[str, str]:
    """How long it is still good, and how that looks."""
    alarm = alarm_of(certificate.valid_to, now)
    return time_left(certificate.valid_to, now), "good" if alarm is None else "bad" if alarm <= 7 else "warn"


def moment_of(visit: Visit) -> datetime:
    """The time of a visit."""
    return datetime.fromtimestamp(visit.site.now(), UTC)


def find(visit: Visit) -> Response:
    """The certificates of this server, and what ends soon, here and in the trust stores."""
    now = moment_of(visit)
    found = visit.administration.certificates.find(visit.actor)
    ending = visit.administration.certificates.expiring(visit.actor)
    return visit.show(
        "certificates.html",
        found=[(each, time_left_of(each.certificate, now)) for each in found],
        expiring=[(each, time_left_of(each.certificate, now)) for each in ending],
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
        left=time_left_of(found.certificate, moment_of(visit)),
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
                renewed = certificates.import_signed(visit.actor, kind, uploaded(visit))
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


def uploaded(visit: Visit) -> bytes:
    """What was sent to be read as a certificate; raises :class:`Invalid` if that can be none."""
    content = visit.files.get("file") or visit.entered("text").encode()
    if not 0 < len(content) <= MAX_CERTIFICATE:
        raise Invalid(
            "form", "certificate", [FieldError("certificate", f"{len(content)} bytes", "a file in PEM or DER")]
        )
    return content
