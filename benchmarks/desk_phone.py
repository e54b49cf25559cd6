"""One phone of the load: its socket, and what it says and answers; messages from templates.

When it says so, and how all phones together fare, is the affair of `phone_load`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.office import DIGEST_USER, PASSWORD

if TYPE_CHECKING:
    from benchmarks.phone_load import Load

RETRANSMISSION = 0.5  # T1; over UDP only
PICK_UP, TALK = 0.01, 0.1  # as in the scenarios for SIPp
SDP = (
    b"v=0\r\no=phone 53655765 2353687637 IN IP4 %b\r\ns=-\r\nc=IN IP4 %b\r\nt=0 0\r\n"
    b"m=audio 6000 RTP/%b 0\r\na=rtpmap:0 PCMU/8000\r\n%b"
)
CRYPTO = b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
KEY_BYTES = 30  # key and salt (RFC 4568 section 6.2)


class Connection:
    """One phone's socket: whole messages in and out."""

    def __init__(self, transport: str, address: str, server: tuple[str, int], tls: ssl.SSLContext | None) -> None:
        self.is_stream = transport != "udp"
        self._input = b""
        self._output = b""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if self.is_stream else socket.SOCK_DGRAM)
        sock.bind((address, 0))
        sock.settimeout(20)
        sock.connect(server)
        if self.is_stream:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            sock = tls.wrap_socket(sock)
        sock.setblocking(False)
        self.socket = sock

    def send(self, message: bytes) -> None:
        if not self.is_stream:
            with contextlib.suppress(BlockingIOError):
                self.socket.send(message)
            return
        self._output += message
        with contextlib.suppress(OSError):  # not now; or never more, which shows when it is read from
            self._output = self._output[self.socket.send(self._output) :]

    def receive(self) -> list[bytes]:
        """The whole messages that have come; raises ``OSError`` when the server has closed."""
        messages = []
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ConnectionRefusedError):
            while data := self.socket.recv(65536):
                if not self.is_stream:
                    messages.append(data)
                    continue
                self._input += data
                while (end := self._input.find(b"\r\n\r\n")) >= 0:
                    size = end + 4 + int(value_of(self._input[: end + 2], b"Content-Length") or 0)
                    if len(self._input) < size:
                        break
                    messages.append(self._input[:size])
                    self._input = self._input[size:]
            else:
                raise ConnectionResetError("the server closed a phone's connection")
        return messages


def value_of(message: bytes, name: bytes) -> bytes:
    """First value of a header."""
    start = message.find(b"\r\n" + name + b": ")
    if start < 0:
        return b""
    start += len(name) + 4
    return message[start : message.find(b"\r\n", start)]


def lines_of(message: bytes, name: bytes) -> bytes:
    """All lines of a header as they are, in order."""
    return b"".join(
        line + b"\r\n" for line in message.split(b"\r\n\r\n", 1)[0].split(b"\r\n") if line.startswith(name + b":")
    )


def device_name(number: str) -> str:
    """Which device has this number."""
    return f"SEP000000{number}"


class Phone:
    """One phone with one line. What it waits for is a step; an answer to an earlier step changes nothing."""

    def __init__(self, load: Load, number: str, address: str) -> None:
        self.load = load
        self.number = number.encode()
        self._address = address
        self.connection: Connection
        self.via = self.contact = self.sdp = b""
        self.step = 0
        self.sent = b""
        self.begun = 0.0
        self.dialog = b""
        self.call_id = b""
        self.on_response: Callable[[bytes, int, float], None] | None = None
        self.register_id = b""
        self.register_number = 0

    def connect(self) -> None:
        load = self.load
        tls = load.tls_of(device_name(self.number.decode()))
        self.connection = Connection(load.transport, self._address, load.server, tls)
        host, port = self.connection.socket.getsockname()
        self.via = f"SIP/2.0/{load.transport.upper()} {host}:{port};branch=z9hG4bK".encode()
        parameter = "" if load.transport == "udp" else f";transport={load.transport}"
        self.contact = f"<sip:{self.number.decode()}@{host}:{port}{parameter}>".encode()
        profile, keys = b"AVP", b""
        if load.srtp:
            profile, keys = b"SAVP", CRYPTO + base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\r\n"
        self.sdp = SDP % (host.encode(), host.encode(), profile, keys)
        load.attend(self)

    @property
    def busy(self) -> bool:
        return self.on_response is not None

    def expect(self, message: bytes, then: Callable[[bytes, int, float], None], now: float) -> None:
        """Send a request and wait for its responses."""
        self.step += 1
        self.sent = message
        self.on_response = then
        self.connection.send(message)
        if not self.connection.is_stream:
            self.load.retransmissions.append((now + RETRANSMISSION, self, self.step))

    def rest(self) -> None:
        """Wait for nothing any more."""
        self.step += 1
        self.on_response = None

    # -- registration ---------------------------------------------------------------------------------------

    def register(self, now: float, *, anew: bool) -> None:
        if not self.contact:
            try:
                self.connect()
            except OSError:
                self.load.finished(False, 0.0)  # the server does not take it
                return
        if anew:
            self.register_id, self.register_number = self.load.token(), 0
        self.call_id = self.register_id
        self.begun = now
        self._send_register(b"", now)

    def _send_register(self, authorization: bytes, now: float) -> None:
        self.register_number += 1
        domain = self.load.domain
        self.expect(
            b"REGISTER sip:%b SIP/2.0\r\nVia: %b%b\r\nFrom: <sip:%b@%b>;tag=%b\r\nTo: <sip:%b@%b>\r\n"
            b"Call-ID: %b\r\nCSeq: %d REGISTER\r\nContact: %b\r\nExpires: 3600\r\nMax-Forwards: 70\r\n"
            b"%bContent-Length: 0\r\n\r\n"
            % (
                *(domain, self.via, self.load.token(), self.number, domain, self.register_id[:12]),
                *(self.number, domain, self.register_id, self.register_number, self.contact, authorization),
            ),
            self._on_register_response,
            now,
        )

    def _on_register_response(self, message: bytes, status: int, now: float) -> None:
        if status == 401 and b"Authorization" not in self.sent:
            self._send_register(credentials(value_of(message, b"WWW-Authenticate"), self.load.domain), now)
        elif status >= 200:
            self.rest()
            self.load.finished(status == 200, now - self.begun)

    # -- as caller ------------------------------------------------------------------------------------------

    def call(self, called: Phone, now: float) -> None:
        domain, call_id = self.load.domain, self.load.token()
        self.call_id = call_id
        self.begun = now
        self.dialog = b"From: <sip:%b@%b>;tag=%b\r\nTo: <sip:%b@%b>%%b\r\nCall-ID: %b\r\n" % (
            *(self.number, domain, call_id[:12], called.number, domain, call_id),
        )
        self.expect(
            b"INVITE sip:%b@%b SIP/2.0\r\nVia: %b%b\r\n%bCSeq: 1 INVITE\r\nContact: %b\r\nMax-Forwards: 70\r\n"
            b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b"
            % (
                *(called.number, domain, self.via, self.load.token(), self.dialog % b""),
                *(self.contact, len(self.sdp), self.sdp),
            ),
            self._on_invite_response,
            now,
        )

    def _on_invite_response(self, message: bytes, status: int, now: float) -> None:
        if status < 200:
            self.step += 1  # it has come: no need to say it again
        elif status == 200 and self.load.is_as_secure(message):
            self.load.set_ups.append(now - self.begun)
            to = value_of(message, b"To")
            tag = to[to.find(b";tag=") :]
            routes = lines_of(message, b"Record-Route")
            if routes:
                routes = b"".join(
                    b"Route:" + line[13:] + b"\r\n" for line in reversed(routes.strip().split(b"\r\n"))
                )
            target = value_of(message, b"Contact").strip(b"<>")
            request = b"%%b %b SIP/2.0\r\nVia: %b%%b\r\n%b%b" % (target, self.via, routes, self.dialog % tag)
            request += b"CSeq: %d %b\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
            self.dialog = request
            self.connection.send(request % (b"ACK", self.load.token(), 1, b"ACK"))
            self.step += 1
            self.on_response = self._ignore
            self.load.hang_ups.append((now + TALK, self, self.step))
        else:
            self.rest()
            self.load.finished(False, 0.0)

    def _ignore(self, message: bytes, status: int, now: float) -> None:
        """The answer again: it is acknowledged again."""
        if b"INVITE" in value_of(message, b"CSeq"):
            self.connection.send(self.dialog % (b"ACK", self.load.token(), 1, b"ACK"))

    def hang_up(self, now: float) -> None:
        message = self.dialog % (b"BYE", self.load.token(), 2, b"BYE")
        self.expect(message, self._on_bye_response, now)

    def _on_bye_response(self, message: bytes, status: int, now: float) -> None:
        if b"BYE" in value_of(message, b"CSeq") and status >= 200:
            self.rest()
            self.load.finished(status == 200, 0.0)

    # -- as called ------------------------------------------------------------------------------------------

    def on_request(self, message: bytes, now: float) -> None:
        method = message[: message.find(b" ")]
        if method == b"INVITE":
            if value_of(message, b"Call-ID") == self.call_id:
                self.connection.send(self.sent)  # once more
                return
            self.call_id = value_of(message, b"Call-ID")
            self.step += 1
            if not self.load.is_as_secure(message):
                self.connection.send(self.answer(message, b"488 Not Acceptable Here"))
                return
            self.sent = self.answer(message, b"180 Ringing")
            self.connection.send(self.sent)
            self.load.pick_ups.append((now + PICK_UP, self, self.step, message))
        elif method == b"ACK":
            self.step += 1
        else:
            self.connection.send(self.answer(message, b"200 OK"))

    def pick_up(self, invite: bytes, now: float) -> None:
        self.sent = self.answer(invite, b"200 OK", self.sdp)
        self.connection.send(self.sent)
        if not self.connection.is_stream:
            self.load.retransmissions.append((now + RETRANSMISSION, self, self.step))

    def answer(self, request: bytes, status: bytes, body: bytes = b"") -> bytes:
        to = value_of(request, b"To")
        if b";tag=" not in to:
            to += b";tag=" + self.number
        kind = b"Content-Type: application/sdp\r\n" if body else b""
        return (
            b"SIP/2.0 %b\r\n%b%bFrom: %b\r\nTo: %b\r\nCall-ID: %b\r\nCSeq: %b\r\nContact: %b\r\n%b%b%d\r\n\r\n%b"
            % (
                *(status, lines_of(request, b"Via"), lines_of(request, b"Record-Route")),
                *(value_of(request, b"From"), to, value_of(request, b"Call-ID"), value_of(request, b"CSeq")),
                *(self.contact, kind, b"Content-Length: ", len(body), body),
            )
        )


def credentials(challenge: bytes, uri: bytes) -> bytes:
    """The Authorization line for a REGISTER (RFC 2617, MD5)."""
    fields = {}
    for part in challenge.partition(b" ")[2].split(b","):
        name, _, value = part.strip().partition(b"=")
        fields[name] = value.strip(b'"').decode()
    uri_text = f"sip:{uri.decode()}"
    secret = _md5(f"{DIGEST_USER}:{fields[b'realm']}:{PASSWORD}")
    request = _md5(f"REGISTER:{uri_text}")
    start = f'Digest username="{DIGEST_USER}", realm="{fields[b"realm"]}", nonce="{fields[b"nonce"]}"'
    start += f', uri="{uri_text}"'
    if b"qop" in fields:
        response = _md5(f"{secret}:{fields[b'nonce']}:00000001:0a4f113b:auth:{request}")
        start += ', qop=auth, nc=00000001, cnonce="0a4f113b"'
    else:
        response = _md5(f"{secret}:{fields[b'nonce']}:{request}")
    if b"opaque" in fields:
        start += f', opaque="{fields[b"opaque"]}"'
    return f'Authorization: {start}, response="{response}", algorithm=MD5\r\n'.encode()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
