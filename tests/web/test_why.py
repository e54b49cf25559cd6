"""The page that says how secure a phone is, and the same as an answer for programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import ServerNames
from ringward.administration.readiness import HeldTrustList
from ringward.administration.software_tokens import NewToken
from ringward.administration.trust_list import FetchedTrustList
from ringward.domain.certificate import MADE_AT_INSTALLATION
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.phone_timeline import Subject, TimelineEntry
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode, Protocol
from ringward.store.audit import AuditFilter
from web.conftest import Browser, Node, Time

KEY = "SEP001122AABBCC"
PATH = f"/CMAdmin/phone/why/{KEY}"
FILE = TimelineEntry(
    1_000_010.0, Subject.FILE, f"{KEY}.cnf.xml by TFTP from 192.0.2.7: <b>", good=True, about=f"{KEY}.cnf.xml"
)
PARAMETERS = "/CMAdmin/enterprise-parameters"


def refused(reason: str) -> TimelineEntry:
    return TimelineEntry(1_000_020.0, Subject.REFUSAL, reason, good=False, reason=reason)


REFUSED = refused("its certificate was revoked")


@pytest.fixture(autouse=True)
def phone(administration: Administration, root: Actor) -> None:
    nonsecure = nonsecure_profile_name("7961", Protocol.SIP)
    profile = PhoneSecurityProfile(
        "Secure", "7961", Protocol.SIP, device_security_mode=DeviceSecurityMode.ENCRYPTED
    )
    administration.records(PhoneSecurityProfile).add(root, profile)
    administration.phones.add(root, Phone(KEY, "7961", Protocol.SIP, nonsecure))


def saw(node: Node, *entries: TimelineEntry) -> None:
    node.answers["timeline"] = [entry.as_json() for entry in entries]


def test_the_page_says_how_the_phone_is_what_to_do_and_what_happened(ada: Browser, node: Node) -> None:
    saw(node, FILE, REFUSED)
    page = ada.get(PATH)
    assert page.status == 200
    assert "This phone was refused: its certificate was revoked. Give it a new certificate" in page.words
    assert f"or on the command line ringward capf set install {KEY}" in page.words
    assert "Profile : does not matter" in page.words
    assert page.text.count('class="mark ') == 3, "added, file, refused"
    assert "192.0.2.7: &lt;b&gt;" in page.text and "<b>" not in page.text
    assert ("timeline", {"device": KEY}) in node.asked


@pytest.mark.parametrize(
    ("secure", "entries", "link"),
    [
        (False, (FILE, refused("wrong digest credentials")), f"/CMAdmin/phone/edit/{KEY}"),
        (False, (FILE, refused("its certificate is signed by nobody that this port trusts")), "/Platform/trust"),
        (False, (FILE, refused("it speaks only a version of TLS that is not accepted here")), PARAMETERS),
        (True, (FILE, TimelineEntry(1.0, Subject.REGISTRATION, "line 1", good=True)), "/CMAdmin/trust-list"),
        (False, (TimelineEntry(1.0, Subject.REGISTRATION, "", good=True, security="Encrypted"),), "#orders"),
    ],
)
def test_the_next_step_is_a_link_to_where_it_is_taken(
    ada: Browser,
    node: Node,
    administration: Administration,
    root: Actor,
    secure: bool,
    entries: tuple[TimelineEntry, ...],
    link: str,
) -> None:
    if secure:
        administration.phones.update(root, KEY, {"security_profile": "Secure"})
    saw(node, *entries)
    assert f'<a class="button main" href="{link}">' in ada.get(PATH).text


def test_it_is_reached_from_the_phone_from_the_list_and_after_a_reset(ada: Browser, node: Node) -> None:
    node.answers["phones"] = {"registered": [], "refused": [{"device": KEY, "reason": "wrong cipher"}]}
    for page in ("/CMAdmin/phone", f"/CMAdmin/phone/edit/{KEY}"):
        assert f'href="{PATH}"' in ada.get(page).text
    csrf = ada.get(PATH).value_of("csrf")
    answer = ada.post(f"/CMAdmin/phone/reset/{KEY}", {"csrf": csrf, "back": "why"})
    assert (answer.status, answer.headers["location"]) == (303, PATH)
    assert "told to reset" in ada.get(PATH).words


def test_who_may_only_look_has_no_buttons_and_a_made_up_phone_is_not_asked_for(grace: Browser, node: Node) -> None:
    assert "Reset" not in grace.get(PATH).text.partition('id="news"')[2].partition("</html>")[0]
    answer = grace.get("/CMAdmin/phone/why/SEP00112233FFFF")
    assert answer.status == 404
    assert not [command for command, _ in node.asked if command == "timeline"][1:]


def test_programs_get_the_same_answer_as_data(
    stranger: Browser, administration: Administration, root: Actor, node: Node
) -> None:
    saw(node, FILE, REFUSED)
    token = administration.access_tokens.add(root, "robot", "ada").token.reveal()
    answer = stranger.get(f"/api/v1/phone/why/{KEY}", authorization=f"Bearer {token}")
    told = json.loads(answer.body)
    assert told["verdict"]["place"] == "certificate-operations"
    assert told["verdict"]["command"].startswith(f"ringward capf set install {KEY}")
    assert [entry["subject"] for entry in told["timeline"]] == ["administration", "file", "refusal"]
    missing = stranger.get("/api/v1/phone/why/SEP00112233FFFF", authorization=f"Bearer {token}")
    assert missing.status == 404


# -- the CTL file that it holds -------------------------------------------------------------------------------


@pytest.fixture
def holding(administration: Administration, root: Actor, clock: Time) -> bytes:
    """The phone has fetched the CTL file in force."""
    clock.now = datetime.now(UTC).timestamp()
    administration.certificates.make_missing(MADE_AT_INSTALLATION, ServerNames("node1", (), ("192.0.2.1",)))
    password = Secret("blue lamp 4711")
    administration.software_tokens.make(root, [NewToken(each, password) for each in ("blue", "red")])
    administration.software_tokens.sign(root, "blue", password, ClusterSecurityMode.MIXED)
    content = administration.ctl_file.present(root).content
    administration.ctl_file.record_fetched([FetchedTrustList(KEY, content, 1)])
    return content


def test_that_its_ctl_file_was_erased_is_noted_after_a_question(
    ada: Browser, administration: Administration, root: Actor, holding: bytes
) -> None:
    """CTL-19: as by the CTL client, with the same entry in the audit log."""
    ada.sign_in()  # the clock was set
    page = ada.get(PATH)
    assert "The CTL file that it is known to hold is the one in force." in page.words
    asked = ada.post(PATH, {"csrf": page.value_of("csrf")})
    assert f"Was the CTL file erased at {KEY}?" in asked.words
    assert administration.readiness.held_by(root, KEY) is HeldTrustList.PRESENT, "nothing is done yet"

    assert ada.confirm(PATH, asked).status == 303
    after = ada.get(PATH)
    assert f"{KEY} counts as a phone without a CTL file." in after.words
    assert "known to hold" not in after.words
    assert administration.readiness.held_by(root, KEY) is HeldTrustList.NONE
    (entry,) = administration.audit.find(root, AuditFilter(permission="trust-list.forget-phone", key=KEY)).entries
    assert (entry.actor, entry.after) == ("ada", {"trust-list": "(erased)"})
    ada.confirm(PATH, asked)
    assert f"There is no CTL file known to be held by '{KEY}'." in ada.get(PATH).words


def test_who_may_only_look_is_told_what_it_holds_and_offered_nothing(
    grace: Browser, administration: Administration, root: Actor, holding: bytes
) -> None:
    grace.sign_in("grace")
    page = grace.get(PATH)
    assert "known to hold is the one in force" in page.words and "erased at the phone…" not in page.words
    assert grace.post(PATH, {"csrf": page.value_of("csrf"), "sure": "yes"}).status == 403
    assert administration.readiness.held_by(root, KEY) is HeldTrustList.PRESENT


def test_another_file_than_the_one_in_force_is_told_apart(
    ada: Browser, administration: Administration, root: Actor, holding: bytes
) -> None:
    administration.software_tokens.sign(root, "red", Secret("blue lamp 4711"), ClusterSecurityMode.MIXED)
    ada.sign_in()
    assert "known to hold is another one than that in force" in ada.get(PATH).words
