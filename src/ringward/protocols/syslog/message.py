"""One syslog message as bytes (RFC 5424 section 6). Only writing: nobody sends us any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

FACILITY = 16
"""local0 (RFC 5424 table 1): what is no part of the operating system."""
MAX_BYTES = 2048
"""What every receiver should take (RFC 5424 section 6.1)."""
_BOM = b"\xef\xbb\xbf"
_NIL = "-"


@dataclass(frozen=True, slots=True)
class SyslogMessage:
    """What is told, by whom and how bad it is."""

    severity: int
    """0 (emergency) to 7 (debug)."""
    at: float
    """Seconds since 1970."""
    host: str
    application: str
    process: int
    kind: str
    """MSGID: what sort of message it is."""
    text: str

    def encode(self) -> bytes:
        """The message; its text is cut where it would be too long."""
        time = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        names = (_name(self.host, 255), _name(self.application, 48), str(self.process), _name(self.kind, 32))
        head = f"<{FACILITY * 8 + self.severity}>1 {time} {' '.join(names)} {_NIL} ".encode("ascii") + _BOM
        text = "".join(each if each.isprintable() else repr(each)[1:-1] for each in self.text).encode()
        return head + text[: MAX_BYTES - len(head)].decode(errors="ignore").encode()


def framed(message: bytes) -> bytes:
    """A message in a stream: its length before it (RFC 5425 section 4.3, RFC 6587 section 3.4.1)."""
    return b"%d %s" % (len(message), message)


def _name(text: str, most: int) -> str:
    """A field of the head: printable ASCII without blanks, ``-`` for none."""
    return "".join(each for each in text if "!" <= each <= "~")[:most] or _NIL
