"""``CTLFile.tlv`` and ``ITLFile.tlv``: whom a phone trusts, and with what (CTL-03, CTL-04).

An envelope, then records back to back. A record is a run of fields like those of the envelope's header, with tags
of its own. The list that the CTL client leaves behind when the cluster goes back to nonsecure still has a record
for each server, but without its certificate (CTL-13); a phone then asks for unsigned files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from ipaddress import IPv4Address

from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.vocabulary import HashAlgorithm
from ringward.files import envelope
from ringward.files.envelope import (
    DIGEST_CODES,
    Fault,
    Header,
    RefusedFile,
    Signer,
    SignerId,
    Verifier,
    Version,
    text_of,
)

MAX_TRUST_LIST = 256 * 1024
"""Octets; a list with every role for twenty servers has some 40 KiB."""
MAX_RECORDS = 256
"""The largest cluster has twenty servers, each in two roles at most, and some tokens."""
_HASH_LENGTH = 20
NO_ADDRESS = IPv4Address(0)
"""Of tokens."""


class TrustListKind(Enum):
    """The two lists; each is signed under one fixed name, whatever name it was asked for by."""

    CTL = "CTLFile.tlv"
    ITL = "ITLFile.tlv"


class TrustListRole(IntEnum):
    """What a record's certificate is trusted for; the number is the one in the file."""

    SAST = 0
    CCM = 1
    CCM_TFTP = 2
    TFTP = 3
    CAPF = 4
    APPLICATION = 7
    TVS = 21

    @property
    def label(self) -> str:
        """As the guide writes it."""
        return {
            TrustListRole.CCM_TFTP: "CCM+TFTP",
            TrustListRole.APPLICATION: "application server",
        }.get(self, self.name)

    @property
    def signs_files(self) -> bool:
        """Whether configuration files are taken from it."""
        return self in (TrustListRole.CCM_TFTP, TrustListRole.TFTP)

    @property
    def signs_lists(self) -> bool:
        """Whether trust lists are taken from it."""
        return self is TrustListRole.SAST

    @property
    def serves_signalling(self) -> bool:
        """Whether phones connect to it by TLS to register."""
        return self in (TrustListRole.CCM_TFTP, TrustListRole.CCM)


@dataclass(frozen=True, slots=True)
class Record:
    """Whom to trust for what."""

    role: TrustListRole
    certificate: ListedCertificate | None
    """None in the list of a nonsecure cluster, and where only the certificate's hash is told."""
    host: str | None = ""
    """Name or address of the server as entered (DNS name); empty for tokens, None where the list tells none."""
    address: IPv4Address | None = NO_ADDRESS
    """0.0.0.0 for tokens; None where the list tells none."""
    certificate_hash: bytes = b""
    """In place of the certificate, in lists of later phones."""

    def emptied(self) -> Record:
        """What stays of a server's record in the list of a nonsecure cluster (CTL-13)."""
        return replace(self, certificate=None) if self.role.signs_files or self.role.serves_signalling else self


@dataclass(frozen=True, slots=True)
class TrustList:
    """The records of a list, without the signature that covers them."""

    records: tuple[Record, ...] = ()

    def having(self, *roles: TrustListRole) -> Iterator[Record]:
        """The records of some roles."""
        return (record for record in self.records if record.role in roles)

    def file_signer(self, signer: SignerId) -> ListedCertificate | None:
        """The certificate of a file's signer, if files may be signed by it."""
        return self._find(signer, (role for role in TrustListRole if role.signs_files))

    def list_signer(self, signer: SignerId) -> ListedCertificate | None:
        """The certificate of a list's signer, if lists may be signed by it."""
        return self._find(signer, (role for role in TrustListRole if role.signs_lists))

    @property
    def asks_for_signed_files(self) -> bool:
        """Whether a phone with this list asks for ``.sgn`` (CTL-10)."""
        return any(record.certificate is not None for record in self.records if record.role.signs_files)

    def server_is_trusted(self, der: bytes, *roles: TrustListRole) -> bool:
        """Whether a TLS server with this certificate is one of those the list names for a role (CTL-21)."""
        return any(
            record.certificate is not None and record.certificate.der == der for record in self.having(*roles)
        )

    def knows_host(self, host: str) -> bool:
        """Whether a server of this name or address is in the list (CTL-19, PHONE-17)."""
        return any(host and host in (record.host, str(record.address)) for record in self.records)

    def emptied(self) -> TrustList:
        """The list of a cluster that is nonsecure again: no server has a certificate (CTL-13)."""
        return TrustList(tuple(record.emptied() for record in self.records))

    def _find(self, signer: SignerId, roles: Iterable[TrustListRole]) -> ListedCertificate | None:
        wanted = (signer.issuer, signer.serial)
        for record in self.having(*roles):
            certificate = record.certificate
            if certificate is not None and (certificate.issuer, certificate.serial) == wanted:
                return certificate
        return None


@dataclass(frozen=True, slots=True)
class TrustListFile:
    """A list with what its envelope says; :func:`parse` does not look who signed it."""

    trust: TrustList
    envelope: envelope.Envelope

    @property
    def header(self) -> Header:
        """Who signed it, and when."""
        return self.envelope.header

    @property
    def timestamp(self) -> int:
        """When it was signed, in seconds since 1970."""
        return self.header.timestamp or 0

    def check(self, kind: TrustListKind, signer: ListedCertificate | None, verify: Verifier) -> None:
        """Raises :class:`~ringward.files.envelope.RefusedFile` unless ``signer`` signed it as ``kind``.

        The signer must be among the list's own records too, whoever vouches for it.
        """
        if self.trust.list_signer(self.header.signer) is None:
            raise RefusedFile(Fault.SIGNER, f"{self.header.signer.name} is not in the list it signed")
        envelope.check(self.envelope, Version.TRUST_LIST, kind.value, signer, verify)


def record_json(record: Record) -> dict[str, str | None]:
    """The nine fields of an entry as JSON (CTL-04): for ``--json`` and the programming interface."""
    certificate = record.certificate
    return {
        "function": record.role.label,
        "dns_name": record.host,
        "ip_address": str(record.address) if record.address is not None else None,
        "subject": certificate.subject if certificate else None,
        "issuer": certificate.issuer if certificate else None,
        "serial_number": certificate.serial.hex() if certificate else None,
        "public_key": certificate.public_key.hex() if certificate else None,
        "signature": certificate.signature.hex() if certificate else None,
        "certificate": certificate.der.hex() if certificate else None,
    }


def build(
    kind: TrustListKind,
    trust: TrustList,
    signer: Signer,
    certificate: ListedCertificate,
    now: int,
    digest: HashAlgorithm = HashAlgorithm.SHA1,
    signer_version: tuple[int, int] | None = None,
) -> bytes:
    """Sign a list. ``signer`` is one of its SAST records, ``certificate`` describes it; ``now`` in seconds.

    Raises ``ValueError`` when the signer is not in the list: no phone would take it.
    """
    if signer.certificate != certificate.der:
        raise ValueError("the description is that of another certificate")
    who = SignerId.of(certificate)
    if trust.list_signer(who) is None:
        raise ValueError(f"{certificate.subject} is not in the list that it is to sign")
    header = Header(Version.TRUST_LIST, who, certificate.modulus_bits, kind.value, now, digest, signer_version)
    return envelope.seal(header, b"".join(map(_encode, trust.records)), signer)


def parse(data: bytes) -> TrustListFile:
    """Take a list apart; raises :class:`~ringward.files.envelope.RefusedFile`."""
    if len(data) > MAX_TRUST_LIST:
        raise RefusedFile(Fault.FORMAT, f"a trust list of {len(data)} octets")
    found = envelope.parse(data)
    if found.header.version is not Version.TRUST_LIST:
        raise RefusedFile(Fault.VERSION, "this is not a trust list")
    return TrustListFile(TrustList(tuple(_records(found.body))), found)


# -- records ------------------------------------------------------------------------------------------------


def _field(tag: int, value: bytes) -> bytes:
    return tag.to_bytes(1, "big") + len(value).to_bytes(2, "big") + value


def _encode(record: Record) -> bytes:
    certificate, parts = record.certificate, []
    if record.host is not None:
        parts.append(_field(2, record.host.encode() + b"\0"))
    if certificate is not None:
        parts.append(_field(3, certificate.subject.encode() + b"\0"))
    parts.append(_field(4, record.role.to_bytes(2, "big")))
    if certificate is not None:
        parts += [_field(5, certificate.issuer.encode() + b"\0"), _field(6, certificate.serial)]
        parts.append(_field(7, certificate.public_key))
        if certificate.signature:
            parts.append(_field(8, certificate.signature))
        parts.append(_field(9, certificate.der))
    if record.address is not None:
        parts.append(_field(10, record.address.packed))
    if record.certificate_hash:
        parts += [_field(11, record.certificate_hash), _field(12, bytes([DIGEST_CODES[HashAlgorithm.SHA1]]))]
    body = b"".join(parts)
    length = len(body) + 5
    if length > 0xFFFF:
        raise ValueError(f"a record of {length} octets is too long")
    return _field(1, length.to_bytes(2, "big")) + body


def _records(body: bytes) -> Iterator[Record]:
    place = count = 0
    while place < len(body):
        count += 1
        if count > MAX_RECORDS:
            raise RefusedFile(Fault.FORMAT, f"more than {MAX_RECORDS} records")
        if body[place : place + 3] != b"\1\0\2":
            raise RefusedFile(Fault.FORMAT, f"record {count} does not begin with its length")
        end = place + int.from_bytes(body[place + 3 : place + 5], "big")
        if end > len(body) or end < place + 5:
            raise RefusedFile(Fault.FORMAT, f"record {count} runs past the end of the list")
        yield _record(_fields(body, place + 5, end, count), count)
        place = end


def _fields(body: bytes, place: int, end: int, count: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while place < end:
        value = place + 3
        after = value + int.from_bytes(body[place + 1 : value], "big")
        if value > end or after > end or body[place] in found or body[place] == 1:
            raise RefusedFile(Fault.FORMAT, f"record {count}: field {body[place]} is in the wrong place")
        found[body[place]] = body[value:after]
        place = after
    return found


def _record(found: dict[int, bytes], count: int) -> Record:
    if len(found.get(4, b"")) != 2:
        raise RefusedFile(Fault.FORMAT, f"record {count} has no role")
    try:
        role = TrustListRole(int.from_bytes(found[4], "big"))
    except ValueError:
        raise RefusedFile(Fault.FORMAT, f"record {count} has an unknown role") from None
    address = found.get(10)
    if address is not None and len(address) != 4:
        raise RefusedFile(Fault.FORMAT, f"record {count}: an address has 4 octets")
    digest = found.get(11, b"")
    if len(digest) not in (0, _HASH_LENGTH):
        raise RefusedFile(Fault.FORMAT, f"record {count}: a hash has {_HASH_LENGTH} octets")
    return Record(
        role,
        _certificate(found, count),
        text_of(found[2]) if 2 in found else None,
        None if address is None else IPv4Address(address),
        digest,
    )


def _certificate(found: dict[int, bytes], count: int) -> ListedCertificate | None:
    if 9 not in found:
        return None
    if not found[9] or any(tag not in found for tag in (3, 5, 6, 7)):
        raise RefusedFile(Fault.FORMAT, f"record {count} has a certificate without its names or key")
    return ListedCertificate(found[9], text_of(found[3]), text_of(found[5]), found[6], found[7], found.get(8, b""))
