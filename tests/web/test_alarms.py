"""Serviceability > Alarms, on pages and for programs (SVC-10)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.alarm import cleared, raised
from ringward.domain.alarm_catalogue import ALARMS, BACKUP_FAILED, DIGEST_GUESSING, PHONE_REFUSED
from ringward.store.alarms import AlarmFilter
from web.conftest import Browser

PAGE, CONFIGURATION = "/CMService/alarms", "/CMService/alarm-configuration"
INTERFACE = "/api/v1"


@pytest.fixture(autouse=True)
def three(administration: Administration) -> None:
    """Two alarms that are raised, and one that is over."""
    administration.alarms.report(raised(DIGEST_GUESSING, "192.0.2.66", "guesses <b>much</b>"))
    administration.alarms.report(raised(BACKUP_FAILED, "backup", "no space"))
    administration.alarms.report(raised(PHONE_REFUSED, "SEP000000000001", "no certificate"))
    administration.alarms.report(cleared(PHONE_REFUSED, "SEP000000000001"))


@pytest.fixture
def token(administration: Administration, root: Actor) -> dict[str, str]:
    made = administration.access_tokens.add(root, "program", "ada")
    return {"authorization": f"Bearer {made.token.reveal()}", "accept": "application/json"}


def test_the_list_shows_what_is_raised_worst_first_and_escapes_what_strangers_say(ada: Browser) -> None:
    page = ada.get(PAGE)
    assert page.text.index(f">{DIGEST_GUESSING}</a>") < page.text.index(f">{BACKUP_FAILED}</a>")
    assert "SEP000000000001" not in page.text and "2 alarms" in page.words
    assert "guesses <b>" not in page.text and "guesses <b>much</b>" in page.words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=all", {DIGEST_GUESSING, BACKUP_FAILED, PHONE_REFUSED}),
        ("state=over", {PHONE_REFUSED}),
        ("severity=Alert", {DIGEST_GUESSING}),
        ("state=all&text=sep0", {PHONE_REFUSED}),
        (f"name={BACKUP_FAILED}", {BACKUP_FAILED}),
        ("severity=nonsense&state=nonsense&page=nonsense", {DIGEST_GUESSING, BACKUP_FAILED}),
        ("page=99", set()),
    ],
)
def test_the_list_is_filtered(ada: Browser, query: str, found: set[str]) -> None:
    page = ada.get(f"{PAGE}?{query}")
    assert page.status == 200
    assert {name for name in ALARMS if f">{name}</a>" in page.text} == found


def test_acknowledging_takes_it_from_the_overview_and_to_do(ada: Browser, administration: Administration) -> None:
    for path in ("/CMAdmin/", "/CMAdmin/to-do"):
        assert "guesses" in ada.get(path).words
    page = ada.get(PAGE)
    number = page.value_of("number")
    assert ada.post(PAGE, {"csrf": page.value_of("csrf"), "act": "ticked", "number": number}).status == 303
    assert "seen by ada" in ada.get(PAGE).words
    for path in ("/CMAdmin/", "/CMAdmin/to-do"):
        assert "guesses" not in ada.get(path).words and "no space" in ada.get(path).words
    one = ada.get(f"{PAGE}/{number}").words
    assert ALARMS[DIGEST_GUESSING].advice in one and "acknowledged" in one
    again = ada.post(PAGE, {"csrf": page.value_of("csrf"), "act": "ticked", "number": number})
    assert again.status == 303 and "already" in ada.get(PAGE).words
    ada.post(PAGE, {"csrf": page.value_of("csrf"), "act": "all"})
    assert "Acknowledged: 1 alarm." in ada.get(PAGE).words


def test_nothing_ticked_acknowledges_nothing(ada: Browser, administration: Administration, root: Actor) -> None:
    page = ada.get(PAGE)
    ada.post(PAGE, {"csrf": page.value_of("csrf"), "act": "ticked"})
    assert "Tick the alarms" in ada.get(PAGE).words
    assert ada.post(PAGE, {"csrf": page.value_of("csrf"), "act": "ticked", "number": "x"}).status == 404
    assert administration.alarms.find(root, AlarmFilter(acknowledged=True)).total == 0


def test_who_may_only_look_sees_no_button_and_is_refused(grace: Browser) -> None:
    page = grace.get(PAGE)
    assert page.status == 200 and "Acknowledge" not in page.words
    csrf = grace.get("/CMAdmin/my-account").value_of("csrf")
    assert grace.post(PAGE, {"csrf": csrf, "act": "all"}).status == 403
    assert "<button" not in grace.get(CONFIGURATION).text.partition("<main")[2]
    form = {"csrf": csrf, "name": BACKUP_FAILED, "severity": "Alert"}
    assert grace.post(CONFIGURATION, form).status == 403


def test_the_catalogue_says_what_each_alarm_means_and_is_set(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    page = ada.get(CONFIGURATION)
    assert all(kind.meaning in page.words for kind in ALARMS.values())
    form = {"csrf": page.value_of("csrf"), "name": BACKUP_FAILED, "severity": "Emergency", "to_log": "yes"}
    assert ada.post(CONFIGURATION, form).status == 303
    setting = administration.alarms.routing().settings[BACKUP_FAILED]
    assert (setting.severity.label, setting.to_log, setting.to_syslog) == ("Emergency", True, False)
    assert "set otherwise" in ada.get(CONFIGURATION).words
    assert ada.post(CONFIGURATION, form | {"severity": "Dreadful"}).status == 400
    assert ada.post(CONFIGURATION, form | {"name": "NoSuchAlarm"}).status == 404


def test_programs_find_read_acknowledge_and_set(stranger: Browser, token: dict[str, str]) -> None:
    def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        reply = stranger.ask(method, f"{INTERFACE}{path}", data, token | {"content-type": "application/json"})
        return reply.status, json.loads(reply.text)

    status, found = ask("GET", "/alarms?raised=true&severity=error")
    items = found["items"]
    assert status == 200 and [each["name"] for each in items] == [DIGEST_GUESSING, BACKUP_FAILED]
    number = items[0]["number"]
    status, one = ask("GET", f"/alarms/{number}")
    assert one["about"]["advice"] == ALARMS[DIGEST_GUESSING].advice
    assert [each["act"] for each in one["history"]] == ["raised"]
    assert ask("POST", f"/alarms/{number}/acknowledge")[1]["acknowledged_by"] == "ada"
    assert ask("POST", f"/alarms/{number}/acknowledge")[0] == 409
    assert ask("GET", "/alarms/99999")[0] == ask("GET", "/alarms/x")[0] == 404
    assert ask("GET", "/alarms?severity=dreadful")[0] == ask("GET", "/alarms?raised=perhaps")[0] == 422
    assert ask("POST", "/alarms/acknowledge", {"numbers": []})[0] == 422
    assert ask("POST", "/alarms/acknowledge", {}) == (200, {"acknowledged": 1})
    status, made = ask("PATCH", f"/alarm-catalogue/{BACKUP_FAILED}", {"severity": "debug", "to_log": False})
    assert status == 200 and (made["severity"], made["to_log"], made["to_syslog"]) == ("debug", False, True)
    assert ask("PATCH", f"/alarm-catalogue/{BACKUP_FAILED}", {"severity": 3})[0] == 422
    assert ask("PATCH", f"/alarm-catalogue/{BACKUP_FAILED}", {"to_log": "no"})[0] == 422
    assert ask("PATCH", f"/alarm-catalogue/{BACKUP_FAILED}", {"colour": "red"})[0] == 422
    assert ask("PATCH", "/alarm-catalogue/NoSuchAlarm", {})[0] == 404
    status, catalogue = ask("GET", "/alarm-catalogue")
    assert {each["name"] for each in catalogue["items"]} == set(ALARMS)
