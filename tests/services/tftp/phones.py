"""What the tests of the file service share: phones that are plain values, and the types of the fixtures."""

from __future__ import annotations

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
from ringward.services.tftp.service import TftpService

StartService = Callable[..., Awaitable[TftpService]]
Fetch = Callable[[ReadClient], Awaitable[ReadClient]]

NODE = CallManagerNode("192.0.2.10")


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
