"""Long jobs as pages and as resources of the programming interface (ADMIN-34)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from web.conftest import Answer, Browser, Node, Time

PHONES = "device_name,model\n" + "".join(f"SEP00000000000{number},7961\n" for number in range(1, 4))


@pytest.fixture
def office(administration: Administration, root: Actor) -> Administration:
    assert not administration.bulk.import_phones(root, PHONES).errors
    return administration


@pytest.fixture
def token(administration: Administration, root: Actor) -> str:
    return administration.access_tokens.add(root, "robot", "ada").token.reveal()


def ask(browser: Browser, token: str, method: str, path: str, given: Any = None) -> Answer:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return browser.ask(method, f"/api/v1{path}", json.dumps(given).encode() if given else b"", headers)


def work(administration: Administration, node: Node, clock: Time) -> None:
    for _ in range(20):
        clock.now += 1
        administration.jobs.step(node.ask)


def test_a_program_orders_a_job_watches_it_and_reads_its_report(
    office: Administration, stranger: Browser, token: str, node: Node, clock: Time
) -> None:
    order = {"kind": "phone-reset", "where": ["model:is-exactly:7961"], "arguments": {"restart": True}}
    answer = ask(stranger, token, "POST", "/jobs", order)
    assert (answer.status, answer.headers["location"]) == (202, "/api/v1/jobs/1")
    job = json.loads(answer.body)
    assert (job["title"], job["state"], job["left"]) == ("Restart 3 phones", "waiting", 3)
    work(office, node, clock)
    job = json.loads(ask(stranger, token, "GET", "/jobs/1").body)
    assert (job["state"], job["done"], job["ended_at"] is not None) == ("done", 3, True)
    items = json.loads(ask(stranger, token, "GET", "/jobs/1/items?state=done&limit=2").body)
    assert (len(items["items"]), items["total"]) == (2, 3)
    assert ask(stranger, token, "POST", "/jobs/1/cancel").status == 409
    assert json.loads(ask(stranger, token, "GET", "/jobs").body)["total"] == 1


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"kind": "coffee"}, 422),
        ({"kind": 7}, 422),
        ({"kind": "phone-reset", "devices": "SEP"}, 422),
        ({"kind": "phone-reset", "arguments": []}, 422),
        ({"kind": "phone-reset", "more": 1}, 422),
        ({"kind": "phone-reset", "where": ["model"]}, 422),
        ({"kind": "phone-reset", "devices": ["SEPFFFFFFFFFFFF"]}, 404),
    ],
)
def test_a_wrong_order_is_refused_in_words(
    office: Administration, stranger: Browser, token: str, order: Any, status: int
) -> None:
    answer = ask(stranger, token, "POST", "/jobs", order)
    assert answer.status == status, answer.text
    assert json.loads(answer.body)["detail"]


def test_the_page_of_a_job_shows_its_progress_and_cancels_it(
    office: Administration, ada: Browser, root: Actor, node: Node, clock: Time
) -> None:
    office.jobs.order(root, "phone-reset", {}, devices=["SEP000000000001", "SEP000000000002"])
    assert "Reset 2 phones" in ada.get("/CMAdmin/jobs").words
    page = ada.get("/CMAdmin/jobs/1")
    assert "0 of 2 done" in page.words
    answer = ada.post("/CMAdmin/jobs/1/cancel", {"csrf": page.value_of("csrf")})
    assert answer.status == 303
    page = ada.get(answer.headers["location"])
    assert "nothing is done to 2 phones" in page.words
    assert "Cancel the job" not in page.words
    assert ada.get("/CMAdmin/jobs/99").status == 404
    assert ada.get("/CMAdmin/jobs/x").status == 404


def test_who_may_only_look_sees_jobs_and_cancels_none(office: Administration, grace: Browser, root: Actor) -> None:
    office.jobs.order(root, "phone-reset", {}, devices=["SEP000000000001"])
    page = grace.get("/CMAdmin/jobs/1")
    assert page.status == 200
    assert grace.post("/CMAdmin/jobs/1/cancel", {"csrf": page.value_of("csrf")}).status == 403


def test_a_checked_file_is_imported_by_a_job(
    administration: Administration, ada: Browser, node: Node, clock: Time
) -> None:
    checked = ada.submit("/CMAdmin/phone-import", {"text": PHONES})
    assert "3 phones would be added" in checked.words
    fields = {"csrf": checked.value_of("csrf"), "text": PHONES, "store": "yes"}
    answer = ada.post("/CMAdmin/phone-import", fields)
    assert answer.headers["location"] == "/CMAdmin/jobs/1"
    work(administration, node, clock)
    assert "3 of 3 done" in ada.get("/CMAdmin/jobs/1").words
    assert "SEP000000000003" in ada.get("/CMAdmin/phone").words
