"""SIP messages: parsed lazily, so that a message costs only what is asked of it (RFC 3261 section 7)."""

from __future__ import annotations

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header import (
    NameAddress,
    Via,
    parse_cseq,
    parse_name_address,
    parse_via,
    split_unquoted,
    tag_of,
)

Headers = dict[str, list[str]]

_SINGLE_ADDRESSES = frozenset({"From", "To", "Refer-To", "Referred-By", "Reply-To"})
"""Headers that hold one address, in which a comma separates nothing (RFC 3261 section 7.3.1)."""

_REASONS = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    485: "Ambiguous",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
}


class Message:
    """What requests and responses share: headers by canonical name, and a body."""

    __slots__ = ("_cseq", "_via", "body", "headers")

    headers: Headers
    body: bytes
    _via: Via | None
    _cseq: tuple[int, str] | None

    def get(self, name: str) -> str | None:
        """First value of a header as written, or None."""
        values = self.headers.get(name)
        return values[0] if values else None

    def values(self, name: str) -> list[str]:
        """All values of a list header, split at commas, in order."""
        lines = self.headers.get(name)
        if not lines:
            return []
        if len(lines) == 1 and "," not in lines[0]:
            return lines
        return [part.strip() for line in lines for part in split_unquoted(line, ",") if part.strip()]

    @property
    def via(self) -> Via:
        """The topmost Via."""
        if self._via is None:
            line = self.headers["Via"][0]
            self._via = parse_via(split_unquoted(line, ",")[0] if "," in line else line)
        return self._via

    @property
    def cseq(self) -> tuple[int, str]:
        """CSeq number and method."""
        if self._cseq is None:
            self._cseq = parse_cseq(self.headers["CSeq"][0])
        return self._cseq

    @property
    def call_id(self) -> str:
        """Call-ID."""
        return self.headers["Call-ID"][0]

    @property
    def from_tag(self) -> str:
        """Tag of From, empty if it has none."""
        return tag_of(self.headers["From"][0])

    @property
    def to_tag(self) -> str:
        """Tag of To, empty if it has none."""
        return tag_of(self.headers["To"][0])

    def address(self, name: str) -> NameAddress | None:
        """The address of a header, the first one of a list, parsed; raises :class:`MalformedMessage`."""
        value = self.get(name)
        if value is not None and "," in value and name not in _SINGLE_ADDRESSES:
            value = next(iter(self.values(name)), None)
        return parse_name_address(value) if value is not None else None

    @property
    def content_type(self) -> str:
        """Media type of the body in lower case without parameters, empty if not stated."""
        value = self.get("Content-Type")
        return value.partition(";")[0].strip().lower() if value else ""

    def number(self, name: str) -> int | None:
        """A header that holds a whole number, None if absent; raises :class:`MalformedMessage`."""
        value = self.get(name)
        if value is None:
            return None
        digits = value.partition(";")[0].strip()
        if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
            raise MalformedMessage(f"malformed {name}")
        return int(digits)

    def _encode(self, start: str) -> bytes:
        lines = [start]
        add = lines.append
        for name, values in self.headers.items():
            if len(values) == 1:
                add(f"{name}: {values[0]}\r\n")
            else:
                for value in values:
                    add(f"{name}: {value}\r\n")
        add(f"Content-Length: {len(self.body)}\r\n\r\n")
        return "".join(lines).encode("utf-8", "surrogateescape") + self.body


class Request(Message):
    """A request. ``headers`` never holds Content-Length; it is written from the body."""

    __slots__ = ("method", "uri")

    def __init__(self, method: str, uri: str, headers: Headers, body: bytes = b"") -> None:
        self.method = method
        self.uri = uri
        self.headers = headers
        self.body = body
        self._via = None
        self._cseq = None

    def encode(self) -> bytes:
        """The bytes for the wire."""
        return self._encode(f"{self.method} {self.uri} SIP/2.0\r\n")

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri}>"


class Response(Message):
    """A response. ``headers`` never holds Content-Length; it is written from the body."""

    __slots__ = ("reason", "status")

    def __init__(self, status: int, reason: str, headers: Headers, body: bytes = b"") -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        self._via = None
        self._cseq = None

    def encode(self) -> bytes:
        """The bytes for the wire."""
        return self._encode(f"SIP/2.0 {self.status} {self.reason}\r\n")

    def __repr__(self) -> str:
        return f"<{self.status} {self.reason}>"


def reason_of(status: int) -> str:
    """The reason phrase of a status code."""
    return _REASONS.get(status, "Unknown")


def response_to(
    request: Request, status: int, *, to_tag: str = "", reason: str = "", headers: Headers | None = None
) -> Response:
    """A response to a request with the headers that must be copied (RFC 3261 section 8.2.6)."""
    source = request.headers
    copied: Headers = {"Via": source["Via"]}
    if 100 < status < 300 and "Record-Route" in source:
        copied["Record-Route"] = source["Record-Route"]
    copied["From"] = source["From"]
    to = source["To"]
    if to_tag and not tag_of(to[0]):
        to = [f"{to[0]};tag={to_tag}"]
    copied["To"] = to
    copied["Call-ID"] = source["Call-ID"]
    copied["CSeq"] = source["CSeq"]
    if status == 100 and "Timestamp" in source:
        copied["Timestamp"] = source["Timestamp"]
    if headers:
        copied.update(headers)
    return Response(status, reason or _REASONS.get(status, "Unknown"), copied)
