"""The six TFTP packets: parsing, strict and bounded, and encoding (RFC 1350 section 5, RFC 2347)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import lru_cache

Address = tuple[str, int]
"""Host and UDP port; the port is TFTP's transfer identifier (RFC 1350 section 4)."""
Options = tuple[tuple[str, str], ...]
"""Option names in lower case with their values, in the order sent."""
Outgoing = list[tuple[Address, bytes]]
"""Datagrams to send, each with its destination."""

MAX_REQUEST = 512
"""Octets of a whole request packet (RFC 2347: "the maximum size of a request packet is 512 octets")."""
DEFAULT_BLOCK_SIZE = 512
"""Octets of a full block when nothing else is negotiated (RFC 1350 section 2)."""
MIN_BLOCK_SIZE, MAX_BLOCK_SIZE = 8, 65464
"""Limits of ``blksize`` (RFC 2348); the upper one is what fits a UDP datagram over IPv4."""
MIN_TIMEOUT, MAX_TIMEOUT = 1, 255
"""Limits of ``timeout``, seconds (RFC 2349)."""
MAX_BLOCK = 0xFFFF
"""Highest block number; the next one is 0, as every client that takes files above 65535 blocks expects."""
MAX_MESSAGE = 128
"""Characters of an error message that are read; the rest of what a stranger writes there is dropped."""


class Opcode(IntEnum):
    """First field of every packet."""

    RRQ = 1
    WRQ = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6


class ErrorCode(IntEnum):
    """Codes of ERROR packets (RFC 1350 appendix, RFC 2347)."""

    NOT_DEFINED = 0
    FILE_NOT_FOUND = 1
    ACCESS_VIOLATION = 2
    DISK_FULL = 3
    ILLEGAL_OPERATION = 4
    UNKNOWN_TRANSFER_ID = 5
    FILE_EXISTS = 6
    NO_SUCH_USER = 7
    OPTION_REFUSED = 8


_BLOCK = struct.Struct("!HH")
"""Operation and block, with which DATA and ACK begin."""
_DATA, _ACK = int(Opcode.DATA), int(Opcode.ACK)


class Mode(Enum):
    """Transfer modes in use; ``mail`` is obsolete (RFC 1350 section 1) and refused."""

    OCTET = "octet"
    NETASCII = "netascii"


class MalformedPacket(ValueError):
    """A datagram is not a TFTP packet; ``opcode`` tells what it wanted to be, where that much is readable."""

    def __init__(self, reason: str, opcode: int | None = None) -> None:
        self.opcode = opcode
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """RRQ: send me this file."""

    filename: str
    mode: Mode = Mode.OCTET
    options: Options = ()


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """WRQ: take this file."""

    filename: str
    mode: Mode = Mode.OCTET
    options: Options = ()


@dataclass(frozen=True, slots=True)
class Data:
    """DATA: one block; shorter than the block size means the last."""

    block: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """ACK of a block, or of an OACK with block 0."""

    block: int


@dataclass(frozen=True, slots=True)
class Error:
    """ERROR: ends the transfer; never acknowledged, never answered."""

    code: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class OptionAcknowledgement:
    """OACK: the options the server accepts, with the values in force (RFC 2347)."""

    options: Options


Packet = ReadRequest | WriteRequest | Data | Acknowledgement | Error | OptionAcknowledgement


def parse(datagram: bytes) -> Packet:
    """Read one packet; raises :class:`MalformedPacket` for everything that is not exactly one."""
    if len(datagram) < 4:
        raise MalformedPacket("shorter than the shortest packet")
    code = int.from_bytes(datagram[:2], "big")
    if code == Opcode.DATA:
        if len(datagram) - 4 > MAX_BLOCK_SIZE:
            raise MalformedPacket("block longer than any block size", code)
        return Data(int.from_bytes(datagram[2:4], "big"), datagram[4:])
    if code == Opcode.ACK:
        if len(datagram) != 4:
            raise MalformedPacket("acknowledgement with something behind it", code)
        return Acknowledgement(int.from_bytes(datagram[2:4], "big"))
    if code == Opcode.ERROR:
        return _parse_error(datagram)
    if code in (Opcode.RRQ, Opcode.WRQ, Opcode.OACK):
        if len(datagram) > MAX_REQUEST:
            raise MalformedPacket(f"request longer than {MAX_REQUEST} octets", code)
        if code == Opcode.OACK:
            return OptionAcknowledgement(_parse_options(_texts(datagram[2:], code), code))
        return _parse_request(code, datagram[2:])
    raise MalformedPacket(f"unknown operation {code}")


def encode(packet: Packet) -> bytes:
    """Write one packet; raises ``ValueError`` for values that no packet can carry."""
    match packet:
        case Data(block, payload):
            return encode_data(block, payload)
        case Acknowledgement(block):
            return encode_acknowledgement(block)
        case Error(code, message):
            text = "".join(char for char in message if 32 <= ord(char) < 127)[:MAX_MESSAGE]
            return struct.pack("!HH", Opcode.ERROR, code) + text.encode("ascii") + b"\0"
        case OptionAcknowledgement(options):
            return struct.pack("!H", Opcode.OACK) + _encode_texts(_flat(options))
        case ReadRequest(filename, mode, options):
            return struct.pack("!H", Opcode.RRQ) + _encode_texts([filename, mode.value, *_flat(options)])
        case WriteRequest(filename, mode, options):
            return struct.pack("!H", Opcode.WRQ) + _encode_texts([filename, mode.value, *_flat(options)])


def encode_data(block: int, payload: bytes) -> bytes:
    """DATA; raises ``ValueError`` for a payload that is too long."""
    if len(payload) > MAX_BLOCK_SIZE:
        raise ValueError("block longer than any block size")
    return _BLOCK.pack(_DATA, block) + payload


def encode_acknowledgement(block: int) -> bytes:
    """ACK."""
    return _BLOCK.pack(_ACK, block)


def whole_number(value: str, low: int, high: int) -> int | None:
    """The number an option value holds, or None when it is not plain digits within the limits."""
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(high))):
        return None
    number = int(value)
    return number if low <= number <= high else None


def _parse_error(datagram: bytes) -> Error:
    message, end, rest = datagram[4:].partition(b"\0")
    if rest:
        raise MalformedPacket("error with something behind its message", Opcode.ERROR)
    if not end and len(datagram) > 4:
        raise MalformedPacket("error message without its end", Opcode.ERROR)
    text = "".join(
        char if char.isprintable() else "?" for char in message[:MAX_MESSAGE].decode("ascii", "replace")
    )
    return Error(int.from_bytes(datagram[2:4], "big"), text)


def _texts(body: bytes, opcode: int) -> list[str]:
    if not body.endswith(b"\0"):
        raise MalformedPacket("last text without its end", opcode)
    return [_text(raw, opcode) for raw in body[:-1].split(b"\0")]


def _text(raw: bytes, opcode: int) -> str:
    text = raw.decode("latin-1")
    if not _is_printable(text):
        raise MalformedPacket("text with octets outside printable ASCII", opcode)
    return text


def _parse_request(code: int, body: bytes) -> ReadRequest | WriteRequest:
    name, _, wishes = body.partition(b"\0")
    if not name:
        raise MalformedPacket("request without a file name", code)
    if not wishes:
        raise MalformedPacket("request without a mode", code)
    mode, options = _parse_wishes(wishes, code)
    kind = ReadRequest if code == Opcode.RRQ else WriteRequest
    return kind(_text(name, code), mode, options)


@lru_cache(maxsize=64)
def _parse_wishes(octets: bytes, code: int) -> tuple[Mode, Options]:
    """What stands behind the name of a file: phones of one model all wish for the same."""
    mode_text, *options = _texts(octets, code)
    try:
        mode = Mode(mode_text.lower())
    except ValueError:
        raise MalformedPacket("transfer mode is neither octet nor netascii", code) from None
    return mode, _parse_options(options, code)


def _parse_options(texts: list[str], code: int) -> Options:
    if len(texts) % 2:
        raise MalformedPacket("option without a value", code)
    names = [name.lower() for name in texts[::2]]
    if "" in names:
        raise MalformedPacket("option without a name", code)
    if len(set(names)) != len(names):
        raise MalformedPacket("option given twice", code)  # RFC 2347: "an option may only be specified once"
    return tuple(zip(names, texts[1::2], strict=True))


def _flat(options: Options) -> list[str]:
    return [text for pair in options for text in pair]


def _is_printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _encode_texts(texts: list[str]) -> bytes:
    for text in texts:
        if not _is_printable(text):
            raise ValueError(f"{text!r} holds characters that no packet can carry")
    encoded = b"".join(text.encode("ascii") + b"\0" for text in texts)
    if len(encoded) + 2 > MAX_REQUEST:
        raise ValueError(f"request longer than {MAX_REQUEST} octets")
    return encoded
