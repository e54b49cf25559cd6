"""Security > Certificates of Phones: what CAPF has issued and phones have shown, and revoking it."""

from __future__ import annotations

from starlette.responses import Response

from ringward.administration.authorization import authorize
from ringward.administration.device_certificates import REVOCABLE
from ringward.administration.enrolment import NOUN
from ringward.domain.errors import NotFound, Refused
from ringward.domain.phone import Phone
from ringward.domain.vocabulary import DeviceCertificateStatus
from ringward.store.device_certificates import EVERY, HELD
from ringward.web.navigation import PHONE_CERTIFICATES, WHY, path_of
from ringward.web.visit import Visit, sentence_of

_SHOWN = 200
_HELD_NOW = "held"
_STATUSES = {_HELD_NOW: HELD, "any": EVERY} | {each.value: (each,) for each in DeviceCertificateStatus}
_MOODS = {
    DeviceCertificateStatus.INSTALLED: "good",
    DeviceCertificateStatus.SEEN: "good",
    DeviceCertificateStatus.SENT: "warn",
    DeviceCertificateStatus.REVOKED: "bad",
}


def show(visit: Visit) -> Response:
    """Those that are asked for, the ones that end first in front."""
    status, containing = visit.asked("status", _HELD_NOW), visit.asked("device").strip()[:40]
    if status not in _STATUSES:
        status = _HELD_NOW
    total, rows = visit.administration.device_certificates.first(
        visit.actor, _STATUSES[status], _SHOWN, containing=containing.upper()
    )
    return visit.show(
        "phone_certificates.html",
        rows=[(row, _MOODS.get(row.status, "faint"), row.status in REVOCABLE) for row in rows],
        total=total,
        status=status,
        statuses=_STATUSES,
        device=containing,
        may_revoke=visit.may(f"{NOUN}.revoke"),
        why_path=lambda device: path_of(Phone.noun, device, WHY),
    )


def revoke(visit: Visit) -> Response:
    """Revoke one, after a question: it cannot be taken back."""
    authorize(visit.actor, f"{NOUN}.revoke")
    fingerprint = visit.entered("revoke")[:128]
    if not visit.is_sure:
        return visit.ask_first(
            question="Revoke the certificate?",
            consequence=(
                f"The one with SHA-256 {fingerprint}. Connections made with it end at once, and the phone does "
                "not get in with it again. That cannot be undone: it needs a new one, by a certificate operation."
            ),
            fields={"revoke": fingerprint},
            word="revoke it",
        )
    try:
        (row, *_) = visit.administration.device_certificates.revoke(visit.actor, fingerprint)
    except (NotFound, Refused) as error:
        return visit.go(PHONE_CERTIFICATES, sentence_of(error), kind="warning")
    return visit.go(PHONE_CERTIFICATES, f"The {row.kind.value} of {row.device} is revoked.")
