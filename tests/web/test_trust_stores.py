"""The trust stores: certificates taken in, removed after a question, and those of devices refused (CERT-18)."""

from __future__ import annotations

import pytest

from harness import foreign
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.certificate import TrustPurpose
from ringward.pki.certificates import Certificate
from web.conftest import Browser, Time
from web.test_certificates import upload

PAGE = "/Platform/trust"


@pytest.fixture(autouse=True)
def day_of_the_certificates(clock: Time) -> None:
    clock.now = foreign.NOW.timestamp()


@pytest.fixture
def maker(administration: Administration, root: Actor) -> Certificate:
    """A maker of phones, who is trusted."""
    certificate = foreign.authority("A Maker").certificate
    administration.trust_stores.add(root, TrustPurpose.CAPF, certificate.pem)
    return certificate


def test_a_certificate_is_removed_after_a_question(
    ada: Browser, administration: Administration, root: Actor, maker: Certificate
) -> None:
    fields = {"csrf": ada.get(PAGE).value_of("csrf"), "act": "remove", "store": TrustPurpose.CAPF.value}
    question = ada.post(PAGE, fields | {"fingerprint": maker.fingerprint_sha256})
    assert "Trust CN=A Maker in" in question.words and maker.fingerprint_sha256 in question.words
    assert administration.trust_stores.find(root), "nothing is done yet"
    assert ada.confirm(PAGE, question).status == 303
    assert "CN=A Maker is trusted no longer" in ada.get(PAGE).words
    assert not administration.trust_stores.find(root)
    assert ada.confirm(PAGE, question).status == 422, "it is gone already"


def test_the_certificate_of_a_device_is_refused(
    ada: Browser, administration: Administration, root: Actor, maker: Certificate
) -> None:
    device = foreign.certificate(foreign.name("SEP00AA00000009"))
    status, words = upload(ada, PAGE, device.pem, act="revoke")
    assert status == 303 and "SEP00AA00000009 is refused from now on" in words
    (revoked,) = administration.trust_stores.revoked(root)
    assert revoked.fingerprint == device.fingerprint_sha256
    assert "CN=SEP00AA00000009" in ada.get(PAGE).text.partition("Refused certificates of devices")[2]
    for content, reason in ((device.pem, "already"), (maker.pem, "not a device"), (b"nonsense", "certificate")):
        status, words = upload(ada, PAGE, content, act="revoke")
        assert status == 422 and reason in words
    assert len(administration.trust_stores.revoked(root)) == 1


def test_who_may_only_look_has_no_buttons(grace: Browser, ada: Browser, maker: Certificate) -> None:
    page = grace.get(PAGE)
    assert "A Maker" in page.text
    assert "Remove" not in page.text.partition("<main")[2] and "Refuse this" not in page.text
    fields = {"csrf": page.value_of("csrf"), "store": TrustPurpose.CAPF.value, "sure": "yes"}
    answer = grace.post(PAGE, fields | {"act": "remove", "fingerprint": maker.fingerprint_sha256})
    assert answer.status == 403
    assert "A Maker" in ada.get(PAGE).text
