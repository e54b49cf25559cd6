"""The page of the audit log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from sqlalchemy import update

from ringward.administration import audit_log
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.application_user import ApplicationUser
from ringward.domain.region import Region
from ringward.domain.secret import Secret
from ringward.store.tables import audit
from web.conftest import PASSWORD, Browser, Time

PAGE = "/CMService/audit-log"
DAY = 24 * 3600


@pytest.fixture
def days(administration: Administration, root: Actor, clock: Time) -> None:
    """A region was added on each of the first three days of 2026; the day after it is today."""
    for day, name in enumerate(("Berlin", "Paris", "@Rome")):
        clock.now = 1_767_225_600.0 + day * DAY
        administration.records(Region).add(root, Region(name))


def test_the_chain_is_verified_in_the_page_and_a_forged_entry_found(
    ada: Browser, administration: Administration
) -> None:
    assert "entries are as they were written" in ada.get(f"{PAGE}?verify=yes").words
    with administration.database.writing() as connection:
        connection.execute(update(audit).where(audit.c.number == 2).values(actor="somebody else"))
    assert "Somebody has tampered with the log: entry 2" in ada.get(f"{PAGE}?verify=yes").words


@pytest.mark.usefixtures("days")
def test_entries_are_found_by_time_and_operation(stranger: Browser) -> None:
    stranger.sign_in()
    found = stranger.get(f"{PAGE}?permission=region.*&since=2026-01-02T00:00&until=2026-01-02T23:59").words
    assert "Paris" in found and "Berlin" not in found and "@Rome" not in found
    assert "No entry meets this." in stranger.get(f"{PAGE}?permission=phone.*").words


def test_what_is_no_time_is_told_and_kept(ada: Browser) -> None:
    answer = ada.get(f"{PAGE}?since=yesterday&actor=ada")
    assert answer.status == 422
    assert "From" in answer.words and "such as 2026-01-31" in answer.words
    assert answer.value_of("actor") == "ada"
    assert ada.get(f"{PAGE}/export/csv?since=yesterday").status == 400


@pytest.mark.usefixtures("days")
def test_what_was_found_is_saved_as_a_file(stranger: Browser) -> None:
    stranger.sign_in()
    query = "noun=region&permission=region.add&since=2026-01-02"
    page = stranger.get(f"{PAGE}?{query}&until=2026-01-03")
    assert f'href="{PAGE}/export/csv?' in page.text

    saved = stranger.get(f"{PAGE}/export/csv?{query}")
    assert saved.headers["content-type"].startswith("text/csv")
    assert saved.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    rows = list(csv.DictReader(io.StringIO(saved.text, newline="")))
    assert [row["key"] for row in rows] == ["'@Rome", "Paris"]

    saved = stranger.get(f"{PAGE}/export/json?{query}")
    assert saved.headers["content-type"] == "application/json"
    assert [each["key"] for each in json.loads(saved.body)] == ["@Rome", "Paris"]
    assert stranger.get(f"{PAGE}/export/xml").status == 404


def test_a_log_too_long_for_one_file_says_what_to_do(ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "MOST_EXPORTED", 1)
    answer = ada.get(f"{PAGE}/export/csv")
    assert answer.status == 400
    assert "export the log in parts" in answer.words


def test_who_may_not_read_the_log_saves_nothing(
    another: Callable[[], Browser], administration: Administration, root: Actor
) -> None:
    administration.application_users.add(root, ApplicationUser("nobody", Secret(PASSWORD), ()))
    browser = another()
    assert browser.sign_in("nobody").status == 303
    assert browser.get(PAGE).status == browser.get(f"{PAGE}/export/csv").status == 403
