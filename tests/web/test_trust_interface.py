"""What programs do with services, certificates, enrolment and the CTL file: the same as pages and command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import ServerNames
from ringward.domain.certificate import MADE_AT_INSTALLATION
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.phone import Phone
from ringward.domain.vocabulary import CertificateOperation, ClusterSecurityMode
from web.conftest import Browser, Node

Ask = Callable[..., tuple[int, Any]]
PASSWORD = "blue lamp 4711"


@pytest.fixture
def ask(stranger: Browser, administration: Administration, root: Actor) -> Ask:
    administration.certificates.make_missing(MADE_AT_INSTALLATION, ServerNames("node1", (), ("192.0.2.1",)))
    made = administration.access_tokens.add(root, "program", "ada")
    headers = {"authorization": f"Bearer {made.token.reveal()}", "content-type": "application/json"}

    def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        answer = stranger.ask(method, f"/api/v1{path}", data, headers)
        kind = answer.headers.get("content-type", "")
        return answer.status, json.loads(answer.text) if "json" in kind else answer.text

    return ask


def test_a_service_is_ordered_and_the_answer_says_how_it_is(ask: Ask, node: Node) -> None:
    """SVC-01, SVC-02."""
    name = "Cisco TFTP"
    node.answers["settle"] = [{"service": name, "status": "Stopped", "since": None, "problem": ""}]
    status, found = ask("POST", f"/services/node1/{name}/order", {"order": "stop"})
    assert status == 202 and found["present"]["status"] == "Stopped"
    items = ask("GET", "/services")[1]["items"]
    assert not next(each for each in items if each["service"] == name)["started"]
    assert ask("POST", "/services/node1/Cisco TFTP/order", {"order": "sing"})[0] == 422
    assert ask("POST", "/services/node1/Cisco Radio/order", {"order": "stop"})[0] == 404


def test_a_phone_is_onboarded_with_profile_operation_and_string(
    ask: Ask, administration: Administration, root: Actor
) -> None:
    """SCN-08."""
    wanted = {"device": "00:00:00:00:00:01", "model": "7961", "directory_number": "1001", "security": "encrypted"}
    status, made = ask("POST", "/onboarding", wanted)
    assert status == 201 and made["key"] == "SEP000000000001"
    phone = administration.records(Phone).get(root, made["key"])
    assert phone.certificate_operation is CertificateOperation.INSTALL_UPGRADE
    assert phone.authentication_string is not None
    assert made["authentication_string"] == phone.authentication_string.reveal()
    (row,) = ask("GET", "/capf-report?where=device_name:contains:SEP000000000001")[1]["items"]
    assert row["authentication_string"] == made["authentication_string"]
    assert ask("POST", "/onboarding", wanted)[0] == 409
    assert ask("POST", "/onboarding", wanted | {"model": "7905"})[0] == 422, "a 7905 cannot be encrypted"
    assert ask("POST", "/onboarding", wanted | {"model": "nothing"})[0] == 422
    assert ask("POST", "/onboarding", {"device": "1"})[0] == 422


def test_a_token_is_made_and_signs_the_ctl_file(ask: Ask, administration: Administration, root: Actor) -> None:
    """CTL-03, TOK-02; the password of a token is in no answer."""
    for label in ("blue", "red"):
        status, made = ask("POST", "/tokens", {"label": label, "password": PASSWORD})
        assert status == 201 and made["label"] == label and made["certificate"]["subject"]
    refused = ask("POST", "/ctl-file/sign", {"token": "blue", "password": "wrong lamp 4711", "mode": "mixed"})
    assert refused[0] in (400, 409) and "wrong lamp" not in json.dumps(refused[1])
    assert ask("GET", "/ctl-file")[1]["mode"] == "nonsecure"
    status, signed = ask("POST", "/ctl-file/sign", {"token": "blue", "password": PASSWORD, "mode": "mixed"})
    assert status == 200 and signed["steps"], signed
    assert administration.ctl_file.cluster(root).mode is ClusterSecurityMode.MIXED
    found = ask("GET", "/ctl-file")[1]
    assert (found["mode"], found["warning"]) == ("mixed", "") and len(found["entries"]) >= 3
    assert ask("GET", "/ctl-file/readiness")[1]["holders"] == {"present": 0, "older": 0, "unknown": 0}
    assert ask("POST", "/ctl-file/sign", {"token": "blue", "password": PASSWORD, "mode": "loud"})[0] == 422
    assert ask("POST", "/ctl-file/forget-phone/SEP000000000009")[0] == 404


def test_certificates_are_renewed_requested_and_refused(ask: Ask) -> None:
    """CERT-14, CERT-17."""
    before = ask("GET", "/certificates/ipsec")[1]
    status, renewed = ask("POST", "/certificates/ipsec/regenerate", {"key": "EC P-256"})
    assert status == 200 and renewed["fingerprint_sha256"] != before["fingerprint_sha256"]
    status, request = ask("POST", "/certificates/ipsec/request", {})
    assert status == 200 and "BEGIN CERTIFICATE REQUEST" in request
    assert ask("GET", "/certificates/ipsec")[1]["request_pending"] is True
    assert ask("POST", "/certificates/ipsec/import", {"certificate": "nonsense"})[0] == 400
    assert "BEGIN CERTIFICATE" in ask("GET", "/certificates/ipsec/file?form=pem")[1]
    assert ask("GET", "/certificates/paper")[0] == 422


def test_a_certificate_is_trusted_and_trusted_no_longer(ask: Ask) -> None:
    """CERT-16, CERT-18: here that of a syslog server."""
    pem = ask("GET", "/certificates/web")[1]["pem"]
    status, trusted = ask("POST", "/trust-stores/syslog", {"certificate": pem})
    assert status == 201, trusted
    at = f"/trust-stores/syslog/{trusted['fingerprint_sha256']}"
    assert ask("GET", at)[1]["subject"] == trusted["subject"]
    assert ask("GET", "/trusted-certificates?store=syslog")[1]["items"] != []
    assert ask("DELETE", at)[0] == 204 and ask("GET", at)[0] == 404
    assert ask("POST", "/trust-stores/syslog", {"certificate": "nonsense"})[0] == 400
    assert ask("POST", "/trust-stores/attic", {"certificate": pem})[0] == 422


def test_messages_wait_for_a_number(ask: Ask, administration: Administration, root: Actor) -> None:
    administration.records(DirectoryNumber).add(root, DirectoryNumber("1001"))
    assert ask("PATCH", "/message-waiting/1001", {"new": 2}) == (200, {"new": 2, "old": 0})
    (row,) = ask("GET", "/message-waiting")[1]["items"]
    assert (row["number"], row["new"]) == ("1001", 2)
    assert ask("PATCH", "/message-waiting/1001", {"new": -1})[0] == 422
    assert ask("PATCH", "/message-waiting/9999", {"new": 1})[0] == 404


def test_the_audit_log_is_verified_and_exported(ask: Ask) -> None:
    assert ask("GET", "/audit-log/verify")[1]["broken_at"] is None
    assert ask("GET", "/audit-log/csv?noun=application-user")[1].count("ada") >= 1
