"""Messages in a stream: each behind its length in four octets, big-endian."""

from __future__ import annotations

from collections.abc import Iterator

from ringward.protocols.ctl_provider.messages import MalformedMessage

LENGTH = 4
MAX_FRAME = 1024 * 1024
"""Octets: a trust list of the largest size in base64, with room for its company."""
MAX_FIRST_FRAME = 4096
"""Octets of what anybody may send before the login."""


def frame(content: bytes) -> bytes:
    """One message for the stream."""
    return len(content).to_bytes(LENGTH, "big") + content


class Framer:
    """Cuts the stream into messages; never keeps more than one message of the size that is allowed now."""

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self.limit = limit
        """Octets of a message; may be changed between two."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._buffer += data

    def frames(self) -> Iterator[bytes]:
        """The messages that are whole. Raises :class:`MalformedMessage` for one that is too long or empty."""
        while len(self._buffer) >= LENGTH:
            length = int.from_bytes(self._buffer[:LENGTH], "big")
            if not 1 <= length <= self.limit:
                raise MalformedMessage(f"a message has 1 to {self.limit} octets here")
            if len(self._buffer) < LENGTH + length:
                return
            content = bytes(self._buffer[LENGTH : LENGTH + length])
            del self._buffer[: LENGTH + length]
            yield content

    @property
    def waiting(self) -> int:
        """Octets of a message that is not whole yet."""
        return len(self._buffer)
