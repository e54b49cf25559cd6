"""Security > Trust Stores: whom the cluster trusts, and which devices it refuses (CERT-11 to CERT-13, CERT-18)."""

from __future__ import annotations

from starlette.responses import Response

from ringward.administration.authorization import authorize
from ringward.administration.trust_stores import NOUN, REVOKED_NOUN
from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.errors import NotFound, RingwardError
from ringward.pki.certificates import Certificate
from ringward.web.navigation import PHONE_CERTIFICATES
from ringward.web.pages.certificates import moment_of, time_left_of, uploaded
from ringward.web.visit import Visit, sentence_of

_PERMISSIONS = {"remove": f"{NOUN}.remove", "revoke": f"{REVOKED_NOUN}.add"}


def show(visit: Visit) -> Response:
    """The trust stores with what is in them, and the certificates that are refused."""
    return _draw(visit)


def _draw(visit: Visit, code: int = 200, sentence: str = "") -> Response:
    now = moment_of(visit)
    trusted = visit.administration.trust_stores.find(visit.actor)
    stores = [
        (
            purpose,
            [(each, time_left_of(each.certificate, now)) for each in trusted if each.purpose is purpose],
            [kind.value for kind in CertificateKind if kind.trust is purpose],
        )
        for purpose in TrustPurpose
    ]
    reads_revoked = visit.may(f"{REVOKED_NOUN}.read")
    return visit.show(
        "trust_stores.html",
        code,
        stores=stores,
        sentence=sentence,
        may_add=visit.may(f"{NOUN}.add"),
        may_remove=visit.may(f"{NOUN}.remove"),
        revoked=visit.administration.trust_stores.revoked(visit.actor) if reads_revoked else (),
        may_revoke=visit.may(f"{REVOKED_NOUN}.add"),
        phone_certificates=PHONE_CERTIFICATES,
    )


def change(visit: Visit) -> Response:
    """Trust a certificate, trust one no longer, or refuse that of a device."""
    act = visit.entered("act")
    authorize(visit.actor, _PERMISSIONS.get(act, f"{NOUN}.add"))
    try:
        match act:
            case "remove":
                return _remove(visit)
            case "revoke":
                refused = Certificate.load(uploaded(visit))
                visit.administration.trust_stores.revoke(visit.actor, refused)
                return visit.go(visit.path, f"The certificate of {refused.subject} is refused from now on.")
            case _:
                purpose = _purpose(visit)
                added = visit.administration.trust_stores.add(visit.actor, purpose, uploaded(visit))
                said = f"{added.certificate.subject} is trusted in {purpose.title}."
                return visit.go(visit.path, said, added.warnings)
    except RingwardError as error:
        return _draw(visit, 422, sentence=sentence_of(error))


def _remove(visit: Visit) -> Response:
    """Trust a certificate no longer, after a question that says whom that concerns."""
    purpose, fingerprint = _purpose(visit), visit.entered("fingerprint")[:128]
    stores = visit.administration.trust_stores
    certificate = stores.get(visit.actor, purpose, fingerprint).certificate
    if not visit.is_sure:
        return visit.ask_first(
            question=f"Trust {certificate.subject} in {purpose.title} no longer?",
            consequence=(
                "Whom it vouches for is refused from the next connection on. To trust it again you need its file: "
                f"keep it first, if you may need it. SHA-256: {certificate.fingerprint_sha256}"
            ),
            fields={"act": "remove", "store": purpose.value, "fingerprint": fingerprint},
            word="remove it",
        )
    stores.remove(visit.actor, purpose, fingerprint)
    return visit.go(visit.path, f"{certificate.subject} is trusted no longer.")


def _purpose(visit: Visit) -> TrustPurpose:
    name = visit.entered("store")
    for purpose in TrustPurpose:
        if purpose.value == name:
            return purpose
    raise NotFound("trust store", name[:40])
