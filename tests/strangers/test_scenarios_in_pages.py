"""Scenarios of the guide, clause by clause: an administrator at the pages, and software phones that do their part.

SCN-08, SCN-09, SCN-11, SCN-14 and SCN-15; what the guide tells the administrator to click is clicked here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import etree

from acceptance.office import Desk, at_desks, connect, hang_up
from acceptance.trace import challenged, traced
from harness.waiting import until
from ringward.domain.secret import Secret
from ringward.phone import enrolment
from ringward.phone.enrolment import Result
from ringward.phone.retrieval import FileMissing, FileServer, fetch
from strangers.browser import Browser
from strangers.node import TFTP, Node
from strangers.pages import node_with_pages, secure_the_cluster

pytestmark = [
    pytest.mark.stranger,
    pytest.mark.usefixtures("calm"),
    pytest.mark.xdist_group("scenarios in pages"),  # one node and one browser serve them all
]

STANDARD = "7961 - Standard SIP Non-Secure Profile"
CAPF = "Cisco Certificate Authority Proxy Function"
FIRST, SECOND = "SEP00AA00000801", "SEP00AA00000802"
ENROLLED, FILED = "SEP00AA00000901", "SEP00AA00001101"
ANNA, BOB = "SEP00AA00001401", "SEP00AA00001402"
PHONES = [(FIRST, "7961"), (SECOND, "7961"), (ENROLLED, "7961"), (FILED, "7961"), (ANNA, "7961"), (BOB, "7960")]
NEW_PROFILE = "/CMAdmin/phone-security-profile/new?first=7961%7CSIP"


def phone_page(device: str) -> str:
    return f"/CMAdmin/phone/edit/{device}"


def profile_page(name: str) -> str:
    return f"/CMAdmin/phone-security-profile/edit/{name}"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with node_with_pages(tmp_path_factory.mktemp("scenarios")) as node:
        node.administer("service", "activate", "Cisco CTL Provider")
        node.add_phones(
            [
                {
                    "device_name": device,
                    "model": model,
                    "protocol": "SIP",
                    "description": "Scenario",
                    "line_1_directory_number": device[-4:],
                }
                for device, model in PHONES
            ]
        )
        yield node


@pytest.fixture(scope="module")
def mixed(browser: Browser) -> Browser:
    """The browser, in front of a mixed cluster whose CAPF was activated in the pages (SCN-09, step 2)."""
    browser.open("/CMService/service-activation")
    browser.follow(f"button[aria-label='Activate {CAPF}']")
    browser.expect("is started.")
    secure_the_cluster(browser)
    return browser


async def clicks(step: Callable[..., object], *words: Any, **fields: Any) -> None:
    """Do something in the browser while the phones go on working."""
    await asyncio.to_thread(step, *words, **fields)


def resets(browser: Browser, device: str, says: str = "") -> None:
    browser.open(phone_page(device))
    browser.press("Reset")
    browser.expect(says or f"Phone {device} is told to reset.")


async def is_reset(browser: Browser, desk: Desk) -> None:
    """Press Reset; the phone boots, and is registered again."""
    working = desk.active
    await clicks(resets, browser, desk.device)
    await until(lambda: desk.active is not working, "the phone has read its file")
    await desk.registers()


# -- SCN-08 ------------------------------------------------------------------------------------------------


async def test_the_life_of_a_profile(mixed: Browser, node: Node) -> None:
    """SCN-08, PSP-02, PSP-05 to PSP-07, PSP-11, ADMIN-02, ADMIN-05, ADMIN-06, ADMIN-12, ADMIN-14, ADMIN-20."""
    browser = mixed
    first, second = Desk(node, FIRST), Desk(node, SECOND)
    async with at_desks(first, second):
        for desk in (first, second):
            await desk.boots_until(lambda booted: True, "a file")
            await desk.registers()
        await clicks(copies_and_changes_the_standard_profile, browser)
        for desk in (first, second):
            says = "Reset this phone"
            await clicks(browser.save, phone_page(desk.device), says, security_profile="Floor 1")
            await is_reset(browser, desk)
    renamed = {"name": "Floor One"}
    browser.save(profile_page("Floor 1"), "Floor One is saved.", **renamed)
    for device in (FIRST, SECOND):
        assert profile_of(browser, device) == "Floor One"
    changes_the_key_size_of_one_phone(browser)
    made = profile_of(browser, FIRST)
    assert (made != "Floor One", profile_of(browser, SECOND)) == (True, "Floor One")
    is_refused_to_delete(browser, "Floor One", SECOND)
    looks_at_dependency_records(browser, "Floor One", SECOND)
    for device in (FIRST, SECOND):
        browser.save(phone_page(device), "is saved.", security_profile=STANDARD)
    deletes_selected(browser, "Floor One", made)


def copies_and_changes_the_standard_profile(browser: Browser) -> None:
    browser.open("/CMAdmin/phone-security-profile")
    for field, comparison, value in (("Name", "begins with", "7961 -"), ("Device Protocol", "is exactly", "SIP")):
        browser.choose("#field", field)
        browser.choose("select[name=comparison]", comparison)
        browser.enter("input[name=value]", value)
        browser.press("Find")  # the second one within the results of the first
    assert browser.texts("tbody th") == [STANDARD]
    browser.press("Copy")
    assert browser.read("[id='f-model']") == "7961"
    browser.fill("name", "Floor 1")
    browser.press("Save")
    browser.expect("Phone Security Profile Floor 1 is added.")
    browser.save(profile_page("Floor 1"), "Floor 1 is saved.", key_size="2048", description="Desks of floor 1")


def profile_of(browser: Browser, device: str) -> str:
    browser.open(phone_page(device))
    return browser.value("[id='f-security_profile']")


def changes_the_key_size_of_one_phone(browser: Browser) -> None:
    """PSP-11: the profile of one phone alone is another one then."""
    browser.open(phone_page(FIRST))
    browser.press("Certificate Operation")
    browser.click(f"input[name=device][value={FIRST}]")
    browser.choose("#size", "1024")
    browser.choose("#mode", "By Existing Certificate (Precedence to MIC)")
    browser.press("Give")
    browser.expect("Install/Upgrade is pending for")
    browser.expect("Made the profile")
    browser.click(f"input[name=device][value={FIRST}]")
    browser.press("Withdraw what is pending")
    browser.expect("No operation is pending for")


def is_refused_to_delete(browser: Browser, profile: str, user: str) -> None:
    browser.open(profile_page(profile))
    browser.press("Delete…")
    browser.press("Cancel")
    browser.open(profile_page(profile))
    browser.press("Delete…")
    browser.press("OK, delete")
    browser.expect("is in use")
    browser.press(user)
    assert browser.value("[id='f-device_name']") == user


def looks_at_dependency_records(browser: Browser, profile: str, user: str) -> None:
    """ADMIN-14: switched off there is a message with the way to switch them on, and the warning."""
    browser.open(profile_page(profile))
    browser.press("Dependency Records")
    browser.expect("Dependency records are off")
    browser.expect("processor time")
    browser.press("To the enterprise parameters")
    browser.fill("enable_dependency_records", True)
    browser.press("Save")
    browser.expect("saved")
    browser.open(profile_page(profile))
    browser.press("Dependency Records")
    browser.expect("1 record uses it.")
    browser.press(user)


def deletes_selected(browser: Browser, *profiles: str) -> None:
    browser.open("/CMAdmin/phone-security-profile?size=100")
    for each in profiles:
        browser.click(f"input[name=key][value='{each}']")
    browser.press("Delete Selected…")
    browser.expect("These 2 records are about to be deleted")
    browser.press("OK, delete")
    browser.expect("2 records: removed")
    assert not [each for each in profiles if each in browser.read("tbody")]


# -- SCN-09 ------------------------------------------------------------------------------------------------


async def test_a_certificate_by_authentication_string(
    mixed: Browser, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SCN-09, CAPF-07, CAPF-23 to CAPF-30, ADMIN-09, ADMIN-10, ADMIN-13, ADMIN-19, SVC-06, SVC-07."""
    browser = mixed
    monkeypatch.setattr(enrolment, "RETRY_INTERVAL", 0.2)
    browser.open("/CMService/control-center")
    browser.expect(CAPF)
    browser.open("/CMAdmin/trust-list")
    assert "CAPF" in browser.texts("tbody th")
    sets_a_parameter_of_capf(browser)
    string = {"name": "Enrolled by string", "authentication_mode": "By Authentication String"}
    browser.save(NEW_PROFILE, "is added.", **string)
    browser.save(phone_page(ENROLLED), "is saved.", security_profile="Enrolled by string")
    desk = Desk(node, ENROLLED)
    async with at_desks(desk):
        await desk.boots_until(lambda booted: True, "a file")
        await desk.registers()
        assert ("LSC", "Not Installed") in list(desk.phone.show_security())
        await clicks(orders_a_certificate, browser, "4711")
        await is_reset(browser, desk)
        await desk.boots_until(
            lambda booted: booted.configuration.capf_authentication_mode == 1, "a string is due"
        )
        assert await asyncio.to_thread(reported, browser) == ("4711", "Operation Pending")
        await clicks(orders_the_service, browser, "Stop")
        await enters(desk, "4711", Result.FAILED)  # four tries
        assert await asyncio.to_thread(reported, browser) == ("4711", "Operation Pending")
        await clicks(orders_the_service, browser, "Start")
        for digits, result, status in (
            ("4712", Result.REFUSED, "Upgrade Failed: Invalid Authentication String"),
            ("4711", Result.INSTALLED, "Upgrade Success"),
            ("4711", Result.NOTHING, "Upgrade Success"),
        ):
            await enters(desk, digits, result)
            assert (await asyncio.to_thread(reported, browser))[1] == status
        assert ("LSC", "Installed") in list(desk.phone.show_security())
        await clicks(
            browser.save, profile_page("Enrolled by string"), "saved", authentication_mode="By Null String"
        )
        for operation, result in (("Troubleshoot", Result.SHOWN), ("Delete", Result.DELETED)):
            await clicks(browser.save, phone_page(ENROLLED), "is saved.", certificate_operation=operation)
            await desk.boots_until(lambda booted: capf_mode(desk) == 2, "one is due")
            enrolled = await desk.phone.enrolment_over()
            assert enrolled is not None and enrolled.result is result, str(enrolled)
            assert (await asyncio.to_thread(reported, browser))[1] == f"{operation} Success"
        assert ("LSC", "Not Installed") in list(desk.phone.show_security())
    assert [path.name.split("-")[1] for path in (node.data / "traces/capf").iterdir()] == ["LSC"]


def sets_a_parameter_of_capf(browser: Browser) -> None:
    browser.open("/CMAdmin/service-parameters")
    browser.choose("#service", f"{CAPF} (Active)")
    browser.press("Next")
    browser.click("summary[aria-label^='Help: ']")
    browser.fill("key_generation_timeout", "60")
    browser.press("Save")
    browser.expect("saved")


def orders_a_certificate(browser: Browser, string: str) -> None:
    """Time that has passed is refused at its field, with nothing lost; the string stays readable."""
    order = {"certificate_operation": "Install/Upgrade", "authentication_string": string}
    browser.save(phone_page(ENROLLED), "Nothing is saved yet", **order, operation_completes_by="2020-01-01 00:00")
    assert browser.value("[id='f-authentication_string']") == string
    browser.fill("operation_completes_by", "")
    browser.press("Save")
    browser.expect("is saved.")
    assert browser.value("[id='f-authentication_string']") == string


def orders_the_service(browser: Browser, order: str) -> None:
    browser.open("/CMService/control-center")
    browser.follow(f"button[aria-label='{order} {CAPF}']")
    if order == "Stop":
        browser.press("OK, stop")
    browser.expect(f"{CAPF} on")
    browser.expect("is stopped." if order == "Stop" else "is started.")


def reported(browser: Browser) -> tuple[str, str]:
    """The phone's string and status as the page of certificate operations has them."""
    browser.open(phone_page(ENROLLED))
    browser.press("Certificate Operation")
    cells = browser.rows("form.record tbody tr")[0]
    return cells[4], cells[7]


def capf_mode(desk: Desk) -> int:
    """How the phone is to prove itself to CAPF, as its file says; 0 if nothing is due."""
    return desk.booted.configuration.capf_authentication_mode


async def enters(desk: Desk, digits: str, result: Result) -> None:
    desk.phone.menu.press("**#")
    desk.phone.enter_authentication_string(digits)
    enrolled = await desk.phone.enrolment_over()
    assert enrolled is not None and enrolled.result is result, str(enrolled)


# -- SCN-11 ------------------------------------------------------------------------------------------------


SECRET = b"l4mp8lue"


async def test_encrypted_files_by_the_phones_certificate(mixed: Browser, node: Node) -> None:
    """SCN-11, CFGENC-22 to CFGENC-25: flag, apply, method, certificate, reset; and off again."""
    browser, server = mixed, FileServer("127.0.0.1", TFTP + node.offset)
    profile: dict[str, Any] = {"name": "Encrypted files", "authentication_mode": "By Null String"}
    browser.save(NEW_PROFILE, "is added.", **profile, tftp_encrypted_config=True)
    applied = {"security_profile": "Encrypted files", "phone_password": SECRET.decode()}
    browser.save(phone_page(FILED), "Reset this phone", **applied)
    browser.open(f"/CMAdmin/encrypt-files?where=device_name:is-exactly:{FILED}")
    browser.expect("by the phone's certificate")
    order = {"certificate_operation": "Install/Upgrade"}
    browser.save(phone_page(FILED), "is saved.", **order)
    desk = Desk(node, FILED)
    encrypted, signed = f"{FILED}.cnf.xml.enc.sgn", f"{FILED}.cnf.xml.sgn"
    async with at_desks(desk):
        await desk.boots_until(lambda booted: booted.file == encrypted, "an encrypted file")
        assert desk.phone.security.keys.lsc is not None
        assert SECRET in desk.file and SECRET not in await fetch(server, encrypted)
        for clear in (f"{FILED}.cnf.xml", signed):  # whoever asks for these gets the least that there is (TFTP-10)
            assert SECRET not in await fetch(server, clear)
        await desk.registers()
        await clicks(browser.save, profile_page("Encrypted files"), "is saved.", tftp_encrypted_config=False)
        await is_reset(browser, desk)
        await desk.boots_until(lambda booted: booted.file == signed, "the signed file")
        with pytest.raises(FileMissing):
            await fetch(server, encrypted)


# -- SCN-14 ------------------------------------------------------------------------------------------------


async def test_every_request_of_a_phone_is_challenged(mixed: Browser, node: Node) -> None:
    """SCN-14, SIPD-04, SIPD-05, SIPD-16, SIPD-19, SIPD-20, ADMIN-13, ADMIN-28: by its file, and typed in."""
    browser = mixed
    sets_the_realm(browser)
    for model, name in (("7961", "Digest 7961"), ("7960", "Digest 7960")):
        flags = {"digest_authentication": True, "exclude_digest_credentials": model == "7960"}
        browser.save(NEW_PROFILE.replace("7961", model), "is added.", name=name, **flags)
    for device, model in ((ANNA, "7961"), (BOB, "7960")):
        browser.save(phone_page(device), "no Digest User is chosen", security_profile=f"Digest {model}")
    anna, bob = Desk(node, ANNA), Desk(node, BOB, "7960")
    async with at_desks(anna, bob):
        await anna.boots_until(lambda booted: True, "a file")
        await until(lambda: anna.refused, "a refusal: there are no credentials yet")
        await clicks(sees_why, browser, ANNA)
        for user, device in (("anna", ANNA), ("bob", BOB)):
            new = {"user_id": user, "last_name": user.title(), "digest_credentials": f"{user}s1secret"}
            await clicks(browser.save, "/CMAdmin/end-user/new", "is added.", **new)
            await clicks(browser.save, phone_page(device), "is saved.", digest_user=user)
        await clicks(resets, browser, ANNA, "is not registered; it will read its files when it starts")
        await anna.boots_until(lambda booted: password_of(anna) == Secret("annas1secret"), "they come by the file")
        await bob.boots_until(lambda booted: True, "a file")
        assert b"bob" not in bob.file
        bob.phone.menu.press("**#")
        bob.phone.menu.enter_digest_credentials("bob", Secret("bobs1secret"))
        await bob.boots_until(lambda booted: password_of(bob) == Secret("bobs1secret"), "the typed ones hold")
        await bob.registers()
        await clicks(traces, browser, ANNA)
        await anna.boots_until(lambda booted: True, "it boots again, and is traced")
        await anna.registers()
        await connect(anna, bob, BOB[-4:])
        await hang_up(anna, bob)
        await clicks(browser.expect, "401 Unauthorized")
    messages = traced(node.data, ANNA)
    with_401, without = challenged(messages)
    assert with_401 >= {"REGISTER", "INVITE", "BYE"}
    assert without <= {"ACK"}
    realms = [headers["WWW-Authenticate"] for _, first, headers in messages if " 401 " in first]
    assert all('realm="phones.example"' in each for each in realms)


def sets_the_realm(browser: Browser) -> None:
    browser.open("/CMAdmin/service-parameters")
    browser.press("Next")
    browser.fill("sip_station_realm", "phones.example")
    browser.press("Save")
    browser.expect("saved")


def sees_why(browser: Browser, device: str) -> None:
    browser.open(f"/CMAdmin/phone/why/{device}")
    browser.expect("no Digest User")


def traces(browser: Browser, device: str) -> None:
    browser.open(f"/CMService/trace/{device}")
    browser.choose("select[name=level]", "messages")
    browser.press("Trace it")
    browser.expect("messages")


def password_of(desk: Desk) -> Secret | None:
    return desk.booted.configuration.lines[0].auth_password


# -- SCN-15 ------------------------------------------------------------------------------------------------

HARDENED = {
    "pc_port": ("vendorConfig/pcPort", "0", "1"),
    "settings_access": ("vendorConfig/settingsAccess", "1", "0"),
    "gratuitous_arp": ("vendorConfig/garp", "0", "1"),
    "pc_voice_vlan_access": ("vendorConfig/voiceVlanAccess", "0", "1"),
    "web_access": ("vendorConfig/webAccess", "0", "1"),
}
"""Field, where it is in the file, how Enabled and Disabled are written."""


@pytest.mark.parametrize(
    ("model", "protocol"), [("7912", "SCCP"), ("7940", "SCCP"), ("7960", "SCCP"), ("7970", "SIP")]
)
async def test_hardening_goes_to_the_phone_and_back(mixed: Browser, node: Node, model: str, protocol: str) -> None:
    """SCN-15, HARD-01 to HARD-14, ADMIN-08, ADMIN-11, ADMIN-23: a 7912 has no PC Voice VLAN Access (HARD-10).

    What a phone does with frames, ARP and its PC port is up to real phones; here is what its file tells it.
    """
    browser, device = mixed, f"SEP00AA0015{model}"
    fields = [name for name in HARDENED if (model, name) != ("7912", "pc_voice_vlan_access")]
    browser.save(f"/CMAdmin/phone/new?first={model}%7C{protocol}", "is added.", device_name=device)
    shown = [each for each in HARDENED if browser.has(f"[id='f-{each}']")]
    assert shown == fields
    browser.click("summary[aria-label='Help: PC Port']")
    server = FileServer("127.0.0.1", TFTP + node.offset)

    async def told() -> dict[str, str]:
        try:
            file = etree.fromstring(await fetch(server, f"{device}.cnf.xml"))
        except FileMissing:  # the phone has just been added
            return {}
        return {name: text for name in HARDENED if (text := file.findtext(HARDENED[name][0])) is not None}

    async def until_told(values: dict[str, str]) -> None:
        async with asyncio.timeout(60):
            while await told() != values:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    values = {name: HARDENED[name][1] for name in fields}
    await until_told(values)
    steps = [[name] for name in fields] if model == "7970" else [fields]
    for state, place in (("Disabled", 2), ("Enabled", 1)):
        for step in steps:
            change = dict.fromkeys(step, state)
            await clicks(browser.save, f"/CMAdmin/phone/edit/{device}", "Reset this phone", **change)
            values |= {name: HARDENED[name][place] for name in step}
            await until_told(values)


async def test_a_reset_brings_hardening_to_a_phone_and_takes_it_back(mixed: Browser, node: Node) -> None:
    """SCN-15, HARD-11 to HARD-13, RST-02: the phone shows its settings until the reset, and then no more."""
    device, browser = "SEP00AA00001506", mixed
    new = {"device_name": device, "lines.0.button": "1", "lines.0.directory_number": "1506"}
    browser.save("/CMAdmin/phone/new?first=7970%7CSIP", "is added.", **new)
    desk = Desk(node, device, "7970")
    async with at_desks(desk):
        await desk.boots_until(lambda booted: True, "a file")
        await desk.registers()
        for access, is_shown in (("Disabled", False), ("Restricted", False), ("Enabled", True)):
            before = list(desk.phone.show_security())
            await clicks(browser.save, phone_page(device), "Reset this phone", settings_access=access)
            assert list(desk.phone.show_security()) == before
            await is_reset(browser, desk)
            assert (len(list(desk.phone.show_security())) > 1) == is_shown
