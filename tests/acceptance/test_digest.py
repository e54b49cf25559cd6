"""SCN-13, SCN-14 and SCN-27: digest authentication of phones, with a node and its administrator's commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from acceptance.office import (
    Desk,
    at_desks,
    connect,
    does,
    hang_up,
    refusal,
    registered_mode,
    running,
    show,
)
from acceptance.trace import challenged, traced
from harness.waiting import until
from ringward.domain.rules.call_security import SecurityIcon
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.phone.boot_orders import Booted
from services.test_node import Office


@pytest.fixture(scope="module")
def nonsecure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running(tmp_path_factory.mktemp("digest") / "data", mixed=False) as office:
        yield office


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running(tmp_path_factory.mktemp("mixed") / "data", mixed=True) as office:
        yield office


def add_user(office: Office, name: str, password: str = "") -> None:
    words = ("--digest-credentials", "-") if password else ()
    does(office, "end-user", "add", name, "--last-name", name.title(), *words, typed=password + "\n")


def add_profile(office: Office, name: str, model: str, *words: str) -> None:
    does(office, "phone-security-profile", "add", name, "--model", model, "--protocol", "SIP",
         "--digest-authentication", "true", *words)  # fmt: skip


def add_phone(office: Office, device: str, model: str, number: str, profile: str, user: str = "") -> None:
    words = ("--digest-user", user) if user else ()
    does(office, "phone", "add", device, "--model", model, "--protocol", "SIP", "--line", f"1={number}",
         "--security-profile", profile, *words)  # fmt: skip


def password_of(booted: Booted) -> Secret | None:
    return booted.configuration.lines[0].auth_password


@pytest.mark.parametrize(
    ("model", "device", "number"),
    [
        ("7905", "SEP00AA00001301", "1301"),
        ("7960", "SEP00AA00001302", "1302"),
        ("7961", "SEP00AA00001303", "1303"),
    ],
)
async def test_credentials_that_came_once_and_come_no_more(
    nonsecure: Office, model: str, device: str, number: str
) -> None:
    """SCN-13, CFGENC-32 to CFGENC-35, PHONE-13, PSP-25, R-05."""
    office, user, profile = nonsecure, f"carol{model}", f"Exclude {model}"
    add_user(office, user, "first1secret")
    add_profile(office, profile, model)
    add_phone(office, device, model, number, profile, user)
    desk = Desk(office, device, model)
    async with at_desks(desk):
        await desk.boots(lambda booted: password_of(booted) == Secret("first1secret"), "the credentials come")
        await desk.registers()
        does(office, "phone-security-profile", "update", profile, "--exclude-digest-credentials", "true")
        await desk.boots(lambda booted: user.encode() not in desk.file, "the file has none any more")
        assert password_of(desk.booted) == Secret("first1secret"), "the phone keeps them"
        await desk.registers()
        does(office, "end-user", "update", user, "--digest-credentials", "-", typed="second2secret\n")
        await desk.boots_and_is_refused(403)
        assert "wrong digest credentials" in refusal(office, device)
        does(office, "phone-security-profile", "update", profile, "--exclude-digest-credentials", "false")
        await desk.boots(lambda booted: password_of(booted) == Secret("second2secret"), "the new ones come")
        await desk.registers()
        does(office, "phone-security-profile", "update", profile, "--exclude-digest-credentials", "true")
        await desk.boots(lambda booted: user.encode() not in desk.file, "and the flag is on again")
        await desk.registers()


# -- SCN-14 ------------------------------------------------------------------------------------------------


async def two_talk(office: Office, anna: Desk, bob: Desk, number: str) -> None:
    """A call with all that a phone may ask for in it: hold, resume, and the end."""
    await connect(anna, bob, number)
    anna.call.hold()
    await until(lambda: bob.call.held_by_far_side, "the other side is held")
    anna.call.resume()
    await until(lambda: not bob.call.held_by_far_side, "the call goes on")


async def test_every_request_but_keepalives_is_challenged(nonsecure: Office) -> None:
    """SCN-14, SIPD-04, SIPD-05, SIPD-16, SIPD-19, PHONE-12: one by its file, one typed in on a 7960."""
    office, anna_device, bob_device = nonsecure, "SEP00AA00001401", "SEP00AA00001402"
    does(office, "parameter", "set", "SIP Station Realm", "phones.example")
    for user in ("anna", "bob"):
        add_user(office, user, f"{user}s1secret")
    add_profile(office, "Digest 7961", "7961")
    add_profile(office, "Digest 7960", "7960", "--exclude-digest-credentials", "true")
    add_phone(office, anna_device, "7961", "1401", "Digest 7961")
    add_phone(office, bob_device, "7960", "1402", "Digest 7960", "bob")
    anna, bob = Desk(office, anna_device), Desk(office, bob_device, "7960")
    async with at_desks(anna, bob):
        await anna.boots(lambda booted: True, "a file")
        assert b"anna" not in anna.file, "there is no digest user yet"
        does(office, "phone", "update", anna_device, "--digest-user", "anna")
        await anna.boots(lambda booted: password_of(booted) == Secret("annas1secret"), "credentials come")
        await bob.boots(lambda booted: True, "a file")
        assert b"bob" not in bob.file
        bob.phone.menu.press("**#")
        bob.phone.menu.enter_digest_credentials("bob", Secret("bobs1secret"))
        await bob.boots(lambda booted: password_of(booted) == Secret("bobs1secret"), "the typed ones hold")
        await anna.registers()
        await bob.registers()
        does(office, "trace", "begin", anna_device, "--level", "messages")
        await anna.boots(lambda booted: True, "it boots again, and is traced")
        await anna.registers()
        await two_talk(office, anna, bob, "1402")
        await hang_up(anna, bob)
        messages = traced(office.directory, anna_device)
        with_401, without = challenged(messages)
        assert with_401 >= {"REGISTER", "INVITE", "BYE"}
        assert without <= {"ACK"}
        realms = {headers["WWW-Authenticate"] for _, first, headers in messages if " 401 " in first}
        assert all('realm="phones.example"' in each for each in realms)
        assert "annas1secret" not in (office.directory / "trace.log").read_text()


async def test_a_digest_user_without_credentials_does_not_register(nonsecure: Office) -> None:
    """SCN-14, SIPD-20."""
    office, device = nonsecure, "SEP00AA00001403"
    add_user(office, "dora")
    add_profile(office, "Nobody's", "7961")
    add_phone(office, device, "7961", "1403", "Nobody's", "dora")
    desk = Desk(office, device)
    async with at_desks(desk):
        await desk.boots(lambda booted: True, "a file")
        await until(lambda: desk.refused, "an answer")
        assert not desk.active.is_registered
        assert refusal(office, device)


def is_set_up(desk: Desk) -> Callable[[Booted], bool]:
    """Whether a phone has all that it needs to register with certificate and password."""
    return lambda booted: (
        desk.phone.security.keys.lsc is not None
        and booted.configuration.security_mode is DeviceSecurityMode.ENCRYPTED
        and password_of(booted) is not None
    )


async def test_digest_comes_on_top_of_tls_and_encrypted_media(mixed: Office) -> None:
    """SCN-14, SIPD-03, PSP-23: neither a certificate nor a password is enough alone, and a call has its lock."""
    office = mixed
    devices = ("SEP00AA00001411", "SEP00AA00001412")
    add_profile(office, "Everything", "7961", "--device-security-mode", "Encrypted",
                "--authentication-mode", "By Null String")  # fmt: skip
    desks = []
    for number, device in enumerate(devices, 1411):
        user = f"user{number}"
        add_user(office, user, f"{user}s1secret")
        add_phone(office, device, "7961", str(number), "Everything", user)
        does(office, "capf", "set", "install", device)
        desks.append(Desk(office, device))
    anna, bob = desks
    async with at_desks(anna, bob):
        for desk in desks:
            await desk.boots(is_set_up(desk), "certificate, mode and credentials come")
            await desk.registers()
            assert registered_mode(office, desk.device) == "Encrypted"
        does(office, "trace", "begin", devices[0], "--level", "messages")
        await two_talk(office, anna, bob, "1412")
        await show(SecurityIcon.LOCK, anna, bob)
        await hang_up(anna, bob)
        messages = traced(office.directory, devices[0])
        with_401, without = challenged(messages)
        assert with_401 >= {"INVITE", "BYE"}
        assert without <= {"ACK"}
        # The certificate is still right, but the password is another one now.
        does(office, "phone-security-profile", "update", "Everything", "--exclude-digest-credentials", "true")
        await anna.boots(lambda booted: b"user1411" not in anna.file, "the file has no credentials any more")
        does(office, "end-user", "update", "user1411", "--digest-credentials", "-", typed="another1secret\n")
        await anna.boots_and_is_refused(403)
        assert "wrong digest credentials" in refusal(office, devices[0])


# -- SCN-27 ------------------------------------------------------------------------------------------------


async def test_digest_in_a_nonsecure_cluster(nonsecure: Office) -> None:
    """SCN-27, CLUSTER-08, CLUSTER-10, SIPD-21: the mode and the file's encryption rest, digest does not."""
    office, device = nonsecure, "SEP00AA00002701"
    add_user(office, "erna", "ernas1secret")
    add_profile(office, "Secure one day", "7961", "--device-security-mode", "Encrypted",
                "--tftp-encrypted-config", "true")  # fmt: skip
    add_phone(office, device, "7961", "2701", "Secure one day", "erna")
    desk = Desk(office, device)
    async with at_desks(desk):
        await desk.boots(lambda booted: password_of(booted) == Secret("ernas1secret"), "credentials come")
        assert desk.booted.file == f"{device}.cnf.xml", "neither signed nor encrypted"
        assert desk.booted.configuration.security_mode is DeviceSecurityMode.NONSECURE
        await desk.registers()
        assert registered_mode(office, device) == "Non Secure"
        does(office, "trace", "begin", device, "--level", "messages")
        await desk.boots(lambda booted: True, "it boots again, and is traced")
        await desk.registers()
        assert challenged(traced(office.directory, device))[0] == {"REGISTER"}
        does(office, "phone-security-profile", "update", "Secure one day", "--exclude-digest-credentials", "true")
        await desk.boots(lambda booted: b"erna" not in desk.file, "the file has no credentials any more")
        does(office, "end-user", "update", "erna", "--digest-credentials", "-", typed="another1secret\n")
        await desk.boots_and_is_refused(403)
        assert "wrong digest credentials" in refusal(office, device)
