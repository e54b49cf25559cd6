"""Certificate operations: given to phones, carried through with them, reported."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from administration.conftest import Time
from harness.statements import statements_of
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import REPORT_COLUMNS, WantedOperation, report_file
from ringward.administration.certificates import ServerNames
from ringward.administration.enrolment import NoLongerPending, PendingOperation
from ringward.administration.operation import View
from ringward.domain.certificate import CertificateKind
from ringward.domain.errors import Invalid, NotAllowed, NotFound
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.secret import Secret
from ringward.domain.service import CAPF
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CapfFailure,
    CertificateOperation,
    DeviceCertificateKind,
    DeviceCertificateStatus,
    KeySize,
    Protocol,
)
from ringward.pki.certificates import BadCertificate, Certificate
from ringward.pki.issuing import issue_device_certificate
from ringward.store.criteria import Comparison, Criterion

SEP = "SEP001122334455"
OTHER = "SEP001122334466"
INSTALL = CertificateOperation.INSTALL_UPGRADE
BY_STRING = CapfAuthenticationMode.AUTHENTICATION_STRING
NULL = WantedOperation(INSTALL, authentication_mode=CapfAuthenticationMode.NULL_STRING)
STRING = WantedOperation(INSTALL, Secret("4711"), authentication_mode=BY_STRING)


def public_key(bits: int = 1024) -> bytes:
    key = rsa.generate_private_key(65537, bits)
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


KEY = public_key()


@pytest.fixture
def office(administration: Administration, ada: Actor, clock: Time) -> Administration:
    """A phone with a MIC, one without, and CAPF's key pair."""
    clock.now = datetime.now(UTC).timestamp()
    for name, model in ((SEP, "7961"), (OTHER, "7960")):
        profile = nonsecure_profile_name(model, Protocol.SIP)
        administration.phones.add(ada, Phone(name, model, Protocol.SIP, profile, description=f"desk {model}"))
    administration.certificates.make_missing((CertificateKind.CAPF,), ServerNames("node1"))
    return administration


def given_to(office: Administration, actor: Actor, wanted: WantedOperation, device: str = SEP) -> PendingOperation:
    office.certificate_operations.give(actor, wanted, devices=[device])
    pending = office.enrolment.pending(device)
    assert pending is not None
    return pending


def issue(office: Administration, pending: PendingOperation, key: bytes = KEY) -> Certificate:
    return office.enrolment.issue(pending, key, office.key_store.load(CertificateKind.CAPF), 5)


def status(office: Administration, actor: Actor) -> str:
    return office.phones.get(actor, SEP).operation_status


def test_an_operation_is_pending_with_its_preset_deadline(office: Administration, ada: Actor) -> None:
    """CAPF-24, CAPF-30, CAPF-35."""
    office.parameters.set_enterprise(ada, {"CAPF Operation Expires in (days)": "5"})
    given_to(office, ada, NULL)
    phone = office.phones.get(ada, SEP)
    in_five_days = (datetime.now().astimezone() + timedelta(days=5)).strftime("%Y-%m-%d")
    assert phone.operation_status == "Operation Pending"
    assert phone.operation_completes_by.startswith(in_five_days)


def test_the_fields_may_be_set_at_the_phone_like_any_other(office: Administration, ada: Actor) -> None:
    """CAPF-31: the same rules, whichever way they are entered."""
    office.phones.edit_capf_settings(ada, SEP, BY_STRING)
    saved = office.phones.update(
        ada, SEP, {"certificate_operation": INSTALL, "authentication_string": Secret("123456")}
    )
    assert saved.record.operation_status == "Operation Pending"
    assert any("eset this phone" in note for note in saved.notes)


@pytest.mark.parametrize("digits", ["123", "12345678901", "12a4", "１２３４"])
def test_a_string_has_four_to_ten_digits(office: Administration, ada: Actor, digits: str) -> None:
    """CAPF-25."""
    office.phones.edit_capf_settings(ada, SEP, BY_STRING)
    with pytest.raises(Invalid, match="4 to 10 digits"):
        office.phones.update(ada, SEP, {"certificate_operation": INSTALL, "authentication_string": Secret(digits)})
    assert status(office, ada) == ""


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (WantedOperation(INSTALL, authentication_mode=BY_STRING), "entered or generated"),
        (WantedOperation(INSTALL, Secret("4711"), completes_by="2020-01-01 00:00"), "a time after now"),
        (WantedOperation(INSTALL, completes_by="tomorrow"), "a date and time such as"),
        (WantedOperation(INSTALL, Secret("4711"), key_size=KeySize.RSA_512), "Smallest Key Size"),
        (WantedOperation(INSTALL, Secret("4711"), key_size=KeySize.EC_256), "allowed: 1024, 512, 2048"),
        (
            WantedOperation(INSTALL, Secret("4711"), authentication_mode=CapfAuthenticationMode.NULL_STRING),
            "nothing, as the profile says By Null String",
        ),
    ],
)
def test_an_operation_that_could_never_succeed_is_refused(
    office: Administration, ada: Actor, wanted: WantedOperation, words: str
) -> None:
    """CAPF-25, CAPF-29."""
    with pytest.raises(Invalid, match=words):
        given_to(office, ada, wanted)
    assert office.phones.get(ada, SEP).certificate_operation is CertificateOperation.NONE


def test_without_a_certificate_there_is_nothing_to_delete_or_show(office: Administration, ada: Actor) -> None:
    """CAPF-27: the 7961 has a MIC, the 7960 has not."""
    for operation in (CertificateOperation.DELETE, CertificateOperation.TROUBLESHOOT):
        wanted = WantedOperation(operation, authentication_mode=CapfAuthenticationMode.NULL_STRING)
        given_to(office, ada, wanted)
        with pytest.raises(Invalid, match="has no certificate"):
            given_to(office, ada, wanted, OTHER)


def test_settings_edited_with_an_operation_choose_or_make_the_profile(office: Administration, ada: Actor) -> None:
    """PSP-10, PSP-11: other phones of the former profile keep theirs."""
    given = office.certificate_operations.give(ada, STRING, devices=[SEP])
    (made,) = given.made_profiles
    assert office.phones.get(ada, SEP).security_profile == made
    assert office.certificate_operations.give(ada, STRING, devices=[SEP]).made_profiles == ()
    profile = office.records(PhoneSecurityProfile).get(ada, nonsecure_profile_name("7961", Protocol.SIP))
    assert profile.authentication_mode is CapfAuthenticationMode.NULL_STRING


def test_an_operation_is_given_by_query_with_a_string_for_each(office: Administration, ada: Actor) -> None:
    """CAPF-26."""
    office.phones.add(
        ada, Phone("SEP00AABBCCDDEE", "7912", Protocol.SIP, nonsecure_profile_name("7912", Protocol.SIP))
    )
    wanted = WantedOperation(INSTALL, generate_string=True, authentication_mode=BY_STRING)
    given = office.certificate_operations.give(ada, wanted)
    assert given.phones == (SEP, OTHER)
    assert given.without_security == ("SEP00AABBCCDDEE",)
    rows = office.certificate_operations.report(ada)
    assert len({row.authentication_string for row in rows}) == 2
    assert all(row.authentication_string.isdigit() and len(row.authentication_string) == 8 for row in rows)


def test_one_wrong_phone_of_many_means_none(office: Administration, ada: Actor) -> None:
    delete = WantedOperation(CertificateOperation.DELETE, generate_string=True)
    with pytest.raises(Invalid, match=OTHER):
        office.certificate_operations.give(ada, delete)
    assert status(office, ada) == ""
    with pytest.raises(NotFound):
        office.certificate_operations.give(
            ada, delete, criteria=[Criterion("description", Comparison.CONTAINS, "no such")]
        )


def test_a_certificate_is_issued_for_the_device_and_installed(office: Administration, ada: Actor) -> None:
    """CAPF-06, CAPF-28, CAPF-39: subject, string used up, status."""
    pending = given_to(office, ada, STRING)
    certificate = issue(office, pending)
    assert certificate.common_name == SEP
    assert status(office, ada) == "Operation Pending", "it is no success before the phone has it"
    office.enrolment.installed(pending, certificate)
    phone = office.phones.get(ada, SEP)
    assert (phone.certificate_operation, phone.authentication_string) == (CertificateOperation.NONE, None)
    assert phone.operation_status == "Upgrade Success"
    (row,) = office.device_certificates.find(ada, device=SEP)
    assert (row.status, row.certificate) == (DeviceCertificateStatus.INSTALLED, certificate.der)


def test_nothing_is_issued_twice(office: Administration, ada: Actor) -> None:
    """A phone that vanished gets the same certificate for its key; for another key the former one is revoked."""
    pending = given_to(office, ada, NULL)
    first = issue(office, pending)
    assert issue(office, pending) == first
    second = issue(office, pending, public_key())
    status_of = {row.certificate: row.status for row in office.device_certificates.find(ada, device=SEP)}
    assert status_of == {
        first.der: DeviceCertificateStatus.ABANDONED,
        second.der: DeviceCertificateStatus.SENT,
    }
    assert first.fingerprint_sha256 in office.enrolment.trust().revoked
    office.enrolment.installed(pending, second)
    with pytest.raises(NoLongerPending):
        issue(office, pending)


def test_an_upgrade_replaces_the_former_certificate(office: Administration, ada: Actor) -> None:
    """CAPF-01."""
    certificates: list[Certificate] = []
    must_show = []
    for key in (KEY, public_key()):
        pending = given_to(office, ada, NULL)
        certificates.append(issue(office, pending, key))
        must_show.append(office.configuration().lscs.get(SEP))
        office.enrolment.installed(pending, certificates[-1])
        must_show.append(office.configuration().lscs.get(SEP))
    status_of = {row.certificate: row.status for row in office.device_certificates.find(ada)}
    assert status_of[certificates[0].der] is DeviceCertificateStatus.REPLACED
    assert status_of[certificates[1].der] is DeviceCertificateStatus.INSTALLED
    # What call managers are told that the phone must show (CERT-03): nothing before it has confirmed its first.
    first, second = (each.fingerprint_sha256 for each in certificates)
    shown = [each and set(each.fingerprints) for each in must_show]
    assert shown == [None, {first}, {first, second}, {second}]
    ends = [each and each.expires_at for each in must_show]
    assert ends == [None, *(certificates[at].valid_to.timestamp() for at in (0, 0, 1))]
    office.device_certificates.revoke(ada, second)
    assert office.configuration().lscs == {}


@pytest.mark.parametrize("bits", [2048, 0])
def test_another_kind_or_size_of_key_gets_no_certificate(office: Administration, ada: Actor, bits: int) -> None:
    pending = given_to(office, ada, NULL)
    if bits:
        key = public_key(bits)
    else:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        key = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(serialization.Encoding.DER, form)
    with pytest.raises(BadCertificate, match="instead of RSA 1024"):
        issue(office, pending, key)
    assert office.device_certificates.find(ada) == ()


def test_what_an_administrator_changes_meanwhile_is_not_carried_on(office: Administration, ada: Actor) -> None:
    pending = given_to(office, ada, STRING)
    office.certificate_operations.give(ada, WantedOperation(CertificateOperation.NONE), devices=[SEP])
    with pytest.raises(NoLongerPending):
        issue(office, pending)
    office.enrolment.failed(pending, CapfFailure.PHONE_COMMUNICATION, final=True)
    assert status(office, ada) == "", "a failure of what was withdrawn is no news"


def test_an_attempt_may_fail_without_the_operation(office: Administration, ada: Actor) -> None:
    """CAPF-07, CAPF-23."""
    pending = given_to(office, ada, STRING)
    office.enrolment.failed(pending, CapfFailure.INVALID_AUTHENTICATION_STRING, final=False)
    assert status(office, ada) == "Upgrade Failed: Invalid Authentication String"
    assert office.enrolment.pending(SEP) == pending
    office.enrolment.failed(pending, CapfFailure.INVALID_AUTHENTICATION_STRING, final=True)
    again = office.enrolment.pending(SEP)
    assert again is not None and again.operation is CertificateOperation.NONE
    assert again.authentication_string is None


def test_nothing_is_pending_for_ever(office: Administration, ada: Actor, clock: Time) -> None:
    """CAPF-29."""
    given_to(office, ada, NULL)
    assert office.enrolment.end_overdue() == ()
    clock.now += timedelta(days=10, minutes=2).total_seconds()
    late = office.enrolment.pending(SEP)
    assert late is not None and late.is_late
    assert office.enrolment.end_overdue() == (SEP,)
    assert status(office, ada) == "Upgrade Failed: User Initiated Request Late/Timedout"


def test_a_deleted_certificate_is_refused(office: Administration, ada: Actor) -> None:
    pending = given_to(office, ada, NULL)
    certificate = issue(office, pending)
    office.enrolment.installed(pending, certificate)
    office.enrolment.deleted(given_to(office, ada, WantedOperation(CertificateOperation.DELETE)))
    assert status(office, ada) == "Delete Success"
    assert certificate.fingerprint_sha256 in office.enrolment.trust().revoked
    after = office.enrolment.pending(SEP)
    assert after is not None and after.lsc is None


def test_a_certificate_is_revoked_by_device_or_fingerprint(
    office: Administration, ada: Actor, guest: Actor
) -> None:
    pending = given_to(office, ada, NULL)
    certificate = issue(office, pending)
    office.enrolment.installed(pending, certificate)
    with pytest.raises(NotAllowed):
        office.device_certificates.revoke(guest, SEP)
    with pytest.raises(NotFound):
        office.device_certificates.revoke(ada, OTHER)
    (row,) = office.device_certificates.revoke(ada, certificate.fingerprint_sha256[:11])
    assert row.device == SEP
    assert certificate.fingerprint_sha256 in office.enrolment.trust().revoked
    (row,) = office.device_certificates.find(ada, device=SEP)
    assert row.status is DeviceCertificateStatus.REVOKED


def test_the_report_has_the_columns_of_the_guide(office: Administration, ada: Actor, guest: Actor) -> None:
    """CAPF-32, CAPF-33; strings are not for everybody who may look."""
    pending = given_to(office, ada, NULL)
    office.enrolment.installed(pending, issue(office, pending))
    given_to(office, ada, STRING)
    rows = list(csv.DictReader(io.StringIO(report_file(office.certificate_operations.report(ada)))))
    assert tuple(rows[0]) == REPORT_COLUMNS
    assert (rows[0]["Device Name"], rows[0]["Authentication String"], rows[0]["Certificates"]) == (
        SEP,
        "4711",
        "LSC",
    )
    assert (rows[0]["LSC Status"], rows[1]["LSC Status"]) == ("Operation Pending", "None")
    found = office.certificate_operations.report(ada, authentication_string=Secret("4711"))
    assert [row.device_name for row in found] == [SEP]
    assert office.certificate_operations.report(ada, authentication_string=Secret("471")) == ()
    success = [Criterion("operation_status", Comparison.CONTAINS, "Success")]
    assert office.certificate_operations.report(ada, success) == ()
    with pytest.raises(NotAllowed):
        office.certificate_operations.report(guest)


def test_certificates_that_a_phone_shows_are_kept(office: Administration, ada: Actor) -> None:
    """CAPF-38: its public key is in its certificate."""
    authority = office.key_store.load(CertificateKind.CAPF)
    mic = issue_device_certificate(
        authority, KEY, f"CP-7961G-{SEP}", now=datetime.now(UTC), lifetime=timedelta(days=9)
    )
    pending = given_to(
        office,
        ada,
        WantedOperation(CertificateOperation.TROUBLESHOOT, authentication_mode=CapfAuthenticationMode.NULL_STRING),
    )
    office.enrolment.shown(pending, [(DeviceCertificateKind.MIC, mic)])
    (row,) = office.device_certificates.find(ada, device=SEP)
    assert (row.kind, row.status) == (DeviceCertificateKind.MIC, DeviceCertificateStatus.SEEN)
    assert status(office, ada) == "Troubleshoot Success"


def test_lscs_that_end_soon_are_among_the_certificates_that_do(
    office: Administration, ada: Actor, clock: Time
) -> None:
    """CERT-02: one line for all phones with the same alarm, with the one that ends first."""
    issued = []
    for device in (SEP, OTHER):
        pending = given_to(office, ada, NULL, device)
        certificate = issue(office, pending, public_key())
        office.enrolment.installed(pending, certificate)
        issued.append(certificate)
        clock.now += 86_400

    def told() -> list[tuple[str, int, int, str]]:
        found = office.certificates.expiring(ada)
        return [
            (each.where, each.count, each.alarm, each.certificate.common_name)
            for each in found
            if each.place == "LSC of a phone"
        ]

    assert told() == []
    clock.now = issued[1].valid_to.timestamp() - 50 * 86_400
    assert told() == [("LSC of a phone (2, this one first)", 2, 60, SEP)]
    clock.now = issued[0].valid_to.timestamp() + 1
    assert told() == [("LSC of a phone", 1, 0, SEP), ("LSC of a phone", 1, 7, OTHER)]
    office.phones.remove(ada, SEP)
    assert told() == [("LSC of a phone", 1, 7, OTHER)]


def test_a_copy_of_a_phone_has_nothing_pending(office: Administration, ada: Actor) -> None:
    given_to(office, ada, STRING)
    copied = office.phones.copy(ada, SEP, {"device_name": "SEP001122334477"}).record
    assert copied.certificate_operation is CertificateOperation.NONE
    assert (copied.operation_completes_by, copied.operation_status) == ("", "")


def test_no_string_is_in_the_audit_log(office: Administration, ada: Actor) -> None:
    given_to(office, ada, STRING)
    assert "4711" not in repr(office.audit.find(ada))


def test_who_gives_an_operation_is_told_while_capf_does_not_run(office: Administration, ada: Actor) -> None:
    """CAPF-03, CAPF-34: by whichever way it is given."""
    given = office.certificate_operations.give(ada, NULL, devices=[SEP])
    assert [each for each in given.notes if "CAPF does not run" in each]
    saved = office.phones.update(ada, OTHER, {"certificate_operation": INSTALL})
    assert [each for each in saved.notes if "CAPF does not run" in each]
    saved = office.phones.update(ada, OTHER, {"description": "moved"})
    assert not [each for each in saved.notes if "CAPF does not run" in each], "it has been said"
    office.service_control.activate(ada, "node1", CAPF)
    given = office.certificate_operations.give(ada, NULL, devices=[SEP])
    assert given.notes == ()


def test_a_phone_that_can_hold_no_certificate_is_refused_in_plain_words(
    office: Administration, ada: Actor
) -> None:
    profile = nonsecure_profile_name("7905", Protocol.SCCP)
    office.phones.add(ada, Phone("SEP00AABBCCDDEE", "7905", Protocol.SCCP, profile))
    with pytest.raises(Invalid, match=r"SEP00AABBCCDDEE.*nothing, as a 7905 with SCCP can hold no certificate"):
        office.certificate_operations.give(ada, NULL, devices=[SEP, "SEP00AABBCCDDEE"])
    assert status(office, ada) == ""


def test_phones_that_are_left_out_are_named_as_far_as_somebody_reads_it(
    office: Administration, ada: Actor
) -> None:
    profile = nonsecure_profile_name("7905", Protocol.SCCP)
    for number in range(12):
        office.phones.add(ada, Phone(f"SEP00AABBCCDD{number:02}", "7905", Protocol.SCCP, profile))
    every = [Criterion("device_name", Comparison.BEGINS_WITH, "SEP")]
    given = office.certificate_operations.give(ada, NULL, criteria=every)
    (note,) = [each for each in given.notes if "Left out" in each]
    assert note.endswith("SEP00AABBCCDD09 and 2 more.")
    assert len(given.without_security) == 12


def test_thousands_of_phones_cost_few_questions(office: Administration, ada: Actor) -> None:
    """Nobody else can write meanwhile: CAPF would have to let phones wait, and calls their records."""
    profile = nonsecure_profile_name("7961", Protocol.SIP)
    for number in range(40):
        office.phones.add(ada, Phone(f"SEP00AABBCCDD{number:02}", "7961", Protocol.SIP, profile))
    wanted = WantedOperation(INSTALL, generate_string=True, authentication_mode=BY_STRING)
    criteria = [Criterion("model", Comparison.IS_EXACTLY, "7961")]
    with statements_of(office.database) as statements:
        given = office.certificate_operations.give(ada, wanted, criteria=criteria)
    assert len(given.phones) == 41
    for_the_feed = sum(each.startswith("INSERT INTO changes") for each in statements)
    assert len(statements) - for_the_feed < 41, "less than one for each"


def test_looking_for_overdue_operations_reads_only_those(
    office: Administration, ada: Actor, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CAPF-29: every half minute, while thousands may be pending."""
    given_to(office, ada, NULL, OTHER)
    read: list[int] = []
    search = View.search

    def counted(view: View, *arguments: Any, **named: Any) -> list[Any]:
        found = search(view, *arguments, **named)
        read.append(len(found))
        return found

    monkeypatch.setattr(View, "search", counted)
    assert office.enrolment.end_overdue() == ()
    clock.now += timedelta(days=11).total_seconds()
    assert office.enrolment.end_overdue() == (OTHER,)
    assert read == [0, 1]
