"""Serviceability > Trace, and the same for programs (SVC-05)."""

from __future__ import annotations

import json

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.errors import NotFound, Refused
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.vocabulary import Protocol
from ringward.store.audit import AuditFilter
from web.conftest import Browser, Node

KEY = "SEP001122AABBCC"
PATH = "/CMService/trace"
TRACED = {"file": "/data/trace.log", "traces": [{"device": KEY, "level": "messages", "until": 1_000_600.0}]}
TEXT = f"2026-11-25 22:00:00,000 {KEY} from UDP 192.0.2.7:5060: INVITE <b>\n"


@pytest.fixture(autouse=True)
def phone(administration: Administration, root: Actor) -> None:
    administration.phones.add(root, Phone(KEY, "7961", Protocol.SIP, nonsecure_profile_name("7961", Protocol.SIP)))


def order(browser: Browser, **fields: str) -> tuple[int, str]:
    csrf = browser.get(PATH).value_of("csrf")
    answer = browser.post(PATH, {"csrf": csrf} | fields)
    return answer.status, answer.headers.get("location", "") or answer.words


def test_a_phone_is_traced_at_a_level_for_some_minutes_and_the_log_tells_by_whom(
    ada: Browser, node: Node, administration: Administration, root: Actor
) -> None:
    assert order(ada, device="001122aabbcc", level="messages", minutes="10") == (303, f"{PATH}/{KEY}")
    assert ("trace", {"device": KEY, "level": "messages", "seconds": 600}) in node.asked
    (entry,) = administration.audit.find(root, AuditFilter(permission="phone.trace")).entries
    assert (entry.actor, entry.after) == ("ada", {"trace": "messages", "minutes": "10"})


def test_the_list_says_who_is_traced_and_ends_it(ada: Browser, node: Node) -> None:
    assert "Nobody is traced." in ada.get(PATH).words
    node.answers["traces"] = TRACED
    page = ada.get(PATH)
    assert f'href="{PATH}/{KEY}"' in page.text and "messages" in page.words
    assert order(ada, device=KEY, act="end") == (303, PATH)
    assert ("trace", {"device": KEY, "level": "", "seconds": 0}) in node.asked
    assert "is traced no more" in ada.get(PATH).words


def test_what_was_written_is_shown_and_downloaded(ada: Browser, node: Node) -> None:
    node.answers |= {"traces": TRACED, "trace-text": TEXT}
    page = ada.get(f"{PATH}/{KEY}")
    assert "Traced at level messages until" in page.words
    assert "INVITE &lt;b&gt;" in page.text
    file = ada.get(f"{PATH}/{KEY}/download")
    assert file.body.decode() == TEXT
    assert file.headers["content-disposition"] == f'attachment; filename="{KEY}.trace.txt"'
    assert file.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"device": KEY, "level": "all", "minutes": "10"}, 422, "Choose a level"),
        ({"device": KEY, "level": "summary", "minutes": "0"}, 422, "from 1 to 1440 minutes"),
        ({"device": KEY, "level": "summary", "minutes": "99999"}, 422, "from 1 to 1440 minutes"),
        ({"device": KEY, "level": "summary", "minutes": "-5"}, 422, "from 1 to 1440 minutes"),
        ({"device": "SEP00112233FFFF", "level": "summary", "minutes": "5"}, 404, "There is no phone"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(
    ada: Browser, node: Node, fields: dict[str, str], status: int, words: str
) -> None:
    answered, said = order(ada, **fields)
    assert answered == status and words in said
    assert not [command for command, _ in node.asked if command == "trace"]


def test_a_refusal_of_the_node_is_shown_and_leaves_no_entry_in_the_log(
    ada: Browser, node: Node, administration: Administration, root: Actor
) -> None:
    node.answers["trace"] = Refused("50 devices are traced already; end one of these traces first")
    status, words = order(ada, device=KEY, level="summary", minutes="5")
    assert status == 409 and "50 devices are traced already" in words
    assert not administration.audit.find(root, AuditFilter(permission="phone.trace")).entries
    node.answers["trace"] = NotFound("trace of", KEY)
    assert order(ada, device=KEY, act="end")[0] == 404


def test_who_may_only_look_reads_no_traces(grace: Browser) -> None:
    for path in (PATH, f"{PATH}/{KEY}", f"{PATH}/{KEY}/download"):
        assert grace.get(path).status == 403
    assert PATH not in grace.get("/CMAdmin/").text


def test_programs_trace_too(stranger: Browser, administration: Administration, root: Actor, node: Node) -> None:
    node.answers |= {"traces": TRACED, "trace-text": TEXT}
    token = administration.access_tokens.add(root, "robot", "ada").token.reveal()
    sent = {"authorization": f"Bearer {token}"}
    begun = stranger.ask("POST", f"/api/v1/phone/trace/{KEY}?level=messages&minutes=10", b"", sent)
    assert (begun.status, json.loads(begun.body)) == (200, {"device": KEY, "until": 2_000_000.0})
    assert json.loads(stranger.get("/api/v1/trace", **sent).body) == TRACED
    assert stranger.get(f"/api/v1/phone/trace/{KEY}", **sent).body.decode() == TEXT
    assert stranger.ask("POST", f"/api/v1/phone/trace/{KEY}?level=all", b"", sent).status == 422
    assert stranger.get("/api/v1/phone/trace/SEP00112233FFFF", **sent).status == 404
