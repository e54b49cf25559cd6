"""The second factor in the pages and in the programming interface (HTTPS-13)."""

from __future__ import annotations

import json
import re
from base64 import b32decode
from collections.abc import Callable

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.application_user import ApplicationUser
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.rules.one_time_code import STEP, code_of
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import SUPER_USERS
from ringward.web.entrance import COOKIE
from ringward.web.pages.sign_in import STEP_COOKIE
from ringward.web.pending_sign_ins import LONGEST
from web.conftest import PASSWORD, Answer, Browser, Time

PAGE = "/CMAdmin/my-account/second-factor"
SIGN_INS = "/CMAdmin/sign-ins"
FREE_ATTEMPTS = EnterpriseParameters().sign_in_attempts


class Authenticator:
    """Types the key off the page, and shows codes."""

    def __init__(self, page: str, clock: Time) -> None:
        found = re.search(r'class="key-text">([A-Z2-7 ]+)<', page)
        assert found, "no key on the page"
        self.key, self.clock = b32decode(found.group(1).replace(" ", "")), clock

    def next_code(self) -> str:
        self.clock.now += STEP
        return code_of(self.key, int(self.clock.now) // STEP)


def set_up(browser: Browser, clock: Time) -> tuple[Authenticator, list[str]]:
    """Set a second factor up in the pages; returns also the recovery codes."""
    authenticator = Authenticator(browser.get(PAGE).text, clock)
    answer = act(browser, "turn-on", authenticator.next_code())
    assert answer.status == 200, answer.words
    codes = re.findall(r"<li><code>([^<]*)</code>", answer.text)
    assert len(codes) == 10
    return authenticator, codes


def act(browser: Browser, name: str, code: str, password: str = PASSWORD) -> Answer:
    csrf = browser.get(PAGE).value_of("csrf")
    return browser.post(PAGE, {"csrf": csrf, "act": name, "code": code, "present": password})


@pytest.fixture
def armed(ada: Browser, clock: Time) -> tuple[Browser, Authenticator, list[str]]:
    """The browser of somebody who has just set a second factor up."""
    return ada, *set_up(ada, clock)


def test_a_picture_and_the_key_are_shown_until_a_code_has_come_back(ada: Browser, clock: Time) -> None:
    page = ada.get(PAGE)
    assert '<svg class="qr"' in page.text and "style=" not in page.text
    key = Authenticator(page.text, clock).key
    assert Authenticator(ada.get(PAGE).text, clock).key == key, "a reload does not change what was scanned"
    codes = set_up(ada, clock)[1]
    after = ada.get(PAGE)
    assert "On since" in after.words and "10 recovery codes left" in after.words
    assert not any(code in after.text for code in codes), "they are shown once"
    assert "key-text" not in after.text
    assert "On since" in ada.get("/CMAdmin/my-account").words


def test_a_wrong_password_or_code_sets_nothing_up_and_stands_at_its_field(ada: Browser, clock: Time) -> None:
    authenticator = Authenticator(ada.get(PAGE).text, clock)
    wrong = act(ada, "turn-on", "12 34")
    assert wrong.status == 422 and 'id="turn-on-code-error"' in wrong.text
    wrong = act(ada, "turn-on", authenticator.next_code(), "wrong")
    assert wrong.status == 422 and 'id="turn-on-present-error"' in wrong.text
    assert Authenticator(wrong.text, clock).key == authenticator.key, "the picture stays what was scanned"


def test_signing_in_takes_two_steps(
    armed: tuple[Browser, Authenticator, list[str]], another: Callable[[], Browser]
) -> None:
    _, authenticator, codes = armed
    browser = another()
    answer = browser.sign_in(next="/CMAdmin/phone")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in/code")
    assert COOKIE not in browser.cookies
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in answer.headers["set-cookie"]
    assert browser.get("/CMAdmin/").headers["location"].startswith("/sign-in?")
    assert "Your authenticator shows a code" in browser.get("/sign-in/code").words

    answer = browser.post("/sign-in/code", {"code": authenticator.next_code()})
    assert (answer.status, answer.headers["location"]) == (303, "/CMAdmin/phone")
    assert browser.get("/CMAdmin/phone").status == 200
    assert browser.cookies[STEP_COOKIE] == ""

    other = another()
    other.sign_in()
    assert other.post("/sign-in/code", {"code": codes[3]}).status == 303


def test_a_wrong_code_is_told_and_many_lock_the_step(
    armed: tuple[Browser, Authenticator, list[str]], another: Callable[[], Browser]
) -> None:
    browser = another()
    browser.sign_in()
    for _ in range(FREE_ATTEMPTS):
        answer = browser.post("/sign-in/code", {"code": "no code"})
        assert answer.status == 403 and "wait for the next one" in answer.words
    answer = browser.post("/sign-in/code", {"code": armed[2][0]})
    assert answer.status == 429 and "locked for 30 seconds" in answer.words
    assert COOKIE not in browser.cookies


def test_the_step_ends_after_some_minutes_and_belongs_to_its_browser(
    armed: tuple[Browser, Authenticator, list[str]], another: Callable[[], Browser], clock: Time
) -> None:
    browser, other = another(), another()
    browser.sign_in()
    assert other.get("/sign-in/code").headers["location"] == "/sign-in"
    assert other.post("/sign-in/code", {"code": armed[2][0]}).status == 403
    assert browser.post("/sign-in/code", {"code": armed[2][0]}, origin="https://evil.example").status == 403
    clock.now += LONGEST + 1
    answer = browser.post("/sign-in/code", {"code": armed[2][0]})
    assert answer.status == 403 and "sign in once more" in answer.words
    assert COOKIE not in browser.cookies


def test_other_browsers_of_the_account_are_signed_out_when_it_is_set_up(
    ada: Browser, another: Callable[[], Browser], clock: Time
) -> None:
    other = another()
    other.sign_in()
    set_up(ada, clock)
    assert ada.get("/CMAdmin/").status == 200
    assert other.get("/CMAdmin/").status == 303


def test_new_codes_and_turning_off_need_password_and_code(
    armed: tuple[Browser, Authenticator, list[str]], another: Callable[[], Browser]
) -> None:
    browser, authenticator, codes = armed
    assert act(browser, "turn-off", codes[0], "wrong").status == 422
    assert act(browser, "turn-off", "nothing").status == 422
    answer = act(browser, "new-codes", authenticator.next_code())
    fresh = re.findall(r"<li><code>([^<]*)</code>", answer.text)
    assert len(fresh) == 10 and not set(fresh) & set(codes)
    assert act(browser, "turn-off", codes[0]).status == 422
    assert act(browser, "turn-off", fresh[0]).status == 303
    assert browser.get("/CMAdmin/").status == 200
    assert another().sign_in().headers["location"] == "/CMAdmin/"


def test_where_it_is_demanded_nothing_else_can_be_done_before(
    administration: Administration, ada: Browser, root: Actor, clock: Time
) -> None:
    administration.parameters.set_enterprise(root, {"second_factor_demanded": "true"})
    for path in ("/CMAdmin/", "/CMAdmin/phone", "/AST", "/search?q=a"):
        assert ada.get(path).headers.get("location") == PAGE, path
    assert ada.get("/AST/events").status in (401, 403, 303)
    csrf = ada.get(PAGE).value_of("csrf")
    assert ada.post("/CMAdmin/region/new", {"csrf": csrf, "name": "X"}).headers["location"] == PAGE
    assert "demanded of administrators" in ada.get(PAGE).words
    set_up(ada, clock)
    assert ada.get("/CMAdmin/").status == 200


def test_another_administrator_takes_it_away(
    armed: tuple[Browser, Authenticator, list[str]],
    administration: Administration,
    root: Actor,
    grace: Browser,
    another: Callable[[], Browser],
) -> None:
    ada, eve = armed[0], another()
    administration.application_users.add(root, ApplicationUser("eve", Secret(PASSWORD), (SUPER_USERS,)))
    eve.sign_in("eve")

    def take_away(browser: Browser) -> Answer:
        csrf = browser.get(SIGN_INS).value_of("csrf")
        return browser.post(SIGN_INS, {"csrf": csrf, "act": "take-away", "name": "ada"})

    assert "Take the second factor of ada" not in ada.get(SIGN_INS).text, "one's own needs a code"
    assert take_away(ada).status == 400
    assert "Take away" not in grace.get(SIGN_INS).text
    assert take_away(grace).status == 403
    assert "Take the second factor of ada" in eve.get(SIGN_INS).text
    assert take_away(eve).status == 303
    assert "The second factor of ada is gone" in eve.get(SIGN_INS).words
    assert ada.get("/CMAdmin/").status == 303, "the browser is signed out"
    assert take_away(eve).status == 303 and "over already" in eve.get(SIGN_INS).words


def test_programs_see_and_take_away_second_factors_and_need_none_themselves(
    armed: tuple[Browser, Authenticator, list[str]], administration: Administration, root: Actor
) -> None:
    browser = armed[0]
    administration.parameters.set_enterprise(root, {"second_factor_demanded": "true"})

    def ask(method: str, path: str, user: str) -> tuple[int, bytes]:
        made = administration.access_tokens.add(root, f"{user}-{method}-{len(path)}", user)
        answer = browser.ask(method, path, b"", {"authorization": f"Bearer {made.token.reveal()}"})
        return answer.status, answer.body

    status, body = ask("GET", "/api/v1/second-factors", "grace")
    assert status == 200
    found = {each["user"]: each for each in json.loads(body)["items"]}
    assert found["ada"]["codes_left"] == 10 and found["grace"]["enrolled_at"] is None
    assert ask("DELETE", "/api/v1/second-factors/ada", "grace")[0] == 403
    assert ask("DELETE", "/api/v1/second-factors/ada", "ada")[0] == 409
    assert ask("DELETE", "/api/v1/second-factors/nobody", "ada")[0] == 404
    assert administration.second_factors.of("ada").enrolled_at is not None
