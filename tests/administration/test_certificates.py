"""Certificates of the server, from installation to renewal, with a stranger's authority that signs requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from administration.conftest import Time
from harness.foreign import authority, certificate, sign_request
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import ServerNames
from ringward.cluster.bus import Announcement
from ringward.domain.certificate import MADE_AT_INSTALLATION, CertificateKind, TrustPurpose
from ringward.domain.errors import NotAllowed, NotFound, Refused
from ringward.domain.server import Server
from ringward.pki.certificates import BadCertificate, KeyKind
from ringward.pki.export import ExportForm
from ringward.pki.lint import LintErrors
from ringward.store.audit import AuditFilter, Outcome

NODE, WEB, CAPF = CertificateKind.NODE, CertificateKind.WEB, CertificateKind.CAPF
NAMES = ServerNames("node1", ("node1.example",), ("192.0.2.1",))


@pytest.fixture
def started(administration: Administration) -> Administration:
    """A server after its first start."""
    administration.certificates.make_missing(MADE_AT_INSTALLATION, NAMES)
    return administration


def moment(clock: Time) -> datetime:
    return datetime.fromtimestamp(clock.now, UTC)


def test_the_first_start_makes_certificates_and_later_ones_keep_them(started: Administration, ada: Actor) -> None:
    """CERT-05, CERT-06, CERT-08, CERT-19."""
    before = started.certificates.find(ada)
    assert [each.kind for each in before] == list(MADE_AT_INSTALLATION)
    assert {each.certificate.common_name for each in before} == {"node1"}
    assert len({each.certificate.public_key for each in before}) == 3
    started.certificates.make_missing(MADE_AT_INSTALLATION, ServerNames("another"))
    assert started.certificates.find(ada) == before
    assert started.certificates.server_name == "node1"


def test_a_phone_is_no_matter_here(started: Administration, ada: Actor) -> None:
    """CERT-04."""
    kinds = {each.kind for each in started.certificates.find(ada)}
    assert kinds <= set(CertificateKind) and not {"mic", "lsc"} & {kind.value for kind in CertificateKind}


def test_activation_makes_the_authority_once_and_trusts_it(started: Administration, ada: Actor) -> None:
    """CAPF-02, CERT-07."""
    made = started.certificates.activate(ada, CAPF)
    assert made.common_name.startswith("CAPF-") and made.is_authority and made.is_self_issued
    assert started.certificates.activate(ada, CAPF) == made
    assert [each.certificate for each in started.trust_stores.find(ada, TrustPurpose.CAPF)] == [made]


def test_a_renewed_authority_leaves_trust_in_what_the_former_one_signed(
    started: Administration, ada: Actor
) -> None:
    former = started.certificates.activate(ada, CAPF)
    renewed = started.certificates.regenerate(ada, CAPF)
    assert "CTL file" in renewed.notes[0]
    trusted = {each.certificate for each in started.trust_stores.find(ada, TrustPurpose.CAPF)}
    assert trusted == {former, renewed.certificate}


def test_the_present_authority_stays_trusted(started: Administration, ada: Actor) -> None:
    """No phone is stranded by removing the trust in CAPF itself; its former certificate may go."""
    former = started.certificates.activate(ada, CAPF)
    with pytest.raises(Refused, match="regenerate it first: ringward certificate regenerate capf"):
        started.trust_stores.remove(ada, TrustPurpose.CAPF, former.common_name)
    renewed = started.certificates.regenerate(ada, CAPF).certificate
    started.trust_stores.remove(ada, TrustPurpose.CAPF, former.common_name)
    assert [each.certificate for each in started.trust_stores.find(ada, TrustPurpose.CAPF)] == [renewed]


def test_regeneration_is_announced_and_audited(
    started: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    """CERT-14, CERT-15, HTTPS-11."""
    before = started.certificates.get(ada, WEB).certificate
    announced.clear()
    after = started.certificates.regenerate(ada, WEB, KeyKind.EC_P256).certificate
    assert started.certificates.get(ada, WEB).certificate == after != before
    assert (after.dns_names, after.addresses) == (before.dns_names, before.addresses)
    assert [(each.noun, each.key) for each in announced] == [("certificate", "node1/web")]
    entry = started.audit.find(ada, AuditFilter(noun="certificate")).entries[0]
    assert (entry.key, entry.outcome) == ("node1/web", Outcome.UPDATED)
    assert (entry.before["fingerprint"], entry.after["fingerprint"]) == (
        before.fingerprint_sha256,
        after.fingerprint_sha256,
    )


def test_who_may_only_look_regenerates_nothing(started: Administration, guest: Actor) -> None:
    before = started.certificates.get(guest, WEB)
    with pytest.raises(NotAllowed):
        started.certificates.regenerate(guest, WEB)
    with pytest.raises(NotAllowed):
        started.certificates.request(guest, WEB)
    assert started.certificates.get(guest, WEB) == before


def test_a_kind_that_is_not_there_is_told(started: Administration, ada: Actor) -> None:
    for ask in (started.certificates.get, started.certificates.regenerate):
        with pytest.raises(NotFound, match="capf"):
            ask(ada, CAPF)


def test_a_request_is_signed_elsewhere_and_its_answer_comes_into_force(
    started: Administration, ada: Actor, clock: Time, announced: list[Announcement]
) -> None:
    """CERT-17."""
    now = moment(clock)
    root = authority("Root", now=now)
    between = authority("Between", root, now=now)
    request = started.certificates.request(ada, WEB)
    assert started.certificates.get(ada, WEB).request_pending
    signed = sign_request(request.pem, between, now=now)
    with pytest.raises(Refused, match=r"first import that of its issuer, CN=Between: ringward trust import web"):
        started.certificates.import_signed(ada, WEB, signed.pem)
    for issuer in (root, between):
        started.trust_stores.add(ada, TrustPurpose.WEB, issuer.certificate.der)
    announced.clear()
    renewed = started.certificates.import_signed(ada, WEB, signed.der)
    found = started.certificates.get(ada, WEB)
    assert renewed.certificate == signed
    assert found.chain == (signed, between.certificate)
    assert not found.request_pending
    assert started.key_store.load(WEB).certificate == signed
    assert [each.key for each in announced] == ["node1/web"]
    assert started.certificates.export(ada, WEB, ExportForm.PEM) == signed.pem


def test_what_does_not_fit_is_refused_and_changes_nothing(
    started: Administration, ada: Actor, clock: Time
) -> None:
    now = moment(clock)
    root = authority("Root", now=now)
    started.trust_stores.add(ada, TrustPurpose.CALL_MANAGER, root.certificate.der)
    request = started.certificates.request(ada, NODE)
    before = started.certificates.get(ada, NODE)
    span = {"begin": now - timedelta(days=9), "end": now + timedelta(days=9)}
    with pytest.raises(BadCertificate, match="belongs neither to the key of a pending signing request nor"):
        started.certificates.import_signed(ada, NODE, certificate(issuer=root, **span).pem)  # type: ignore[arg-type]
    with pytest.raises(BadCertificate, match="neither a PEM nor a DER"):
        started.certificates.import_signed(ada, NODE, b"PKCS#12 perhaps")
    late = sign_request(request.pem, root, now=now - timedelta(days=900))
    with pytest.raises(LintErrors, match="it expired on"):
        started.certificates.import_signed(ada, NODE, late.pem)
    other = sign_request(request.pem, root, now=now, common_name="node2")
    with pytest.raises(Refused, match="names 'node2', but this node is 'node1'"):
        started.certificates.import_signed(ada, NODE, other.pem)
    assert started.certificates.get(ada, NODE) == before
    denied = started.audit.find(ada, AuditFilter(outcome=Outcome.DENIED)).entries
    assert [each.permission for each in denied] == ["certificate.import"] * 4, "every attempt is in the log"
    assert "but this node is 'node1'" in denied[0].after["reason"]


def test_authorities_sign_themselves(started: Administration, ada: Actor) -> None:
    """CERT-22, R-19."""
    started.certificates.activate(ada, CAPF)
    with pytest.raises(Refused, match="is a root"):
        started.certificates.request(ada, CAPF)
    with pytest.raises(Refused, match="is a root"):
        started.certificates.import_signed(ada, CAPF, b"")


def test_a_new_address_comes_into_the_next_certificate(started: Administration, ada: Actor) -> None:
    started.records(Server).update(ada, "node1", {"address": "192.0.2.77"})
    assert "192.0.2.77" in started.certificates.regenerate(ada, NODE).certificate.addresses


@pytest.mark.parametrize(
    ("days", "alarm"), [(61, None), (60, 60), (31, 60), (30, 30), (7, 7), (1, 7), (0, 0), (-5, 0)]
)
def test_alarms_before_the_end(
    started: Administration, ada: Actor, clock: Time, days: int, alarm: int | None
) -> None:
    end = started.certificates.get(ada, NODE).certificate.valid_to
    clock.now = (end - timedelta(days=days)).timestamp()
    found = started.certificates.expiring(ada)
    assert {each.alarm for each in found} == ({alarm} if alarm is not None else set())
    assert {each.place for each in found} <= {"node1 node", "node1 web", "node1 ipsec"}


def test_trusted_certificates_are_watched_too(started: Administration, ada: Actor, clock: Time) -> None:
    root = authority("Root", now=moment(clock))
    started.trust_stores.add(ada, TrustPurpose.WEB, root.certificate.der)
    clock.now = root.certificate.valid_to.timestamp() + 1
    assert "web-trust" in {each.place for each in started.certificates.expiring(ada)}
