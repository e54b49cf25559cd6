"""The pages and answers of calls: records, one call with each party's security, its ladder."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.calls.events import Cause
from ringward.calls.records import CallDetailRecord, EndedBy
from ringward.domain.errors import Unavailable
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode
from ringward.web.interface.openapi import description
from web.conftest import Browser, Node

RECORD = CallDetailRecord(
    call_id=17,
    origination_time=1_000.0,
    answer_time=1_003.5,
    end_time=1_060.0,
    calling_number="1001",
    calling_name="Anna",
    calling_device="SEP000000000001",
    originally_called_number="9000",
    partition="Staff",
    final_called_number="1002",
    final_called_device="SEP000000000002",
    ended_by=EndedBy.CALLED,
    calling_cause=None,
    called_cause=Cause.NORMAL,
    security_class=CallSecurityClass.NONSECURE,
    security_reason="nonsecure because the called phone's profile is Non Secure",
    transferred_from=None,
    transferred_to=18,
    calling_mode=DeviceSecurityMode.ENCRYPTED,
    called_mode=DeviceSecurityMode.NONSECURE,
)
LATER = replace(
    RECORD, call_id=18, origination_time=200_000.0, answer_time=None, calling_mode=None, called_mode=None
)
INVITE = "INVITE sip:9000@node1 SIP/2.0\r\nCall-ID: x\r\n\r\nv=0\r\n"
LADDER = [
    {"at": 1000.0, "received": True, "device": "SEP000000000001", "address": "TLS 192.0.2.7:4000", "text": INVITE},
    {"at": 1000.2, "received": False, "device": "<b>", "address": "UDP 192.0.2.8:5060", "text": INVITE},
    {"at": 1003.5, "received": True, "device": "<b>", "address": "", "text": "SIP/2.0 486 Busy Here\r\n\r\n"},
]
PRESENT = {
    "call_id": 19,
    "state": "connected",
    "held_by": "",
    "calling": "1001",
    "calling_name": "Anna",
    "calling_device": "SEP000000000001",
    "called": "1002",
    "called_name": "Bert",
    "called_device": "SEP000000000002",
    "originated_at": 1.0,
    "answered_at": 2.0,
    "security": "authenticated",
    "security_reason": "authenticated because the called phone's profile is Authenticated",
    "calling_security": "authenticated",
    "calling_security_reason": "the media of the calling phone is not encrypted",
    "called_security": "authenticated",
    "called_security_reason": "the called phone's profile is Authenticated",
}


@pytest.fixture(autouse=True)
def records(administration: Administration) -> None:
    administration.call_records.store([RECORD, LATER])


def test_each_party_has_its_class_and_the_reason(ada: Browser) -> None:
    """CALL-02, CALL-03: the call has the class of its weakest part."""
    for path in ("/ART", "/ART/call/17"):
        words = ada.get(path).words
        assert "authenticated the media of the calling phone is not encrypted" in words
        assert "nonsecure the called phone's profile is Non Secure" in words
    assert "nonsecure because the called phone's profile is Non Secure" in ada.get("/ART/call/17").words


def test_a_call_that_was_not_answered_promises_nothing_of_its_parties(ada: Browser) -> None:
    words = ada.get("/ART/call/18").words
    assert "not answered" in words
    assert words.count("not connected") == 2


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("", ["18", "17"]),
        ("since=1970-01-03", ["18"]),
        ("until=1970-01-01", ["17"]),
        ("since=1970-01-01&until=1970-01-03", ["18", "17"]),
        ("since=nonsense&until=9999-12-31", ["18", "17"]),
        ("number=1002&security=nonsecure", ["18", "17"]),
        ("security=encrypted", []),
        ("device=SEP000000000009", []),
    ],
)
def test_records_are_found_by_number_device_security_and_day(ada: Browser, query: str, calls: list[str]) -> None:
    text = ada.get(f"/ART?{query}").text
    assert [each for each in ("18", "17") if f'href="/ART/call/{each}"' in text] == calls


def test_the_ladder_is_a_picture_and_a_list_of_messages_that_are_only_shown(ada: Browser, node: Node) -> None:
    node.answers["ladder"] = LADDER
    page = ada.get("/ART/call/17").text
    assert page.count('<g class="arrow request">') == 2
    assert page.count('<g class="arrow failure">') == 1
    assert "INVITE 9000 (sdp)" in page and "486 Busy Here" in page
    assert "&lt;b&gt;" in page and "<b>" not in page
    assert node.asked[-2] == ("ladder", {"call": 17})


def test_a_call_that_goes_on_keeps_itself_fresh_and_one_that_is_over_needs_not(ada: Browser, node: Node) -> None:
    node.answers["calls"] = [PRESENT]
    going_on = ada.get("/ART/call/19")
    assert 'data-stream="/ART/call/19/events"' in going_on.text
    assert "connected" in going_on.words and "Bert" in going_on.words
    assert "data-stream" not in ada.get("/ART/call/17").text
    assert 'href="/ART/call/19"' in ada.get("/AST").text


def test_without_a_call_manager_the_record_is_still_there(ada: Browser, node: Node) -> None:
    node.answers["ladder"] = Unavailable("the service Cisco CallManager does not run")
    assert ada.get("/ART/call/17").status == 200
    assert ada.get("/ART/call/99").status == 503


@pytest.mark.parametrize("call", ["99", "0", "x", "1" * 40])
def test_a_call_that_never_was_is_not_found(ada: Browser, call: str) -> None:
    assert ada.get(f"/ART/call/{call}").status == 404


def ask(browser: Browser, administration: Administration, root: Actor, path: str) -> tuple[int, Any]:
    token = administration.access_tokens.add(root, "robot", "ada").token.reveal()
    answer = browser.get(f"/api/v1{path}", authorization=f"Bearer {token}")
    administration.access_tokens.remove(root, "robot")
    return answer.status, json.loads(answer.body)


def test_programs_get_records_and_ladders_as_they_are_described(
    stranger: Browser, administration: Administration, root: Actor, node: Node
) -> None:
    node.answers["ladder"] = LADDER
    document = description()
    for path, schema in (
        ("/call-detail-records?since=0&until=100000", "call-detail-record-page"),
        ("/call-detail-records/17", "call-detail-record"),
        ("/call-detail-records/18", "call-detail-record"),
        ("/ladder/17", "ladder"),
    ):
        status, told = ask(stranger, administration, root, path)
        assert status == 200, told
        jsonschema_rs.validate(document | {"$ref": f"#/components/schemas/{schema}"}, told)
    status, told = ask(stranger, administration, root, "/call-detail-records/17")
    assert (told["calling_security"], told["called_security"]) == ("authenticated", "nonsecure")
    assert told["called_security_reason"] == "the called phone's profile is Non Secure"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/call-detail-records/99", 404),
        ("/call-detail-records?security=blue", 422),
        ("/call-detail-records?since=-1", 422),
        ("/ladder/99", 404),
        ("/ladder/x", 404),
    ],
)
def test_what_is_not_there_or_cannot_be_is_refused(
    stranger: Browser, administration: Administration, root: Actor, path: str, status: int
) -> None:
    assert ask(stranger, administration, root, path)[0] == status
