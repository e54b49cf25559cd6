"""Trust lists and files of a small secure cluster, as the tests of the phone's security need them."""

from __future__ import annotations

from harness.signers import pair, signer
from phone.configurations import device_xml
from ringward.domain.rules.configuration_encryption import certificate_hash
from ringward.files import encrypted_file, signed_file, trust_list
from ringward.files.encrypted_file import FileKey
from ringward.files.trust_list import Record, TrustList, TrustListKind, TrustListRole
from ringward.phone.file_security import FileSecurity
from ringward.phone.flash import Flash, Item
from ringward.pki.file_ciphers import FileCiphers

DEVICE = "SEP001122334455"
HOST = "192.0.2.10"
START = 1_700_000_000
CIPHERS = FileCiphers()


def ctl(
    signed_by: str = "token one",
    tokens: tuple[str, ...] = ("token one", "token two"),
    *,
    now: int = START,
    server: str = "pub",
    host: str = HOST,
    emptied: bool = False,
) -> bytes:
    """A CTL file with some tokens and one server."""
    records = [Record(TrustListRole.SAST, signer(name).certificate) for name in tokens]
    records.append(Record(TrustListRole.CCM_TFTP, signer(server).certificate, host))
    trust = TrustList(tuple(records))
    by = signer(signed_by)
    return trust_list.build(
        TrustListKind.CTL, trust.emptied() if emptied else trust, by.signer, by.certificate, now
    )


def itl(server: str = "pub") -> bytes:
    """An ITL of one server."""
    by = signer(server)
    roles = (TrustListRole.SAST, TrustListRole.CCM_TFTP)
    trust = TrustList(tuple(Record(role, by.certificate, HOST) for role in roles))
    return trust_list.build(TrustListKind.ITL, trust, by.signer, by.certificate, START)


def sgn(content: bytes, name: str = f"{DEVICE}.cnf.xml.sgn", server: str = "pub") -> bytes:
    """A signed file."""
    return signed_file.build(name, content, signer(server), START)


def enc(
    content: bytes, name: str = f"{DEVICE}.cnf.xml.enc.sgn", phone: str = DEVICE, server: str = "pub"
) -> bytes:
    """A file for one phone alone."""
    certificate = pair(phone).certificate.der
    return encrypted_file.build(
        name, content, signer(server), START, CIPHERS, certificate, FileKey(bytes(range(16)), bytes(16))
    )


def partial(phone: str | None = DEVICE) -> bytes:
    """The clear part of an encrypted configuration; the server knows the certificate of ``phone``."""
    known = certificate_hash(pair(phone).certificate.der) if phone is not None else ""
    return (
        "<device><fullConfig>False</fullConfig><capfAuthMode>0</capfAuthMode><capfList><capf>"
        f"<phonePort>3804</phonePort><processNodeName>{HOST}</processNodeName></capf></capfList>"
        f"<certHash>{known}</certHash><encrConfig>true</encrConfig></device>"
    ).encode()


def encrypting_full() -> bytes:
    """What is in the encrypted file."""
    return device_xml().replace(b"<device>", b"<device><encrConfig>true</encrConfig>", 1)


def security(*, lists: bytes | None = None, mic: str | None = None, flash: Flash | None = None) -> FileSecurity:
    """A phone's, with a CTL file or a certificate from the factory."""
    made = FileSecurity(flash)
    if lists is not None:
        made.trust.offer(TrustListKind.CTL, lists)
    if mic is not None:
        made.keys.install(Item.MIC, pair(mic))
    return made
