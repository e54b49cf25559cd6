"""The pages of a running node in a real Chromium (HTTPS-02, HTTPS-03, ADMIN-01 to ADMIN-33)."""

from __future__ import annotations

import json
import subprocess
import time
from base64 import b32decode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from selenium.webdriver.common.keys import Keys

from ringward.domain.rules.one_time_code import code_of, step_at
from ringward.domain.standard_groups import END_USERS, READ_ONLY
from ringward.web.navigation import MENUS
from ringward.web.protection import MAX_BODY
from strangers.browser import DESK, POCKET, Browser
from strangers.node import HTTP, LONG, RINGWARD, Node, eventually
from strangers.pages import PASSWORD, fits, node_with_pages
from strangers.scenario import Caller
from strangers.sipp import SippPhone

pytestmark = [pytest.mark.stranger, pytest.mark.usefixtures("calm")]

NEW_PHONE = "/CMAdmin/phone/new?first=7960%7CSIP"
PHONE = "SEP0000000012AB"
SILENT = "SEP0000000014AB"
LEAVE = "return !dispatchEvent(new Event('beforeunload', {cancelable: true}))"
"""Whether a page holds back whoever leaves it; WebDriver answers the question itself, unseen."""
MARKS = "return [...document.querySelectorAll('.mark')].map(each => each.className.baseVal)"
"""What the marks of a timeline's picture look like."""
LATE = """
const ask = window.fetch;
window.fetch = async (...asked) => {
    const answer = await ask(...asked);
    await new Promise(done => setTimeout(done, 1500));
    setTimeout(() => { window.hasCome = true; }, 100);
    return answer;
};
const field = document.getElementById("search");
field.value = "backup";
field.dispatchEvent(new Event("input"));
"""
"""Somebody types on, and what is found for that comes late."""
PAGES = [
    "/CMAdmin/",
    *(entry.path for menu in MENUS for entry in menu.entries),
    "/CMAdmin/my-account",
    "/CMAdmin/my-account/second-factor",
    "/CMAdmin/application-user/set-password/administrator",
    f"/CMAdmin/phone/edit/{PHONE}",
    f"/CMAdmin/phone/why/{PHONE}",
    f"/CMAdmin/phone/dependency-records/{PHONE}",
    f"/CMService/trace/{PHONE}",
    "/CMAdmin/phone-import",
    "/Platform/certificates/web",
    "/search?q=SEP",
]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of its own, so that the pages show nothing that other tests did."""
    with node_with_pages(tmp_path_factory.mktemp("pages")) as node:
        node.administer("parameter", "set", "enable_dependency_records", "true")
        node.add_phones(
            [
                {
                    "device_name": PHONE,
                    "model": "7960",
                    "protocol": "SIP",
                    "line_1_directory_number": "1200",
                }
            ]
        )
        yield node


@pytest.mark.parametrize("path", dict.fromkeys(PAGES))
def test_each_page_fits_a_pocket_and_everybody_can_use_it_in_light_and_dark(browser: Browser, path: str) -> None:
    browser.open(path)
    assert browser.read("h1")
    fits(browser)


def test_all_menus_and_whoever_is_signed_in_stand_in_one_line_on_a_desk(browser: Browser) -> None:
    browser.become(DESK)
    browser.open("/CMAdmin/")
    tops = "return [...document.querySelectorAll('.bar .menu, .bar .who')].map(each => each.offsetTop)"
    heights = browser.driver.execute_script(tops)
    assert len(heights) > 5 and max(heights) - min(heights) < 10


def test_a_phone_is_added_after_a_mistake_then_deleted_and_the_deletion_undone(
    browser: Browser,
) -> None:
    """ADMIN-05, ADMIN-06, ADMIN-12, ADMIN-23: an error stands at its field; nothing typed is lost."""
    browser.open(NEW_PHONE)
    browser.enter("[id='f-device_name']", "Reception")
    browser.enter("[id='f-description']", "At the door")
    browser.enter("[id='f-lines.0.button']", "1")
    browser.enter("[id='f-lines.0.directory_number']", "1301")
    browser.click("button[data-more=lines]")
    browser.enter("[id='f-lines.1.button']", "2")
    browser.enter("[id='f-lines.1.directory_number']", "1302")
    browser.press("Save")

    browser.expect("Nothing is saved yet")
    assert browser.find("[id='f-device_name'][aria-invalid=true]")
    assert browser.read("[id='f-device_name-error']")
    assert browser.value("[id='f-description']") == "At the door"
    assert browser.value("[id='f-lines.1.directory_number']") == "1302"
    assert not browser.faults()

    browser.enter("[id='f-device_name']", "SEP0000000013AA")
    browser.press("Save")
    browser.expect("SEP0000000013AA is added")

    browser.press("Delete…")
    browser.expect("Delete Phone?")
    browser.press("OK, delete")
    browser.expect("SEP0000000013AA: removed")
    assert "SEP0000000013AA" not in browser.texts("main a")

    browser.press("Undo")
    browser.expect("SEP0000000013AA is there again")
    assert browser.value("[id='f-lines.1.directory_number']") == "1302"


def test_what_uses_a_record_is_found_by_its_dependency_records_and_keeps_it(browser: Browser) -> None:
    """ADMIN-40: each user is a link."""
    browser.open("/CMAdmin/directory-number/dependency-records/1200")
    browser.expect(PHONE)
    browser.press(PHONE)
    browser.expect("Protocol and security")


def test_the_search_finds_while_somebody_types_and_the_keyboard_is_enough(browser: Browser) -> None:
    browser.open("/CMAdmin/")
    browser.find("body").send_keys("/")
    assert browser.find("#search:focus")
    browser.paste("0012AB")
    browser.expect(PHONE, "#found")

    browser.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    with browser.next_page():
        browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.driver.current_url.endswith(f"/edit/{PHONE}")


def test_what_was_found_stays_while_somebody_chooses_from_it(browser: Browser) -> None:
    """An answer that comes late does not take the link away on which he is; Escape leads back to the field."""
    browser.open("/CMAdmin/")
    browser.find("body").send_keys("/")
    browser.paste("0012AB")
    browser.expect(PHONE, "#found")
    browser.driver.execute_script(LATE)
    browser.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert eventually(lambda: browser.driver.execute_script("return window.hasCome")), "the answer has not come"
    assert PHONE in browser.read("#found a:focus")
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert browser.has("#search:focus") and browser.has("#found[hidden]")


def test_the_pages_work_without_a_script(browser: Browser) -> None:
    """Menus, search, one more row, saving and deleting; what is live shows how things were when it was loaded."""
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open("/CMAdmin/")
        browser.become(POCKET)
        assert not browser.find("nav[aria-label=Menu]").is_displayed()
        browser.click(".menus")
        browser.click("summary", "Device")
        browser.follow("nav a", "Phone")
        browser.expect("Find and List: Phone")
        browser.become(DESK)
        with browser.next_page():
            browser.find("#search").send_keys("0012AB" + Keys.ENTER)
        browser.press(PHONE)
        browser.press("Add a row")
        browser.fill("lines.1.button", "2")
        browser.fill("lines.1.directory_number", "1299")
        browser.press("Save")
        browser.expect(f"Phone {PHONE} is saved.")
        browser.press("Undo")
        browser.expect("is as it was before.")
        browser.open("/AST")
        browser.expect("as of loading")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_monitoring_becomes_live_and_shows_a_change_by_itself(browser: Browser, node: Node) -> None:
    """SVC-08: a phone that registers comes up without a reload."""
    browser.open("/AST")
    assert eventually(lambda: browser.read("#live") == "live"), browser.text
    arrive = Caller("arrive", "1200")
    arrive.register()
    arrive.expect_response("200")
    SippPhone(node, node.data.parent, "1200").play(arrive)
    browser.expect(PHONE)


def test_how_secure_a_phone_is_is_a_click_away_and_follows_its_boot(browser: Browser, node: Node) -> None:
    """The picture comes up by itself when the phone is heard of."""
    node.administer("phone", "add", SILENT, "--model", "7961", "--line", "1400")
    browser.open("/CMAdmin/phone")
    browser.expect(SILENT)
    browser.follow(f"a[href='/CMAdmin/phone/why/{SILENT}']")
    browser.expect("has asked for no file since the node started")
    assert eventually(lambda: browser.read("#live") == "live"), browser.text
    for name in (f"CTL{SILENT}.tlv", f"{SILENT}.cnf.xml"):
        with suppress(HTTPError), urlopen(f"http://127.0.0.1:{HTTP + node.offset}/{name}", timeout=60) as answer:
            answer.read()
    browser.expect(f"{SILENT}.cnf.xml by HTTP")
    assert browser.driver.execute_script(MARKS) == ["mark plain", "mark bad", "mark good"]
    fits(browser)


def test_a_call_has_a_page_with_its_ladder(browser: Browser, node: Node) -> None:
    """SVC-11: who called whom, how secure it was, and what was said."""
    lost = Caller("lost", "1200", "9999")
    lost.register()
    lost.expect_response("200")
    lost.invite()
    lost.refused("404")
    SippPhone(node, node.data.parent, "1200").play(lost)
    number = str(eventually(lambda: node.ask("calls", "--number", "9999"))[0]["call_id"])
    browser.open("/ART?number=9999")
    browser.press(number)
    browser.expect("INVITE 9999 (sdp)")
    assert browser.find(".arrow.failure polygon")
    fits(browser)


def test_what_was_typed_and_not_saved_is_not_lost_by_a_slip(browser: Browser) -> None:
    browser.open(f"/CMAdmin/phone/edit/{PHONE}")
    browser.enter("[id='f-description']", "half a thou")
    assert browser.driver.execute_script(LEAVE), "Chromium would ask whether to leave"
    browser.press("Save")
    browser.expect("is saved")
    assert not browser.driver.execute_script(LEAVE)


def test_a_file_that_is_too_large_is_answered_in_words_though_it_is_not_taken(
    browser: Browser, tmp_path: Path
) -> None:
    """The browser shows the refusal, and no broken connection, also while it is still sending."""
    file = tmp_path / "phones.csv"
    file.write_bytes(b"x" * 8 * MAX_BODY)
    browser.open("/CMAdmin/phone-import")
    browser.find("#file").send_keys(str(file))
    browser.press("Check it")
    browser.expect("What was sent is larger than 2 MB, so nothing was changed")
    assert eventually(lambda: any("status of 413" in each for each in browser.complaints()))


def test_a_saved_parameter_says_what_is_to_be_done(browser: Browser) -> None:
    """ADMIN-21."""
    browser.open("/CMAdmin/enterprise-parameters")
    assert browser.find("form.record")
    browser.press("Save")
    assert browser.read(".notice")


def test_a_service_is_activated_and_stopped_in_the_control_center(browser: Browser, node: Node) -> None:
    """SVC-01, SVC-02: the page says how the service is after the order."""
    browser.open("/CMService/service-activation")
    capf = "Cisco Certificate Authority Proxy Function"
    browser.follow(f"button[aria-label='Activate {capf}']")
    browser.expect(f"{capf} on {node.ask('status')['node_name']} is started.")
    browser.open("/CMService/control-center")
    browser.follow(f"button[aria-label='Stop {capf}']")
    browser.expect("No phone gets a certificate")
    browser.press("OK, stop")
    browser.expect("is stopped.")
    browser.open("/CMAdmin/")
    browser.expect(f"{capf} on {node.ask('status')['node_name']} is stopped.")


def test_a_guesser_is_seen_unlocked_and_a_forgotten_session_ended(browser: Browser, node: Node) -> None:
    """The administrator in his own browser is not kept out by who guesses his password in another one."""
    window = Browser(browser.base)
    try:
        for _ in range(6):
            window.sign_in("administrator", "a wrong password", "/sign-in")
        window.expect("Too many wrong attempts")
        browser.open("/CMAdmin/sign-ins")
        browser.expect("127.0.0.1")
        fits(browser)
        browser.press("Unlock")
        browser.expect("administrator is unlocked")
        window.sign_in("administrator", PASSWORD, "/sign-in")
        window.expect("Security overview")

        browser.open("/CMAdmin/my-account")
        browser.press("Sign out everywhere else")
        browser.expect("Signed out of 1 other browser")
        window.open("/CMAdmin/")
        assert window.find("#password")
    finally:
        window.close()


def test_people_see_their_own_phone_and_change_their_own_password(browser: Browser, node: Node) -> None:
    """HTTPS-13: with a session of their own; the administrator's pages stay closed to them."""
    words = ("end-user", "add", "carol", "--last-name", "Carter", "--user-groups", END_USERS, "--password", "-")
    node.administer(*words, typed=PASSWORD + "\n")
    node.administer("phone", "update", PHONE, "--owner", "carol")
    window = Browser(browser.base)
    try:
        window.sign_in("carol", PASSWORD, "/CMUser/")
        window.expect("1200")
        assert not window.faults()
        window.open("/CMUser/my-account")
        window.enter("#password-present", PASSWORD)
        for field in ("new", "again"):
            window.enter(f"#password-{field}", "a new long password")
        window.press("Save")
        window.expect("Your new password is saved")
        for path in ("/CMUser/", "/CMUser/my-account"):
            window.open(path)
            fits(window)
        window.open("/CMAdmin/phone")
        assert window.find("#password")
        assert not window.complaints()
    finally:
        window.close()


def _leave(window: Browser) -> None:
    window.follow(".who button")
    window.expect("Only your own phone?")


def test_an_administrator_sets_up_a_second_factor_and_signs_in_with_it(browser: Browser, node: Node) -> None:
    """HTTPS-13: from the key on the page to a recovery code, each page for everybody."""
    words = ("application-user", "add", "dora", "--user-groups", READ_ONLY, "--password", "-")
    node.administer(*words, typed=PASSWORD + "\n")
    window = Browser(browser.base)
    try:
        window.sign_in("dora", PASSWORD, "/CMAdmin/my-account")
        window.press("Set it up")
        fits(window)
        key = b32decode(window.read(".key-text").replace(" ", ""))
        window.enter("#turn-on-present", PASSWORD)
        early = code_of(key, step_at(int(time.time() * 1000)) + 1)  # it is taken for a minute at least
        window.enter("#turn-on-code", early)
        window.press("Turn on")
        window.expect("Your recovery codes")
        fits(window)
        recovery = window.read(".recovery code")
        window.press("I have them")
        window.expect("10 recovery codes left")
        fits(window)

        _leave(window)
        window.sign_in("dora", PASSWORD, "/CMAdmin/region")
        window.expect("One more step")
        fits(window)
        window.enter("#code", recovery)
        window.press("Sign in")
        window.expect("Find and List")
        assert window.driver.current_url.endswith("/CMAdmin/region")
        assert not window.complaints()
    finally:
        window.close()
    browser.open("/CMAdmin/sign-ins")
    browser.follow("[aria-label='Take the second factor of dora away']")
    browser.expect("The second factor of dora is gone")


DOWNLOAD = """
const [done, form] = [arguments[arguments.length - 1], new FormData(document.querySelector("form.record"))];
form.set("present", arguments[0]);
form.set("act", "download");
fetch(location.href, {method: "POST", body: new URLSearchParams(form)})
    .then(answer => answer.arrayBuffer()).then(content => done(content.byteLength));
"""
"""How many octets a form gives that a person would save."""


def test_a_backup_is_made_watched_compared_and_fetched(browser: Browser, node: Node) -> None:
    """SVC-09: from the schedule's button to the file, each page for everybody."""
    shelf = node.data.with_name("shelf")
    shelf.mkdir()
    words = ("backup", "new-key", str(node.data.with_name("backup.key")), "--passphrase-file", "-", "--json")
    done = subprocess.run([RINGWARD, *words], input=PASSWORD + "\n", capture_output=True, text=True, timeout=LONG)
    public = json.loads(done.stdout)["public_key"]
    words = ("--directory", str(shelf), "--public-key", public, "--enabled", "false")
    node.administer("backup-schedule", "add", "nightly", *words)
    browser.open("/Platform/backup")
    browser.press("Make one now")
    browser.expect("1 of 1 done")
    fits(browser)
    browser.open("/Platform/backup")
    browser.expect("made")
    fits(browser)
    (file,) = shelf.glob("nightly-*.backup")
    browser.follow(".list th a")
    browser.expect("ringward backup restore")
    browser.press("Compare with what was written")
    browser.expect("The file is as it was written")
    fits(browser)
    assert browser.driver.execute_async_script(DOWNLOAD, PASSWORD) == file.stat().st_size
