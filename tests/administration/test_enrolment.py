"""CAPF's use cases for many phones in one turn; phones that call are in tests/services/capf."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from harness.statements import statements_of
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import WantedOperation
from ringward.administration.enrolment import NoLongerPending
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CapfFailure,
    CertificateOperation,
    DeviceCertificateStatus,
    Protocol,
)
from ringward.phone.enrolment import public_part
from ringward.pki.certificates import KeyPair
from ringward.pki.issuing import make_authority
from ringward.store.audit import AuditFilter

DEVICES = [f"SEP00112233445{number}" for number in range(6)]
MODE = CapfAuthenticationMode.NULL_STRING


@pytest.fixture(scope="module")
def authority() -> KeyPair:
    return make_authority("CAPF-test", now=datetime(2020, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def keys() -> list[bytes]:
    return [public_part(rsa.generate_private_key(65537, 1024)) for _ in range(2)]


@pytest.fixture
def phones(administration: Administration, ada: Actor) -> list[str]:
    for device in DEVICES:
        profile = nonsecure_profile_name("7961", Protocol.SIP)
        administration.phones.add(ada, Phone(device, "7961", Protocol.SIP, profile))
    wanted = WantedOperation(CertificateOperation.INSTALL_UPGRADE, None, False, "", MODE)
    administration.certificate_operations.give(ada, wanted, devices=DEVICES)
    return DEVICES


def statements(administration: Administration, devices: list[str]) -> int:
    """How many are sent in a turn that only looks at these phones, for each of which something is pending."""
    with statements_of(administration.database) as sent, administration.enrolment.together(devices) as enrolment:
        for device in devices:
            pending = enrolment.pending(device)
            assert pending is not None
            assert pending.operation is CertificateOperation.INSTALL_UPGRADE
    return len(sent)


def test_what_is_known_of_phones_is_read_at_once(
    administration: Administration, ada: Actor, phones: list[str]
) -> None:
    def after_a_change(devices: list[str], name: str) -> int:
        administration.parameters.set_enterprise(ada, {"cluster_id": name})
        return statements(administration, devices)

    after_a_change(phones, "Vienna")  # what a first time costs more
    assert after_a_change(phones, "Linz") == after_a_change(phones[:2], "Graz")


def test_what_nobody_has_changed_is_not_read_again(administration: Administration, phones: list[str]) -> None:
    first = statements(administration, phones)
    assert statements(administration, phones) < first
    with administration.enrolment.together(phones) as enrolment:
        assert enrolment.pending(phones[0]) is not None
    assert statements(administration, phones) < first


def test_what_somebody_changes_between_two_turns_is_seen(
    administration: Administration, ada: Actor, authority: KeyPair, keys: list[bytes], phones: list[str]
) -> None:
    with administration.enrolment.together(phones) as enrolment:
        pending, other = enrolment.pending(phones[0]), enrolment.pending(phones[1])
        assert pending is not None
        assert other is not None
        sent = enrolment.issue(pending, keys[0], authority, 5)
        enrolment.issue(other, keys[0], authority, 5)
    administration.device_certificates.revoke(ada, phones[0])
    administration.phones.update(ada, phones[1], {"certificate_operation": CertificateOperation.NONE})
    with administration.enrolment.together(phones) as enrolment:
        with pytest.raises(NoLongerPending):
            enrolment.installed(other, sent)
        enrolment.installed(pending, sent)
    found = {row.device: row.status for row in administration.device_certificates.find(ada)}
    assert found[phones[0]] is DeviceCertificateStatus.REVOKED


def test_a_turn_that_is_undone_is_not_believed_by_the_next(
    administration: Administration, authority: KeyPair, keys: list[bytes], phones: list[str]
) -> None:
    """CAPF-39."""
    statements(administration, phones)
    with pytest.raises(RuntimeError), administration.enrolment.together(phones) as enrolment:
        pending = enrolment.pending(phones[0])
        assert pending is not None
        lost = enrolment.issue(pending, keys[0], authority, 5)
        enrolment.installed(pending, lost)
        raise RuntimeError
    with administration.enrolment.together(phones) as enrolment:
        again = enrolment.pending(phones[0])
        assert again is not None
        assert again == pending
        assert enrolment.issue(again, keys[0], authority, 5) != lost


def test_every_step_of_a_turn_sees_those_before_it(
    administration: Administration, ada: Actor, authority: KeyPair, keys: list[bytes], phones: list[str]
) -> None:
    """CAPF-39: nothing is issued twice, also for a phone that calls twice in a turn."""
    with administration.enrolment.together(phones) as enrolment:
        pending = enrolment.pending(phones[0])
        assert pending is not None
        first = enrolment.issue(pending, keys[0], authority, 5)
        assert enrolment.issue(pending, keys[0], authority, 5) == first
        second = enrolment.issue(pending, keys[1], authority, 5)
        enrolment.installed(pending, second)
        with pytest.raises(NoLongerPending):
            enrolment.issue(pending, keys[1], authority, 5)
        after = enrolment.pending(phones[0])
        assert after is not None
        assert (after.operation, after.lsc) == (CertificateOperation.NONE, second)
    found = {row.certificate: row.status for row in administration.device_certificates.find(ada)}
    assert found == {first.der: DeviceCertificateStatus.ABANDONED, second.der: DeviceCertificateStatus.INSTALLED}


def test_a_certificate_that_was_revoked_on_its_way_is_not_installed(
    administration: Administration, ada: Actor, authority: KeyPair, keys: list[bytes], phones: list[str]
) -> None:
    pending = administration.enrolment.pending(phones[0])
    assert pending is not None
    sent = administration.enrolment.issue(pending, keys[0], authority, 5)
    administration.device_certificates.revoke(ada, phones[0])
    administration.enrolment.installed(pending, sent)
    (row,) = administration.device_certificates.find(ada)
    assert row.status is DeviceCertificateStatus.REVOKED


def test_the_log_of_a_turn_is_one_chain_and_tells_of_what_has_happened_alone(
    administration: Administration, ada: Actor, authority: KeyPair, keys: list[bytes], phones: list[str]
) -> None:
    with administration.enrolment.together(phones) as enrolment:
        given = {device: enrolment.pending(device) for device in phones}
        for device, pending in given.items():
            assert pending is not None, device
            enrolment.issue(pending, keys[0], authority, 5)
        late = given[phones[1]]
        assert late is not None
        enrolment.failed(late, CapfFailure.LATE, final=True)
        with pytest.raises(NoLongerPending):
            enrolment.installed(late, authority.certificate)
    assert administration.audit.verify(ada).broken_at is None
    newest = administration.audit.find(ada, AuditFilter(actor="CAPF")).entries
    assert [entry.key for entry in newest] == [phones[1], *reversed(phones)]
