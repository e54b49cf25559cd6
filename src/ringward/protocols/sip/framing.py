"""Cutting a stream into messages (RFC 3261 section 18.3) and answering keep-alives (RFC 5626 section 4.4.1)."""

from __future__ import annotations

import re

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.message_parser import MAX_MESSAGE

MAX_HEAD = 32_768
"""Largest start line and headers on a stream; a peer that sends more without an end is cut off."""
PING = b"\r\n\r\n"
PONG = b"\r\n"
_LENGTH = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*+:[ \t]*+(?:\r\n[ \t]++)*([0-9]{1,10})[ \t]*+(?=\r\n(?![ \t]))", re.IGNORECASE
)


class StreamFramer:
    """Collects bytes of one connection; memory is bounded by one message."""

    __slots__ = ("_buffer", "_searched", "_wanted", "pings")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._wanted = 0
        """Size of the message that is coming in, once its headers are there."""
        self.pings = 0
        """Keep-alive pings seen since last asked; each is answered with :data:`PONG`."""

    @property
    def waiting(self) -> bool:
        """Whether part of a message has come and the rest is still to come; a blank line is no part of one."""
        return bool(self._buffer) and self._buffer[0] not in b"\r\n"

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes and return the whole messages among them.

        Raises :class:`MalformedMessage` when the stream cannot be cut any more; the connection must be closed.
        """
        buffer = self._buffer
        buffer += data
        messages: list[bytes] = []
        while buffer:
            if buffer[0] in b"\r\n":
                if not self._skip_blank():
                    break
                continue
            size = self._wanted or self._size()
            if not size or len(buffer) < size:
                self._wanted = size
                break
            messages.append(bytes(buffer[:size]))
            del buffer[:size]
            self._searched = self._wanted = 0
        return messages

    def _size(self) -> int:
        """Size of the message at the beginning of the buffer, 0 while its headers have not come."""
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n", self._searched)
        if end > MAX_HEAD or (end < 0 and len(buffer) > MAX_HEAD):
            raise MalformedMessage("headers too long", 513)
        if end < 0:
            self._searched = max(0, len(buffer) - 3)
            return 0
        found = _LENGTH.findall(buffer, 0, end + 4)
        if len(found) != 1:
            # On a stream the length is the only end of a body (RFC 3261 section 20.14); two are as bad as none.
            raise MalformedMessage("not exactly one Content-Length on a stream")
        size = end + 4 + int(found[0])
        if size > MAX_MESSAGE:
            raise MalformedMessage("message too large", 513)
        return size

    def _skip_blank(self) -> bool:
        """Drop blank lines between messages; two in a row are a ping. False if more bytes are needed to tell."""
        buffer = self._buffer
        if buffer.startswith(PING):
            self.pings += 1
            del buffer[:4]
            return True
        if len(buffer) < 4 and PING.startswith(bytes(buffer)):
            return False
        del buffer[:1]
        return True
