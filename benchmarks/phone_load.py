"""Phones by the thousand as load: each with a socket of its own, over UDP, TCP or TLS.

    python -m benchmarks.phone_load udp|tcp|tls|srtp HOST PORT PAIRS [DIRECTORY]

SIPp has no TLS here, and registers from another connection than it calls from. These phones keep their connection
as desk phones do. One process and one epoll, messages from templates, so that the server is what is measured.

With `srtp` they connect over TLS, each with its certificate (`SEP....pem` in DIRECTORY), and offer and answer SRTP
alone (RFC 4568): a call whose offer or answer comes without keys has failed.

Orders come as lines of JSON on standard input and are answered so on standard output, so that whoever measures can
look at the server in between:

    ["register", RATE, TIMES]     every phone registers anew, with digest credentials where it is challenged;
                                  the first time it connects before
    ["keep alive", RATE, COUNT]   phones refresh their registrations, as most do every two minutes
    ["call", RATE, SECONDS]       caller N calls callee N, who answers after 10 ms and is hung up on 100 later
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import resource
import secrets
import select
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from benchmarks.office import DIGEST_USER, PASSWORD, Office
from benchmarks.openssl_work import client_context
from benchmarks.secured_office import KEY_FILE
from ringward.pki.certificates import KeyPairFiles

RETRANSMISSION = 0.5  # T1; over UDP only
PICK_UP, TALK = 0.01, 0.1  # as in the scenarios for SIPp
PHONES_PER_ADDRESS = 100
FILES = 20_000  # sockets that this process may have, if the system lets it
DRAIN = 5.0  # what is not over so long after the last was begun has failed
PATIENCE = 35.0  # and is waited for so long all the same, since the next order needs phones at rest
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


class Load:
    """All phones, and what they have to do when."""

    def __init__(self, transport: str, server: tuple[str, int], pairs: int, devices: Path | None = None) -> None:
        self.srtp = transport == "srtp"
        self.transport = "tls" if self.srtp else transport
        self.server = server
        self.domain = f"{server[0]}:{server[1]}".encode()
        self._devices = devices
        self._tls = client_context() if self.transport == "tls" else None
        self._tokens = 0
        self._seed = f"{time.time_ns():x}".encode()
        self.retransmissions: deque[tuple[float, Phone, int]] = deque()
        self.pick_ups: deque[tuple[float, Phone, int, bytes]] = deque()
        self.hang_ups: deque[tuple[float, Phone, int]] = deque()
        self.set_ups: list[float] = []
        self.succeeded = self.failed = 0
        self._poll = select.epoll()
        self._by_descriptor: dict[int, Phone] = {}
        office = Office(pairs)
        self.callers = [self._phone(number, index, 1) for index, number in enumerate(office.callers)]
        self.callees = [self._phone(number, index, 2) for index, number in enumerate(office.callees)]

    def _phone(self, number: str, index: int, floor: int) -> Phone:
        return Phone(self, number, f"127.0.{floor}.{index // PHONES_PER_ADDRESS + 1}")

    def tls_of(self, device: str) -> ssl.SSLContext | None:
        """How a phone connects; None for without TLS."""
        if self._devices is None:
            return self._tls
        return client_context(KeyPairFiles(self._devices / f"{device}.pem", self._devices / KEY_FILE))

    def attend(self, phone: Phone) -> None:
        """A phone has connected: messages may come."""
        descriptor = phone.connection.socket.fileno()
        self._by_descriptor[descriptor] = phone
        self._poll.register(descriptor, select.EPOLLIN)

    def token(self) -> bytes:
        """A text that no other message of this process has."""
        self._tokens += 1
        return b"%x%b" % (self._tokens, self._seed)

    def is_as_secure(self, message: bytes) -> bool:
        """Whether an offer or answer has keys, if these phones want them."""
        return not self.srtp or CRYPTO in message

    def finished(self, well: bool, seconds: float) -> None:
        """A registration or call is over."""
        if well:
            self.succeeded += 1
        else:
            self.failed += 1

    # -- orders ---------------------------------------------------------------------------------------------

    def register(self, rate: float, times: int) -> dict[str, float]:
        everybody = self.callers + self.callees
        return self._run(
            rate, len(everybody) * times, everybody, lambda phone, now: phone.register(now, anew=True)
        )

    def keep_alive(self, rate: float, count: int) -> dict[str, float]:
        everybody = self.callers + self.callees
        return self._run(rate, count, everybody, lambda phone, now: phone.register(now, anew=False))

    def call(self, rate: float, seconds: float) -> dict[str, float]:
        if lost := [phone for phone in self.callers + self.callees if not phone.contact]:
            self._run(100, len(lost), lost, lambda phone, now: phone.register(now, anew=True))
        called = dict(zip(self.callers, self.callees, strict=True))
        return self._run(
            rate, int(rate * seconds), self.callers, lambda phone, now: phone.call(called[phone], now)
        )

    def _run(
        self, rate: float, count: int, phones: list[Phone], begin: Callable[[Phone, float], None]
    ) -> dict[str, float]:
        """Begin `count` things at `rate` per second, by the phones in turn, and wait until all are over."""
        self._wait_until_at_rest(phones)
        self.succeeded = self.failed = 0
        self.set_ups = []
        start = time.monotonic()
        begun = turn = 0
        while True:
            now = time.monotonic()
            while begun < count and now >= start + begun / rate:
                phone = phones[turn % len(phones)]
                turn += 1
                begun += 1
                if phone.busy:
                    self.failed += 1  # what it did last has not ended in all this time
                else:
                    begin(phone, now)
            over = self.succeeded + self.failed >= count
            if over or now > start + count / rate + DRAIN:
                break
            self._turn(start + begun / rate - now if begun < count else 0.05)
        ordered = sorted(self.set_ups) or [0.0]
        return {
            "succeeded": self.succeeded,
            "failed": count - self.succeeded,
            "seconds": time.monotonic() - start,
            "median": ordered[len(ordered) // 2],
            "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        }

    def _wait_until_at_rest(self, phones: list[Phone]) -> None:
        """Let what is late from the last order come to its end."""
        deadline = time.monotonic() + PATIENCE
        while any(phone.busy for phone in phones) and time.monotonic() < deadline:
            self._turn(0.05)
        for phone in phones:
            phone.rest()

    def _lost(self, descriptor: int, phone: Phone) -> None:
        """The server has closed a connection: what the phone did has failed; it connects anew the next time."""
        self._poll.unregister(descriptor)
        del self._by_descriptor[descriptor]
        phone.connection.socket.close()
        phone.contact = b""
        if phone.busy:
            phone.rest()
            self.finished(False, 0.0)

    def _turn(self, longest: float) -> None:
        """Take what has come, do what is due."""
        for descriptor, _ in self._poll.poll(max(0.0, min(longest, 0.002))):
            phone = self._by_descriptor[descriptor]
            try:
                messages = phone.connection.receive()
            except OSError:
                self._lost(descriptor, phone)
                continue
            for message in messages:
                now = time.monotonic()
                if message[:4] == b"SIP/":
                    if phone.on_response is not None and value_of(message, b"Call-ID") == phone.call_id:
                        phone.on_response(message, int(message[8:11]), now)
                else:
                    phone.on_request(message, now)
        now = time.monotonic()
        while self.pick_ups and self.pick_ups[0][0] <= now:
            _, phone, step, invite = self.pick_ups.popleft()
            if phone.step == step:
                phone.pick_up(invite, now)
        while self.hang_ups and self.hang_ups[0][0] <= now:
            _, phone, step = self.hang_ups.popleft()
            if phone.step == step:
                phone.hang_up(now)
        while self.retransmissions and self.retransmissions[0][0] <= now:
            _, phone, step = self.retransmissions.popleft()
            if phone.step == step:
                phone.connection.send(phone.sent)
                self.retransmissions.append((now + RETRANSMISSION, phone, step))


def main() -> None:
    transport, host, port, pairs, *directory = sys.argv[1:]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, FILES)), hard))
    load = Load(transport, (host, int(port)), int(pairs), Path(directory[0]) if directory else None)
    orders = {"register": load.register, "keep alive": load.keep_alive, "call": load.call}
    print(json.dumps({"phones": len(load.callers) * 2}), flush=True)
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        print(json.dumps(orders[order](*arguments)), flush=True)


if __name__ == "__main__":
    main()
