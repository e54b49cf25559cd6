"""SCN-08 to SCN-11: a node, its administrator at the command line, and software phones that read its files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from acceptance.office import asks, does, running
from harness import foreign, secure_client
from harness.waiting import PATIENCE, until
from ringward.administration.administration import Administration
from ringward.domain.certificate import CertificateKind
from ringward.domain.errors import Refused
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.phone import events
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.enrolment import Result
from ringward.phone.flash import Flash
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.retrieval import FileServer
from ringward.pki.certificates import Certificate, KeyPair, KeyPairFiles
from services.test_node import Office

DESK = "SEP00AA00000001"
LOBBY = "SEP00AA00000002"
OTHER = "SEP00AA00000003"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running(tmp_path_factory.mktemp("scn") / "data", mixed=True) as office:
        for number, name in enumerate((DESK, LOBBY, OTHER), 1001):
            does(office, "phone", "add", name, "--model", "7961", "--line", f"1={number}")
        yield office


def row(office: Office, device: str) -> dict[str, str]:
    (found,) = asks(office, "capf", "report", "--where", f"device_name={device}")
    return dict(found)


class Seen:
    """What happened to a phone, in order."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def event(self, phone: Phone, event: events.PhoneEvent) -> None:
        if isinstance(event, events.Registered):
            self.order.append("registered")

    def told(self, text: str) -> None:
        self.order.append(text)


@asynccontextmanager
async def desk_phone(
    office: Office, device: str, flash: Flash, seen: Seen, model: str = "7961"
) -> AsyncIterator[DeskPhone]:
    phone = DeskPhone(
        identify(device, model),
        (FileServer("127.0.0.1", 69 + office.offset),),
        seen.event,
        Options(local_host="127.0.0.1", media=False),
        flash=flash,
        identity_list=True,
        tell=seen.told,
    )
    try:
        yield phone
    finally:
        await phone.stop()


def capf(office: Office) -> Certificate:
    return Certificate.load((office.directory / "certificates" / "capf.pem").read_bytes())


async def test_a_certificate_by_authentication_string(office: Office) -> None:
    """SCN-09, PHONE-10: string, install, report, troubleshoot, delete; wrong and used strings fail early."""
    flash, seen = Flash(), Seen()
    does(office, "capf", "set", "install", DESK, "--mode", "string", "--string", "4711")
    assert (row(office, DESK)["lsc_status"], row(office, DESK)["authentication_string"]) == (
        "Operation Pending",
        "4711",
    )
    async with desk_phone(office, DESK, flash, seen) as phone:
        await boots(phone, 1)
        assert ("LSC", "Not Installed") in list(phone.show_security())
        with pytest.raises(Refused, match="locked"):
            phone.enter_authentication_string("4711")
        for digits, result, status in (
            ("4712", Result.REFUSED, "Upgrade Failed: Invalid Authentication String"),
            ("4711", Result.INSTALLED, "Upgrade Success"),
            ("4711", Result.NOTHING, "Upgrade Success"),
        ):
            phone.menu.press("**#")
            phone.enter_authentication_string(digits)
            enrolled = await phone.enrolment_over()
            assert enrolled is not None and enrolled.result is result, str(enrolled)
            assert row(office, DESK)["lsc_status"] == status
        lsc = phone.security.keys.lsc
        assert lsc is not None and lsc.certificate.is_issued_by(capf(office))
        assert lsc.certificate.common_name == DESK
        assert ("LSC", "Installed") in list(phone.show_security())
    (listed,) = asks(office, "capf", "certificates", "--device", DESK)
    assert listed["fingerprint_sha256"] == lsc.certificate.fingerprint_sha256
    for operation, status in (("troubleshoot", "Troubleshoot Success"), ("delete", "Delete Success")):
        does(office, "capf", "set", operation, DESK, "--mode", "null")
        async with desk_phone(office, DESK, flash, seen) as phone:
            await boots(phone, 2)
            await phone.enrolment_over()
            assert row(office, DESK)["lsc_status"] == status
    assert [path.name.split("-")[1] for path in (office.directory / "traces/capf").iterdir()] == ["LSC"]
    assert phone.security.keys.lsc is None
    outcomes = [each["outcome"] for each in asks(office, "capf", "calls") if each["device"] == DESK]
    assert outcomes[:3] == ["Delete Success", "Troubleshoot Success", "no operation is pending"]


async def boots(phone: DeskPhone, mode: int) -> None:
    """Boot the phone, whose file names this way to authenticate at CAPF."""
    async with asyncio.timeout(PATIENCE):
        await phone.boot()
    assert phone.booted is not None
    assert phone.booted.configuration.capf_authentication_mode == mode


async def test_an_encrypted_phone_gets_its_certificate_first_and_then_registers(office: Office) -> None:
    """SCN-10, CAPF-01, CAPF-20, CAPF-21: a secure phone calls CAPF first, a nonsecure one registers first."""
    seen = Seen()
    does(office, "capf", "set", "install", LOBBY, "--mode", "null")
    async with desk_phone(office, LOBBY, flash := Flash(), seen) as phone:
        await boots(phone, 2)
        await phone.enrolment_over()
    assert seen.order.index("registered") < seen.order.index("LSC installed")
    does(office, "phone-security-profile", "add", "Secret 7961", "--model", "7961", "--protocol", "SIP",
         "--device-security-mode", "Encrypted", "--authentication-mode", "By Null String")  # fmt: skip
    does(office, "phone", "update", OTHER, "--security-profile", "Secret 7961")
    does(office, "capf", "set", "install", OTHER)
    seen = Seen()
    async with desk_phone(office, OTHER, Flash(), seen) as phone:
        await boots(phone, 2)
        assert phone.booted is not None
        assert phone.booted.configuration.security_mode is DeviceSecurityMode.ENCRYPTED
        assert phone.phone is not None
        async with asyncio.timeout(PATIENCE):
            await phone.phone.registered()
        assert seen.order[-2:] == ["LSC installed", "registered"]
        registered = office.ask("phones")["registered"]
        assert [each["security_mode"] for each in registered if each["device"] == OTHER] == ["Encrypted"]
        # A revoked certificate ends the connection at once, and lets nobody in again.
        does(office, "capf", "revoke", OTHER, "--yes")
        await until(
            lambda: not [each for each in office.ask("phones")["registered"] if each["device"] == OTHER],
            "the revoked phone is gone",
        )
    assert flash is not None


async def test_a_newer_phone_gets_and_uses_a_certificate_with_an_ec_key(office: Office) -> None:
    """SIG-06, SYS-10: over CAPF and to the secure port; what its model cannot do, and what an EC key cannot."""
    device, seen = "SEP00AA00000005", Seen()
    does(office, "phone", "add", device, "--model", "8841", "--line", "1=1005")
    profile = ("phone-security-profile", "add", "Curves 8841", "--model", "8841", "--protocol", "SIP",
               "--device-security-mode", "Encrypted", "--authentication-mode", "By Null String")  # fmt: skip
    for wrong, words in (
        (("--key-size", "512"), "allowed: 2048, 3072, 4096, EC-256, EC-384, EC-521"),
        (("--key-size", "EC-384", "--tftp-encrypted-config", "true"), "an EC key cannot open an encrypted file"),
    ):
        code, out, log = office.run(*profile, *wrong)
        assert code == 1 and words in " ".join((out + log).split())
    does(office, *profile, "--key-size", "ec-384")
    does(office, "phone", "update", device, "--security-profile", "Curves 8841")
    does(office, "capf", "set", "install", device)
    async with desk_phone(office, device, Flash(), seen, "8841") as phone:
        await boots(phone, 2)
        assert phone.phone is not None
        async with asyncio.timeout(PATIENCE):
            await phone.phone.registered()
        assert seen.order[-2:] == ["LSC installed", "registered"]
        lsc = phone.security.keys.lsc
        assert lsc is not None and lsc.certificate.key_description == "EC secp384r1"
        registered = office.ask("phones")["registered"]
        assert [each["security_mode"] for each in registered if each["device"] == device] == ["Encrypted"]
    code, out, log = office.run("capf", "set", "install", DESK, "--key-size", "EC-256")
    assert code == 1 and "allowed: 1024, 512, 2048" in " ".join((out + log).split())


async def test_whatever_else_comes_to_the_secure_port_registers_nothing_and_the_page_says_why(
    office: Office, tmp_path: Path
) -> None:
    """SIG-05, SIG-06, CERT-23, CAPF-39: OpenSSL's client with the wrong certificates, and with the right one."""
    device, now = "SEP00AA00000006", datetime.now(UTC)
    does(office, "phone", "add", device, "--model", "7961", "--line", "1=1006")
    does(office, "phone-security-profile", "add", "Strict 7961", "--model", "7961", "--protocol", "SIP",
         "--device-security-mode", "Encrypted")  # fmt: skip
    does(office, "phone", "update", device, "--security-profile", "Strict 7961")
    async with desk_phone(office, device, Flash(), Seen()) as phone:
        await boots_with(phone, f"{device}.cnf.xml.sgn")  # what comes from where its files go may be the phone
    with closing(Administration.open(office.directory)) as administration:
        signer = administration.key_store.load(CertificateKind.CAPF)
    key = foreign.rsa_key(2048)

    def files(common: str, issuer: KeyPair = signer, days: int = 9) -> KeyPairFiles:
        begin, end = now - timedelta(days=20), now + timedelta(days=days)
        made = foreign.certificate(foreign.name(common), key=key, issuer=issuer, begin=begin, end=end, names=())
        return KeyPair(made, key).save(tmp_path, made.fingerprint_sha256)

    async def answer(own: KeyPairFiles) -> str:
        process = await secure_client.connect(5061 + office.offset, own)
        try:
            return await secure_client.answer_to(process, "1006")
        finally:
            await secure_client.end(process)

    def registered() -> bool:
        return any(each["device"] == device for each in office.ask("phones")["registered"])

    def answers_why() -> str:
        return " ".join(does(office, "why", device).split())

    for own, status, reason in (
        (files(device, days=-1), "no TLS", "its certificate has expired"),
        (
            files(device, foreign.authority("Another CAPF", now=now)),
            "no TLS",
            "its certificate is signed by nobody that this port trusts",
        ),
        (files(OTHER), "4", f"Encrypted, but it showed the certificate of {OTHER}"),
    ):
        assert (await answer(own)).startswith(status), reason
        assert not registered()
        assert reason in answers_why()
    own = files(device)
    process = await secure_client.connect(5061 + office.offset, own)
    assert await secure_client.answer_to(process, "1006") == "200 OK"
    assert registered()
    does(office, "trust", "revoke", str(own.certificate))
    async with asyncio.timeout(PATIENCE):
        await process.wait()
    await secure_client.end(process)
    await until(lambda: not registered(), "the revoked phone is gone")
    assert await answer(own) == "no TLS"
    assert "its certificate was revoked" in answers_why() and not registered()


async def test_an_encrypted_phone_without_certificate_does_not_register_by_string(office: Office) -> None:
    """SCN-10, CAPF-22."""
    seen = Seen()
    does(office, "phone-security-profile", "add", "String 7961", "--model", "7961", "--protocol", "SIP",
         "--device-security-mode", "Encrypted", "--authentication-mode", "By Authentication String")  # fmt: skip
    does(office, "phone", "update", LOBBY, "--security-profile", "String 7961")
    does(office, "capf", "set", "install", LOBBY, "--string", "123456")
    async with desk_phone(office, LOBBY, Flash(), seen) as phone:
        await boots(phone, 1)
        await asyncio.sleep(1)
        assert seen.order == []
        phone.menu.press("**#")
        phone.enter_authentication_string("123456")
        enrolled = await phone.enrolment_over()
        assert enrolled is not None and enrolled.result is Result.INSTALLED


async def test_encrypted_files_by_the_phones_own_key(office: Office) -> None:
    """SCN-11, CFGENC-22 to CFGENC-25, CAPF-38: from no certificate to an encrypted file, and back."""
    device = "SEP00AA00000004"
    does(office, "phone", "add", device, "--model", "7961", "--line", "1=1004")
    does(office, "phone-security-profile", "add", "Files 7961", "--model", "7961", "--protocol", "SIP",
         "--tftp-encrypted-config", "true", "--authentication-mode", "By Null String")  # fmt: skip
    does(office, "phone", "update", device, "--security-profile", "Files 7961")
    does(office, "capf", "set", "install", device)
    flash, seen = Flash(), Seen()
    async with desk_phone(office, device, flash, seen) as phone:
        await boots_with(phone, f"{device}.cnf.xml.enc.sgn")
        assert "LSC installed" in seen.order
        (verdict,) = [text for name, text in phone.security.verdicts.items() if name.endswith(".enc.sgn")]
        assert "decrypted" in verdict
    (listed,) = asks(office, "capf", "certificates", "--device", device)
    assert listed["status"] == "installed", "one certificate, however often the phone asked"
    does(office, "phone-security-profile", "update", "Files 7961", "--tftp-encrypted-config", "false")
    async with desk_phone(office, device, flash, seen) as phone:
        await boots_with(phone, f"{device}.cnf.xml.sgn")


async def boots_with(phone: DeskPhone, name: str) -> None:
    """Boot the phone, which reads this file anew."""
    async with asyncio.timeout(PATIENCE):
        await phone.boot()
        await phone.enrolment_over()
    assert phone.booted is not None
    assert (phone.booted.file, phone.booted.kept) == (name, False)


def test_the_life_of_a_profile(office: Office) -> None:
    """PSP-01, SCN-08, PSP-02, PSP-05 to PSP-07, PSP-10, PSP-11."""
    first, second = "SEP00AA00000011", "SEP00AA00000012"
    standard = "7961 - Standard SIP Non-Secure Profile"
    does(office, "phone-security-profile", "copy", standard, "Floor 1", "--key-size", "2048")
    does(office, "phone-security-profile", "update", "Floor 1", "--authentication-mode", "By Null String")
    for number, device in ((1011, first), (1012, second)):
        does(office, "phone", "add", device, "--model", "7961", "--line", f"1={number}")
        assert "eset this phone" in does(office, "phone", "update", device, "--security-profile", "Floor 1")

    def profile_of(device: str) -> str:
        return str(asks(office, "phone", "show", device)["security_profile"])

    does(office, "phone-security-profile", "rename", "Floor 1", "Floor One")
    assert (profile_of(first), profile_of(second)) == ("Floor One", "Floor One")
    does(office, "capf", "set", "install", first, "--key-size", "1024", "--mode", "mic")
    does(office, "capf", "withdraw", first)
    made = profile_of(first)
    assert (made != "Floor One", profile_of(second)) == (True, "Floor One"), "the other phone keeps its profile"
    does(office, "capf", "set", "install", second, "--key-size", "1024", "--mode", "mic")
    assert profile_of(second) == made, "one that matches is taken, none is made"
    for words in (
        ("update", standard, "--key-size", "2048"),
        ("remove", standard, "--yes"),
        ("remove", made, "--yes"),
    ):
        code, out, log = office.run("phone-security-profile", *words)
        assert code == 1, out
    assert first in out + log, "the refusal names who uses it"
    for device in (first, second):
        does(office, "capf", "withdraw", device)
        does(office, "phone", "update", device, "--security-profile", standard)
    does(office, "phone-security-profile", "remove", made, "--yes")
    does(office, "phone-security-profile", "remove", "Floor One", "--yes")
