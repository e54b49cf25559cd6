"""Trust stores: what goes in, what is kept out, and what is announced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs7, pkcs12

from administration.conftest import Time
from harness.foreign import authority, certificate, rsa_key
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.cluster.bus import Announcement
from ringward.domain.certificate import TrustPurpose
from ringward.domain.change import Action
from ringward.domain.errors import AlreadyExists, NotAllowed, NotFound, Refused
from ringward.pki.certificates import BadCertificate, Certificate, KeyPair
from ringward.pki.lint import LintErrors
from ringward.store.audit import AuditFilter, Outcome


@pytest.fixture
def now(clock: Time) -> datetime:
    return datetime.fromtimestamp(clock.now, UTC)


@pytest.fixture
def root(now: datetime) -> KeyPair:
    return authority("Manufacturing CA", now=now)


@pytest.mark.parametrize("form", ["pem", "der"])
def test_a_root_is_trusted_for_a_purpose(
    administration: Administration, ada: Actor, root: KeyPair, form: str, announced: list[Announcement]
) -> None:
    """CERT-10, CERT-16, CERT-18."""
    stores = administration.trust_stores
    imported = stores.add(ada, TrustPurpose.CAPF, getattr(root.certificate, form))
    assert imported.certificate == root.certificate and imported.warnings == ()
    assert [each.certificate for each in stores.find(ada)] == [root.certificate]
    assert stores.find(ada, TrustPurpose.WEB) == ()
    assert administration.configuration().trusted[TrustPurpose.CAPF] == (root.certificate.der,)
    (heard,) = announced
    assert (heard.noun, heard.action) == ("trusted-certificate", Action.ADDED)
    with pytest.raises(AlreadyExists):
        stores.add(ada, TrustPurpose.CAPF, root.certificate.der)


def test_other_formats_are_refused_with_the_names_of_those_allowed(
    administration: Administration, ada: Actor, root: KeyPair
) -> None:
    """CERT-16."""
    parsed = root.certificate.parsed()
    others = (
        pkcs12.serialize_key_and_certificates(b"x", root.key, parsed, None, NoEncryption()),
        pkcs7.serialize_certificates([parsed], Encoding.DER),
        pkcs7.serialize_certificates([parsed], Encoding.PEM),
        b"",
    )
    for content in others:
        with pytest.raises(BadCertificate, match=r"\.pem, \.der"):
            administration.trust_stores.add(ada, TrustPurpose.CAPF, content)
    assert administration.trust_stores.find(ada) == ()
    denied = administration.audit.find(ada, AuditFilter(outcome=Outcome.DENIED)).entries
    assert len(denied) == len(others), "every attempt is in the log"
    assert all(each.key == "capf" and ".der" in each.after["reason"] for each in denied)


def test_only_authorities_vouch_for_phones_and_tokens(
    administration: Administration, ada: Actor, now: datetime
) -> None:
    peer = certificate(begin=now - timedelta(days=1), end=now + timedelta(days=9))
    for purpose in (TrustPurpose.CAPF, TrustPurpose.TOKEN):
        with pytest.raises(Refused, match="no certificate authority"):
            administration.trust_stores.add(ada, purpose, peer.der)
    assert administration.trust_stores.add(ada, TrustPurpose.CALL_MANAGER, peer.der).certificate == peer


def test_the_linter_looks_first(administration: Administration, ada: Actor, now: datetime) -> None:
    for begin, end, reason in ((-9, -1, "it expired on"), (1, 9, "valid only from")):
        made = certificate(begin=now + timedelta(days=begin), end=now + timedelta(days=end))
        with pytest.raises(LintErrors, match=reason):
            administration.trust_stores.add(ada, TrustPurpose.CALL_MANAGER, made.pem)
    weak = certificate(key=rsa_key(1024), begin=now - timedelta(days=1), end=now + timedelta(days=9))
    imported = administration.trust_stores.add(ada, TrustPurpose.CALL_MANAGER, weak.pem)
    assert imported.warnings == ("its key is RSA 1024, which is weak today",)


def test_a_certificate_is_named_by_name_or_fingerprint(
    administration: Administration, ada: Actor, root: KeyPair, now: datetime
) -> None:
    stores, fingerprint = administration.trust_stores, root.certificate.fingerprint_sha256
    stores.add(ada, TrustPurpose.CAPF, root.certificate.pem)
    for text in ("Manufacturing CA", fingerprint, fingerprint[:23].lower(), root.certificate.fingerprint_sha1):
        assert stores.get(ada, TrustPurpose.CAPF, text).certificate == root.certificate
    for text in ("Other", fingerprint[:3], ""):
        with pytest.raises(NotFound):
            stores.get(ada, TrustPurpose.CAPF, text)
    stores.add(ada, TrustPurpose.CAPF, authority("Manufacturing CA", now=now).certificate.pem)
    with pytest.raises(Refused, match="names 2 certificates in CAPF-trust; use a fingerprint"):
        stores.remove(ada, TrustPurpose.CAPF, "Manufacturing CA")


def test_what_is_removed_is_gone(
    administration: Administration, ada: Actor, guest: Actor, root: KeyPair, announced: list[Announcement]
) -> None:
    """CERT-14."""
    stores = administration.trust_stores
    stores.add(ada, TrustPurpose.CAPF, root.certificate.pem)
    with pytest.raises(NotAllowed):
        stores.remove(guest, TrustPurpose.CAPF, "Manufacturing CA")
    assert stores.remove(ada, TrustPurpose.CAPF, "Manufacturing CA").certificate == root.certificate
    assert stores.find(ada) == ()
    assert announced[-1].action is Action.REMOVED


def test_a_revoked_certificate_is_known_to_the_services(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    revoked: Certificate = certificate()
    administration.trust_stores.revoke(ada, revoked)
    assert administration.configuration().revoked == {revoked.fingerprint_sha256}
    assert [each.subject for each in administration.trust_stores.revoked(ada)] == ["CN=node-1"]
    assert announced[-1].noun == "revoked-certificate"
    with pytest.raises(AlreadyExists):
        administration.trust_stores.revoke(ada, revoked)
    with pytest.raises(Refused, match="remove it from its trust store"):
        administration.trust_stores.revoke(ada, authority("CA").certificate)
