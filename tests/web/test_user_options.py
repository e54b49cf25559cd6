"""User Options: an end user sees and changes what is his own, and nothing else (HTTPS-13)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.end_user import EndUser
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import END_USERS
from ringward.domain.vocabulary import Protocol
from web.conftest import PASSWORD, Browser

HOME, ACCOUNT = "/CMUser/", "/CMUser/my-account"


@pytest.fixture
def people(administration: Administration, root: Actor) -> None:
    """Carol and Carl with a phone each, and Nemo who is in no group."""
    for name, groups in (("carol", (END_USERS,)), ("Carol", (END_USERS,)), ("nemo", ())):
        administration.end_users.add(root, EndUser(name, password=Secret(PASSWORD), user_groups=groups))
    profile = nonsecure_profile_name("7960", Protocol.SIP)
    for number, owner in (("1001", "carol"), ("1002", "Carol")):
        administration.phones.add(
            root,
            Phone(
                f"SEP00000000{number}",
                model="7960",
                protocol=Protocol.SIP,
                security_profile=profile,
                owner=owner,
                lines=(PhoneLine(1, number),),
            ),
        )


@pytest.fixture
def carol(people: None, another: Callable[[], Browser]) -> Browser:
    browser = another()
    assert browser.sign_in("carol", **{"as": "user"}).headers["location"] == HOME
    return browser


def test_people_see_their_own_phones_alone_whatever_the_letter_case(carol: Browser) -> None:
    words = carol.get(HOME).words
    assert "1001" in words
    assert "1002" not in words


def test_the_pages_of_administrators_are_closed_to_end_users(carol: Browser) -> None:
    for path in ("/CMAdmin/", "/CMAdmin/phone", "/CMService/audit-log", "/search?q=SEP"):
        answer = carol.get(path)
        assert (answer.status, answer.headers.get("location", "")[:8]) == (303, "/sign-in")
    assert carol.get("/AST/events").status == 401


def test_who_is_in_no_group_sees_nothing(people: None, another: Callable[[], Browser]) -> None:
    browser = another()
    browser.sign_in("nemo", **{"as": "user"})
    assert browser.get(HOME).status == 403


def change(browser: Browser, which: str, present: str, new: str, again: str = "") -> int:
    token = browser.get(ACCOUNT).value_of("csrf")
    fields = {"csrf": token, "act": which, "present": present, "new": new, "again": again or new}
    answer = browser.post(ACCOUNT, fields)
    return answer.status


def test_a_new_password_counts_at_once_and_ends_other_sessions(
    carol: Browser, another: Callable[[], Browser]
) -> None:
    elsewhere = another()
    elsewhere.sign_in("carol", **{"as": "user"})
    assert change(carol, "password", PASSWORD, "another long one") == 303
    assert "Your new password is saved" in carol.get(ACCOUNT).words
    assert elsewhere.get(HOME).status == 303
    assert elsewhere.sign_in("carol", "another long one", **{"as": "user"}).status == 303


def test_the_present_password_must_be_known_and_the_new_one_typed_twice_and_be_long(carol: Browser) -> None:
    assert change(carol, "password", "guessed wrong", "another long one") == 422
    assert change(carol, "password", PASSWORD, "another long one", "another lung one") == 422
    assert change(carol, "password", PASSWORD, "short") == 422
    assert carol.get(HOME).status == 200


def test_guessing_the_present_password_locks_it(carol: Browser) -> None:
    assert [change(carol, "password", f"guess {each}", "another long one") for each in range(6)][-1] == 429


def test_digest_credentials_are_set_and_logged_without_being_shown(
    carol: Browser, administration: Administration, root: Actor
) -> None:
    """SIPD-18."""
    assert change(carol, "digest_credentials", PASSWORD, "not alphanumeric!") == 422
    assert change(carol, "digest_credentials", PASSWORD, "abc123xyz") == 303
    assert administration.end_users.get(root, "carol").digest_credentials == Secret("abc123xyz")
    entries = administration.audit.find(root).entries
    assert any(entry.actor == "carol" and "digest_credentials" in entry.after for entry in entries)
    assert not any("abc123xyz" in str(entry) for entry in entries)
