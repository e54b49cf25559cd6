"""Where somebody is signed in, who is locked out, and ending either: for oneself, administrators and programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import HELP_DESK
from ringward.store.audit import AuditFilter
from ringward.web.application import web_application
from ringward.web.sessions import Sessions
from web.conftest import PASSWORD, Browser, Node, Time

OWN, PAGE = "/CMAdmin/my-account", "/CMAdmin/sign-ins"
INTERFACE = "/api/v1"


@pytest.fixture
def token(administration: Administration, root: Actor) -> dict[str, str]:
    made = administration.access_tokens.add(root, "program", "ada")
    return {"authorization": f"Bearer {made.token.reveal()}", "accept": "application/json"}


def test_one_sees_ones_own_sessions_and_signs_out_elsewhere(
    ada: Browser, grace: Browser, another: Callable[[], Browser]
) -> None:
    elsewhere, third = another(), another()
    for browser in (elsewhere, third):
        browser.sign_in()
    page = ada.get(OWN)
    assert page.text.count("192.0.2.9</th>") == 3, "grace's session is not shown"
    identity = page.value_of("session")
    form = {"csrf": page.value_of("csrf"), "act": "sign-out"}
    assert ada.post(OWN, form | {"session": identity}).status == 303
    assert sorted(each.get("/CMAdmin/").status for each in (elsewhere, third)) == [200, 303]
    ada.post(OWN, form)
    assert [each.get("/CMAdmin/").status for each in (elsewhere, third)] == [303, 303]
    assert ada.get("/CMAdmin/").status == grace.get("/CMAdmin/").status == 200


def test_the_sessions_that_an_application_is_given_are_those_it_keeps(
    administration: Administration, node: Node, clock: Time
) -> None:
    """The node lists and ends them for the command line, and gives them while there are none."""
    sessions = Sessions(clock, administration.authentication.session_limits)
    browser = Browser(web_application(administration, node, "node1", clock, clock, sessions))
    browser.sign_in()
    assert [each.name for each in sessions.views()] == ["ada"]
    assert sessions.end_of("ada", is_end_user=False) == 1
    assert browser.get("/CMAdmin/").status == 303


def test_nobody_ends_the_session_of_somebody_else_by_his_own_page(ada: Browser, grace: Browser) -> None:
    identity = ada.get(PAGE).value_of("session")
    form = {"csrf": grace.get(OWN).value_of("csrf"), "act": "sign-out", "session": identity}
    assert grace.post(OWN, form).status == 404
    assert ada.get("/CMAdmin/").status == 200


def test_who_may_only_look_changes_his_own_password_all_the_same(grace: Browser) -> None:
    form = {"csrf": grace.get(OWN).value_of("csrf"), "act": "password", "present": PASSWORD}
    wrong = grace.post(OWN, form | {"new": "too short", "again": "too short"})
    assert wrong.status == 422
    assert "12 to 128 characters" in wrong.words
    new = {"new": "something longer", "again": "something longer"}
    assert grace.post(OWN, form | new).status == 303
    assert grace.get("/CMAdmin/").status == 200


def test_administrators_sign_others_out_and_it_is_audited(
    ada: Browser, grace: Browser, administration: Administration, root: Actor
) -> None:
    page = ada.get(PAGE)
    assert "grace" in page.words
    form = {"csrf": page.value_of("csrf"), "act": "end", "noun": "application-user", "name": "grace"}
    assert ada.post(PAGE, form | {"session": page.value_of("session")}).status == 303
    assert grace.get("/CMAdmin/").status == 303
    entry = administration.audit.find(root, AuditFilter(permission="session.end")).entries[0]
    assert (entry.actor, entry.key, dict(entry.after)) == ("ada", "grace", {"sessions_ended": "1"})
    ada.post(PAGE, form)
    assert "That was over already" in ada.get(PAGE).words


def test_who_may_only_look_sees_the_sessions_and_ends_none(ada: Browser, grace: Browser) -> None:
    page = grace.get(PAGE)
    assert page.status == 200
    assert 'value="end"' not in page.text
    form = {"csrf": grace.get(OWN).value_of("csrf"), "act": "end", "noun": "application-user", "name": "ada"}
    assert grace.post(PAGE, form).status == 403
    assert ada.get("/CMAdmin/").status == 200


def test_a_lock_out_is_seen_and_ended_in_the_page(ada: Browser, another: Callable[[], Browser]) -> None:
    guesser = another()
    for _ in range(5):
        guesser.sign_in("grace", "wrong")
    for _ in range(5):
        guesser.sign_in("<b>nobody", "wrong")
    page = ada.get(PAGE)
    assert "grace Application User 192.0.2.9 5" in page.words
    assert "<b>nobody Application User, no such account" in page.words
    assert "<b>nobody" not in page.text
    form = {"csrf": page.value_of("csrf"), "act": "unlock", "noun": "application-user", "name": "grace"}
    assert ada.post(PAGE, form).status == 303
    assert guesser.sign_in("grace").status == 303


def test_the_help_desk_unlocks_but_sees_no_sessions(
    administration: Administration, root: Actor, another: Callable[[], Browser]
) -> None:
    administration.application_users.add(root, ApplicationUser("desk", Secret(PASSWORD), (HELP_DESK,)))
    administration.end_users.add(root, EndUser("bob", password=Secret(PASSWORD)))
    desk, bob = another(), another()
    for _ in range(5):
        bob.sign_in("bob", "wrong", **{"as": "user"})
    assert desk.sign_in("desk").status == 303
    page = desk.get(PAGE)
    assert "bob End User 192.0.2.9" in page.words
    assert "Signed in now" not in page.words
    form = {"csrf": page.value_of("csrf"), "act": "unlock", "noun": "end-user", "name": "bob"}
    assert desk.post(PAGE, form).status == 303
    assert bob.sign_in("bob", **{"as": "user"}).status == 303


def test_programs_see_and_end_sessions_and_lock_outs(stranger: Browser, node: Node, token: dict[str, str]) -> None:
    node.answers |= {"sessions": [{"identity": "0a1b", "name": "grace"}], "end-sessions": 1}
    assert '"identity":"0a1b"' in stranger.get(f"{INTERFACE}/sessions", **token).text
    gone = stranger.ask("DELETE", f"{INTERFACE}/sessions/application-user/grace?session=0a1b", b"", token)
    assert gone.status == 204
    assert ("end-sessions", {"name": "grace", "is_end_user": False, "session": "0a1b"}) in node.asked
    node.answers["end-sessions"] = 0
    assert stranger.ask("DELETE", f"{INTERFACE}/sessions/end-user/grace", b"", token).status == 404

    for _ in range(5):
        stranger.sign_in("grace", "wrong")
    assert '"name":"grace","place":"192.0.2.9"' in stranger.get(f"{INTERFACE}/lock-outs", **token).text
    for status in (204, 404):
        path = f"{INTERFACE}/lock-outs/application-user/grace"
        assert stranger.ask("DELETE", path, b"", token).status == status
    assert stranger.get(f"{INTERFACE}/sessions").status == 401
