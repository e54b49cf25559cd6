"""Security > Certificates of Phones in the browser: found, and revoked after a question."""

from __future__ import annotations

import pytest

from harness.signers import pair
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.vocabulary import DeviceCertificateKind, DeviceCertificateStatus
from ringward.store import device_certificates
from ringward.store.device_certificates import DeviceCertificateRow
from web.conftest import Browser

PAGE = "/Platform/phone-certificates"
A, B = "SEP00000000000A", "SEP00000000000B"


@pytest.fixture
def issued(administration: Administration) -> dict[str, str]:
    """Fingerprints by device: one that A holds, one of B that was replaced."""
    rows = {}
    for device, status in ((A, DeviceCertificateStatus.INSTALLED), (B, DeviceCertificateStatus.REPLACED)):
        certificate = pair(device).certificate
        row = DeviceCertificateRow(
            *(device, DeviceCertificateKind.LSC, certificate.fingerprint_sha256, "01", certificate.der),
            *(1_000_000_000, 2_000_000_000_000, status, 1_000_000_000),
        )
        with administration.database.writing_together() as transaction:
            device_certificates.add(transaction.late, row)
        rows[device] = row.fingerprint
    return rows


def test_they_are_found_by_phone_and_status(ada: Browser, issued: dict[str, str]) -> None:
    held = ada.get(PAGE)
    assert A in held.words and B not in held.words
    assert f'href="/CMAdmin/phone/why/{A}"' in held.text
    assert B in ada.get(f"{PAGE}?status=replaced").words
    assert A not in ada.get(f"{PAGE}?status=any&device=00b").words
    assert B in ada.get(f"{PAGE}?status=any&device=00b").words
    assert A in ada.get(f"{PAGE}?status=lost").words, "what is no status asks for what is held"
    assert "No such certificate is known." in ada.get(f"{PAGE}?device=%25").words


def test_one_is_revoked_after_a_question(
    ada: Browser, issued: dict[str, str], administration: Administration, root: Actor
) -> None:
    page = ada.get(PAGE)
    asked = ada.post(PAGE, {"csrf": page.value_of("csrf"), "revoke": issued[A]})
    assert issued[A] in asked.words and "cannot be undone" in asked.words
    (row,) = administration.device_certificates.find(root, device=A)
    assert row.status is DeviceCertificateStatus.INSTALLED
    assert ada.confirm(PAGE, asked).status == 303
    assert f"The LSC of {A} is revoked." in ada.get(PAGE).words
    (row,) = administration.device_certificates.find(root, device=A)
    assert row.status is DeviceCertificateStatus.REVOKED
    ada.confirm(PAGE, asked)
    assert "there is no certificate of a phone that could be revoked" in ada.get(PAGE).words.lower()


def test_who_may_only_look_is_offered_nothing(grace: Browser, issued: dict[str, str]) -> None:
    page = grace.get(PAGE)
    assert A in page.words and "Revoke" not in page.words
    assert grace.post(PAGE, {"csrf": page.value_of("csrf"), "revoke": issued[A], "sure": "yes"}).status == 403
