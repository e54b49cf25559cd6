"""Each verdict about a phone, and what it says to do next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ringward.domain.rules import obstacles
from ringward.domain.rules.device_security import Connection, registration_refusal
from ringward.domain.rules.obstacles import PASSES_OVER_ITS_LSC, Remedy, capf_remedy_of, file_remedy_of, remedy_of
from ringward.domain.rules.why import Hurdle, Obstacle, PhoneFacts, checks, verdict
from ringward.domain.vocabulary import CapfFailure, ClusterSecurityMode, DeviceSecurityMode, TransportType

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


def came_to(hurdle: Hurdle, reason: str) -> dict[str, Any]:
    return AWAY | {"obstacle": Obstacle(hurdle, reason)}


def refused(reason: str) -> dict[str, Any]:
    return came_to(Hurdle.REFUSAL, reason)


LATER = {"registered": True, "registered_mode": "Non Secure"}
"""It is registered as before its profile became a secure one."""
STRING = {"operation_pending": True, "needs_string": True}
BY_STRING = "capf set install SEP001122334455 --mode string --generate"

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
    ({"in_effect": NONSECURE}, False, "its model cannot speak TLS", "replace the phone"),
    # It does not follow its new profile yet, or it cannot.
    (LATER, False, "registered as Non Secure, but", "phone reset SEP001122334455"),
    (
        LATER | {"has_certificate": False},
        False,
        "not known to have a certificate",
        "capf set install SEP001122334455",
    ),
    (
        LATER | {"has_certificate": False, "made_with_certificate": True},
        False,
        "does not know of",
        "phone reset SEP",
    ),
    (
        came_to(Hurdle.HANDSHAKE, f"{obstacles.EXPIRED} (certificate has expired)") | LATER,
        False,
        "Since then it could make no TLS connection: its certificate has expired.",
        BY_STRING,
    ),
    # Refused
    (refused("wrong cipher"), False, "refused: wrong cipher.", "Mend that, then restart the phone."),
    (refused(PASSES_OVER_ITS_LSC) | {"lsc": "AA:BB"}, False, "refused", "ringward capf revoke AA:BB"),
    (BARE | refused("no certificate"), False, "refused: no certificate.", "capf set install SEP001122334455"),
    (BARE | refused("no certificate") | {"operation_pending": True}, False, "refused", "operation waits for it"),
    # Its files
    (
        came_to(Hurdle.FILE, "x.cnf.xml: not found"),
        False,
        "configuration x.cnf.xml: not found.",
        "Mend that",
    ),
    (AWAY | {"asked_for_files": False}, False, "has asked for no file", "DHCP option 150"),
    (AWAY | {"holds_other_list": True}, False, "not fetched the CTL file that is in force", "erase the CTL file"),
    # Its certificate
    (BARE, False, "not known to have a certificate", "capf set install SEP001122334455"),
    (BARE | STRING, False, "not known to have a certificate", "type in its authentication string at the phone"),
    (BARE | {"capf_order": "ringward service start capf"}, False, "CAPF does not run", "service start capf"),
    (
        BARE | STRING | {"capf_failure": "Invalid Authentication String (attempt 1 of 3)"},
        False,
        "Its last call to CAPF came to nothing: Invalid Authentication String (attempt 1 of 3).",
        "Type in at the phone the string",
    ),
    (
        BARE | {"capf_failure": "Invalid Authentication String", "needs_string": True},
        False,
        "came to nothing: Invalid Authentication String.",
        "Give it a certificate operation: ringward capf set install",
    ),
    (
        BARE | {"operation_pending": True, "capf_failure": "Invalid MIC: it is revoked"},
        False,
        "Invalid MIC",
        BY_STRING,
    ),
    # On the way, and gone
    (came_to(Hurdle.HANDSHAKE, "no certificate"), False, "no TLS connection: no certificate.", "Mend that"),
    (
        AWAY | {"handshake_nearby": obstacles.EXPIRED},
        False,
        "and where other phones are",
        "If that was this phone",
    ),
    (refused("x") | {"handshake_nearby": obstacles.EXPIRED}, False, "refused: x. A TLS connection failed", "Mend"),
    (came_to(Hurdle.GONE, "its connection was lost"), False, "is not any more: its connection was", "power"),
    (AWAY, False, "no attempt of it to connect is known", "comes from another cluster"),
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
    ({}, "CTL file", None, "fetched none here"),
    ({"holds_other_list": True}, "CTL file", False, "not fetched the one that is in force"),
    ({"holds_other_list": False}, "CTL file", True, "fetched the one in force"),
    ({}, "Files", True, "got its configuration"),
    ({"last_file_problem": "not found"}, "Files", False, "not found"),
    ({"asked_for_files": False}, "Files", None, "None asked for"),
    (AWAY | {"asked_for_files": False}, "Files", False, "None asked for"),
    ({"certificate": "LSC until 2031-01-01"}, "Certificate", True, "LSC until 2031-01-01."),
    ({"has_certificate": False}, "Certificate", False, "None is known."),
    ({"has_certificate": False, "operation_pending": True}, "Certificate", False, "operation waits for it"),
    ({"capf_failure": "Invalid MIC"}, "Certificate", True, "last call to CAPF came to nothing: Invalid MIC."),
    ({"has_certificate": False, "in_effect": NONSECURE}, "Certificate", None, "none is needed"),
    ({"registered_mode": "Encrypted"}, "Registration", True, "Registered as Encrypted."),
    ({"registered_mode": "Non Secure"}, "Registration", False, "Registered as Non Secure."),
    (refused("wrong cipher"), "Registration", False, "It was refused: wrong cipher."),
    (came_to(Hurdle.HANDSHAKE, "expired"), "Registration", False, "It could make no TLS connection: expired."),
    (came_to(Hurdle.FILE, "missing"), "Registration", False, "Not registered."),
    (AWAY, "Registration", False, "Not registered."),
]


@pytest.mark.parametrize(("change", "subject", "passed", "text"), CHECKS)
def test_each_check_says_whether_it_is_passed_or_does_not_matter(
    change: dict[str, Any], subject: str, passed: bool | None, text: str
) -> None:
    found = {each.subject: each for each in checks(replace(SECURE, **change))}
    assert " ".join(found) == "Cluster security mode Profile Model CTL file Files Certificate Registration"
    assert found[subject].passed is passed
    assert text in found[subject].text


def test_a_phone_that_is_well_and_secure_passes_every_check() -> None:
    assert all(each.passed for each in checks(replace(SECURE, holds_other_list=False)))


# -- what to do about each -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "connection",
    [
        Connection(TransportType.UDP),
        Connection(TransportType.TLS, cipher_encrypts=True),
        Connection(TransportType.TLS, cipher_encrypts=True, proves_another="SEP00AA00BB00CC"),
        Connection(TransportType.TLS, cipher_encrypts=True, proves_device=True, passes_over_lsc=True),
        Connection(TransportType.TLS, proves_device=True),
    ],
)
def test_whoever_is_refused_a_secure_mode_can_be_told_what_to_do(connection: Connection) -> None:
    refusal = registration_refusal(ENCRYPTED, TransportType.TLS, connection)
    assert refusal is not None and remedy_of(refusal) is not None


def test_whoever_comes_by_the_wrong_transport_can_be_told_what_to_do() -> None:
    refusal = registration_refusal(NONSECURE, TransportType.TCP, Connection(TransportType.UDP))
    assert refusal is not None and remedy_of(refusal) is not None


@pytest.mark.parametrize(
    "words", [words for name, words in vars(obstacles).items() if name[0].isupper() and name.isupper()]
)
def test_each_obstacle_has_a_remedy_of_its_own(words: object) -> None:
    if isinstance(words, str) and not words.startswith("_"):
        found = remedy_of(f"It says: {words} ...") or file_remedy_of(f"It says: {words} ...")
        assert isinstance(found, Remedy) and found.step.endswith(".")


@pytest.mark.parametrize(
    "failure",
    [
        CapfFailure.INVALID_AUTHENTICATION_STRING,
        CapfFailure.INVALID_MIC,
        CapfFailure.INVALID_LSC,
        CapfFailure.NO_ELLIPTIC_KEYS,
        CapfFailure.LATE,
    ],
)
def test_what_an_administrator_can_do_about_a_failure_of_capf_is_told(failure: CapfFailure) -> None:
    assert capf_remedy_of(f"{failure.value}: and so on") is not None
    assert capf_remedy_of("the phone went away") is None
