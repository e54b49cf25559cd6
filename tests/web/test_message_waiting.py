"""Voice Mail > Messages Waiting in the browser."""

from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.calls.message_waiting import Messages
from ringward.domain.directory_number import DirectoryNumber
from web.conftest import Browser

PAGE = "/CMAdmin/messages-waiting"


@pytest.fixture(autouse=True)
def number(administration: Administration, root: Actor) -> None:
    administration.records(DirectoryNumber).add(root, DirectoryNumber("1001"))


def test_a_number_gets_messages_and_loses_them(ada: Browser, administration: Administration, root: Actor) -> None:
    assert "No number has messages." in ada.get(PAGE).words
    assert ada.submit(PAGE, {"number": "1001", "new": "2", "old": "1"}).status == 303
    assert list(administration.message_waiting.all(root).values()) == [Messages(2, 1)]
    page = ada.get(PAGE)
    assert "1001 has 2 new and 1 old messages." in page.words
    assert 'href="/CMAdmin/directory-number/edit/1001"' in page.text
    ada.submit(PAGE, {"number": "1001", "new": "0", "old": "0"})
    assert not administration.message_waiting.all(root)


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"number": "1009", "new": "1"}, "1009"),
        ({"number": "1001", "new": "many"}, "whole numbers from 0 to 9999"),
    ],
)
def test_what_is_wrong_is_said_and_stays(ada: Browser, entered: dict[str, str], said: str) -> None:
    answer = ada.submit(PAGE, entered)
    assert answer.status == 422
    assert said in answer.words
    assert answer.value_of("number") == entered["number"] and answer.value_of("new") == entered["new"]


def test_who_may_only_look_has_no_form(grace: Browser) -> None:
    assert "<fieldset>" not in grace.get(PAGE).text
    csrf = grace.get("/CMAdmin/region").value_of("csrf")
    assert grace.post(PAGE, {"csrf": csrf, "number": "1001", "new": "1"}).status == 403
