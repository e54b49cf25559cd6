"""What one phone did lately, and what was done about it, entry by entry: the facts behind ``ringward why``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Subject(Enum):
    """What an entry is about. The words are those of programs, and stay."""

    FILE = "file"
    """It asked for a file."""
    CAPF = "capf"
    """It called CAPF."""
    TLS = "tls"
    """A TLS handshake failed at its address."""
    REFUSAL = "refusal"
    """The call manager refused it."""
    REGISTRATION = "registration"
    """A line of it registered."""
    GONE = "unregistered"
    """It was registered, and is no more."""
    CALL = "call"
    """A call of it came to nothing for want of media that both parties take."""
    ADMINISTRATION = "administration"
    """Somebody changed its record or told it to reset."""

    @property
    def title(self) -> str:
        """How people read it."""
        return _TITLES[self]


_TITLES = {
    Subject.FILE: "File",
    Subject.CAPF: "CAPF",
    Subject.TLS: "TLS handshake",
    Subject.REFUSAL: "Refused",
    Subject.REGISTRATION: "Registered",
    Subject.GONE: "Unregistered",
    Subject.CALL: "Call",
    Subject.ADMINISTRATION: "Administration",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry. What does not apply to its subject is empty."""

    at: float
    """Seconds since 1970."""
    subject: Subject
    text: str
    """All of it in words."""
    good: bool | None = None
    """How it ended; None where only the words say, or where nothing could go wrong."""
    about: str = ""
    """Name of the file, number of the line or of the call, certificate operation, or who it was."""
    address: str = ""
    """Where the phone was."""
    reason: str = ""
    """Why it ended badly, without what else the text says."""
    security: str = ""
    """The device security mode of a registration, in the guide's words."""

    def as_json(self) -> dict[str, Any]:
        """The entry as the control socket, ``--json`` and the programming interface have it."""
        return asdict(self) | {"subject": self.subject.value}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TimelineEntry:
        """The inverse of :meth:`as_json`."""
        return cls(**{**values, "subject": Subject(values["subject"])})
