"""Phones that prove themselves by certificate, played by OpenSSL's client against the real port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness import secure_client
from harness.foreign import authority, certificate, name, rsa_key
from harness.office import device
from harness.ports import free_offset
from harness.secure_client import PATIENCE, answer_to, end
from harness.testssl import offered_at
from ringward.calls.directory import RegionCodecs, build_directory
from ringward.domain.rules.device_security import IssuedLsc
from ringward.domain.rules.obstacles import PASSES_OVER_ITS_LSC
from ringward.domain.service_parameters import CallManagerParameters
from ringward.domain.vocabulary import DeviceSecurityMode, TransportType
from ringward.pki.certificates import Certificate, KeyPair, KeyPairFiles
from ringward.pki.issuing import issue_device_certificate, make_self_signed
from ringward.pki.tls import ServerTls, Suites
from ringward.services.call_manager.device_trust import DeviceTrust
from ringward.services.call_manager.service import CallManagerService, Listening
from ringward.services.call_manager.stations import Stations, build_stations
from ringward.services.live_view import security_sample

NOW = datetime.now(UTC)
CAPF, MAKER = authority("CAPF-00000001", now=NOW), authority("Manufacturing CA", now=NOW)
KEY = rsa_key(2048)
ENCRYPTED, AUTHENTICATED, PLAIN = "SEP000000001001", "SEP000000001002", "SEP000000001003"
NUMBERS = {ENCRYPTED: "1001", AUTHENTICATED: "1002", PLAIN: "1003"}


def stations(trust: DeviceTrust, lscs: dict[str, IssuedLsc]) -> Stations:
    tls = {"transport": TransportType.TLS}
    devices = [
        device(ENCRYPTED, "1001", security_mode=DeviceSecurityMode.ENCRYPTED, **tls),
        device(AUTHENTICATED, "1002", security_mode=DeviceSecurityMode.AUTHENTICATED, **tls),
        device(PLAIN, "1003"),
    ]
    directory = build_directory(devices, {"Default": RegionCodecs("G722-64k", "G711-64k")})
    return build_stations(directory, (), CallManagerParameters(), trust, dict(lscs))


def phone(directory: Path, common: str, issuer: KeyPair = CAPF, begin: int = -9, end: int = 9) -> KeyPairFiles:
    """The files of a phone's key pair, valid for these days from now."""
    made = certificate(
        name(common),
        key=KEY,
        issuer=issuer,
        begin=NOW + timedelta(days=begin),
        end=NOW + timedelta(days=end),
        names=(),
    )
    return KeyPair(made, KEY).save(directory, "phone")


@dataclass
class Node:
    service: CallManagerService
    port: int
    trust: DeviceTrust
    lscs: dict[str, IssuedLsc] = field(default_factory=dict)

    async def issued(self, device: str, *own: KeyPairFiles, expires: datetime = NOW + timedelta(days=9)) -> None:
        """These are the LSCs of a device from now on."""
        fingerprints = (Certificate.load(each.certificate.read_bytes()).fingerprint_sha256 for each in own)
        self.lscs[device] = IssuedLsc(frozenset(fingerprints), expires.timestamp())
        await self.service.configuration_changed()

    async def change(self, **values: object) -> None:
        """Another trust from now on."""
        self.trust = replace(self.trust, **values)  # type: ignore[arg-type]
        await self.service.configuration_changed()

    async def connect(
        self, own: KeyPairFiles | None, ciphers: str = "AES128-SHA", version: str = "-tls1_2"
    ) -> asyncio.subprocess.Process:
        return await secure_client.connect(self.port, own, ciphers, version)

    async def register(self, who: str, own: KeyPairFiles | None, ciphers: str = "AES128-SHA", **more: str) -> str:
        """Register a phone's line; the status of the answer, or "no TLS"."""
        process = await self.connect(own, ciphers, **more)
        try:
            return await answer_to(process, NUMBERS[who])
        finally:
            await end(process)

    def refusal(self, who: str) -> str:
        """Why the phone was refused, as its administrator sees it."""
        return next((each.reason for each in self.service.phones.refusals() if each.device == who), "")

    def failure(self) -> str:
        """Why the last handshake failed."""
        return next((each.reason for each in self.service.phones.failed_handshakes()), "")


@asynccontextmanager
async def running(directory: Path, **values: object) -> AsyncIterator[Node]:
    pair = make_self_signed("node", now=NOW, addresses=["127.0.0.1"])
    tls = ServerTls(pair.save(directory / "node", "node"))
    offset = free_offset()
    where = Listening("127.0.0.1", "127.0.0.1", 5060 + offset, 5061 + offset)
    authorities = (CAPF.certificate.der, MAKER.certificate.der)
    trust = DeviceTrust(authorities, suites=Suites.AUTHENTICATED)
    node = Node(
        CallManagerService(where, lambda: stations(node.trust, node.lscs), print, tls), where.secure_port, trust
    )
    node.trust = replace(trust, **values)  # type: ignore[arg-type]
    await node.service.start()
    try:
        yield node
    finally:
        await node.service.stop()


@pytest.mark.parametrize(
    ("who", "common", "issuer", "ciphers"),
    [
        (ENCRYPTED, ENCRYPTED, CAPF, "AES128-SHA"),
        (ENCRYPTED, f"CP-7970G-{ENCRYPTED}", MAKER, "ECDHE-RSA-AES128-GCM-SHA256"),
        (AUTHENTICATED, AUTHENTICATED, CAPF, "NULL-SHA"),
        (AUTHENTICATED, AUTHENTICATED, CAPF, "NULL-SHA256"),
    ],
)
async def test_a_phone_registers_by_its_certificate_and_the_cipher_of_its_mode(
    tmp_path: Path, who: str, common: str, issuer: KeyPair, ciphers: str
) -> None:
    """SIG-09, SIG-03, SIG-05, SIG-06, CERT-03: by LSC, or by MIC."""
    async with running(tmp_path) as node:
        assert await node.register(who, phone(tmp_path, common, issuer), ciphers) == "200 OK"
        assert node.refusal(who) == "" and node.failure() == ""


@pytest.mark.parametrize(
    ("who", "ciphers", "version"),
    [
        (ENCRYPTED, "AES128-SHA", "-tls1_2"),
        (ENCRYPTED, "ECDHE-RSA-AES256-GCM-SHA384", "-tls1_2"),
        (ENCRYPTED, "AES128-SHA", "-tls1_3"),
        (AUTHENTICATED, "NULL-SHA256", "-tls1_2"),
    ],
)
@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda each: each.name)
async def test_a_phone_registers_by_a_certificate_with_an_ec_key(
    tmp_path: Path, who: str, ciphers: str, version: str, curve: ec.EllipticCurve
) -> None:
    """SIG-06, SIG-09: whatever key the certificates of servers have."""
    key = ec.generate_private_key(curve)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    lsc = issue_device_certificate(CAPF, public, who, now=NOW, lifetime=timedelta(days=9))
    async with running(tmp_path) as node:
        own = KeyPair(lsc, key).save(tmp_path, "phone")
        assert await node.register(who, own, ciphers, version=version) == "200 OK"
        assert node.refusal(who) == "" and node.failure() == ""


async def test_a_phone_that_has_an_lsc_shows_it_and_its_mic_counts_no_more(tmp_path: Path) -> None:
    """CERT-03: the reason is kept where the administrator looks. An LSC that has ended protects nobody."""
    refusal = f"its device security mode is Encrypted, but {PASSES_OVER_ITS_LSC}"
    async with running(tmp_path) as node:
        mic = phone(tmp_path / "mic", f"CP-7970G-{ENCRYPTED}", MAKER)
        former = phone(tmp_path / "former", ENCRYPTED)
        lsc, sent = phone(tmp_path / "lsc", ENCRYPTED), phone(tmp_path / "sent", ENCRYPTED)
        assert await node.register(ENCRYPTED, mic) == "200 OK"
        await node.issued(ENCRYPTED, lsc, sent)
        for passing_over in (mic, former):
            status = await node.register(ENCRYPTED, passing_over)
            assert status != "200 OK" and status[0] == "4"
            assert node.refusal(ENCRYPTED) == refusal
        for own in (lsc, sent):
            assert await node.register(ENCRYPTED, own) == "200 OK"
            assert node.refusal(ENCRYPTED) == ""
        await node.issued(ENCRYPTED, lsc, expires=NOW - timedelta(seconds=1))
        assert await node.register(ENCRYPTED, mic) == "200 OK"


async def test_a_connection_that_began_before_the_lsc_was_issued_stays_as_good_as_it_was(tmp_path: Path) -> None:
    async with running(tmp_path) as node:
        mic = phone(tmp_path / "mic", f"CP-7970G-{ENCRYPTED}", MAKER)
        process = await node.connect(mic)
        assert await answer_to(process, NUMBERS[ENCRYPTED]) == "200 OK"
        await node.issued(ENCRYPTED, phone(tmp_path / "lsc", ENCRYPTED))
        assert len(node.service.phones.registrations()) == 1
        assert node.refusal(ENCRYPTED) == "" and process.returncode is None
        await end(process)


async def test_a_phone_without_security_may_show_either(tmp_path: Path) -> None:
    async with running(tmp_path) as node:
        await node.issued(PLAIN, phone(tmp_path / "lsc", PLAIN))
        assert await node.register(PLAIN, phone(tmp_path / "mic", f"CP-7970G-{PLAIN}", MAKER)) == "200 OK"


async def test_a_phone_without_security_needs_no_certificate(tmp_path: Path) -> None:
    async with running(tmp_path) as node:
        assert await node.register(PLAIN, None) == "200 OK"


async def test_charts_count_each_registered_phone_by_what_it_has_proved(tmp_path: Path) -> None:
    ciphers = {ENCRYPTED: "AES128-SHA", AUTHENTICATED: "NULL-SHA", PLAIN: "AES128-SHA"}
    async with running(tmp_path) as node:
        connections = []
        for who, cipher in ciphers.items():
            own = None if who == PLAIN else phone(tmp_path / who, who)
            connections.append(await node.connect(own, cipher))
            assert await answer_to(connections[-1], NUMBERS[who]) == "200 OK"
        assert security_sample(node.service) == {
            "phones": {"encrypted": 1, "authenticated": 1, "nonsecure": 1},
            "calls": {"encrypted": 0, "authenticated": 0, "nonsecure": 0},
        }
        for connection in connections:
            await end(connection)


@pytest.mark.parametrize(
    ("who", "common", "ciphers", "reason"),
    [
        (ENCRYPTED, AUTHENTICATED, "AES128-SHA", f"Encrypted, but it showed the certificate of {AUTHENTICATED}"),
        (ENCRYPTED, None, "AES128-SHA", "Encrypted, but it showed no certificate of its own"),
        (ENCRYPTED, ENCRYPTED, "NULL-SHA", "Encrypted, but the cipher of its TLS connection does not encrypt"),
        (
            AUTHENTICATED,
            AUTHENTICATED,
            "AES128-SHA",
            "Authenticated, but the cipher of its TLS connection encrypts",
        ),
    ],
)
async def test_a_phone_that_is_below_its_profile_does_not_register(
    tmp_path: Path, who: str, common: str | None, ciphers: str, reason: str
) -> None:
    """SIG-07, SIG-03, CAPF-39: the certificate of another device, none, or the cipher of another mode."""
    async with running(tmp_path) as node:
        own = phone(tmp_path, common) if common is not None else None
        status = await node.register(who, own, ciphers)
        assert status != "200 OK" and status[0] == "4"
        assert node.refusal(who) == f"its device security mode is {reason}"


@pytest.mark.parametrize(
    ("issuer", "begin", "end", "reason"),
    [
        (CAPF, -9, -1, "its certificate has expired"),
        (CAPF, 1, 9, "its certificate is not valid yet"),
        (authority("Another CA", now=NOW), -9, 9, "its certificate is signed by nobody that this port trusts"),
        (authority("CAPF-00000001", now=NOW), -9, 9, "the signature of its certificate is wrong"),
    ],
    ids=["expired", "early", "foreign", "forged"],
)
async def test_a_certificate_that_is_not_right_makes_no_connection(
    tmp_path: Path, issuer: KeyPair, begin: int, end: int, reason: str
) -> None:
    """CERT-23: refused in the handshake, with OpenSSL's reason in plain words."""
    async with running(tmp_path) as node:
        own = phone(tmp_path, ENCRYPTED, issuer, begin, end)
        assert await node.register(ENCRYPTED, own) == "no TLS"
        assert node.failure().startswith(reason)
        (failure,) = node.service.phones.failed_handshakes()
        assert (failure.device, failure.address) == ("", "127.0.0.1")
        assert await node.register(ENCRYPTED, phone(tmp_path, ENCRYPTED)) == "200 OK"


async def test_a_phone_cannot_vouch_for_another(tmp_path: Path) -> None:
    """An LSC is no authority, even when it is sent along."""
    own = phone(tmp_path / "own", PLAIN)
    forged = phone(tmp_path, ENCRYPTED, own.load())
    forged.certificate.write_bytes(forged.certificate.read_bytes() + own.certificate.read_bytes())
    async with running(tmp_path) as node:
        assert await node.register(ENCRYPTED, forged) == "no TLS"
        assert "certificate" in node.failure()


async def test_a_revoked_certificate_is_refused_and_its_connection_ends_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as node:
        own = phone(tmp_path, ENCRYPTED)
        process = await node.connect(own)
        assert await answer_to(process, NUMBERS[ENCRYPTED]) == "200 OK"
        revoked = Certificate.load(own.certificate.read_bytes()).fingerprint_sha256
        await node.change(revoked=frozenset({revoked}))
        await asyncio.wait_for(process.wait(), PATIENCE)
        await end(process)
        assert node.service.phones.registrations() == []
        assert await node.register(ENCRYPTED, own) == "no TLS"
        assert node.refusal(ENCRYPTED) == "its certificate was revoked"


async def test_trust_that_is_withdrawn_holds_from_the_next_handshake_and_drops_no_connection(
    tmp_path: Path,
) -> None:
    """CERT-14."""
    async with running(tmp_path) as node:
        own = phone(tmp_path, ENCRYPTED)
        process = await node.connect(own)
        assert await answer_to(process, NUMBERS[ENCRYPTED]) == "200 OK"
        await node.change(authorities=(MAKER.certificate.der,))
        assert await node.register(ENCRYPTED, own) == "no TLS"
        assert len(node.service.phones.registrations()) == 1 and process.returncode is None
        await node.change(authorities=(CAPF.certificate.der,))
        assert await node.register(ENCRYPTED, own) == "200 OK"
        await end(process)


async def test_suites_that_no_device_needs_are_closed(tmp_path: Path) -> None:
    """SIG-14."""
    async with running(tmp_path, suites=Suites.MODERN) as node:
        for ciphers in ("AES128-SHA", "NULL-SHA", "NULL-SHA256"):
            assert await node.register(PLAIN, None, ciphers) == "no TLS"
            assert node.failure().startswith("it offers none of the cipher suites that are open on this port")
        assert await node.register(PLAIN, None, "ECDHE-RSA-AES128-GCM-SHA256") == "200 OK"


async def test_tls_1_0_only_where_old_phones_are_let_in(tmp_path: Path) -> None:
    """SIG-14."""
    async with running(tmp_path) as node:
        own = phone(tmp_path, ENCRYPTED)
        assert await node.register(ENCRYPTED, own, version="-tls1") == "no TLS"
        assert node.failure().startswith("it speaks only a version of TLS that is not accepted here")
        await node.change(old_phones=True)
        assert await node.register(ENCRYPTED, own, version="-tls1") == "200 OK"


@pytest.mark.stranger
async def test_testssl_finds_what_we_claim(tmp_path: Path) -> None:
    """SIG-14: the versions and suites of the port, and no other."""
    async with running(tmp_path) as node:
        versions, suites = await offered_at(node.port, tmp_path)
    assert versions == {"TLS1_2", "TLS1_3"}
    # The node of this test has an RSA key, so the suites for EC keys cannot be had.
    assert suites == {each for each in Suites.AUTHENTICATED.value if "ECDSA" not in each}
