"""CAPF on a real port, with real TLS and a real database, and software phones that call it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from administration.conftest import Time
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import WantedOperation
from ringward.administration.certificates import ServerNames
from ringward.domain.alarm import AlarmEvent
from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CertificateOperation,
    KeySize,
    Protocol,
    ServiceTrace,
)
from ringward.phone.enrolment import Enrolled, Enrolment
from ringward.phone.flash import Flash, Item
from ringward.phone.identity import Identity
from ringward.phone.own_keys import OwnKeys
from ringward.pki.certificates import KeyPair, PrivateKey
from ringward.pki.issuing import issue_device_certificate, make_authority
from ringward.pki.tls import ServerTls, Suites, Terms
from ringward.protocols.capf.values import KeyWanted
from ringward.services.capf.conversation_trace import FILE_NAME, ConversationTrace
from ringward.services.capf.desk import Desk
from ringward.services.capf.service import CapfService
from ringward.services.capf.traces import Traces

MAC = "001122334455"
SEP = f"SEP{MAC}"
INSTALL = CertificateOperation.INSTALL_UPGRADE


@pytest.fixture(scope="session")
def keys() -> list[rsa.RSAPrivateKey]:
    """Keys of 1024 bits, so that tests do not wait for them."""
    return [rsa.generate_private_key(65537, 1024) for _ in range(4)]


@pytest.fixture(scope="session")
def manufacturer() -> KeyPair:
    return make_authority("Test Manufacturing CA", now=datetime.now(UTC))


@dataclass
class Site:
    """A cluster of one node with CAPF, one phone in its database."""

    administration: Administration
    actor: Actor
    clock: Time
    manufacturer: KeyPair
    keys: list[rsa.RSAPrivateKey]
    directory: Path
    service: CapfService
    port: int
    parameters: CapfParameters
    trace_level: ServiceTrace = ServiceTrace.OFF
    said: list[str] = field(default_factory=list)
    alarms: list[AlarmEvent] = field(default_factory=list)
    taken_in: asyncio.Event = field(default_factory=asyncio.Event)
    """Until it is cleared the other services know of everything at once."""

    def give(
        self,
        operation: CertificateOperation = INSTALL,
        mode: CapfAuthenticationMode = CapfAuthenticationMode.NULL_STRING,
        string: str = "",
        *,
        device: str = SEP,
        completes_by: str = "",
        key_size: KeySize | None = None,
    ) -> None:
        secret = Secret(string) if string else None
        wanted = WantedOperation(operation, secret, False, completes_by, mode, key_size)
        self.administration.certificate_operations.give(self.actor, wanted, devices=[device])

    def status(self, device: str = SEP) -> str:
        return self.administration.phones.get(self.actor, device).operation_status

    def is_pending(self, device: str = SEP) -> bool:
        phone = self.administration.phones.get(self.actor, device)
        return phone.certificate_operation is not CertificateOperation.NONE

    @property
    def trace_file(self) -> Path:
        return self.directory / "traces" / FILE_NAME

    @property
    def capf_certificate(self) -> bytes:
        return self.administration.key_store.certificate(CertificateKind.CAPF).der

    def phone(self, mac: str = MAC, *, mic: bool = False) -> SoftPhone:
        phone = SoftPhone(self, mac)
        if mic:
            phone.keys.install(Item.MIC, self.mic(f"CP-7961G-SEP{mac}", self.manufacturer))
        return phone

    def mic(self, name: str, signer: KeyPair) -> KeyPair:
        key = self.keys[3]
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        certificate = issue_device_certificate(
            signer, public, name, now=datetime.now(UTC) - timedelta(hours=1), lifetime=timedelta(days=3650)
        )
        return KeyPair(certificate, key)


class SoftPhone:
    """A software phone's way to CAPF, whose thirty seconds pass at once."""

    def __init__(self, site: Site, mac: str) -> None:
        self.site = site
        self.flash = Flash()
        self.keys = OwnKeys(self.flash)
        self.slept: list[float] = []
        self.made = 0
        self.version = 3
        self.trusted = [site.capf_certificate]
        self.identity = Identity(mac, "7961")
        self.enrolment: Enrolment

    def make_key(self, wanted: KeyWanted) -> PrivateKey | None:
        self.made += 1
        return self.site.keys[(self.made - 1) % 3]

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def enrol(
        self, mode: CapfAuthenticationMode = CapfAuthenticationMode.NULL_STRING, string: str = "", port: int = 0
    ) -> Enrolled:
        self.enrolment = Enrolment(
            self.identity,
            self.keys,
            lambda: self.trusted,
            version=self.version,
            make_key=self.make_key,
            sleep=self.sleep,
            tell=self.site.said.append,
        )
        return await self.enrolment.run([("127.0.0.1", port or self.site.port)], mode, string)


@pytest.fixture
def ada() -> Actor:
    return Actor("ada", EVERYTHING, "192.0.2.9")


@pytest.fixture
def parameters() -> CapfParameters:
    """Overridden by tests that need others."""
    return CapfParameters()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Administration, Time]]:
    clock = Time()
    clock.now = datetime.now(UTC).timestamp()
    administration = Administration.open(tmp_path / "data", clock=clock, create=True)
    administration.installation.run(Server("node1", "192.0.2.1"))
    administration.certificates.make_missing((CertificateKind.CAPF,), ServerNames("node1"))
    yield administration, clock
    administration.close()


@pytest.fixture
async def site(
    opened: tuple[Administration, Time],
    manufacturer: KeyPair,
    keys: list[rsa.RSAPrivateKey],
    parameters: CapfParameters,
    ada: Actor,
    tmp_path: Path,
) -> AsyncIterator[Site]:
    administration, clock = opened
    administration.trust_stores.add(ada, TrustPurpose.CAPF, manufacturer.certificate.pem)
    for number in range(2):
        name = f"SEP00112233445{5 + number}"
        profile = nonsecure_profile_name("7961", Protocol.SIP)
        administration.phones.add(ada, Phone(name, "7961", Protocol.SIP, profile))
    desk = Desk(
        administration.enrolment,
        lambda: administration.key_store.load(CertificateKind.CAPF),
        parameters,
        Traces(tmp_path / "traces"),
        lambda: datetime.fromtimestamp(clock(), UTC),
        lambda alarm: made.alarms.append(alarm),
    )
    tls = ServerTls(administration.key_store.files(CertificateKind.CAPF))
    tls.renew(Terms(Suites.ENCRYPTED, old_phones=parameters.old_tls))
    trace = ConversationTrace(tmp_path / "traces", lambda: made.trace_level)
    service = CapfService(desk, parameters, tls.context, trace, lambda: made.taken_in.wait())
    await service.start("127.0.0.1", 0)
    made = Site(administration, ada, clock, manufacturer, keys, tmp_path, service, service.port, parameters)
    made.taken_in.set()
    yield made
    await service.stop()
