"""What the standard groups may do, through the pages and the programming interface (AUTHZ-19, ADMIN-25)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import (
    AUDITORS,
    CTI_ENABLED,
    END_USERS,
    HELP_DESK,
    READ_ONLY,
    SUPER_USERS,
)
from ringward.domain.vocabulary import CapfAuthenticationMode, DeviceSecurityMode, Protocol
from ringward.store.audit import AuditFilter
from ringward.web.navigation import MENUS
from web.conftest import PASSWORD, Browser

PHONE, PROFILE = "SEP0000000012AB", "ByString"
CAPF = "/CMAdmin/certificate-operations"
FORM = {"device": PHONE, "operation": "Install/Upgrade", "generate": "yes", "act": "give"}


@pytest.fixture
def office(administration: Administration, root: Actor) -> Administration:
    """A phone whose profile asks for an authentication string, and an end user."""
    predefined = administration.records(PhoneSecurityProfile).get(
        root, nonsecure_profile_name("7961", Protocol.SIP)
    )
    administration.records(PhoneSecurityProfile).add(
        root,
        replace(
            predefined,
            name=PROFILE,
            predefined=False,
            device_security_mode=DeviceSecurityMode.ENCRYPTED,
            authentication_mode=CapfAuthenticationMode.AUTHENTICATION_STRING,
        ).settled(),
    )
    administration.phones.add(root, Phone(PHONE, "7961", Protocol.SIP, PROFILE))
    administration.end_users.add(root, EndUser("bob", "Baker"))
    return administration


class Person:
    """Somebody of a group, in a browser and by an access token."""

    def __init__(self, administration: Administration, root: Actor, browser: Browser, group: str) -> None:
        administration.application_users.add(root, ApplicationUser("somebody", Secret(PASSWORD), (group,)))
        token = administration.access_tokens.add(root, "program", "somebody").token.reveal()
        self._headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        self._browser = browser
        assert browser.sign_in("somebody").status == 303

    def page(self, path: str) -> int:
        return self._browser.get(path).status

    def first_page(self) -> str:
        return self._browser.get("/CMAdmin/").headers["location"]

    def words(self, path: str) -> str:
        return self._browser.get(path).text

    def post(self, path: str, **fields: str) -> int:
        csrf = self._browser.get("/CMAdmin/my-account").value_of("csrf")
        return self._browser.post(path, {"csrf": csrf, **fields}).status

    def program(self, method: str, path: str, body: object = None) -> int:
        sent = json.dumps(body).encode() if body is not None else b""
        return self._browser.ask(method, f"/api/v1{path}", sent, self._headers).status


@pytest.fixture
def hire(office: Administration, root: Actor, another: Callable[[], Browser]) -> Callable[[str], Person]:
    return lambda group: Person(office, root, another(), group)


def test_who_may_only_look_sees_everything_and_changes_nothing(hire: Callable[[str], Person]) -> None:
    guest = hire(READ_ONLY)
    edit = f"/CMAdmin/phone/edit/{PHONE}"
    for path in ("/CMAdmin/", edit, "/CMService/audit-log", "/CMAdmin/enterprise-parameters"):
        assert guest.page(path) == 200, path
    assert guest.page(CAPF) == 403, "authentication strings are secrets of users"
    assert guest.post(CAPF, **FORM) == 403
    assert guest.post(edit, description="mine") == 403
    assert guest.post("/CMAdmin/phone/remove", key=PHONE, sure="yes") == 403
    assert guest.program("GET", f"/phone/{PHONE}") == 200
    assert guest.program("PATCH", f"/phone/{PHONE}", {"description": "mine"}) == 403
    assert guest.program("DELETE", f"/phone/{PHONE}") == 403
    assert guest.program("PATCH", "/enterprise-parameters", {"cluster_id": "mine"}) == 403


def test_the_help_desk_makes_authentication_strings_and_changes_no_profile(
    hire: Callable[[str], Person], office: Administration, root: Actor
) -> None:
    desk = hire(HELP_DESK)
    assert desk.page(desk.first_page()) == 200
    assert "Make new strings" in desk.words(CAPF)
    assert desk.post(CAPF, **FORM) == 303
    string = office.phones.get(root, PHONE).authentication_string
    assert string is not None
    assert string.reveal() in desk.words(CAPF)
    for more in (
        {"mode": CapfAuthenticationMode.NULL_STRING.value},
        {"key_size": "512"},
        {"operation": "Delete"},
        {"generate": "", "string": "4711"},
        {"act": "withdraw"},
    ):
        assert desk.post(CAPF, **(FORM | more)) == 403, more
    assert desk.post(f"/CMAdmin/phone-security-profile/edit/{PROFILE}", description="mine") == 403
    assert desk.post(f"/CMAdmin/phone/edit/{PHONE}", description="mine") == 403
    assert desk.program("GET", f"/phone-security-profile/{PROFILE}") == 200
    assert desk.program("PATCH", f"/phone-security-profile/{PROFILE}", {"description": "mine"}) == 403
    assert desk.program("PATCH", f"/phone/{PHONE}", {"security_profile": PROFILE}) == 403
    assert desk.program("POST", f"/phone/reset/{PHONE}") == 202
    assert office.phones.get(root, PHONE).security_profile == PROFILE


def test_the_help_desk_sets_forgotten_passwords_of_people_and_of_nobody_with_more_rights(
    hire: Callable[[str], Person], office: Administration, root: Actor, another: Callable[[], Browser]
) -> None:
    """ADMIN-13, AUTHZ-19: what is set is known to the help desk, so its owner must choose another."""
    desk, rob, fresh = hire(HELP_DESK), another(), "a fresh long password"
    office.end_users.add(root, EndUser("rob", password=Secret(PASSWORD), user_groups=(END_USERS,)))
    office.end_users.add(root, EndUser("boss", password=Secret(PASSWORD), user_groups=(SUPER_USERS,)))
    rob.sign_in("rob", **{"as": "user"})
    page = "/CMAdmin/end-user/set-password/rob"
    assert "Set Password" in desk.words("/CMAdmin/end-user/edit/rob")
    assert "must choose another" in desk.words(page)
    assert desk.post(page, password="short", again="short") == 422
    assert desk.post(page, password=fresh, again="another long one") == 422
    assert desk.post(page, password="", again="") == 422
    assert desk.post(page, password=fresh, again=fresh) == 303
    assert rob.get("/CMUser/").headers["location"].startswith("/sign-in"), "his browsers are signed out"
    assert rob.sign_in("rob", fresh, **{"as": "user"}).status == 303
    assert rob.get("/CMUser/").headers["location"] == "/CMUser/my-account"
    assert "somebody else has set it" in rob.get("/CMUser/my-account").words
    csrf = rob.get("/CMUser/my-account").value_of("csrf")
    form = {"csrf": csrf, "act": "password", "present": fresh, "new": "one of my own", "again": "one of my own"}
    assert rob.post("/CMUser/my-account", form).status == 303
    assert rob.get("/CMUser/").status == 200

    assert desk.post("/CMAdmin/end-user/set-password/boss", password=fresh, again=fresh) == 409
    assert desk.post("/CMAdmin/application-user/set-password/ada", password=fresh, again=fresh) == 403
    assert desk.post("/CMAdmin/end-user/edit/rob", last_name="mine") == 403
    assert desk.post("/CMAdmin/region/set-password/Default", password=fresh, again=fresh) == 404
    assert desk.program("PUT", "/passwords/end-user/rob", {"password": "another fresh one"}) == 204
    assert desk.program("PUT", "/passwords/end-user/rob", {"password": "x"}) == 422
    assert desk.program("PUT", "/passwords/end-user/boss", {"password": fresh}) == 409
    assert desk.program("PUT", "/passwords/application-user/ada", {"password": fresh}) == 403
    entries = office.audit.find(root, AuditFilter(permission="end-user.set-password")).entries
    assert {(each.key, each.outcome.value) for each in entries} == {("rob", "updated")}
    assert not any(fresh in str(each) for each in entries)


def test_auditors_read_the_logs_and_nothing_else(hire: Callable[[str], Person]) -> None:
    auditor = hire(AUDITORS)
    assert auditor.page(auditor.first_page()) == 200
    assert auditor.page("/CMService/audit-log") == 200
    assert auditor.page("/ART") == 200
    assert auditor.program("GET", "/audit-log") == 200
    for path in ("/CMAdmin/phone", f"/CMAdmin/phone/edit/{PHONE}", CAPF, "/CMAdmin/enterprise-parameters", "/AST"):
        assert auditor.page(path) == 403, path
    for path in ("/phone", "/end-user/bob", "/enterprise-parameters", "/live/phones", "/sessions", "/lock-outs"):
        assert auditor.program("GET", path) == 403, path
    assert auditor.post(f"/CMAdmin/phone/edit/{PHONE}", description="mine") == 403
    assert auditor.program("PATCH", f"/phone/{PHONE}", {"description": "mine"}) == 403


def test_who_may_do_nothing_sees_his_own_account_alone(hire: Callable[[str], Person]) -> None:
    application = hire(CTI_ENABLED)
    assert application.first_page() == "/CMAdmin/my-account"
    paths = {entry.path for menu in MENUS for entry in menu.entries}
    for path in paths - {"/CMAdmin/programming-interface"}:  # a description without anybody's data
        assert application.page(path) == 403, path
