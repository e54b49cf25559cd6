"""CAPF in the browser: operations for many phones, and the report."""

from __future__ import annotations

from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation, Protocol
from web.conftest import Answer, Browser

PAGE = "/CMAdmin/certificate-operations"
PHONES = ("SEP000000000001", "SEP000000000002")


@pytest.fixture(autouse=True)
def phones(administration: Administration, root: Actor) -> None:
    for name in PHONES:
        profile = nonsecure_profile_name("7970", Protocol.SCCP)
        phone = Phone(name, model="7970", protocol=Protocol.SCCP, security_profile=profile)
        administration.phones.add(root, phone)


def give(browser: Browser, query: str = "", **fields: Any) -> Answer:
    token = browser.get(PAGE).value_of("csrf")
    sent = {"csrf": token, "act": "give", "operation": "Install/Upgrade", "which": "ticked"}
    return browser.post(PAGE + query, sent | fields)


def pending(administration: Administration, root: Actor) -> list[str]:
    return [
        phone.device_name
        for phone in administration.phones.find(root).records
        if phone.certificate_operation is CertificateOperation.INSTALL_UPGRADE
    ]


def test_ticked_phones_get_a_string_each_which_the_report_shows(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    """CAPF-26, CAPF-33."""
    mode = CapfAuthenticationMode.AUTHENTICATION_STRING.value
    answer = give(ada, device=PHONES[0], generate="yes", mode=mode)
    assert answer.status == 303
    assert pending(administration, root) == [PHONES[0]]
    string = administration.phones.get(root, PHONES[0]).authentication_string
    assert string is not None
    assert string.reveal() in ada.get(PAGE).words
    report = ada.get(f"{PAGE}/report.csv")
    assert report.headers["content-type"].startswith("text/csv")
    assert string.reveal() in report.text


def test_all_that_are_found_get_it_and_it_can_be_withdrawn(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    query = "?where=device_name:ends-with:2"
    assert give(ada, query, which="all", mode=CapfAuthenticationMode.NULL_STRING.value).status == 303
    assert pending(administration, root) == [PHONES[1]]
    assert give(ada, query, which="all", act="withdraw").status == 303
    assert pending(administration, root) == []


def test_none_is_meant_by_none_ticked(ada: Browser, administration: Administration, root: Actor) -> None:
    answer = give(ada, mode=CapfAuthenticationMode.NULL_STRING.value)
    assert answer.status == 422
    assert "tick at least one" in answer.words
    assert pending(administration, root) == []


@pytest.mark.parametrize(
    "wrong", [{"operation": "Bake"}, {"key_size": "12"}, {"mode": "trust me"}, {"string": "12a"}, {"string": "1"}]
)
def test_what_is_wrong_is_named_and_no_phone_is_touched(
    ada: Browser, administration: Administration, root: Actor, wrong: dict[str, str]
) -> None:
    answer = give(ada, device=PHONES[0], **wrong)
    assert answer.status == 422
    assert "Nothing is changed." in answer.words
    assert pending(administration, root) == []


def test_strings_are_for_those_alone_who_may_report(grace: Browser) -> None:
    """CAPF-28: who may look at everything else may not look at these."""
    assert grace.get(PAGE).status == 403
    assert grace.get(f"{PAGE}/report.csv").status == 403
    assert "Certificate Operations" not in grace.get("/CMAdmin/").words
