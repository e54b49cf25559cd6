"""What OpenSSL alone takes for operations that a server cannot do without: the measure beside which it is judged.

Measured in processor time beside the server, by the process that measures: the same machine in the same mood.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES128

from ringward.pki.certificates import Certificate, KeyKind, KeyPair, KeyPairFiles, PrivateKey
from ringward.pki.issuing import issue_device_certificate, make_authority
from ringward.pki.tls import ServerTls, Suites, Terms

TIMES = 200


def authority() -> KeyPair:
    """A certificate authority as CAPF's, with an RSA key of 2048 bits; it also serves TLS, as CAPF does."""
    return make_authority("bare", now=datetime.now(UTC), kind=KeyKind.RSA_2048)


def certificate_for(pair: KeyPair, public_key: bytes, device: str) -> Certificate:
    """A certificate of a phone, as CAPF issues it."""
    year = timedelta(days=365)
    return issue_device_certificate(pair, public_key, device, now=datetime.now(UTC), lifetime=year)


def signature(key: PrivateKey, size: int = 1024) -> float:
    """Seconds for a signature over so many octets, hashing included."""
    data = bytes(size)
    if isinstance(key, rsa.RSAPrivateKey):
        return _each(lambda: key.sign(data, padding.PKCS1v15(), hashes.SHA256()))
    return _each(lambda: key.sign(data, ec.ECDSA(hashes.SHA256())))


def handshake(pair: KeyPair) -> float:
    """Seconds of the server's side of a TLS connection: made, the handshake, a record each way."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        tls = ServerTls(pair.save(Path(name), "server"), suites=Suites.ENCRYPTED)
        context = client_context()
        return sum(_handshake(tls.context, context) for _ in range(TIMES)) / TIMES


@contextlib.contextmanager
def _phones_server(pair: KeyPair) -> Iterator[ssl.SSLContext]:
    """A server that asks phones for a certificate which ``pair`` has signed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        tls = ServerTls(pair.save(Path(name), "server"), suites=Suites.ENCRYPTED)
        tls.renew(Terms(Suites.ENCRYPTED, trusted=(pair.certificate,)))
        yield tls.context


def boot(pair: KeyPair, phones: Sequence[KeyPairFiles], size: int) -> float:
    """Seconds that a phone's boot needs: its file of so many octets encrypted by AES, the key of it wrapped by RSA
    for the key in the phone's certificate, the whole signed; then a connection of TLS in whose handshake the phone
    shows that certificate, which ``pair`` has signed.

    Phone after phone and each with its own certificate, as they come: the same operation again and again finds all
    that it needs in the processor's caches, and takes a tenth less.
    """
    assert isinstance(pair.key, rsa.RSAPrivateKey)
    phones = phones[:TIMES]
    came = [(Certificate.load(each.certificate.read_bytes()).der, client_context(each)) for each in phones]
    clear, taken = bytes(size), 0.0
    with _phones_server(pair) as server:
        for certificate, context in came:
            began = time.process_time()
            encryptor = Cipher(AES128(bytes(16)), modes.CBC(bytes(16))).encryptor()
            body = encryptor.update(clear) + encryptor.finalize()
            key = x509.load_der_x509_certificate(certificate).public_key()
            assert isinstance(key, rsa.RSAPublicKey)
            key.encrypt(bytes(16), padding.PKCS1v15())
            pair.key.sign(body, padding.PKCS1v15(), hashes.SHA1())
            taken += time.process_time() - began + _handshake(server, context)
    return taken / len(came)


def client_context(files: KeyPairFiles | None = None) -> ssl.SSLContext:
    """The phone's side, which believes every server: what is measured is the other one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if files is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> float:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    began = time.process_time()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    taken = time.process_time() - began
    theirs = client.wrap_bio(to_client, to_server)
    pending = {ours, theirs}
    while pending:
        for side in (theirs, ours):
            began = time.process_time()
            try:
                side.do_handshake()
                pending.discard(side)
            except ssl.SSLWantReadError:
                pass
            if side is ours:
                taken += time.process_time() - began
    theirs.write(b"hello")
    began = time.process_time()
    ours.read()
    ours.write(b"hello")
    return taken + time.process_time() - began


def _each(work: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - began) / TIMES
