"""TLS of device listeners: real handshakes in memory, and one with OpenSSL's own client."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringward.domain.errors import Unavailable
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.pki.certificates import BadCertificate, KeyKind, KeyPair, KeyPairFiles
from ringward.pki.issuing import make_authority, make_self_signed
from ringward.pki.tls import ServerTls, Suites, Terms


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
    out, _ = await asyncio.wait_for(process.communicate(b"hello\n"), 60)
    assert out == b"hello\n"
    server.close()
    await server.wait_closed()


# --- Terms that a listener changes while it listens
# -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def capf() -> KeyPair:
    return make_authority("CAPF-00000001", now=datetime.now(UTC))


def issued(capf: KeyPair, directory: Path, bits: int = 2048, digest: str = "sha256") -> KeyPairFiles:
    """The key pair of a phone, made by OpenSSL: our library signs nothing with SHA-1."""
    directory.mkdir()
    capf.save(directory, "capf")
    for command in (
        f"openssl genrsa -out phone.key {bits}",
        "openssl req -new -key phone.key -subj /CN=SEP001122334455 -out phone.csr",
        f"openssl x509 -req -in phone.csr -CA capf.pem -CAkey capf.key -{digest} -set_serial 5 -out phone.pem",
    ):
        subprocess.run(command.split(), cwd=directory, check=True, capture_output=True)
    return KeyPairFiles.of(directory, "phone")


def terms(suites: Suites, capf: KeyPair, *, old_phones: bool = False) -> Terms:
    return Terms(suites, old_phones, (capf.certificate,), client_required=False)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_certificate_need_not_be_shown_but_must_be_right(
    files: KeyPairFiles, capf: KeyPair, phone: KeyPair, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    server = ServerTls(files)
    server.renew(terms(Suites.ENCRYPTED, capf))
    assert handshake(server, client(version=version))[1].getpeercert() is None
    own = issued(capf, tmp_path / "phone")
    _, ours = handshake(server, client(version=version, own=own))
    assert ours.getpeercert(binary_form=True) == own.load().certificate.der
    with pytest.raises(ssl.SSLError):
        handshake(server, client(version=version, own=phone.save(tmp_path / "stranger", "phone")))


def test_nobody_is_asked_while_nobody_vouches(files: KeyPairFiles, phone: KeyPair, tmp_path: Path) -> None:
    server = ServerTls(files)
    server.renew(Terms(trusted=(), client_required=False))
    own = phone.save(tmp_path / "phone", "phone")
    assert handshake(server, client(own=own))[1].getpeercert(binary_form=True) is None


@pytest.mark.parametrize(
    ("modes", "suites"),
    [
        ((), Suites.MODERN),
        ((DeviceSecurityMode.NONSECURE,), Suites.MODERN),
        ((DeviceSecurityMode.NONSECURE, DeviceSecurityMode.ENCRYPTED), Suites.ENCRYPTED),
        ((DeviceSecurityMode.AUTHENTICATED, DeviceSecurityMode.ENCRYPTED), Suites.AUTHENTICATED),
    ],
)
def test_only_suites_that_a_device_needs_are_open(modes: tuple[DeviceSecurityMode, ...], suites: Suites) -> None:
    """SIG-03."""
    assert Suites.of_modes(modes) is suites


def test_suites_open_and_close_while_it_listens(files: KeyPairFiles, capf: KeyPair) -> None:
    server = ServerTls(files)
    for suites, ciphers in ((Suites.AUTHENTICATED, "NULL-SHA"), (Suites.ENCRYPTED, "AES128-SHA")):
        server.renew(terms(suites, capf))
        assert suite(server, client(ciphers)) == ciphers
    with pytest.raises(ssl.SSLError):
        handshake(server, client("NULL-SHA"))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_only_for_old_phones(files: KeyPairFiles, capf: KeyPair) -> None:
    """SIG-14."""
    server, old = ServerTls(files), client("ALL", version=ssl.TLSVersion.TLSv1)
    server.renew(terms(Suites.AUTHENTICATED, capf))
    with pytest.raises(ssl.SSLError):
        handshake(server, old)
    server.renew(terms(Suites.ENCRYPTED, capf, old_phones=True))
    assert handshake(server, old)[0].version() == "TLSv1"
    server.renew(terms(Suites.ENCRYPTED, capf))
    with pytest.raises(ssl.SSLError):
        handshake(server, old)


@pytest.mark.parametrize(
    ("bits", "digest", "old_phones", "passes"),
    [
        (1024, "sha256", False, True),  # the guide's usual key (PSP-26)
        (1024, "sha1", False, False),
        (1024, "sha1", True, True),
        (512, "sha256", False, False),
        (512, "sha256", True, True),
    ],
)
def test_weak_certificates_only_of_old_phones(
    files: KeyPairFiles, capf: KeyPair, tmp_path: Path, bits: int, digest: str, old_phones: bool, passes: bool
) -> None:
    server = ServerTls(files)
    server.renew(terms(Suites.ENCRYPTED, capf, old_phones=old_phones))
    own = client(own=issued(capf, tmp_path / "phone", bits, digest))
    if passes:
        assert handshake(server, own)[1].getpeercert()
    else:
        with pytest.raises(ssl.SSLError):
            handshake(server, own)
