"""The signed envelope around trust lists, signed files and encrypted files: a header, then the body.

The header is a run of fields, each a tag of one octet, a length of two and a value; some hold others. All numbers
are big-endian, and the length of a text counts the zero octet at its end. What is signed is the whole file without
the signature field; the header length that is signed already counts it.

Reading is strict, as the older phones are: nothing that is doubtful is read at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from struct import Struct
from types import MappingProxyType
from typing import Protocol

from ringward.domain.errors import RingwardError
from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.vocabulary import HashAlgorithm

MAX_HEADER = 0xFFFF
"""Octets; the header length has two."""
MAX_PHONE_MODULUS = 2048
"""Bits; phones of the guide's generation refuse larger keys."""
DIGEST_CODES: Mapping[HashAlgorithm, int] = MappingProxyType(
    {HashAlgorithm.SHA1: 1, HashAlgorithm.SHA256: 2, HashAlgorithm.SHA512: 3}
)
"""Code 2 is named in open tools and known from no file; phones of the guide's generation know SHA-1 alone."""
MODULUS_CODES: Mapping[int, int] = MappingProxyType({512: 0, 1024: 1, 2048: 2, 4096: 3})
_DIGESTS = {code: digest for digest, code in DIGEST_CODES.items()}
_MODULI = {code: bits for bits, code in MODULUS_CODES.items()}
_RSA = 0
_ALIGNMENT = 4
_FIELD = Struct(">BH")
"""What a field begins with: its tag, and the length of its value."""
_START = Struct(">BHBBBHH")
"""The first two fields: version, and length of the header."""
_SIGNERS = 64
"""Signers whose part of the header is kept: the servers and tokens of a cluster are few."""


class Version(Enum):
    """Versions of the envelope; they say what is inside."""

    SIGNED_FILE = (1, 0)
    FIRMWARE = (1, 1)
    """Made by the phones' vendor, with a signature of another kind: served as it is, never made, never checked."""
    TRUST_LIST = (1, 2)
    ENCRYPTED_FILE = (2, 0)


class Fault(Enum):
    """Why a phone refuses a file; the classes are those that phones tell apart."""

    TOO_SMALL = "too small"
    FORMAT = "bad format"
    VERSION = "unknown version"
    DIGEST = "unknown digest algorithm"
    SIGNATURE_ALGORITHM = "unknown signature algorithm"
    MODULUS = "bad modulus length"
    FILE_NAME = "wrong file name"
    SIGNER = "signer not in the trust list"
    SIGNATURE = "signature does not verify"
    TIMESTAMP = "older than the one in use"
    ENCRYPTION = "cannot be decrypted"
    CONTENT_HASH = "content does not match its hash"


class RefusedFile(RingwardError):
    """A file that must not be used."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        self.fault = fault
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)


class Signer(Protocol):
    """Who can sign: a server's key in memory or a security token."""

    @property
    def certificate(self) -> bytes:
        """The signer's certificate (DER)."""
        ...

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        """The signature over ``data``: RSA, PKCS#1 v1.5."""
        ...


Verifier = Callable[[bytes, bytes, bytes, HashAlgorithm], bool]
"""Whether the key of a certificate (DER) signed data: certificate, data, signature, digest."""


@dataclass(frozen=True, slots=True)
class SignerId:
    """How a header names its signer; phones look it up by issuer and serial number."""

    name: str
    serial: bytes
    issuer: str

    @classmethod
    def of(cls, certificate: ListedCertificate) -> SignerId:
        """The name of the holder of a certificate."""
        return cls(certificate.subject, certificate.serial, certificate.issuer)


@dataclass(frozen=True, slots=True)
class EncryptionInfo:
    """How the body is encrypted: AES-128 in CBC mode, key and vector new for every file (CFGENC-25)."""

    iv: bytes
    pad_length: int
    """Octets at the end of the decrypted text that do not belong to it."""
    content_hash: bytes
    """Of the clear text."""
    encrypted_key: bytes = b""
    """The key under the phone's public key; empty where the phone has the key already."""
    key_usage: int = 0
    key_size: int = 128
    key_source: int = 1
    content_digest: HashAlgorithm = HashAlgorithm.SHA1


@dataclass(frozen=True, slots=True)
class Header:
    """What an envelope says of itself."""

    version: Version
    signer: SignerId
    modulus_bits: int
    file_name: str
    timestamp: int | None
    """Seconds since 1970, UTC; firmware has none here."""
    digest: HashAlgorithm = HashAlgorithm.SHA1
    signer_version: tuple[int, int] | None = None
    """Only trust lists of later phones have it: 1.0, or 1.1 when keys other than RSA are in the list."""
    encryption: EncryptionInfo | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """A file taken apart; it may still be signed by anybody."""

    header: Header
    signature: bytes
    body: bytes
    signed: bytes
    """What the signature is over."""


def seal(header: Header, body: bytes, signer: Signer) -> bytes:
    """Sign: the whole file."""
    before, after = _encode(header)
    signature = signer.sign(before + after + body, header.digest)
    if len(signature) != header.modulus_bits // 8:
        raise ValueError(f"a signature of {len(signature)} octets, but the key has {header.modulus_bits} bits")
    return b"".join((before, _field(12, signature), after, body))


def header_length(data: bytes) -> int:
    """Where the body of a sealed file begins."""
    return int.from_bytes(data[8:10], "big")


def parse(data: bytes) -> Envelope:
    """Take a file apart; raises :class:`RefusedFile`. Does not look who signed it: see :func:`check`."""
    if len(data) < 10:
        raise RefusedFile(Fault.TOO_SMALL)
    if data[:3] != b"\1\0\2" or data[5:8] != b"\2\0\2":
        raise RefusedFile(Fault.FORMAT, "version and header length must come first")
    version = _version(data[3], data[4])
    length = header_length(data)
    if not 10 <= length <= len(data) or length % _ALIGNMENT:
        raise RefusedFile(Fault.FORMAT, f"a header of {length} octets in a file of {len(data)}")
    found, place = _read_fields(data, length)
    signature = _need(found, 12)
    header = _header(version, found)
    if len(signature) * 8 != header.modulus_bits:
        raise RefusedFile(Fault.MODULUS, f"a signature of {len(signature)} octets, {header.modulus_bits} bits")
    signed = data[:place] + data[place + 3 + len(signature) :]
    return Envelope(header, signature, data[length:], signed)


def check(
    envelope: Envelope, version: Version, file_name: str, certificate: ListedCertificate | None, verify: Verifier
) -> None:
    """Refuse what a phone refuses, in its order; ``certificate`` is the trusted entry that the header names.

    Raises :class:`RefusedFile`.
    """
    header = envelope.header
    if header.version is not version:
        raise RefusedFile(Fault.VERSION, "{}.{} is not what was asked for".format(*header.version.value))
    if header.modulus_bits > MAX_PHONE_MODULUS:
        raise RefusedFile(Fault.MODULUS, f"{header.modulus_bits} bits")
    if header.file_name != file_name:
        raise RefusedFile(Fault.FILE_NAME, f"it was signed as {header.file_name}")
    if certificate is None or header.signer != SignerId.of(certificate):
        raise RefusedFile(Fault.SIGNER, header.signer.name)
    if not verify(certificate.der, envelope.signed, envelope.signature, header.digest):
        raise RefusedFile(Fault.SIGNATURE, header.signer.name)


# -- writing ------------------------------------------------------------------------------------------------


def _field(tag: int, value: bytes) -> bytes:
    return _FIELD.pack(tag, len(value)) + value


def _text(tag: int, text: str) -> bytes:
    return _field(tag, text.encode() + b"\0")


def _encode(header: Header) -> tuple[bytes, bytes]:
    """The header before and after the signature field."""
    before = b"" if header.signer_version is None else _field(28, bytes(header.signer_version))
    before += _signer_fields(header.signer, header.digest, header.modulus_bits)
    after = _text(14, header.file_name)
    if header.timestamp is not None:
        after += _field(15, header.timestamp.to_bytes(4, "big"))
    if header.encryption is not None:
        after += _encode_encryption(header.encryption)
    length = 10 + len(before) + 3 + header.modulus_bits // 8 + len(after)
    padding = -length % _ALIGNMENT
    length += padding
    if length > MAX_HEADER:
        raise ValueError(f"a header of {length} octets is too long")
    start = _START.pack(1, 2, *header.version.value, 2, 2, length)
    return start + before, after + b"\x0d" * padding


@lru_cache(_SIGNERS)
def _signer_fields(signer: SignerId, digest: HashAlgorithm, modulus_bits: int) -> bytes:
    """Who signs and how: the same in every file of a server."""
    names = _text(4, signer.name) + _field(5, signer.serial) + _text(6, signer.issuer)
    algorithm = _field(10, bytes([_RSA])) + _field(11, bytes([MODULUS_CODES[modulus_bits]]))
    return _field(3, names) + _field(7, _field(8, bytes([DIGEST_CODES[digest]])) + _field(9, algorithm))


def _encode_encryption(info: EncryptionInfo) -> bytes:
    algorithm = _field(18, b"\0") + _field(19, info.iv) + _field(20, info.pad_length.to_bytes(2, "big"))
    key = _field(22, bytes([info.key_usage])) + _field(23, info.key_size.to_bytes(2, "big"))
    key += _field(24, bytes([info.key_source])) + _field(25, info.encrypted_key)
    digest = _field(26, bytes([DIGEST_CODES[info.content_digest]])) + _field(27, info.content_hash)
    return _field(16, _field(17, algorithm) + _field(21, key)) + digest


# -- reading ------------------------------------------------------------------------------------------------

_PARENTS = dict.fromkeys((4, 5, 6), 3) | dict.fromkeys((8, 9), 7) | dict.fromkeys((10, 11), 9)
_PARENTS |= dict.fromkeys((17, 21), 16) | dict.fromkeys((18, 19, 20), 17) | dict.fromkeys((22, 23, 24, 25), 21)
"""Which field holds which."""
_COMPOUND = frozenset(_PARENTS.values())
_TOP = frozenset({1, 2, 3, 7, 12, 14, 15, 16, 26, 27, 28})
_PADDING = 13


def _version(major: int, minor: int) -> Version:
    try:
        return Version((major, minor))
    except ValueError:
        raise RefusedFile(Fault.VERSION, f"{major}.{minor}") from None


def _read_fields(data: bytes, end: int) -> tuple[dict[int, bytes], int]:
    """All fields by tag, those inside others too, and where the signature field begins."""
    found: dict[int, bytes] = {}
    inside: list[tuple[int, int]] = []
    place = signature = 10
    while place < end:
        while inside and place == inside[-1][1]:
            inside.pop()
        limit = inside[-1][1] if inside else end
        tag = data[place]
        if tag == _PADDING:
            if inside or end - place >= _ALIGNMENT or data[place:end].strip(b"\x0d"):
                raise RefusedFile(Fault.FORMAT, "padding in the wrong place")
            break
        value = place + 3
        after = value + int.from_bytes(data[place + 1 : value], "big")
        if value > limit or after > limit:
            raise RefusedFile(Fault.FORMAT, f"field {tag} is longer than what holds it")
        if tag in found or tag in (1, 2) or not _belongs(tag, inside[-1][0] if inside else 0):
            raise RefusedFile(Fault.FORMAT, f"field {tag} in the wrong place")
        found[tag] = data[value:after]
        if tag == 12:
            signature = place
        if tag in _COMPOUND:
            inside.append((tag, after))
            place = value
        else:
            place = after
    if any(limit != place for _, limit in inside):
        raise RefusedFile(Fault.FORMAT, "a field is longer than what it holds")
    return found, signature


def _belongs(tag: int, parent: int) -> bool:
    """Fields that nobody knows are skipped, wherever they are."""
    if tag in _PARENTS:
        return _PARENTS[tag] == parent
    return tag not in _TOP or parent == 0


def _need(found: Mapping[int, bytes], tag: int, length: int | None = None) -> bytes:
    value = found.get(tag)
    if value is None or (length is not None and len(value) != length):
        raise RefusedFile(Fault.FORMAT, f"field {tag} is missing or has a wrong length")
    return value


def _number(found: Mapping[int, bytes], tag: int, length: int) -> int:
    return int.from_bytes(_need(found, tag, length), "big")


def text_of(value: bytes) -> str:
    """A text that ends with its only zero octet; raises :class:`RefusedFile`."""
    if value.find(b"\0") != len(value) - 1 or not value:
        raise RefusedFile(Fault.FORMAT, "a text without its end")
    try:
        return value[:-1].decode()
    except UnicodeDecodeError:
        raise RefusedFile(Fault.FORMAT, "a text that is none") from None


def _header(version: Version, found: Mapping[int, bytes]) -> Header:
    for tag in (3, 7, 9):
        _need(found, tag)
    signer = SignerId(text_of(_need(found, 4)), _need(found, 5), text_of(_need(found, 6)))
    bits = _MODULI.get(_number(found, 11, 1))
    if _number(found, 10, 1) != _RSA:
        raise RefusedFile(Fault.SIGNATURE_ALGORITHM)
    if bits is None:
        raise RefusedFile(Fault.MODULUS)
    encrypted = version is Version.ENCRYPTED_FILE
    if encrypted != (16 in found):
        raise RefusedFile(Fault.FORMAT, "the version and the encryption do not go together")
    return Header(
        version,
        signer,
        bits,
        text_of(_need(found, 14)),
        None if version is Version.FIRMWARE and 15 not in found else _number(found, 15, 4),
        _digest(found, 8),
        _pair(_need(found, 28, 2)) if 28 in found else None,
        _encryption(found) if encrypted else None,
    )


def _encryption(found: Mapping[int, bytes]) -> EncryptionInfo:
    if _number(found, 18, 1) != 0:
        raise RefusedFile(Fault.ENCRYPTION, "the cipher is unknown")
    pad = _need(found, 20)
    if not 1 <= len(pad) <= 8:
        raise RefusedFile(Fault.FORMAT, "field 20 has a wrong length")
    return EncryptionInfo(
        iv=_need(found, 19, 16),
        pad_length=int.from_bytes(pad, "big"),
        content_hash=_need(found, 27),
        encrypted_key=found.get(25, b""),
        key_usage=_number(found, 22, 1),
        key_size=_number(found, 23, 2),
        key_source=_number(found, 24, 1),
        content_digest=_digest(found, 26),
    )


def _digest(found: Mapping[int, bytes], tag: int) -> HashAlgorithm:
    digest = _DIGESTS.get(_number(found, tag, 1))
    if digest is None:
        raise RefusedFile(Fault.DIGEST)
    return digest


def _pair(value: bytes) -> tuple[int, int]:
    return value[0], value[1]
