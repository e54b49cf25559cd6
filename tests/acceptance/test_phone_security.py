"""SCN-07, SCN-12 and SCN-15: phones made secure one step after the other, typed-in keys, and hardening."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from secrets import randbelow

import pytest
from lxml import etree

from acceptance.office import (
    Desk,
    asks,
    at_desks,
    connect,
    does,
    refusal,
    registered_mode,
    running,
    show,
    types,
)
from harness.capture import Capture
from harness.waiting import until
from ringward.domain.errors import Refused
from ringward.domain.rules.call_security import SecurityIcon
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.phone.retrieval import FileServer, fetch
from services.test_node import Office

UNLOCK = "**#"
PHONE_PASSWORD = f"{randbelow(10**10):010}"
"""Digits that no other test run has: whoever listens on the loopback address hears all of them."""
NULL_SUITES = {0x0002, 0x003B}
"""TLS_RSA_WITH_NULL_SHA and TLS_RSA_WITH_NULL_SHA256 (RFC 5246 appendix A.5): integrity without secrecy."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running(tmp_path_factory.mktemp("phones") / "data", mixed=True) as office:
        yield office


# -- SCN-07 ------------------------------------------------------------------------------------------------


def add_secured_phone(office: Office, device: str, number: str, mode: DeviceSecurityMode) -> None:
    """A phone as it comes out of its box, and what the administrator has in mind for it."""
    does(office, "end-user", "add", f"user{number}", "--last-name", "User", "--digest-credentials", "-",
         typed=f"user{number}secret\n")  # fmt: skip
    does(office, "phone-security-profile", "add", f"{mode.label} 7961", "--model", "7961", "--protocol", "SIP",
         "--device-security-mode", mode.label, "--digest-authentication", "true",
         "--tftp-encrypted-config", "true")  # fmt: skip
    does(office, "phone", "add", device, "--model", "7961", "--line", f"1={number}")


@pytest.mark.stranger
async def test_phones_are_made_secure_step_by_step(office: Office, tmp_path: Path) -> None:
    """SCN-07, PSP-12, PHONE-06, PHONE-12, CFGENC-01, TFTP-10, HARD-01, HARD-12; tshark listens.

    That a phone with Web Access disabled serves no pages is up to real phones: the software phone has none.
    """
    modes = {
        "SEP00AA00000701": DeviceSecurityMode.ENCRYPTED,
        "SEP00AA00000702": DeviceSecurityMode.AUTHENTICATED,
    }
    desks = {device: Desk(office, device) for device in modes}
    old_device = "SEP00AA00000703"
    old = Desk(office, old_device, "7960")
    async with at_desks(*desks.values(), old):
        for device, mode in modes.items():
            desk = desks[device]
            add_secured_phone(office, device, device[-4:], mode)
            # A nonsecure profile while the phone has no certificate, then the certificate, then the secure one.
            does(office, "capf", "set", "install", device, "--mode", "null")
            await desk.boots(lambda booted: booted.configuration.capf_authentication_mode == 2, "its turn")
            assert ("LSC", "Not Installed") in list(desk.phone.show_security())
            await desk.phone.enrolment_over()
            assert ("LSC", "Installed") in list(desk.phone.show_security())
            does(office, "phone", "update", device, "--security-profile", f"{mode.label} 7961",
                 "--digest-user", f"user{device[-4:]}", "--settings-access", "Disabled",
                 "--web-access", "Disabled", "--pc-port", "Disabled")  # fmt: skip
        does(office, "phone-security-profile", "add", "Old", "--model", "7960", "--protocol", "SIP",
             "--digest-authentication", "true", "--exclude-digest-credentials", "true",
             "--tftp-encrypted-config", "true")  # fmt: skip
        does(office, "end-user", "add", "user0703", "--last-name", "User", "--digest-credentials", "-",
             typed="user0703secret\n")  # fmt: skip
        does(office, "phone", "add", old_device, "--model", "7960", "--protocol", "SIP", "--line", "1=0703",
             "--security-profile", "Old", "--digest-user", "user0703", "--phone-password", "-",
             typed=f"{PHONE_PASSWORD}\n")  # fmt: skip
        key = asks(office, "phone", "symmetric-key", old_device)["symmetric_key"]
        old.phone.menu.press(UNLOCK)
        old.phone.menu.accept_symmetric_key(key)
        old.phone.menu.press(UNLOCK)
        old.phone.menu.enter_digest_credentials("user0703", Secret("user0703secret"))

        capture = Capture(tmp_path / "files.pcapng")
        try:
            for device, mode in modes.items():
                desk = desks[device]
                await desk.boots(
                    lambda booted, mode=mode: booted.configuration.security_mode is mode,  # type: ignore[misc]
                    "its mode comes",
                )
                assert desk.booted.file.endswith(".enc.sgn")
            await old.boots(lambda booted: booted.file.endswith(".cnf.enc.sgn"), "its file comes")
            for desk in (*desks.values(), old):
                await desk.registers()
        finally:
            capture.end()
        judge_connections(capture, 5061 + office.offset)
        heard = b"".join(
            bytes.fromhex(payload.replace(":", "")) for (payload,) in capture.read([], "udp", "udp.payload")
        )
        for device in (*modes, old_device):
            assert f"{device[3:]}.cnf".encode() in heard, "the files were on the wire"
        for secret, holder in [
            *((f"user{device[-4:]}secret", desk) for device, desk in desks.items()),
            (PHONE_PASSWORD, old),
        ]:
            assert secret.encode() in holder.file
            assert secret.encode() not in heard

        for device, mode in modes.items():
            desk = desks[device]
            assert registered_mode(office, device) == mode.label
            assert list(desk.phone.show_security()) == [("Settings", "disabled by the administrator")]
            with pytest.raises(Refused, match="Settings Access"):
                desk.phone.menu.press(UNLOCK)
            hardening = dict(desk.booted.configuration.hardening)
            assert (hardening["webAccess"], hardening["pcPort"]) == ("1", "1")
        assert ("Symmetric Key", "Entered") in list(old.phone.show_security())
        encrypted, authenticated = desks.values()
        await connect(encrypted, authenticated, "0702")
        await show(SecurityIcon.SHIELD, encrypted)
        # All of them are challenged: with another password there is no way in.
        does(office, "end-user", "update", "user0703", "--digest-credentials", "-", typed="another1secret\n")
        await old.boots_and_is_refused(403)
        assert "wrong digest credentials" in refusal(office, old_device)


def judge_connections(capture: Capture, port: int) -> None:
    """SIG-03: anybody can read what an authenticated phone says, and nobody what an encrypted one says."""
    decode = [f"tcp.port=={port},tls"]
    hellos = capture.read(
        decode, "tls.handshake.type == 2", "tcp.stream", "tls.handshake.ciphersuite", "_ws.malformed"
    )
    assert not any(malformed for _, _, malformed in hellos)
    suites = {stream: int(suite, 16) for stream, suite, _ in hellos}
    said: dict[str, bytes] = defaultdict(bytes)
    for stream, payload in capture.read(decode, f"tcp.port=={port} && tcp.len > 0", "tcp.stream", "tcp.payload"):
        said[stream] += bytes.fromhex(payload.replace(":", ""))
    readable = {stream for stream, text in said.items() if b"REGISTER sip:" in text}
    assert readable == {stream for stream, suite in suites.items() if suite in NULL_SUITES}
    assert 0 < len(readable) < len(suites)
    for stream in readable:
        assert b"sip:0702@" in said[stream] and b"sip:0701@" not in said[stream]


# -- SCN-12 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "device", "digits", "encrypted", "clear"),
    [
        ("7960", "SEP00AA00001201", 32, "SIP00AA00001201.cnf.enc.sgn", "SIP00AA00001201.cnf"),
        ("7905", "SEP00AA00001202", 64, "LD00AA00001202.x", "ld00aa00001202"),
        ("7912", "SEP00AA00001203", 64, "LD00AA00001203.x", "gk00aa00001203"),
    ],
)
async def test_files_encrypted_with_a_typed_key(
    office: Office, model: str, device: str, digits: int, encrypted: str, clear: str
) -> None:
    """SCN-12, CFGENC-11 to CFGENC-21, CFGENC-31, MODEL-06, MODEL-07, PHONE-11, PHONE-16."""
    number, profile = device[-4:], f"Files {model}"
    does(office, "phone-security-profile", "add", profile, "--model", model, "--protocol", "SIP",
         "--tftp-encrypted-config", "true")  # fmt: skip
    does(office, "phone", "add", device, "--model", model, "--protocol", "SIP", "--line", f"1={number}",
         "--security-profile", profile, "--phone-password", "-", typed=f"{PHONE_PASSWORD}\n")  # fmt: skip
    key = asks(office, "phone", "symmetric-key", device)["symmetric_key"]
    assert len(key) == digits
    desk = Desk(office, device, model)
    async with at_desks(desk):
        # Another key than the one that was generated: no file, no registration.
        other = "0123456789ABCDEF" * (digits // 16)
        desk.phone.menu.press(UNLOCK)
        desk.phone.menu.accept_symmetric_key(other)
        await desk.boots_in_vain()
        assert "refused" in dict(desk.phone.show_security())[encrypted]
        assert registered_mode(office, device) == ""
        desk.phone.menu.press(UNLOCK)
        desk.phone.menu.accept_symmetric_key(key)
        await desk.boots(lambda booted: booted.file == encrypted, "the encrypted file")
        await desk.registers()
        raw = await fetch(FileServer("127.0.0.1", 69 + office.offset), encrypted)
        assert desk.file not in raw
        assert PHONE_PASSWORD.encode() in desk.file
        assert PHONE_PASSWORD.encode() not in raw
        # Encryption is switched off, but the key is still in the phone: it asks for what is no longer there.
        does(office, "phone-security-profile", "update", profile, "--tftp-encrypted-config", "false")
        await desk.boots(lambda booted: booted.kept, "there is no encrypted file any more")
        desk.phone.menu.press(UNLOCK)
        if model == "7960":
            desk.phone.menu.accept_symmetric_key("0" * digits)
        else:
            desk.phone.menu.delete_symmetric_key()
        await desk.boots(lambda booted: booted.file == clear and not booted.kept, "the file in clear")
        await desk.registers()
        # The key stays in the database: switched on again, nothing need be entered there.
        does(office, "phone-security-profile", "update", profile, "--tftp-encrypted-config", "true")
        desk.phone.menu.press(UNLOCK)
        desk.phone.menu.accept_symmetric_key(key)
        await desk.boots(lambda booted: booted.file == encrypted and not booted.kept, "encrypted again")


# -- SCN-15 ------------------------------------------------------------------------------------------------

SETTINGS = {
    "--pc-port": ("vendorConfig/pcPort", "0", "1"),
    "--settings-access": ("vendorConfig/settingsAccess", "1", "0"),
    "--gratuitous-arp": ("vendorConfig/garp", "0", "1"),
    "--pc-voice-vlan-access": ("vendorConfig/voiceVlanAccess", "0", "1"),
    "--web-access": ("vendorConfig/webAccess", "0", "1"),
}
"""Option, where it is in the file, how Enabled and Disabled are written."""


@pytest.mark.parametrize(
    ("model", "protocol", "device"),
    [
        ("7912", "SCCP", "SEP00AA00001501"),
        ("7940", "SCCP", "SEP00AA00001502"),
        ("7960", "SCCP", "SEP00AA00001503"),
        ("7970", "SCCP", "SEP00AA00001504"),
        ("7970", "SIP", "SEP00AA00001505"),
    ],
)
async def test_each_hardening_setting_goes_to_the_phone_and_back(
    office: Office, model: str, protocol: str, device: str
) -> None:
    """SCN-15, HARD-01 to HARD-14: before, disabled, enabled again, as the phone's file says it.

    What a phone does with frames, ARP, its PC port and its own pages is up to real phones. The 7912 has no PC
    Voice VLAN Access (HARD-10); which frames the others drop is a rule (`domain/rules/hardening.py`).
    """
    does(office, "phone", "add", device, "--model", model, "--protocol", protocol, "--line", f"1={device[-4:]}")
    server = FileServer("127.0.0.1", 69 + office.offset)

    async def observed(path: str) -> str | None:
        found: str | None = etree.fromstring(await fetch(server, f"{device}.cnf.xml")).findtext(path)
        return found

    for option, (path, enabled, disabled) in SETTINGS.items():
        if (model, option) == ("7912", "--pc-voice-vlan-access"):
            assert types(office, "phone", "update", device, option, "Disabled")[0] == 1
            assert await observed(path) is None
            continue
        assert await observed(path) == enabled
        assert "eset this phone" in does(office, "phone", "update", device, option, "Disabled")
        assert await observed(path) == disabled
        does(office, "phone", "update", device, option, "Enabled")
        assert await observed(path) == enabled


async def test_a_reset_brings_hardening_to_a_phone(office: Office) -> None:
    """SCN-15, HARD-11 to HARD-13, RST-02: not before the reset, and back with the next one."""
    device = "SEP00AA00001506"
    does(office, "phone", "add", device, "--model", "7970", "--line", "1=1506")
    desk = Desk(office, device, "7970")
    async with at_desks(desk):
        await desk.boots(lambda booted: True, "a file")
        await desk.registers()
        for access, is_shown in (("Disabled", False), ("Restricted", False), ("Enabled", True)):
            before = list(desk.phone.show_security())
            does(office, "phone", "update", device, "--settings-access", access)
            assert list(desk.phone.show_security()) == before
            working = desk.active
            does(office, "phone", "reset", device)
            await until(lambda working=working: desk.active is not working, "it has read its file")  # type: ignore[misc]
            assert (len(list(desk.phone.show_security())) > 1) == is_shown
            await desk.registers()
