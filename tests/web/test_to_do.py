"""To Do: what waits, in order, and its buttons."""

from __future__ import annotations

import json

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.errors import Refused
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.service import TFTP
from ringward.domain.vocabulary import Protocol
from web.conftest import Browser, Node, Time

HERE, AWAY = "SEP00000000000A", "SEP00000000000B"
PATH = "/CMAdmin/to-do"


@pytest.fixture(autouse=True)
def changes(administration: Administration, root: Actor, node: Node, clock: Time) -> None:
    """One phone that is registered, and one that is not, both changed since."""
    for device in (HERE, AWAY):
        profile = nonsecure_profile_name("7961", Protocol.SIP)
        administration.phones.add(root, Phone(device, "7961", Protocol.SIP, profile))
    clock.now += 10
    for device in (HERE, AWAY):
        administration.phones.update(root, device, {"description": "Elsewhere"})
    node.answers["registered"] = {"devices": [HERE], "less_secure": {}}


def order(browser: Browser, act: str, what: str) -> tuple[int, str]:
    csrf = browser.get(PATH).value_of("csrf")
    answer = browser.post(PATH, {"csrf": csrf, "act": act, "what": what})
    return answer.status, answer.headers.get("location", "")


def button(page: str) -> tuple[str, str]:
    """The order of the button of the phone that is registered."""
    word = "reset" if f'aria-label="Reset {HERE}"' in page else "restart"
    assert f'aria-label="{word.capitalize()} {HERE}"' in page
    return word, HERE


def test_phones_that_are_registered_have_a_button_and_others_need_none(ada: Browser) -> None:
    page = ada.get(PATH)
    assert "Tell 2 phones" in page.words
    button(page.text)
    assert f' {AWAY}"' not in page.text.replace(f'/{AWAY}"', "")
    assert f"{AWAY} not registered" in page.words


def test_one_phone_is_told_and_waits_no_more(ada: Browser, node: Node) -> None:
    word, device = button(ada.get(PATH).text)
    assert order(ada, word, device) == (303, PATH)
    assert ("reset", {"device": HERE, "restart": word == "restart"}) in node.asked
    page = ada.get(PATH)
    assert f"Phone {HERE} is told to {word}." in page.words
    assert "Tell 1 phone" in page.words


def test_all_that_are_registered_are_told_by_a_job(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    word, _ = button(ada.get(PATH).text)
    status, where = order(ada, "all", word)
    assert status == 303
    number = int(where.rpartition("/")[2])
    items = administration.jobs.items(root, number)
    assert [item.key for item in items] == [HERE]


def test_services_come_first_and_are_restarted_with_one_button(
    ada: Browser, administration: Administration, root: Actor, node: Node, clock: Time
) -> None:
    node.answers["services"] = [
        {"service": TFTP.name, "status": "Started", "since": clock.now, "problem": "", "description": ""}
    ]
    node.answers["settle"] = node.answers["services"]
    clock.now += 10
    administration.parameters.set_service(root, "node1", TFTP.name, {"enable_caching": "false"})
    page = ada.get(PATH)
    assert page.words.index("First restart services on node1") < page.words.index("Then tell 2 phones")
    assert order(ada, "service", TFTP.name) == (303, PATH)
    assert f"{TFTP.name} is restarted." in ada.get(PATH).words
    node.answers["settle"] = [node.answers["services"][0] | {"problem": "the port is taken"}]
    order(ada, "service", TFTP.name)
    assert "cannot start: the port is taken." in ada.get(PATH).words


def test_what_the_node_refuses_is_said(ada: Browser, node: Node) -> None:
    word, device = button(ada.get(PATH).text)
    node.answers["reset"] = Refused("the phone is not registered any more")
    order(ada, word, device)
    assert "The phone is not registered any more." in ada.get(PATH).words


@pytest.mark.parametrize(("act", "what"), [("explode", HERE), ("all", "explode"), ("service", "Nobody"), ("", "")])
def test_what_is_no_order_is_refused(ada: Browser, act: str, what: str) -> None:
    assert order(ada, act, what)[0] == 404


def test_who_may_only_look_sees_it_without_buttons(grace: Browser) -> None:
    page = grace.get(PATH)
    assert "Tell 2 phones" in page.words
    assert f'action="{PATH}"' not in page.text


def test_programs_get_it_in_order(stranger: Browser, administration: Administration, root: Actor) -> None:
    token = administration.access_tokens.add(root, "robot", "ada").token.reveal()
    told = json.loads(stranger.get("/api/v1/to-do", authorization=f"Bearer {token}").body)
    assert [(item["what"], item["registered"]) for item in told["items"]] == [(HERE, True), (AWAY, False)]
    assert (told["total"], told["offset"], told["less_secure"]) == (2, 0, [])
    part = json.loads(stranger.get("/api/v1/to-do?offset=1&limit=1", authorization=f"Bearer {token}").body)
    assert ([item["what"] for item in part["items"]], part["total"]) == ([AWAY], 2)
