"""SIP messages: parsed lazily, so that a message costs only what is asked of it (RFC 3261 section 7)."""

from __future__ import annotations

import re

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header import (
    NameAddress,
    Via,
    has_open_quote,
    parse_cseq,
    parse_name_address,
    parse_via,
    split_unquoted,
    tag_of,
)
from ringward.protocols.sip.uri import parse_uri

MAX_MESSAGE = 65_535
"""Largest message taken; a UDP datagram cannot be larger and no phone sends more."""
MAX_HEADERS = 128
"""Most header lines of a message; a call through many proxies has about 40."""
MAX_HEADER_LINE = 8_192
"""Longest header line."""

Headers = dict[str, list[str]]

_HEADER_NAMES = """
Accept Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info Authorization Call-ID
Call-Info Contact Content-Disposition Content-Encoding Content-Language Content-Length Content-Type CSeq Date
Error-Info Event Expires From In-Reply-To Max-Forwards MIME-Version Min-Expires Organization
P-Asserted-Identity P-Preferred-Identity Path Priority Privacy Proxy-Authenticate Proxy-Authorization
Proxy-Require RAck Reason Record-Route Refer-To Referred-By Refer-Sub Remote-Party-ID Replaces Reply-To Require
Retry-After Route RSeq Server Session-Expires Min-SE Subject Subscription-State Supported Target-Dialog
Timestamp To Unsupported User-Agent Via Warning WWW-Authenticate Diversion Join
"""
_NAMES = _HEADER_NAMES.split()
_COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
_CANONICAL = {name: name for name in _NAMES} | {name.lower(): name for name in _NAMES} | _COMPACT

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+\Z")
_FOLD = re.compile(r"\r\n[ \t]++")
_MUST_HAVE = ("Via", "From", "To", "Call-ID", "CSeq")
_MUST_BE_SINGLE = ("From", "To", "Call-ID", "CSeq")
_MAY_BE_SINGLE = ("Max-Forwards", "Content-Type")
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


def canonical_name(name: str) -> str:
    """The one spelling under which a header is kept, whatever its case or compact form."""
    known = _CANONICAL.get(name)
    if known is None:
        lowered = name.lower()
        known = _CANONICAL.get(lowered)
        if known is None:
            known = "-".join(part.capitalize() for part in lowered.split("-"))
    return known


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
        """First value of an address header, parsed; raises :class:`MalformedMessage`."""
        values = self.values(name)
        return parse_name_address(values[0]) if values else None

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


def parse_message(data: bytes) -> Request | Response:
    """Parse one whole message, as a datagram brings it or a stream frames it.

    What follows the stated Content-Length in a datagram is dropped (RFC 3261 section 18.3). Raises
    :class:`MalformedMessage`; use :func:`parse_for_refusal` to answer such a request.
    """
    message = _parse_head(data)
    _check(message)
    return message


def parse_for_refusal(data: bytes) -> Request | None:
    """The request in malformed bytes if enough of it can be read to answer it, else None."""
    try:
        message = _parse_head(data, lenient=True)
        headers = message.headers
        if not isinstance(message, Request) or message.method == "ACK":
            return None
        if not all(name in headers and headers[name][0] for name in _MUST_HAVE):
            return None
        for name in _MUST_BE_SINGLE:
            del headers[name][1:]
        line = headers["Via"][0]
        message._via = parse_via(split_unquoted(line, ",")[0] if "," in line else line, lenient=True)
    except MalformedMessage:
        return None
    return message


def _parse_head(data: bytes, lenient: bool = False) -> Request | Response:
    if len(data) > MAX_MESSAGE:
        raise MalformedMessage("message too large", 513)
    end = data.find(b"\r\n\r\n")
    if end < 0:
        raise MalformedMessage("no end of headers")
    text = data[:end].decode("utf-8", "surrogateescape")
    if "\r\n " in text or "\r\n\t" in text:
        text = _FOLD.sub(" ", text)
    lines = text.split("\r\n")
    count = len(lines) - 1
    if count >= MAX_HEADERS:
        raise MalformedMessage("too many headers")
    if text.count("\n") != count or text.count("\r") != count:
        # Passed on in a value, half a line end would be a whole one to some other reader: headers out of nowhere.
        if not lenient:
            raise MalformedMessage("line end without its other half")
        lines = [line for line in lines if "\n" not in line and "\r" not in line] or [""]
    if end > MAX_HEADER_LINE and any(len(line) > MAX_HEADER_LINE for line in lines):
        raise MalformedMessage("header line too long")
    headers: Headers = {}
    start = lines[0]
    canonical = _CANONICAL
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        known = canonical.get(name)
        if known is None:
            name = name.rstrip(" \t")
            if not colon or not _TOKEN.match(name):
                if lenient:
                    continue
                raise MalformedMessage("malformed header line")
            known = canonical_name(name)
        elif not colon:
            raise MalformedMessage("malformed header line")
        if known in headers:
            headers[known].append(value.strip())
        else:
            headers[known] = [value.strip()]
    body = data[end + 4 :]
    length = headers.pop("Content-Length", None)
    if length is not None and not lenient:
        body = _cut(body, length)
    if start.startswith("SIP/"):
        return _start_response(start, headers, body)
    return _start_request(start, headers, body, lenient)


def _cut(body: bytes, length: list[str]) -> bytes:
    digits = length[0]
    if len(length) == 1 and digits == str(len(body)):
        return body
    if len(length) > 1 or not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        raise MalformedMessage("malformed Content-Length")
    size = int(digits)
    if size > len(body):
        raise MalformedMessage("body shorter than Content-Length")
    return body[:size] if size < len(body) else body


def _start_response(start: str, headers: Headers, body: bytes) -> Response:
    version, _, rest = start.partition(" ")
    code, _, reason = rest.partition(" ")
    if version.upper() != "SIP/2.0" or len(code) != 3 or not code.isascii() or not code.isdigit():
        raise MalformedMessage("malformed status line")
    status = int(code)
    if not 100 <= status <= 699:
        raise MalformedMessage("status code out of range")
    return Response(status, reason, headers, body)


def _start_request(start: str, headers: Headers, body: bytes, lenient: bool) -> Request:
    method, _, rest = start.partition(" ")
    uri, _, version = rest.rpartition(" ")
    if not _TOKEN.match(method):
        raise MalformedMessage("malformed method")
    if version.upper() != "SIP/2.0" and not lenient:
        if version.upper().startswith("SIP/"):
            raise MalformedMessage("unsupported SIP version", 505)
        raise MalformedMessage("malformed request line")
    if not lenient:
        parse_uri(uri)
    return Request(method, uri, headers, body)


def _check(message: Request | Response) -> None:
    headers = message.headers
    if "Via" not in headers:
        raise MalformedMessage("missing Via")
    for name in _MUST_BE_SINGLE:
        values = headers.get(name)
        if values is None:
            raise MalformedMessage(f"missing {name}")
        if len(values) > 1 or not values[0]:
            raise MalformedMessage(f"bad {name}")
    for name in _MAY_BE_SINGLE:
        values = headers.get(name)
        if values is not None and (len(values) > 1 or not values[0]):
            raise MalformedMessage(f"bad {name}")
    if has_open_quote(headers["From"][0]) or has_open_quote(headers["To"][0]):
        raise MalformedMessage("unterminated quoted string")
    if isinstance(message, Request) and message.cseq[1] != message.method:
        raise MalformedMessage("CSeq method does not match")
    _ = message.via
