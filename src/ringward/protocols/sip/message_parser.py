"""Reading SIP messages: only what tells one from another; the headers stay text until they are asked for."""

from __future__ import annotations

import re

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header import has_open_quote, parse_via, split_unquoted
from ringward.protocols.sip.header_names import CANONICAL, canonical_name
from ringward.protocols.sip.message import Headers, Request, Response
from ringward.protocols.sip.uri import parse_uri

MAX_MESSAGE = 65_535
"""Largest message taken; a UDP datagram cannot be larger and no phone sends more."""
MAX_HEADERS = 128
"""Most header lines of a message; a call through many proxies has about 40."""
MAX_HEADER_LINE = 8_192
"""Longest header line."""

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+\Z")
_FOLD = re.compile(r"\r\n[ \t]++")
_MUST_HAVE = ("Via", "From", "To", "Call-ID", "CSeq")
_MUST_BE_SINGLE = ("From", "To", "Call-ID", "CSeq")
_MAY_BE_SINGLE = ("Max-Forwards", "Content-Type")


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
    lines = _lines(data[:end].decode("utf-8", "surrogateescape"), lenient)
    headers = _headers(lines, lenient)
    body = data[end + 4 :]
    length = headers.pop("Content-Length", None)
    if length is not None and not lenient:
        body = _cut(body, length)
    start = lines[0]
    if start.startswith("SIP/"):
        return _start_response(start, headers, body)
    return _start_request(start, headers, body, lenient)


def _lines(text: str, lenient: bool) -> list[str]:
    """The first line and those of the headers, folded ones made whole."""
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
    if len(text) > MAX_HEADER_LINE and any(len(line) > MAX_HEADER_LINE for line in lines):
        raise MalformedMessage("header line too long")
    return lines


def _headers(lines: list[str], lenient: bool) -> Headers:
    headers: Headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        known = CANONICAL.get(name)
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
    return headers


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
