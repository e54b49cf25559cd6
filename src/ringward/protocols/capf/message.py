"""CAPF messages: eight octets of header, then elements of tag, length and value.

There is no padding and no fixed order of elements. A reader takes unknown elements as far as their length goes,
and nothing is left over. Everything that is not so is :class:`MalformedMessage`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

PROTOCOL_ID = 0x55
HEADER_SIZE = 8
MAX_BODY = 16_384
"""Octets of a body that are read. The largest of all recorded has 2,768: two certificates and four signatures."""
MAX_ELEMENTS = 32
"""Elements of one message; twenty tags are known."""
MAX_SESSION_ID = 0xFFFF_FFFF
_HEADER = struct.Struct(">BBIH")
_ELEMENT = struct.Struct(">BH")


class MalformedMessage(ValueError):
    """Bytes that are no CAPF message, or a message whose elements cannot be what they say."""


class MessageType(IntEnum):
    """Types of messages whose meaning is known; none of the others has ever been seen."""

    AUTH_REQUEST = 1
    AUTH_RESPONSE = 2
    KEY_GENERATE_REQUEST = 3
    KEY_GENERATE_RESPONSE = 4
    STORE_CERTIFICATE_REQUEST = 9
    STORE_CERTIFICATE_RESPONSE = 10
    FETCH_CERTIFICATE_REQUEST = 11
    FETCH_CERTIFICATE_RESPONSE = 12
    DELETE_CERTIFICATE_REQUEST = 13
    DELETE_CERTIFICATE_RESPONSE = 14
    END_SESSION = 15
    REQUEST_IN_PROGRESS = 17


class Tag(IntEnum):
    """Elements whose meaning is known."""

    REASON = 1
    CERTIFICATE_TYPE = 3
    CERTIFICATE = 4
    SIGNED_DATA = 6
    VERSION = 7
    AUTH_TYPE = 8
    PUBLIC_KEY = 9
    KEY_SIZE = 10
    PASSWORD = 11
    DEVICE_NAME = 13
    SUDI_DATA = 16
    KEY_TYPE = 17
    CURVE = 18
    SHA2_SIGNED_DATA = 20


class Reason(IntEnum):
    """Values of REASON; others may come and mean a failure."""

    NOTHING_TO_DO = 0
    SUCCESS = 1
    REFUSED = 7
    """By the server: refused, whatever the cause. By the client: it could not do it."""
    UNKNOWN_DEVICE = 9


@dataclass(frozen=True, slots=True)
class Message:
    """One message. The order of the elements is kept, though nobody reads anything into it."""

    type: MessageType
    session_id: int
    elements: tuple[tuple[int, bytes], ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Message:
        """Read exactly one message. Raises :class:`MalformedMessage`."""
        if len(data) < HEADER_SIZE:
            raise MalformedMessage("the message ends within its header")
        type_number, session_id, length = _read_header(data)
        if len(data) != HEADER_SIZE + length:
            raise MalformedMessage(f"{len(data) - HEADER_SIZE} octets of body, but the header says {length}")
        return cls(_type(type_number), session_id, tuple(_read_elements(data[HEADER_SIZE:])))

    def encode(self) -> bytes:
        """The message as octets, for one single write: phones stall when header and body come apart."""
        body = b"".join(_ELEMENT.pack(tag, len(value)) + value for tag, value in self.elements)
        return _HEADER.pack(PROTOCOL_ID, self.type, self.session_id, len(body)) + body

    def find(self, tag: Tag) -> bytes | None:
        """The value of an element, or None if it is not there."""
        for each, value in self.elements:
            if each == tag:
                return value
        return None

    def number(self, tag: Tag, size: int = 1) -> int | None:
        """The value of an element as a number of exactly ``size`` octets."""
        value = self.find(tag)
        if value is None:
            return None
        if len(value) != size:
            raise MalformedMessage(f"{tag.name} has {len(value)} octets instead of {size}")
        return int.from_bytes(value, "big")

    def text(self, tag: Tag) -> str | None:
        """The value of an element as a text, with or without the NUL at its end."""
        value = self.find(tag)
        if value is None:
            return None
        content = value.removesuffix(b"\0")
        if b"\0" in content:
            raise MalformedMessage(f"{tag.name} goes on after a NUL")
        try:
            text = content.decode("ascii")
        except UnicodeDecodeError:
            raise MalformedMessage(f"{tag.name} is not in ASCII") from None
        if not text.isprintable():
            raise MalformedMessage(f"{tag.name} holds control characters")
        return text


def _read_header(data: bytes | bytearray) -> tuple[int, int, int]:
    protocol, type_number, session_id, length = _HEADER.unpack_from(data)
    if protocol != PROTOCOL_ID:
        raise MalformedMessage(f"protocol id {protocol:#04x} instead of {PROTOCOL_ID:#04x}")
    if length > MAX_BODY:
        raise MalformedMessage(f"a body of {length} octets; at most {MAX_BODY} are read")
    return type_number, session_id, length


def _type(number: int) -> MessageType:
    try:
        return MessageType(number)
    except ValueError:
        raise MalformedMessage(f"message type {number} is not known") from None


def _read_elements(body: bytes) -> Iterable[tuple[int, bytes]]:
    place = 0
    seen: set[int] = set()
    while place < len(body):
        if len(body) - place < _ELEMENT.size:
            raise MalformedMessage("the body ends within the header of an element")
        tag, length = _ELEMENT.unpack_from(body, place)
        place += _ELEMENT.size
        if length > len(body) - place:
            raise MalformedMessage(f"element {tag} has {length} octets, of which {len(body) - place} are there")
        if tag in seen or len(seen) == MAX_ELEMENTS:
            raise MalformedMessage(f"element {tag} is there twice, or there are too many")
        seen.add(tag)
        yield tag, body[place : place + length]
        place += length


class MessageReader:
    """Cuts a stream into messages, which may come split or several at once."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterable[Message]:
        """The messages that are complete now, one by one. Raises :class:`MalformedMessage` as soon as it shows.

        What is not taken from the iterator is read again with the next call.
        """
        self._waiting += data
        while self._waiting:
            if self._waiting[0] != PROTOCOL_ID:
                raise MalformedMessage(f"protocol id {self._waiting[0]:#04x} instead of {PROTOCOL_ID:#04x}")
            if len(self._waiting) < HEADER_SIZE:
                return
            end = HEADER_SIZE + _read_header(self._waiting)[2]
            if len(self._waiting) < end:
                return
            whole = bytes(self._waiting[:end])
            del self._waiting[:end]
            yield Message.parse(whole)
