"""A certificate of a running node is replaced: who is connected stays, who connects sees the new one (CERT-20)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPResponse
from pathlib import Path

import pytest

from harness.foreign import authority, sign_request
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import WantedOperation
from ringward.domain.certificate import CertificateKind
from ringward.domain.rights import EVERYTHING
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation
from ringward.phone.enrolment import Enrolment, Result, generate_key
from ringward.phone.flash import Flash
from ringward.phone.identity import Identity
from ringward.phone.own_keys import OwnKeys
from ringward.pki.certificates import Certificate, KeyPair, PrivateKey
from ringward.protocols.capf.values import KeyWanted
from services.test_node import PATIENCE, Office, eventually, finish, until_ready

ADA = Actor("ada", EVERYTHING, "test")
SIP_TLS, WEB, CAPF = 5061, 8443, 3804
MAC = "001122334455"
NULL = CapfAuthenticationMode.NULL_STRING
QUESTION = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

Replace = Callable[[Administration], Certificate]
"""What puts another certificate into force, and which."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "data")
    until_ready(office.start())
    yield office
    for process in office.processes:
        finish(process)


def connect(office: Office, port: int, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    if context is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port + office.offset), timeout=PATIENCE)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def shown(office: Office, port: int) -> bytes | None:
    with connect(office, port) as connection:
        certificate: bytes | None = connection.getpeercert(binary_form=True)
        return certificate


def regenerated(kind: CertificateKind) -> Replace:
    return lambda administration: administration.certificates.regenerate(ADA, kind).certificate


def signed_elsewhere(kind: CertificateKind, root: KeyPair, between: KeyPair) -> Replace:
    """Through a signing request, answered by an authority below a root that the node has been told to trust."""

    def replace(administration: Administration) -> Certificate:
        for each in (root, between):
            administration.trust_stores.add(ADA, kind.trust, each.certificate.pem)
        request = administration.certificates.request(ADA, kind)
        signed = sign_request(request.pem, between, now=datetime.now(UTC))
        return administration.certificates.import_signed(ADA, kind, signed.pem).certificate

    return replace


def until_another_is_shown(office: Office, port: int, replace: Replace) -> None:
    """Replace a certificate, as the command line does it, and wait until new connections are shown it."""
    administration = Administration.open(office.directory)
    try:
        new = replace(administration)
    finally:
        administration.close()
    eventually(lambda: shown(office, port) == new.der)


def status_of(page: ssl.SSLSocket) -> int:
    answer = HTTPResponse(page)
    answer.begin()
    answer.read()
    return answer.status


def test_phones_stay_connected_while_the_certificate_of_the_node_is_regenerated(office: Office) -> None:
    with connect(office, SIP_TLS) as before:
        until_another_is_shown(office, SIP_TLS, regenerated(CertificateKind.NODE))
        before.sendall(b"\r\n\r\n")
        assert before.recv(10) == b"\r\n"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["regenerated", "signed elsewhere"])
def test_pages_go_on_over_their_connection_while_their_certificate_is_replaced(
    office: Office, elsewhere: bool
) -> None:
    """HTTPS-05, CERT-17; what was signed elsewhere is shown with the authority between: the root suffices."""
    root = authority("Company Root", now=datetime.now(UTC))
    between = authority("Company Web CA", root, now=datetime.now(UTC))
    kind = CertificateKind.WEB
    half = len(QUESTION) // 2
    with connect(office, WEB) as before:
        before.sendall(QUESTION)
        status = status_of(before)
        before.sendall(QUESTION[:half])  # a connection that rests is closed after a while, by the rule
        replace = signed_elsewhere(kind, root, between) if elsewhere else regenerated(kind)
        until_another_is_shown(office, WEB, replace)
        before.sendall(QUESTION[half:])
        assert status_of(before) == status == 303
    if elsewhere:
        context = ssl.create_default_context(cadata=root.certificate.pem.decode())
        with connect(office, WEB, context) as after:
            after.sendall(QUESTION)
            assert status_of(after) == 303


async def test_a_phone_goes_on_enrolling_while_the_certificate_of_capf_is_regenerated(office: Office) -> None:
    """CAPF-05: it is served by the authority that it has called, or it would refuse; the next by the new."""
    assert office.run("service", "activate", "capf")[0] == 0
    office.run("phone", "add", MAC, "--model", "7961", "--line", "1001")
    eventually(lambda: listens(office, CAPF))
    former = await enrolled(
        office, lambda: until_another_is_shown(office, CAPF, regenerated(CertificateKind.CAPF))
    )
    later = await enrolled(office, lambda: None)
    assert former.issuer != later.issuer


async def enrolled(office: Office, meanwhile: Callable[[], None]) -> Certificate:
    """The certificate of a phone during whose call something else happens."""
    administration = Administration.open(office.directory)
    wanted = WantedOperation(CertificateOperation.INSTALL_UPGRADE, authentication_mode=NULL)
    administration.certificate_operations.give(ADA, wanted, devices=[f"SEP{MAC}"])
    capf = administration.key_store.certificate(CertificateKind.CAPF)
    administration.close()

    def make_key(wanted: KeyWanted) -> PrivateKey | None:
        meanwhile()
        return generate_key(wanted)

    keys = OwnKeys(Flash())
    phone = Enrolment(Identity(MAC, "7961"), keys, lambda: [capf.der], make_key=make_key)
    done = await phone.run([("127.0.0.1", CAPF + office.offset)], NULL)
    assert (done.result, done.attempts) == (Result.INSTALLED, 1), done.detail
    assert keys.lsc is not None
    assert keys.lsc.certificate.is_issued_by(capf)
    return keys.lsc.certificate


def listens(office: Office, port: int) -> bool:
    try:
        return shown(office, port) is not None
    except OSError:
        return False
