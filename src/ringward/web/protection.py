"""What every answer carries, and what every request must keep to, whoever sends it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringward.domain.errors import RingwardError

MAX_BODY = 2_000_000
"""Bytes of a form; a CSV file of ten thousand phones with all columns has about this size."""
MAX_FIELDS = 5000
"""Fields of a form; the largest page, a phone with all lines, has some hundred."""

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""On every answer. HSTS is obeyed by browsers only once the certificate is trusted (RFC 6797 section 8.1)."""


class Hardened:
    """Adds the headers, and lets nothing be kept that is not said to be keepable."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._application(scope, receive, hardened)


class TooLarge(RingwardError):
    """A form is larger than any that there is."""

    def __init__(self) -> None:
        super().__init__(
            f"what was sent is larger than {MAX_BODY // 1_000_000} MB, so nothing was changed; "
            "a list of phones can be sent in parts"
        )


class Unreadable(RingwardError):
    """What was sent is no form."""


async def read_body(request: Request) -> bytes:
    """The whole body of a request; raises :class:`TooLarge` as soon as it is."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Form:
    """What a form sent."""

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Each field with all its texts."""
    files: Mapping[str, bytes] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The first text of a field; empty if there is none."""
        return next(iter(self.texts.get(name, ())), "")


async def read_form(request: Request) -> Form:
    """The form in a request. Raises :class:`TooLarge` or :class:`Unreadable`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request)
    if kind == "multipart/form-data":
        return await _read_parts(request.headers, body)
    if kind not in ("application/x-www-form-urlencoded", "") or (body and not kind):
        raise Unreadable("this is not the form of a page")
    try:
        return Form(
            parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
        )
    except (UnicodeDecodeError, ValueError):
        raise Unreadable("the form cannot be read") from None


async def _read_parts(headers: Headers, body: bytes) -> Form:
    """A form with files, of which one is enough.

    The body is read beforehand, and so bounded by what has come: the parser would put a file of any size on the
    disk, and what a request says of its length need not be true (in chunks it may say anything).
    """
    texts: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    parser = MultiPartParser(headers, _whole(body), max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_BODY)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise Unreadable("the form cannot be read") from None
    try:
        for name, value in form.multi_items():
            if isinstance(value, str):
                texts.setdefault(name, []).append(value)
            else:
                files[name] = await value.read()
    finally:
        await form.close()
    return Form(texts, files)


async def _whole(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def comes_from_here(headers: Headers) -> bool:
    """Whether a request that changes something was made by one of our own pages, as far as the browser says."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin == f"https://{headers.get('host', '')}"
