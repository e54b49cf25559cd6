"""What the far side of a session says of itself: what it takes, who is there, and how secure the call is."""

from __future__ import annotations

from ringward.protocols.sip.message import Request, Response


class FarSide:
    """See the module."""

    __slots__ = ("_allow", "_supported", "call_information", "identity")

    def __init__(self) -> None:
        self.identity = ""
        """Who it last said is there, as an address value (RFC 3325); empty until it does."""
        self.call_information = ""
        """What it last said of the call in Call-Info."""
        self._allow: list[str] | None = None
        self._supported: list[str] | None = None

    def allows(self, method: str) -> bool:
        """Whether it says that it takes requests of this method."""
        return self._allow is not None and any(method in line for line in self._allow)

    def supports(self, extension: str) -> bool:
        """Whether it says that it supports an extension."""
        return self._supported is not None and any(extension in line for line in self._supported)

    def note_abilities(self, message: Request | Response) -> None:
        """Learn what it is able to do."""
        self._allow = message.headers.get("Allow")
        self._supported = message.headers.get("Supported")

    def note_identity(self, message: Request | Response) -> None:
        """Learn who is there, if the message says so."""
        asserted = message.headers.get("P-Asserted-Identity")
        if asserted is not None:
            self.identity = asserted[0]
        information = message.headers.get("Call-Info")
        if information is not None:
            self.call_information = information[0]

    def disbelieve_allow(self) -> None:
        """It has refused an UPDATE: what it said in Allow is not believed any more."""
        self._allow = None
