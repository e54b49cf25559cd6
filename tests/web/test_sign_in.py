from __future__ import annotations

from collections.abc import Callable

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.secret import Secret
from ringward.web.entrance import COOKIE
from ringward.web.pages.sign_in import ATTEMPTS, DEVICE_COOKIE, INTERVAL
from web.conftest import PASSWORD, Browser, Time

IDLE_LIMIT = EnterpriseParameters().session_idle * 60
LONGEST = EnterpriseParameters().session_longest * 3600
PAGES = ("/CMAdmin/", "/CMAdmin/phone", "/CMAdmin/phone/edit/SEP1", "/AST", "/ART", "/dna", "/search?q=a", "/undo")


@pytest.mark.parametrize("path", PAGES)
def test_strangers_are_sent_to_sign_in_and_told_nothing(stranger: Browser, path: str) -> None:
    """HTTPS-13."""
    answer = stranger.get(path)
    if path == "/undo":
        assert answer.status == 405
        return
    assert answer.status == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")
    assert answer.body == b""


def test_the_cookie_is_one_that_scripts_and_other_sites_never_get(stranger: Browser) -> None:
    cookie, known = stranger.sign_in().headers["set-cookie"].splitlines()
    for word in ("__Host-", "HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in known
    assert cookie.startswith("__Host-")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Max-Age" not in cookie and "expires" not in cookie


def test_after_signing_in_one_sees_the_page_that_was_wanted(stranger: Browser) -> None:
    assert stranger.sign_in(next="/CMAdmin/phone").headers["location"] == "/CMAdmin/phone"
    assert stranger.get("/CMAdmin/phone").status == 200


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example", "/a\r\nX: y", "/sign-in"]
)
def test_nobody_is_led_elsewhere(stranger: Browser, elsewhere: str) -> None:
    assert stranger.sign_in(next=elsewhere).headers["location"] == "/CMAdmin/"


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_password_and_an_unknown_name_are_answered_alike(
    stranger: Browser, name: str, password: str
) -> None:
    answer = stranger.sign_in(name, password)
    assert answer.status == 403
    assert "The user ID or the password is wrong." in answer.words
    assert COOKIE not in stranger.cookies


def test_who_guesses_is_locked_out_even_with_the_right_password(stranger: Browser) -> None:
    for _ in range(5):
        stranger.sign_in("ada", "wrong")
    answer = stranger.sign_in()
    assert answer.status == 429
    assert "locked for 30 seconds" in answer.words


def test_an_address_that_guesses_many_names_is_slowed(stranger: Browser, clock: Time) -> None:
    answers = [stranger.sign_in(f"user{number}", "wrong").status for number in range(ATTEMPTS + 2)]
    assert answers == [403] * ATTEMPTS + [429, 429]
    clock.now += INTERVAL
    assert stranger.sign_in("somebody", "wrong").status == 403
    assert Browser(stranger.application, address="192.0.2.10").sign_in().status == 303


def test_an_ipv6_host_has_no_new_attempts_at_each_of_its_addresses(stranger: Browser) -> None:
    answers = []
    for number in range(ATTEMPTS + 2):
        stranger.address = f"2001:db8::{number + 1:x}"
        answers.append(stranger.sign_in(f"user{number}", "wrong").status)
    assert answers == [403] * ATTEMPTS + [429, 429]


def test_an_idle_session_ends(ada: Browser, clock: Time) -> None:
    clock.now += IDLE_LIMIT
    assert ada.get("/CMAdmin/").status == 200
    clock.now += IDLE_LIMIT + 1
    assert ada.get("/CMAdmin/").status == 303


def test_a_page_that_keeps_itself_fresh_does_not_keep_a_session(ada: Browser, clock: Time) -> None:
    """A browser that was left on such a page is signed out like any other."""
    ada.watch("/AST/events")
    clock.now += IDLE_LIMIT - 1
    ada.watch("/AST/events")
    clock.now += 2
    assert ada.get("/CMAdmin/").status == 303


def test_no_session_lasts_for_ever(ada: Browser, clock: Time) -> None:
    for _ in range(int(LONGEST / IDLE_LIMIT)):
        clock.now += IDLE_LIMIT
        ada.get("/CMAdmin/")
    clock.now += 1
    assert ada.get("/CMAdmin/").status == 303


def test_signing_out_ends_the_session_and_needs_its_token(ada: Browser) -> None:
    kept = dict(ada.cookies)
    ada.post("/sign-out", {"csrf": "made up"})
    ada.cookies = dict(kept)
    page = ada.get("/CMAdmin/")
    assert page.status == 200
    ada.post("/sign-out", {"csrf": page.value_of("csrf")})
    ada.cookies = dict(kept)
    assert ada.get("/CMAdmin/").status == 303


def test_a_new_password_ends_the_sessions_that_the_old_one_began(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    new = Secret("another password")
    administration.application_users.set_password(root, "ada", new, new)
    assert ada.get("/CMAdmin/").status == 303


def test_a_removed_account_is_signed_out(grace: Browser, administration: Administration, root: Actor) -> None:
    assert grace.get("/CMAdmin/").status == 200
    administration.application_users.remove(root, "grace")
    assert grace.get("/CMAdmin/").status == 303


def test_signing_in_from_another_site_is_refused(stranger: Browser) -> None:
    fields = {"user": "ada", "password": PASSWORD, "next": "", "as": ""}
    assert stranger.post("/sign-in", fields, origin="https://evil.example").status == 403
    assert stranger.post("/sign-in", fields, sec_fetch_site="cross-site").status == 403


def test_a_new_session_has_a_new_cookie(ada: Browser, another: Callable[[], Browser]) -> None:
    """Nobody can plant a session that somebody else then signs in to (fixation)."""
    victim = another()
    victim.cookies = {COOKIE: "planted"}
    victim.sign_in()
    assert victim.cookies[COOKIE] not in ("planted", ada.cookies[COOKIE])


def test_signing_in_is_audited(stranger: Browser, administration: Administration, root: Actor) -> None:
    stranger.sign_in("ada", "wrong")
    stranger.sign_in()
    entries = administration.audit.find(root, limit=2).entries
    assert [(each.actor, each.outcome.value, each.origin) for each in entries] == [
        ("ada", "done", "192.0.2.9"),
        ("ada", "denied", "192.0.2.9"),
    ]


def test_a_guesser_elsewhere_does_not_keep_the_administrator_out(stranger: Browser) -> None:
    guesser = Browser(stranger.application, address="203.0.113.66")
    for _ in range(6):
        guesser.sign_in("ada", "wrong")
    assert guesser.sign_in().status == 429
    assert stranger.sign_in().status == 303


def test_a_browser_that_is_known_is_not_locked_out_by_another_at_the_same_address(
    ada: Browser, another: Callable[[], Browser]
) -> None:
    known = ada.cookies[DEVICE_COOKIE]
    guesser = another()
    for _ in range(6):
        guesser.sign_in("ada", "wrong")
    assert guesser.sign_in().status == 429
    again = another()
    again.cookies = {DEVICE_COOKIE: known}
    assert again.sign_in().status == 303


def test_a_password_that_is_too_old_leaves_one_page_until_it_is_changed(
    ada: Browser, administration: Administration, root: Actor, clock: Time
) -> None:
    administration.parameters.set_enterprise(root, {"password_days": "1", "session_idle": "480"})
    administration.parameters.set_enterprise(root, {"session_longest": "168"})
    for _ in range(4):
        clock.now += 7 * 3600
        ada.get("/CMAdmin/")
    assert ada.get("/CMAdmin/phone").headers["location"] == "/CMAdmin/my-account"
    assert ada.get("/AST/events").status == 401
    page = ada.get("/CMAdmin/my-account")
    assert "Choose a new password to go on" in page.words
    assert ada.post("/CMAdmin/phone/new", {"csrf": page.value_of("csrf")}).status == 303
    fields = {"csrf": page.value_of("csrf"), "act": "password", "present": PASSWORD, "new": "another password"}
    assert ada.post("/CMAdmin/my-account", fields | {"again": "another password"}).status == 303
    assert ada.get("/CMAdmin/phone").status == 200


def test_the_limits_of_sessions_are_the_parameters(
    ada: Browser, administration: Administration, root: Actor, clock: Time, another: Callable[[], Browser]
) -> None:
    administration.parameters.set_enterprise(root, {"session_idle": "1", "sessions_of_one": "2"})
    for _ in range(2):
        assert another().sign_in().status == 303
    assert ada.get("/CMAdmin/").status == 303, "the third session signs the first one out"
    browser = another()
    browser.sign_in()
    clock.now += 61
    assert browser.get("/CMAdmin/").status == 303
