"""Security > Certificate Renewals in the browser: whose turn comes, which waves there were, what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from harness.signers import pair
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.errors import Refused
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.service import CAPF
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    DeviceCertificateKind,
    DeviceCertificateStatus,
    Protocol,
)
from ringward.store import device_certificates
from ringward.store.device_certificates import DeviceCertificateRow
from web.conftest import Browser, Node, Time

PAGE = "/Platform/certificate-renewals"
A, B, LATE = "SEP00000000000A", "SEP00000000000B", "SEP00000000000C"
DAY = 86_400_000
PARAMETERS = CapfParameters(renewal_days=60, renewal_begin="02:00", renewal_end="05:00", renewal_wave=1)


@pytest.fixture(autouse=True)
def issued(administration: Administration, root: Actor, clock: Time) -> None:
    """It is three at night. The LSC of A ends in 10 days, that of B in 20, the third one in 200 days.

    A proves itself by null string, B by authentication string.
    """
    clock.now = datetime.fromtimestamp(clock.now).astimezone().replace(hour=3, minute=0).timestamp()
    for name, mode in (
        ("By null string", CapfAuthenticationMode.NULL_STRING),
        ("By string", CapfAuthenticationMode.AUTHENTICATION_STRING),
    ):
        profile = PhoneSecurityProfile(name, "7961", Protocol.SIP, authentication_mode=mode)
        administration.records(PhoneSecurityProfile).add(root, profile)
    for device, profile_name, days in (
        (A, "By null string", 10),
        (B, "By string", 20),
        (LATE, nonsecure_profile_name("7961", Protocol.SIP), 200),
    ):
        administration.phones.add(root, Phone(device, "7961", Protocol.SIP, profile_name))
        certificate = pair(device).certificate
        row = DeviceCertificateRow(
            *(device, DeviceCertificateKind.LSC, certificate.fingerprint_sha256, "01", certificate.der),
            *(1_000_000, int(clock.now * 1000) + days * DAY, DeviceCertificateStatus.INSTALLED, 1_000_000),
        )
        with administration.database.writing_together() as transaction:
            device_certificates.add(transaction.late, row)


def test_whose_certificate_ends_soon_is_shown_with_what_is_in_its_way(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    off = ada.get(PAGE).words
    assert "Nothing is renewed by itself" in off and "No LSC of a phone ends today." in off
    administration.parameters.set_service(root, "node1", CAPF.name, {"renewal_days": "60", "renewal_wave": "1"})

    page = ada.get(PAGE)
    assert "LSCs are renewed by themselves, from 60 days before their end on" in page.words
    assert "between 02:00 and 05:00 by the first node's clock, 1 phone at a time." in page.words
    assert page.words.index(f"{A} ") < page.words.index(f"{B} "), "the most urgent first"
    assert "due By Null String" in page.words
    assert "needs an authentication string By Authentication String" in page.words
    assert f'href="/CMAdmin/phone/why/{A}"' in page.text
    assert f'href="/CMAdmin/certificate-operations?where=device_name%3Ais-exactly%3A{B}"' in page.text
    assert LATE not in page.words
    assert LATE in ada.get(f"{PAGE}?days=365").words
    assert B not in ada.get(f"{PAGE}?days=15").words
    assert B in ada.get(f"{PAGE}?days=soon").words, "what is no number asks for what the parameter says"


def test_a_wave_is_shown_from_its_order_to_its_end(
    ada: Browser, administration: Administration, clock: Time
) -> None:
    assert "No wave was ordered yet." in ada.get(PAGE).words
    wave = administration.certificate_renewals.begin_wave(PARAMETERS)
    assert wave is not None
    page = ada.get(PAGE)
    assert f"Job {wave.number} : waiting" in page.words and "1: no operation" in page.words
    assert f'href="/CMAdmin/jobs/{wave.number}"' in page.text

    def is_off(order: str, arguments: Mapping[str, Any]) -> None:
        raise Refused(f"{arguments['device']} is not registered")

    for _ in range(2):  # the job that resets waits until the services know of the operations
        while administration.jobs.step(is_off) is not None:
            pass
        clock.now += 3
    told = ada.get(PAGE).words
    assert f"Job {wave.number} : done 1 of 1 done" in told
    assert f"Job {wave.number + 1} : done 0 of 1 done, 1 failed" in told
    assert "1: Operation Pending" in told
    assert "under way" in ada.get(f"{PAGE}?days=60").words


def test_jobs_of_others_are_no_waves(ada: Browser, administration: Administration, root: Actor) -> None:
    administration.jobs.order(root, "phone-reset", {}, devices=[A])
    assert "No wave was ordered yet." in ada.get(PAGE).words


def test_that_capf_does_not_run_is_said(ada: Browser, node: Node) -> None:
    assert "CAPF does not run" not in ada.get(PAGE).words
    node.answers["capf-calls"] = None
    assert "CAPF does not run: no wave is ordered." in ada.get(PAGE).words


def test_who_may_only_look_is_offered_no_operation(grace: Browser) -> None:
    page = grace.get(f"{PAGE}?days=60")
    assert A in page.words and "By hand" not in page.words


def test_nobody_else_sees_it(stranger: Browser) -> None:
    assert stranger.get(PAGE).status == 303
