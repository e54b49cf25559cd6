"""What stands inside the elements: certificates, signatures, wanted keys, and who calls."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from ringward.protocols.capf.message import MalformedMessage, Message, MessageType, Reason, Tag

CURRENT_VERSION = 3
"""The version that servers announce. Clients answer with theirs, 1 to 3."""
VERSION_WITH_KEY_TYPES = 3
"""Older clients are sent no element above 16: no kinds of keys, so RSA, and no SHA-2 signatures."""
MAX_CERTIFICATES = 4
"""Certificates in one element; a phone has two."""
MAX_DEVICE_NAME = 128
_INNER = struct.Struct(">BH")
_CERTIFICATE_MARK = 1
_TYPE_SIZE = 2


class CertificateType(IntEnum):
    """Which of a phone's certificates is meant."""

    LSC = 1
    MIC = 2


class KeyType(IntEnum):
    """KEY_TYPE; without one RSA is meant."""

    RSA = 0
    EC = 1


class Curve(IntEnum):
    """CURVE of an EC key."""

    SECP256R1 = 0
    SECP384R1 = 1
    SECP521R1 = 2


class Digest(IntEnum):
    """Numbers of hash functions within signatures."""

    SHA1 = 1
    SHA256 = 2
    SHA512 = 3


# --- Certificates
# -----------------------------------------------------------------------------------------------------


def wrap_certificates(certificates: Iterable[bytes]) -> bytes:
    """The value of CERTIFICATE. The two octets before each certificate are 00 01 in all that was ever seen."""
    return b"".join(
        _INNER.pack(_CERTIFICATE_MARK, len(der) + _TYPE_SIZE) + b"\x00\x01" + der for der in certificates
    )


def unwrap_certificates(value: bytes) -> tuple[bytes, ...]:
    """The certificates (DER) in a value of CERTIFICATE. Raises :class:`MalformedMessage`."""
    found: list[bytes] = []
    for mark, content in _parts(value):
        if mark != _CERTIFICATE_MARK or len(content) <= _TYPE_SIZE:
            raise MalformedMessage("CERTIFICATE holds something that is none")
        if len(found) == MAX_CERTIFICATES:
            raise MalformedMessage(f"CERTIFICATE holds more than {MAX_CERTIFICATES}")
        found.append(content[_TYPE_SIZE:])
    return tuple(found)


def _parts(value: bytes) -> Iterator[tuple[int, bytes]]:
    """Parts of one octet, two octets of length, and content, with nothing left over."""
    place = 0
    while place < len(value):
        if len(value) - place < _INNER.size:
            raise MalformedMessage("an element ends within the header of a part")
        mark, length = _INNER.unpack_from(value, place)
        place += _INNER.size
        if length > len(value) - place:
            raise MalformedMessage("a part is longer than its element")
        yield mark, value[place : place + length]
        place += length


# --- Proofs
# -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactoryProof:
    """SUDI_DATA: the factory's certificate, and signatures that are bound to this session."""

    certificate: bytes
    sha1: bytes
    sha512: bytes

    @classmethod
    def parse(cls, value: bytes) -> FactoryProof:
        """Read the value. The marks of the first two parts are not looked at, as no reader ever did."""
        parts = list(_parts(value))
        if len(parts) != 3 or parts[2][0] != Digest.SHA512:
            raise MalformedMessage("SUDI_DATA has not the three parts that it must have")
        return cls(*(content for _, content in parts))

    def encode(self) -> bytes:
        """Write the value."""
        marks = (0, Digest.SHA1, Digest.SHA512)
        contents = (self.certificate, self.sha1, self.sha512)
        return b"".join(
            _INNER.pack(mark, len(content)) + content for mark, content in zip(marks, contents, strict=True)
        )

    @staticmethod
    def signed_octets(session_id: int, certificate: bytes) -> bytes:
        """What its signatures cover. The session id stands there in the order of the maker's machines."""
        return session_id.to_bytes(4, "little") + certificate


def signed_octets(device_name: str, certificate: bytes) -> bytes:
    """What SIGNED_DATA and SHA2_SIGNED_DATA cover."""
    return device_name.encode("ascii") + b"\0" + certificate


def _read_sha512(value: bytes) -> bytes:
    parts = list(_parts(value))
    if len(parts) != 1 or parts[0][0] != Digest.SHA512:
        raise MalformedMessage("SHA2_SIGNED_DATA is not one signature over SHA-512")
    return parts[0][1]


@dataclass(frozen=True, slots=True)
class Introduction:
    """AUTH_RESPONSE: who calls, and how he proves it."""

    device_name: str
    version: int = CURRENT_VERSION
    authentication_string: str | None = None
    """None when there is no such element; phones with a null string send an empty one, or none."""
    certificate: bytes | None = None
    """The certificate (DER) that the phone proves itself with."""
    sha1_signature: bytes | None = None
    sha512_signature: bytes | None = None
    factory_proof: FactoryProof | None = None
    calls_because: int = Reason.SUCCESS
    """Why the phone calls, as far as is known; nobody acts on it."""

    def __repr__(self) -> str:
        return f"Introduction({self.device_name!r}, version={self.version})"

    @classmethod
    def parse(cls, message: Message) -> Introduction:
        """Read it. A client that names no version is taken for one of the first."""
        name, version = message.text(Tag.DEVICE_NAME), message.number(Tag.VERSION)
        if not name or len(name) > MAX_DEVICE_NAME:
            raise MalformedMessage("AUTH_RESPONSE names no device")
        certificates = unwrap_certificates(message.find(Tag.CERTIFICATE) or b"")
        proof, sha512 = message.find(Tag.SUDI_DATA), message.find(Tag.SHA2_SIGNED_DATA)
        return cls(
            device_name=name,
            version=1 if version is None else version,
            authentication_string=message.text(Tag.PASSWORD),
            certificate=certificates[0] if certificates else None,
            sha1_signature=message.find(Tag.SIGNED_DATA),
            sha512_signature=None if sha512 is None else _read_sha512(sha512),
            factory_proof=None if proof is None else FactoryProof.parse(proof),
            calls_because=message.number(Tag.REASON) or 0,
        )

    def message(self, session_id: int) -> Message:
        """Write it, in the order in which the clients of its version do."""
        name = (int(Tag.DEVICE_NAME), self.device_name.encode("ascii") + b"\0")
        version = (int(Tag.VERSION), bytes([self.version]))
        reason = (int(Tag.REASON), bytes([self.calls_because]))
        string = self.authentication_string
        password = [] if string is None else [(int(Tag.PASSWORD), string.encode("ascii") + b"\0")]
        proofs = []
        if self.certificate is not None:
            proofs.append((int(Tag.CERTIFICATE), wrap_certificates((self.certificate,))))
        if self.sha1_signature is not None:
            proofs.append((int(Tag.SIGNED_DATA), self.sha1_signature))
        if self.version < VERSION_WITH_KEY_TYPES:
            elements = [version, name, reason, *password, *proofs]
        else:
            elements = [reason, *proofs, version, *password, name]
        if self.factory_proof is not None:
            elements.append((int(Tag.SUDI_DATA), self.factory_proof.encode()))
        if self.sha512_signature is not None:
            signature = _INNER.pack(Digest.SHA512, len(self.sha512_signature)) + self.sha512_signature
            elements.append((int(Tag.SHA2_SIGNED_DATA), signature))
        return Message(MessageType.AUTH_RESPONSE, session_id, tuple(elements))


# --- Keys
# -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RsaKeyWanted:
    """The server wants an RSA key."""

    bits: int


@dataclass(frozen=True, slots=True)
class EcKeyWanted:
    """The server wants an EC key."""

    curve: Curve


KeyWanted = RsaKeyWanted | EcKeyWanted


def key_request(wanted: KeyWanted, session_id: int, client_version: int) -> Message:
    """KEY_GENERATE_REQUEST in the form for a client's version."""
    elements: list[tuple[int, bytes]]
    if isinstance(wanted, EcKeyWanted):
        elements = [(Tag.KEY_TYPE, bytes([KeyType.EC])), (Tag.CURVE, bytes([wanted.curve]))]
    else:
        elements = [(Tag.KEY_SIZE, wanted.bits.to_bytes(2, "big"))]
        if client_version >= VERSION_WITH_KEY_TYPES:
            elements.append((Tag.KEY_TYPE, bytes([KeyType.RSA])))
    return Message(MessageType.KEY_GENERATE_REQUEST, session_id, tuple(elements))


def read_key_request(message: Message) -> KeyWanted:
    """The key that is asked for; without a kind RSA is meant. Raises :class:`MalformedMessage`."""
    kind = message.number(Tag.KEY_TYPE)
    if kind in (None, KeyType.RSA):
        bits = message.number(Tag.KEY_SIZE, 2)
        if not bits:
            raise MalformedMessage("KEY_GENERATE_REQUEST names no size")
        return RsaKeyWanted(bits)
    curve = message.number(Tag.CURVE)
    if kind != KeyType.EC or curve not in tuple(Curve):
        raise MalformedMessage("KEY_GENERATE_REQUEST asks for a kind of key that is not known")
    return EcKeyWanted(Curve(curve))
