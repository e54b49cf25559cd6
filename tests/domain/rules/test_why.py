"""Each verdict about a phone, and what it says to do next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ringward.domain.rules.device_security import PASSES_OVER_ITS_LSC
from ringward.domain.rules.why import PhoneFacts, checks, verdict
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode

NONSECURE, AUTHENTICATED, ENCRYPTED = DeviceSecurityMode

SECURE = PhoneFacts(
    "SEP001122334455",
    "Secure 7961",
    ENCRYPTED,
    ENCRYPTED,
    ClusterSecurityMode.MIXED,
    has_certificate=True,
    operation_pending=False,
    registered=True,
    asked_for_files=True,
)
AWAY: dict[str, Any] = {"registered": False}
BARE: dict[str, Any] = {"registered": False, "has_certificate": False}

VERDICTS: list[tuple[dict[str, Any], bool, str, str]] = [
    ({}, True, "encrypted as it should be", ""),
    ({"configured": AUTHENTICATED, "in_effect": AUTHENTICATED}, True, "authenticated as it should be", ""),
    ({"configured": NONSECURE, "in_effect": NONSECURE}, True, "is Non Secure", "choose a secure profile"),
    (
        {"in_effect": NONSECURE, "cluster": ClusterSecurityMode.NONSECURE},
        False,
        "the cluster is not in mixed mode",
        "CTL client",
    ),
    ({"registered_mode": "Encrypted"}, True, "encrypted as it should be", ""),
    ({"registered_mode": "Non Secure"}, False, "registered as Non Secure, but", "phone reset SEP001122334455"),
    ({"in_effect": NONSECURE}, False, "its model cannot speak TLS", "replace the phone"),
    (AWAY | {"refusal": "wrong cipher"}, False, "refused: wrong cipher.", "phone reset SEP001122334455"),
    (AWAY | {"refusal": PASSES_OVER_ITS_LSC, "lsc": "AA:BB"}, False, "refused", "ringward capf revoke AA:BB"),
    (BARE | {"refusal": "no certificate"}, False, "refused: no certificate.", "capf set install SEP001122334455"),
    (BARE | {"refusal": "no certificate", "operation_pending": True}, False, "refused", "operation waits for it"),
    (AWAY | {"last_file_problem": "not found"}, False, "did not get the last file", "restart the phone"),
    (AWAY | {"asked_for_files": False}, False, "has asked for no file", "DHCP option 150"),
    (BARE, False, "not known to have a certificate", "capf set install SEP001122334455"),
    (AWAY | {"failed_handshake": "no certificate"}, False, "TLS failed at its address", "Mend that"),
    (AWAY, False, "no attempt of it to connect is known", "Restart it"),
]


@pytest.mark.parametrize(("change", "is_well", "state", "next_step"), VERDICTS)
def test_the_verdict_says_what_is_in_the_way_and_what_to_do(
    change: dict[str, Any], is_well: bool, state: str, next_step: str
) -> None:
    answer = verdict(replace(SECURE, **change))
    assert answer.is_well is is_well
    assert state in answer.state
    assert next_step in answer.advice
    assert bool(next_step) is bool(answer.next_step)


def test_a_step_that_a_command_takes_names_it_apart_so_that_programs_and_pages_need_not_look_for_it() -> None:
    answer = verdict(replace(SECURE, registered_mode="Non Secure"))
    assert (answer.next_step, answer.command) == ("Reset it.", "ringward phone reset SEP001122334455")
    assert answer.advice == "Reset it: ringward phone reset SEP001122334455"


CHECKS: list[tuple[dict[str, Any], str, bool | None, str]] = [
    ({}, "Cluster security mode", True, "Mixed"),
    ({"cluster": ClusterSecurityMode.NONSECURE}, "Cluster security mode", False, "no phone is secure yet"),
    (
        {"configured": NONSECURE, "cluster": ClusterSecurityMode.NONSECURE},
        "Cluster security mode",
        None,
        "Nonsecure",
    ),
    ({}, "Profile", True, "Secure 7961 asks for the mode Encrypted"),
    ({"configured": NONSECURE}, "Profile", None, "Non Secure"),
    ({"model": "7961"}, "Model", True, "7961 can speak TLS"),
    ({"model": "7960", "speaks_tls": False}, "Model", False, "7960 cannot speak TLS"),
    ({"speaks_tls": False, "configured": NONSECURE}, "Model", None, "cannot"),
    ({}, "Files", True, "got the last one"),
    ({"last_file_problem": "not found"}, "Files", False, "not found"),
    ({"asked_for_files": False}, "Files", None, "None asked for"),
    (AWAY | {"asked_for_files": False}, "Files", False, "None asked for"),
    ({"certificate": "LSC until 2031-01-01"}, "Certificate", True, "LSC until 2031-01-01."),
    ({"has_certificate": False}, "Certificate", False, "None is known."),
    ({"has_certificate": False, "operation_pending": True}, "Certificate", False, "operation waits for it"),
    ({"has_certificate": False, "in_effect": NONSECURE}, "Certificate", None, "none is needed"),
    ({"registered_mode": "Encrypted"}, "Registration", True, "Registered as Encrypted."),
    ({"registered_mode": "Non Secure"}, "Registration", False, "Registered as Non Secure."),
    (AWAY | {"refusal": "wrong cipher"}, "Registration", False, "Refused: wrong cipher."),
    (AWAY | {"failed_handshake": "expired"}, "Registration", False, "TLS failed at its address: expired."),
    (AWAY, "Registration", False, "Not registered."),
]


@pytest.mark.parametrize(("change", "subject", "passed", "text"), CHECKS)
def test_each_check_says_whether_it_is_passed_or_does_not_matter(
    change: dict[str, Any], subject: str, passed: bool | None, text: str
) -> None:
    found = {each.subject: each for each in checks(replace(SECURE, **change))}
    assert list(found) == ["Cluster security mode", "Profile", "Model", "Files", "Certificate", "Registration"]
    assert found[subject].passed is passed
    assert text in found[subject].text


def test_a_phone_that_is_well_and_secure_passes_every_check() -> None:
    assert all(each.passed for each in checks(SECURE))
