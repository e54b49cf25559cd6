"""The guided flows in a real Chromium, with phones that do what the pages say (SCN-01, SCN-08, SCN-09, SCN-11)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from ringward.files import trust_list
from ringward.files.trust_list_edition import tokens_of
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.enrolment import Result
from ringward.phone.flash import Flash
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.retrieval import FileServer
from strangers.browser import DESK, Browser
from strangers.node import TFTP, Node, eventually
from strangers.pages import fits, node_with_pages

pytestmark = [pytest.mark.stranger, pytest.mark.usefixtures("calm")]

TOKEN_PASSWORD = "blue lamp 42"
MAC, DEVICE = "00:AA:00:00:00:01", "SEP00AA00000001"
OTHERS = ("SEP00AA00000002", "SEP00AA00000003")
CLASSIC = "SEP00AA00000004"
PATIENCE = 90.0
"""Seconds; the machine may be busy, and a key takes a moment."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with node_with_pages(tmp_path_factory.mktemp("guided")) as node:
        for service in ("capf", "Cisco CTL Provider"):
            node.administer("service", "activate", service)
        rows = [("7961", name) for name in OTHERS] + [("7960", CLASSIC)]
        node.add_phones(
            [
                {"device_name": name, "model": model, "protocol": "SIP", "description": "Guided"}
                for model, name in rows
            ]
        )
        yield node


@asynccontextmanager
async def desk_phone(node: Node, flash: Flash) -> AsyncIterator[DeskPhone]:
    phone = DeskPhone(
        identify(DEVICE, "7961"),
        (FileServer("127.0.0.1", TFTP + node.offset),),
        lambda phone, event: None,
        Options(local_host="127.0.0.1", media=False),
        flash=flash,
        identity_list=False,
        tell=lambda text: None,
    )
    try:
        yield phone
    finally:
        await phone.stop()


async def boots_until(phone: DeskPhone, mode: int) -> None:
    """Boot, again until its file says how it proves itself to CAPF: the node notices changes a moment later."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await phone.boot(attempts=3)
            if phone.booted is not None and phone.booted.configuration.capf_authentication_mode == mode:
                return
            if phone.phone is not None:
                await phone.phone.stop()
            await asyncio.sleep(0.3)


@pytest.fixture(scope="module")
def secured(browser: Browser, node: Node) -> trust_list.TrustList:
    """The CTL file of the cluster that was secured in the pages; tests of a module may run in several processes.

    SCN-01: what becomes of each phone, two tokens, the signature, and the mode; a mistake loses nothing.
    """
    browser.become(DESK)
    browser.open("/CMAdmin/secure-cluster")
    browser.expect("3 phones: nonsecure as before, by the security profile")
    browser.expect("ringward ctl set-mixed-mode --server 127.0.0.1")
    fits(browser)
    browser.enter("#label-1", "desk drawer")
    for number, again in (("1", TOKEN_PASSWORD), ("2", "another one")):
        browser.enter(f"#password-{number}", TOKEN_PASSWORD)
        browser.enter(f"[name='password-{number}.again']", again)
    browser.press("Make both tokens and sign")
    browser.expect("the same password twice; no token was made")
    assert browser.value("#label-1") == "desk drawer"
    assert not (node.data / "tokens").exists()

    for number in ("1", "2"):
        browser.enter(f"#password-{number}", TOKEN_PASSWORD)
        browser.enter(f"[name='password-{number}.again']", TOKEN_PASSWORD)
    browser.press("Make both tokens and sign")
    browser.expect("The CTL file is signed: the cluster is in mixed mode.")
    browser.expect("Mixed mode")
    browser.expect("0 of 3 phones have fetched and verified")
    fits(browser)
    return trust_list.parse((node.data / "tftp" / "CTLFile.tlv").read_bytes()).trust


def test_the_cluster_is_secured_with_software_tokens(secured: trust_list.TrustList) -> None:
    assert len(tokens_of(secured)) == 2


async def test_a_phone_is_onboarded_from_its_box_to_an_encrypted_registration(
    browser: Browser, node: Node, secured: trust_list.TrustList
) -> None:
    """SCN-08, SCN-09, SCN-10: the page says what to type, the phone does it, and the page sees it arrive."""
    browser.open("/CMAdmin/onboard-phone")
    browser.choose("#model", "7961|SIP")
    browser.press("Next")
    browser.enter("#device", "no address")
    browser.enter("#number", "1501")
    browser.press("Add the phone")
    browser.expect("Nothing is added yet")
    assert browser.value("#number") == "1501"
    browser.enter("#device", MAC)
    browser.click("#enrol")
    fits(browser)
    browser.press("Add the phone")
    browser.expect("At the phone")
    string = browser.read("code.big")
    assert string.isdigit()
    fits(browser)

    flash = Flash()
    async with desk_phone(node, flash) as phone:
        await boots_until(phone, mode=1)
        await asyncio.to_thread(browser.expect, "What happened")
        phone.menu.press("**#")
        phone.enter_authentication_string(string)
        enrolled = await phone.enrolment_over()
        assert enrolled is not None and enrolled.result is Result.INSTALLED, str(enrolled)
        if phone.phone is not None:
            await phone.phone.stop()
        await phone.boot(attempts=3)
        assert phone.phone is not None
        async with asyncio.timeout(PATIENCE):
            await phone.phone.registered()
        await asyncio.to_thread(browser.expect, "encrypted")
        (shown,) = [each for each in node.ask("phones")["registered"] if each["device"] == DEVICE]
        assert shown["security_mode"] == "Encrypted"
        await asyncio.to_thread(browser.open, "/CMAdmin/secure-cluster")
        await asyncio.to_thread(browser.expect, "1 of 4 phones have fetched and verified")


def test_many_phones_are_enrolled_and_their_strings_listed(browser: Browser, node: Node) -> None:
    """SCN-09, CAPF-26: the operation is given phone by phone, each with a string of its own."""
    browser.open("/CMAdmin/enrol-phones?where=device_name:begins-with:SEP00AA0000000&where=model:is-exactly:7961"
                 "&where=description:is-exactly:Guided")  # fmt: skip
    browser.expect("2 phones that can hold a certificate")
    fits(browser)
    browser.press("Enrol 2 phones")
    browser.expect("2 phones: Operation Pending")
    browser.expect("The phones are reset")
    strings = eventually(lambda: _strings(browser), PATIENCE)
    assert set(strings) == set(OTHERS)
    assert len(set(strings.values())) == 2
    fits(browser)
    report = {row["device_name"]: row["authentication_string"] for row in node.ask("capf", "report")}
    assert {name: report[name] for name in OTHERS} == strings


def _strings(browser: Browser) -> dict[str, str]:
    """The strings of both phones; nothing while the page does not list them yet."""
    browser.driver.refresh()
    strings = {device: string for device, _, string in browser.rows("table.print tbody tr")}
    return strings if len(strings) == 2 else {}


def test_configuration_files_are_encrypted_with_keys_that_are_shown_once(browser: Browser, node: Node) -> None:
    """SCN-11, CFGENC-12, CFGENC-18: a model with a typed-in key gets one; the others go by their certificate."""
    browser.open("/CMAdmin/encrypt-files?where=description:is-exactly:Guided")
    browser.expect("3 phones whose file can be encrypted")
    browser.expect("1 phone gets a new symmetric key")
    fits(browser)
    browser.press("Encrypt 3 files")
    browser.expect("These keys are shown this once")
    key = browser.read("table.print code")
    assert len(key) == 32
    fits(browser)
    browser.press("Go on")
    browser.expect("3 of 3 done")
    browser.expect("0 of 3 phones have read their files since")
    fits(browser)
    phone = node.ask("phone", "show", CLASSIC)
    profile = node.ask("phone-security-profile", "show", phone["security_profile"])
    assert profile["tftp_encrypted_config"] is True
    assert key not in browser.text
