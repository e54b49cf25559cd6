"""What the tests of the file service share: phones that are plain values, and the types of the fixtures."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ringward.domain.secret import Secret
from ringward.domain.vocabulary import Protocol, TransportType
from ringward.files.phone_configuration import (
    CallManagerNode,
    CommonConfiguration,
    DefaultConfiguration,
    DigestCredentials,
    PhoneConfiguration,
    PhoneLine,
)
from ringward.protocols.tftp.client import ReadClient
from ringward.protocols.tftp.packets import Packet, encode, parse
from ringward.services.tftp.service import TftpService

StartService = Callable[..., Awaitable[TftpService]]
Fetch = Callable[[ReadClient], Awaitable[ReadClient]]

NODE = CallManagerNode("192.0.2.10")
FIRMWARE = bytes(range(256)) * 300


@dataclass
class Source:
    """Phones by device name; counts how often it is asked."""

    phones: dict[str, PhoneConfiguration] = field(default_factory=dict)
    asked: int = 0

    def phone(self, device_name: str) -> PhoneConfiguration | None:
        self.asked += 1
        return self.phones.get(device_name)

    def knows(self, device_name: str) -> bool:
        return device_name in self.phones

    def defaults(self) -> DefaultConfiguration:
        self.asked += 1
        return DefaultConfiguration((NODE,))

    def add(self, device_name: str, model: str = "7961", protocol: Protocol = Protocol.SIP) -> PhoneConfiguration:
        line = PhoneLine(1, "1001", digest=DigestCredentials("alice", Secret("s3cret")))
        common = CommonConfiguration(model, protocol, (NODE,), transport=TransportType.UDP)
        phone = PhoneConfiguration(device_name, common, lines=(line,))
        self.phones[device_name] = phone
        return phone


class Peer:
    """A bare UDP socket that talks to the service under test."""

    def __init__(self, service: TftpService) -> None:
        self.server = service.tftp.address
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)

    def send(self, packet: Packet | bytes, to: tuple[str, int] | None = None) -> None:
        self.socket.sendto(packet if isinstance(packet, bytes) else encode(packet), to or self.server)

    async def receive(self, seconds: float = 60.0) -> tuple[Packet, tuple[str, int]]:
        loop = asyncio.get_running_loop()
        datagram, source = await asyncio.wait_for(loop.sock_recvfrom(self.socket, 65536), seconds)
        return parse(datagram), source

    async def silence(self, seconds: float = 0.15) -> bool:
        with contextlib.suppress(TimeoutError):
            await self.receive(seconds)
            return False
        return True
