"""What failed handshakes are called, each by a handshake that really fails."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.foreign import authority, certificate, name, rsa_key
from ringward.pki.certificates import Certificate, KeyPair, KeyPairFiles
from ringward.pki.issuing import make_self_signed
from ringward.pki.tls import ServerTls, Suites, Terms
from ringward.pki.tls_failure import failure_reason

NOW = datetime.now(UTC)
CAPF = authority("CAPF", now=NOW)
KEY = rsa_key(2048)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> ServerTls:
    pair = make_self_signed("node", now=NOW)
    server = ServerTls(pair.save(tmp_path_factory.mktemp("node"), "node"))
    server.renew(Terms(Suites.ENCRYPTED, trusted=(CAPF.certificate,), client_required=False))
    return server


def client(own: KeyPairFiles | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return context


def fails(server: ServerTls, context: ssl.SSLContext) -> str | None:
    """The reason that our side gives."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours, theirs = server.context.wrap_bio(up, down, server_side=True), context.wrap_bio(down, up)
    for _ in range(6):
        for end in (theirs, ours):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                if end is ours:
                    return failure_reason(error)
    raise AssertionError("the handshake did not fail")


def phone(directory: Path, begin: int = -9, end: int = 9, issuer: KeyPair | None = CAPF) -> KeyPairFiles:
    times = {"begin": NOW + timedelta(days=begin), "end": NOW + timedelta(days=end)}
    made: Certificate = certificate(name("SEP001122334455"), key=KEY, issuer=issuer, names=(), **times)  # type: ignore[arg-type]
    return KeyPair(made, KEY).save(directory, "phone")


def test_certificates_that_are_refused(server: ServerTls, tmp_path: Path) -> None:
    expired = client(phone(tmp_path, -9, -1))
    assert fails(server, expired) == "its certificate has expired (certificate has expired)"
    early = client(phone(tmp_path, 1, 9))
    assert fails(server, early) == (
        "its certificate is not valid yet; check the clocks (certificate is not yet valid)"
    )
    foreign = fails(server, client(phone(tmp_path, issuer=authority("Another", now=NOW))))
    assert foreign is not None and foreign.startswith(
        "its certificate is signed by nobody that this port trusts ("
    )
    impostor = fails(server, client(phone(tmp_path, issuer=authority("CAPF", now=NOW))))
    assert impostor is not None and "certificate" in impostor


def test_suites_and_versions_that_do_not_fit(server: ServerTls) -> None:
    context = client()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("NULL-SHA:@SECLEVEL=0")
    assert fails(server, context) == (
        "it offers none of the cipher suites that are open on this port (no shared cipher)"
    )


def test_what_is_no_tls(server: ServerTls) -> None:
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.context.wrap_bio(up, down, server_side=True)
    up.write(b"REGISTER sip:node SIP/2.0\r\n\r\n")
    with pytest.raises(ssl.SSLError) as caught:
        ours.do_handshake()
    assert (failure_reason(caught.value) or "").startswith("what it sent is no TLS (")


def test_a_phone_that_does_not_trust_the_node(server: ServerTls) -> None:
    context = client()
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert (fails(server, context) or "").startswith("it does not trust the certificate of this node")


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), TimeoutError(), EOFError(), ssl.SSLEOFError(8, "EOF occurred")]
)
def test_a_peer_that_goes_away_is_no_affair_of_tls(error: BaseException) -> None:
    assert failure_reason(error) is None


def test_what_is_not_known_is_told_in_openssls_words() -> None:
    assert failure_reason(ssl.SSLError(1, "[SSL] x")) == "the TLS handshake failed (unknown)"
