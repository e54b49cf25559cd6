"""Phones for tests, and a call manager of few words that does what the test says."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from ringward.domain.secret import Secret
from ringward.phone import events
from ringward.phone.configuration import Configuration, LineConfiguration, Member, Timers
from ringward.phone.identity import identify
from ringward.phone.media import MediaClock
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.digest import Algorithm, DigestVerifier, Verdict, credentials_hash
from ringward.protocols.sip.endpoint import SipEndpoint
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.framing import StreamFramer
from ringward.protocols.sip.message import Headers, Request, Response, response_to
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.transaction import ServerTransaction

HOST = "127.0.0.1"
FAST = Timers(t1=0.02, t2=0.08)
"""A silent peer is given up after 1.3 s instead of 32 s."""


def configuration(
    *members: Member,
    number: str = "1001",
    transport: Transport = Transport.UDP,
    timers: Timers = FAST,
    password: str | None = None,
) -> Configuration:
    line = LineConfiguration(
        1, number, display_name="Anna", auth_name="anna", auth_password=Secret(password) if password else None
    )
    if password is None:
        line = LineConfiguration(1, number, display_name="Anna")
    return Configuration(members, transport, (line,), timers=timers)


class Log:
    """What a phone told."""

    def __init__(self) -> None:
        self.events: list[events.PhoneEvent] = []

    def __call__(self, phone: Phone, event: events.PhoneEvent) -> None:
        self.events.append(event)

    @property
    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


class Desk:
    """Makes phones on loopback and switches them off at the end."""

    def __init__(self) -> None:
        self.clock = MediaClock()
        self._numbers = count(1)
        self._phones: list[Phone] = []
        self.logs: dict[Phone, Log] = {}

    def phone(self, obeyed: Configuration, options: Options | None = None) -> Phone:
        log = Log()
        name = f"0011223344{next(self._numbers):02X}"
        options = options or Options(local_host=HOST)
        phone = Phone(identify(name), obeyed, log, options, clock=self.clock)
        self._phones.append(phone)
        self.logs[phone] = log
        return phone

    async def close(self) -> None:
        await asyncio.gather(*(phone.stop() for phone in self._phones))
        assert len(self.clock) == 0, "media outlived its phone"


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    try:
        yield made
    finally:
        await made.close()


class Registrar(asyncio.DatagramProtocol):
    """A registrar that can be strict, slow of hearing, or gone."""

    def __init__(self) -> None:
        self.deaf = False
        self.password = ""
        self.stale = 0
        """How many right answers to a challenge are told that their nonce is stale."""
        self.answers: list[tuple[int, Headers]] = []
        """Answers to give instead of the usual ones, in order."""
        self.seen: list[Request] = []
        self.expires = 3600
        self.sessions: list[InviteSession] = []
        self.member: Member
        self.context: ssl.SSLContext | None = None
        self._flows: dict[object, Flow] = {}
        self._loop = asyncio.get_running_loop()
        self._verifier = DigestVerifier(b"key", lambda: secrets.token_hex(4))
        self._ticking: asyncio.TimerHandle | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.endpoint = SipEndpoint(self, self._transmit, lambda: secrets.token_hex(4), lambda: 0.5, "registrar")

    # sockets

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._socket = transport
        self.member = Member(HOST, transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self.deaf:
            flow = self._flows.setdefault(addr, Flow(Transport.UDP, (HOST, self.member.port), addr, self._socket))
            self.endpoint.receive(data, flow, self._loop.time())

    async def serve_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        transport = Transport.TLS if self.context else Transport.TCP
        flow = Flow(transport, (HOST, self.member.port), writer.get_extra_info("peername")[:2], writer)
        framer = StreamFramer()
        self._writers.add(writer)
        try:
            while data := await reader.read(65536):
                for message in framer.feed(data):
                    self.endpoint.receive(message, flow, self._loop.time())
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def cut(self) -> None:
        """Break every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    def _transmit(self, flow: Flow, data: bytes) -> None:
        if isinstance(flow.channel, asyncio.StreamWriter):
            flow.channel.write(data)
        else:
            self._socket.sendto(data, flow.remote)

    # EndpointUser

    def authorise(self, transaction: ServerTransaction, session: InviteSession | None, now: float) -> bool:
        request = transaction.request
        if not self.password:
            return True
        verdict = self._verifier.verify(request, "office", self._checksum, now).verdict
        if verdict is Verdict.ACCEPTED and self.stale:
            self.stale, verdict = self.stale - 1, Verdict.STALE
        if verdict is Verdict.ACCEPTED:
            self.seen.append(request)
            return True
        self.seen.append(request)
        challenges = self._verifier.challenges("office", [Algorithm.MD5], now, verdict is Verdict.STALE)
        transaction.respond(response_to(request, 401, to_tag="r", headers={"WWW-Authenticate": challenges}), now)
        return False

    def _checksum(self, user: str, algorithm: Algorithm) -> str | None:
        return credentials_hash(algorithm, user, "office", self.password) if user == "anna" else None

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        request = transaction.request
        if not self.password:
            self.seen.append(request)
        if self.answers:
            status, headers = self.answers.pop(0)
        else:
            wanted = request.number("Expires") or 0
            contact = f"{request.values('Contact')[0]};expires={min(wanted, self.expires)}"
            status, headers = 200, {"Contact": [contact]}
        transaction.respond(response_to(request, status, to_tag="r", headers=headers), now)

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        self.responses.append(response)

    responses: list[Response]

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        raise AssertionError("the phone does not answer")

    def ask(self, method: str, more: Headers | None = None, body: bytes = b"") -> None:
        """Send the phone that registered last a request outside of a dialog."""
        self.responses = []
        last = self.seen[-1]
        headers: Headers = {
            "From": ["<sip:office>;tag=o"],
            "To": ["<sip:1001@office>"],
            "Call-ID": [secrets.token_hex(4)],
            "CSeq": [f"1 {method}"],
            "Max-Forwards": ["70"],
            "Contact": [f"<sip:{HOST}:{self.member.port}>"],
            **(more or {}),
        }
        contact = last.address("Contact")
        assert contact is not None
        flow = next(reversed(self._flows.values()))
        self.endpoint.request(Request(method, contact.uri_text, headers, body), flow, self, self._loop.time())


@asynccontextmanager
async def registrar(context: ssl.SSLContext | None = None, *, stream: bool = False) -> AsyncIterator[Registrar]:
    loop = asyncio.get_running_loop()
    transport, made = await loop.create_datagram_endpoint(Registrar, local_addr=(HOST, 0))
    server = None
    if stream or context is not None:
        made.context = context
        server = await asyncio.start_server(made.serve_stream, HOST, 0, ssl=context)
        made.member = Member(HOST, server.sockets[0].getsockname()[1])
    try:
        yield made
    finally:
        transport.close()
        if server is not None:
            server.close()
            made.cut()
            await server.wait_closed()
            await asyncio.sleep(0)
