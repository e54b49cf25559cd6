"""A line side alone, and strangers who send it bytes from wherever they like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from harness.office import MANAGER, device
from ringward.calls.directory import Device, RegionCodecs, build_directory
from ringward.calls.engine import CallEngine
from ringward.domain.service_parameters import CallManagerParameters
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.message_parser import parse_message
from ringward.services.call_manager.line_side import LineSide
from ringward.services.call_manager.stations import build_stations


def request(
    method: str = "OPTIONS",
    number: str = "1001",
    *,
    key: object = "1",
    uri: str = "",
    to: str = "",
    host: str = "192.0.2.1",
    port: int = 5060,
    transport: str = "UDP",
    cseq: int = 1,
    max_forwards: str = "70",
    extra: Iterable[str] = (),
    body: bytes = b"",
) -> bytes:
    """A request as bytes; ``key`` makes its branch, tag and Call-ID."""
    lines = [
        f"{method} {uri or f'sip:{MANAGER[0]}'} SIP/2.0",
        f"Via: SIP/2.0/{transport} {host}:{port};branch=z9hG4bK{key}c{cseq}",
        f"From: <sip:{number}@{MANAGER[0]}>;tag=t{key}",
        to or f"To: <sip:{number}@{MANAGER[0]}>",
        f"Call-ID: {key}@{host}",
        f"CSeq: {cseq} {method}",
        f"Max-Forwards: {max_forwards}",
        f"Contact: <sip:{number}@{host}:{port}>",
        *extra,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Besieged:
    """The line side with its devices; ``sent`` is what it has sent and to whom."""

    devices: list[Device] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)
    now: float = 1.0

    def __post_init__(self) -> None:
        self.sent: list[tuple[Flow, bytes]] = []
        self.records: list[Any] = []
        self.flows: dict[tuple[str, int, Transport], Flow] = {}
        self._keys = count(1)
        tokens = count(1)
        self.side = LineSide(
            lambda flow, data: self.sent.append((flow, data)), lambda: f"m{next(tokens)}", lambda: 0.5, b"k" * 32
        )
        self.engine = CallEngine(
            lambda: self.side.stations.directory,
            self.side,
            clock=lambda: self.now,
            on_record=self.records.append,
        )
        self.side.connect(self.engine)
        self.configure()

    def configure(self) -> None:
        directory = build_directory(self.devices, {"Default": RegionCodecs("G722-64k", "G711-64k")})
        self.side.configuration_changed(build_stations(directory, self.passwords.items(), CallManagerParameters()))

    def add(self, number: str, digest: tuple[str, str] | None = None, **more: Any) -> Device:
        """Configure a phone."""
        if digest is not None:
            more |= {"digest_required": True, "digest_user": digest[0]}
            self.passwords[digest[0]] = digest[1]
        self.devices.append(device(f"SEP{len(self.devices) + 1:012X}", number, **more))
        self.configure()
        return self.devices[-1]

    def flow(self, host: str, port: int = 5060, transport: Transport = Transport.UDP) -> Flow:
        key = (host, port, transport)
        if key not in self.flows:
            self.flows[key] = Flow(transport, MANAGER, (host, port))
        return self.flows[key]

    def send(self, data: bytes, host: str = "192.0.2.1", transport: Transport = Transport.UDP) -> list[Response]:
        """Bytes from an address; returns the responses that they bring at once."""
        self.sent.clear()
        self.side.receive(data, self.flow(host, transport=transport), self.now)
        answers = [parse_message(answer) for _, answer in self.sent]
        return [answer for answer in answers if isinstance(answer, Response)]

    def ask(self, method: str = "OPTIONS", number: str = "1001", host: str = "192.0.2.1", **more: Any) -> Response:
        """One request with one response."""
        more.setdefault("key", f"k{next(self._keys)}")
        (answer,) = self.send(request(method, number, host=host, **more), host)
        return answer

    def log_in(
        self, number: str, user: str, password: str, host: str = "192.0.2.1", method: str = "REGISTER", **more: Any
    ) -> int:
        """REGISTER, and again with credentials when challenged; returns the last status."""
        key = f"k{next(self._keys)}"
        (answer,) = self.send(request(method, number, key=key, host=host, **more), host)
        if answer.status != 401:
            return answer.status
        asked = parse_message(request(method, number, key=key, host=host, **more))
        assert isinstance(asked, Request)
        header = DigestCredentials(user, password, lambda: "cnonce").answer(asked, answer)
        assert header is not None
        more["extra"] = (*more.get("extra", ()), f"{header[0]}: {header[1]}")
        (answer,) = self.send(request(method, number, key=key, host=host, cseq=2, **more), host)
        return answer.status

    def pass_time(self, seconds: float) -> None:
        """Let time go by, in steps that timers would see."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + 0.5)
            self.side.advance(self.now)

    @property
    def kept(self) -> int:
        """Transactions and sessions that the line side keeps."""
        return len(self.side.endpoint.transactions) + self.side.endpoint.session_count


def with_lines(each: Device, **changes: Any) -> Device:
    """A device with something changed in all of its lines."""
    return replace(each, lines=tuple(replace(line, **changes) for line in each.lines))
