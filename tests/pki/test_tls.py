"""TLS of device listeners: real handshakes in memory, and one with OpenSSL's own client."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringward.domain.errors import Unavailable
from ringward.pki.certificates import BadCertificate, KeyKind, KeyPair, KeyPairFiles, make_self_signed
from ringward.pki.tls import ServerTls, Suites


def new_pair(name: str, kind: KeyKind = KeyKind.RSA_2048) -> KeyPair:
    return make_self_signed(name, now=datetime.now(UTC), kind=kind)


@pytest.fixture(scope="module")
def node() -> KeyPair:
    return new_pair("node")


@pytest.fixture(scope="module")
def phone() -> KeyPair:
    return new_pair("SEP001122334455", KeyKind.EC_P256)


@pytest.fixture
def files(node: KeyPair, tmp_path: Path) -> KeyPairFiles:
    return node.save(tmp_path, "node")


def client(
    ciphers: str = "DEFAULT", version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2, own: KeyPairFiles | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers + ":@SECLEVEL=0")
    context.minimum_version = version
    context.maximum_version = version
    if own:
        context.load_cert_chain(own.certificate, own.key)
    return context


def handshake(
    server: ServerTls, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Run a handshake to its end in memory; returns (client, server). Raises ``ssl.SSLError``."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.context.wrap_bio(up, down, server_side=True)
    theirs = context.wrap_bio(down, up, session=session)
    open_ends = [theirs, ours]
    for _ in range(6):
        for end in tuple(open_ends):
            try:
                end.do_handshake()
                open_ends.remove(end)
            except ssl.SSLWantReadError:
                pass
    assert not open_ends
    return theirs, ours


def suite(server: ServerTls, context: ssl.SSLContext) -> str:
    theirs, _ = handshake(server, context)
    cipher = theirs.cipher()
    assert cipher is not None
    return cipher[0]


@pytest.mark.parametrize("suites", list(Suites))
def test_aes_gcm_with_forward_secrecy_comes_first(files: KeyPairFiles, suites: Suites) -> None:
    everything = client("NULL-SHA:AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256")
    assert suite(ServerTls(files, suites=suites), everything) == "ECDHE-RSA-AES128-GCM-SHA256"


@pytest.mark.parametrize(
    ("suites", "ciphers", "chosen"),
    [
        (Suites.MODERN, "AES128-SHA", None),
        (Suites.MODERN, "NULL-SHA", None),
        (Suites.ENCRYPTED, "AES128-SHA", "AES128-SHA"),
        (Suites.ENCRYPTED, "NULL-SHA", None),
        (Suites.AUTHENTICATED, "AES128-SHA", "AES128-SHA"),
        (Suites.AUTHENTICATED, "NULL-SHA", "NULL-SHA"),
        (Suites.AUTHENTICATED, "AES256-SHA", None),
    ],
)
def test_old_suites_only_where_asked_for(
    files: KeyPairFiles, suites: Suites, ciphers: str, chosen: str | None
) -> None:
    server = ServerTls(files, suites=suites)
    if chosen:
        assert suite(server, client(ciphers)) == chosen
    else:
        with pytest.raises(ssl.SSLError):
            handshake(server, client(ciphers))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("suites", list(Suites))
def test_versions(files: KeyPairFiles, suites: Suites) -> None:
    server = ServerTls(files, suites=suites)
    assert handshake(server, client(version=ssl.TLSVersion.TLSv1_3))[0].version() == "TLSv1.3"
    with pytest.raises(ssl.SSLError):
        handshake(server, client("ALL", version=ssl.TLSVersion.TLSv1_1))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_client_must_be_trusted_and_trust_is_withdrawn_at_once(
    files: KeyPairFiles, phone: KeyPair, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    own = phone.save(tmp_path, "phone")
    server = ServerTls(files, trusted=[])
    with pytest.raises(ssl.SSLError):
        handshake(server, client(version=version, own=own))
    server.reload([phone.certificate])
    theirs, ours = handshake(server, client(version=version, own=own))
    assert ours.getpeercert(binary_form=True) == phone.certificate.der
    with pytest.raises(ssl.SSLError):
        handshake(server, client(version=version))
    server.reload([])
    again = client(version=version, own=own)
    with pytest.raises(ssl.SSLError):
        handshake(server, again)
    del theirs


def test_a_withdrawn_phone_cannot_resume_its_session(files: KeyPairFiles, phone: KeyPair, tmp_path: Path) -> None:
    server = ServerTls(files, trusted=[phone.certificate])
    context = client(own=phone.save(tmp_path, "phone"))
    theirs, _ = handshake(server, context)
    assert handshake(server, context, theirs.session)[0].session_reused
    server.reload([])
    with pytest.raises(ssl.SSLError):
        handshake(server, context, theirs.session)
    server.reload([phone.certificate])
    assert not handshake(server, context, theirs.session)[0].session_reused


def test_a_renewed_certificate_is_shown_without_a_new_listener(files: KeyPairFiles) -> None:
    server = ServerTls(files)
    context = server.context
    renewed = new_pair("node")
    renewed.save(files.certificate.parent, "node")
    server.reload()
    theirs, _ = handshake(server, client())
    assert theirs.getpeercert(binary_form=True) == renewed.certificate.der
    assert server.context is context


def test_a_failed_reload_changes_nothing(
    files: KeyPairFiles, node: KeyPair, phone: KeyPair, tmp_path: Path
) -> None:
    server = ServerTls(files, trusted=[phone.certificate])
    own = phone.save(tmp_path, "phone")
    files.key.write_text("damaged")
    with pytest.raises(BadCertificate, match="are not a certificate and its key"):
        server.reload([])
    theirs, _ = handshake(server, client(own=own))
    assert theirs.getpeercert(binary_form=True) == node.certificate.der


def test_missing_files_are_named(files: KeyPairFiles) -> None:
    files.key.unlink()
    with pytest.raises(Unavailable, match=r"node\.key cannot be read"):
        ServerTls(files)
    with pytest.raises(Unavailable, match=r"other\.pem cannot be read"):
        ServerTls(KeyPairFiles.of(files.key.parent, "other"))


def test_trust_for_a_listener_that_asks_nobody_is_a_mistake(files: KeyPairFiles) -> None:
    with pytest.raises(ValueError):
        ServerTls(files).reload([])


async def test_openssl_is_served_over_a_socket(files: KeyPairFiles) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(
        serve, "127.0.0.1", 0, ssl=ServerTls(files, suites=Suites.AUTHENTICATED).context
    )
    port = server.sockets[0].getsockname()[1]
    command = f"openssl s_client -connect 127.0.0.1:{port} -tls1_2 -cipher NULL-SHA:@SECLEVEL=0 -ign_eof -quiet"
    process = await asyncio.create_subprocess_exec(
        *command.split(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(b"hello\n"), 10)
    assert out == b"hello\n"
    server.close()
    await server.wait_closed()
