"""A call manager and some phones on an imaginary wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from harness.wire import Agent, Wire
from ringward.calls.digit_analysis import Treatment
from ringward.calls.directory import Device, LineAppearance, RegionCodecs, build_directory
from ringward.calls.engine import CallEngine
from ringward.calls.features.forward import ForwardRules
from ringward.calls.records import CallDetailRecord
from ringward.domain.service_parameters import CallManagerParameters
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol, TransportType
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.message import Headers, Request
from ringward.protocols.sip.session import InviteSession
from ringward.services.call_manager.line_side import LineSide
from ringward.services.call_manager.stations import build_stations

MANAGER = ("10.0.0.254", 5060)
NONE = "<None>"


def sdp(address: str, port: int = 4000, direction: str = "sendrecv", formats: str = "0 8") -> bytes:
    return (
        f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {formats}\r\na={direction}\r\n"
    ).encode()


def device(name: str, number: str, **more: Any) -> Device:
    line = LineAppearance(name, 1, number, more.pop("partition", NONE), more.pop("display", name), (NONE,))
    values: dict[str, Any] = {
        "description": "",
        "model": "Cisco 7961",
        "protocol": Protocol.SIP,
        "region": "Default",
        "security_mode": DeviceSecurityMode.NONSECURE,
        "transport": TransportType.TCP_UDP,
        "lines": (line,),
    }
    return Device(name, **{**values, **more})


@dataclass
class Phone:
    """A phone of the office: an agent on the wire with a line."""

    office: Office
    device: Device
    agent: Agent
    number: str
    credentials: DigestCredentials | None = None
    cseq: int = 0
    call_id: str = ""

    @property
    def log(self) -> list[str]:
        return self.agent.log

    @property
    def flow(self) -> Flow:
        return self.office.wire.flow(self.agent, self.office)  # type: ignore[arg-type]

    @property
    def contact(self) -> str:
        host, port = self.agent.address
        return f"<sip:{self.number}@{host}:{port}>"

    def request(self, method: str, headers: Headers | None = None, to: str = "") -> None:
        self.cseq += 1
        self.call_id = self.call_id or f"{self.agent.name}-reg"
        domain = MANAGER[0]
        user = f"{to}@" if to else ""
        fields: Headers = {
            "Max-Forwards": ["70"],
            "From": [f"<sip:{self.number}@{domain}>;tag=f{self.cseq}"],
            "To": [f"<sip:{to or self.number}@{domain}>"],
            "Call-ID": [self.call_id],
            "CSeq": [f"{self.cseq} {method}"],
            "Contact": [self.contact],
            **(headers or {}),
        }
        self.agent.endpoint.request(
            Request(method, f"sip:{user}{domain}", fields),
            self.flow,
            self.agent,
            self.office.wire.now,
            self.credentials,
            self._next,
        )

    def _next(self) -> int:
        self.cseq += 1
        return self.cseq

    def register(self, expires: int = 3600, **headers: list[str]) -> str:
        self.request("REGISTER", {"Expires": [str(expires)], **headers})
        return self.log.pop()

    def call(self, number: str, body: bytes | None = None) -> InviteSession:
        host, _ = self.agent.address
        return self.agent.endpoint.invite(
            self.flow,
            f"sip:{number}@{MANAGER[0]}",
            f"<sip:{self.number}@{MANAGER[0]}>",
            f"<sip:{number}@{MANAGER[0]}>",
            self.contact,
            self.agent,
            self.office.wire.now,
            body=sdp(host) if body is None else body,
            credentials=self.credentials,
        )

    @property
    def incoming(self) -> list[InviteSession]:
        return self.agent.incoming

    def answer(self, body: bytes | None = None) -> InviteSession:
        session = self.incoming[-1]
        session.answer(sdp(self.agent.address[0]) if body is None else body, self.office.wire.now)
        self.office.wire.settle()
        return session


@dataclass
class Office:
    """The call manager on the wire."""

    wire: Wire = field(default_factory=Wire)
    records: list[CallDetailRecord] = field(default_factory=list)
    name: str = "cm"
    address: tuple[str, int] = MANAGER
    parameters: CallManagerParameters = field(default_factory=CallManagerParameters)
    auto_registration: bool = False

    def __post_init__(self) -> None:
        tokens = count(1)
        self.side = LineSide(self._transmit, lambda: f"cm{next(tokens)}", lambda: 0.5, b"k" * 32)
        self.engine = CallEngine(
            lambda: self.side.stations.directory,
            self.side,
            clock=lambda: self.wire.now,
            on_record=self.records.append,
            ringing_limit=lambda: float(self.parameters.sip_invite_expires),
        )
        self.side.connect(self.engine)
        self.devices: list[Device] = []
        self.passwords: dict[str, str] = {}
        self.treatments: dict[tuple[str, str], Treatment] = {}
        self.endpoint = self
        self.wire.join(self)  # type: ignore[arg-type]

    def _transmit(self, flow: Flow, data: bytes) -> None:
        self.wire.carry(self, flow, data)  # type: ignore[arg-type]

    def receive(self, data: bytes, flow: Flow, now: float) -> str:
        before = self.side.counters.malformed
        self.side.receive(data, flow, now)
        return "malformed" if self.side.counters.malformed > before else ""

    def next_deadline(self) -> float | None:
        known = (self.side.endpoint.next_deadline(), self.engine.deadline())
        return min((each for each in known if each is not None), default=None)

    def advance(self, now: float) -> None:
        self.side.advance(now)
        self.engine.expire(now)

    def phone(self, name: str, number: str, *, digest: tuple[str, str] | None = None, **more: Any) -> Phone:
        """Configure a phone and plug it in."""
        mac = f"SEP{len(self.devices) + 1:012X}"
        if digest is not None:
            more |= {"digest_required": True, "digest_user": digest[0]}
            self.passwords[digest[0]] = digest[1]
        configured = device(mac, number, display=name.title(), **more)
        self.devices.append(configured)
        self.configure()
        agent = self.wire.agent(name, f"10.0.0.{len(self.devices)}")
        tokens = count(1)
        credentials = DigestCredentials(*digest, lambda: f"c{next(tokens)}") if digest is not None else None
        return Phone(self, configured, agent, number, credentials)

    def reconfigure(self, phone: Phone, change: Callable[[Device], Device]) -> None:
        self.devices = [change(each) if each.name == phone.device.name else each for each in self.devices]
        self.configure()

    def forward(self, phone: Phone, **rules: Any) -> None:
        """Let a phone's number forward its calls."""
        self.treatments[phone.number, NONE] = ForwardRules(search_space=(NONE,), **rules)
        self.configure()

    def configure(self, **parameters: Any) -> None:
        self.parameters = replace(self.parameters, **parameters)
        directory = build_directory(
            self.devices, {"Default": RegionCodecs("G722-64k", "G711-64k")}, self.treatments
        )
        self.side.configuration_changed(
            build_stations(
                directory,
                self.passwords.items(),
                self.parameters,
                auto_registration=self.auto_registration,
            )
        )


def tcp_office() -> Office:
    return Office(Wire(Transport.TCP))
