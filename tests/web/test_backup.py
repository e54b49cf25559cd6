"""Platform > Backup: schedules, single backups, comparing, downloading; and the same for programs (SVC-09)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.backup_file import Manifest
from ringward.domain.backup_schedule import BackupSchedule
from ringward.domain.rules.one_time_code import STEP, code_of
from ringward.domain.secret import Secret
from ringward.pki.wrapping_key import UnwrappingKey
from ringward.store.audit import AuditFilter
from web.conftest import PASSWORD, Answer, Browser, Time

PAGE = "/Platform/backup"
CONTENT = b"\x00sealed\xff"
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def made(administration: Administration, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """How backups are made is tested elsewhere; here each is a few octets."""
    sealed_for: list[Any] = []

    def create(actor: Actor, target: Path, wanted: Any, told: Any) -> Manifest:
        sealed_for.append(wanted)
        told(1_000_000, 2_000_000)
        target.write_bytes(CONTENT)
        return Manifest("node1", 0, "1", "1", ())

    monkeypatch.setattr(administration.backups, "create", create)
    return sealed_for


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    directory = tmp_path / "shelf"
    directory.mkdir()
    return directory


@pytest.fixture
def nightly(administration: Administration, root: Actor, shelf: Path) -> str:
    key = UnwrappingKey.make().public.text
    schedule = BackupSchedule("nightly", directory=str(shelf), public_key=key)
    administration.records(BackupSchedule).add(root, schedule)
    return "nightly"


def work(administration: Administration) -> None:
    while administration.jobs.step(lambda command, arguments: None) is not None:
        pass


def post(browser: Browser, path: str, **fields: str) -> Answer:
    return browser.post(path, {"csrf": browser.get("/CMAdmin/my-account").value_of("csrf"), **fields})


def test_without_a_schedule_the_page_says_how_to_begin_and_how_to_restore(ada: Browser) -> None:
    page = ada.get(PAGE)
    assert "No backup is made by itself" in page.words and "ringward backup new-key" in page.words
    assert "ringward backup restore FILE --key KEYFILE --data" in page.words
    assert ada.get("/CMAdmin/backup-schedule/new").status == 200


def test_one_is_made_now_as_a_schedule_says_and_its_progress_watched(
    ada: Browser, administration: Administration, nightly: str, shelf: Path
) -> None:
    assert "none yet" in ada.get(PAGE).words
    answer = post(ada, PAGE, schedule=nightly)
    assert answer.headers["location"] == "/CMAdmin/jobs/1"
    assert "going on" in ada.get(PAGE).words
    work(administration)
    job = ada.get("/CMAdmin/jobs/1")
    assert "Done" in job.words and str(shelf) in job.words
    assert "/CMAdmin/phone/edit" not in job.text[job.text.index("<main") :]
    page = ada.get(PAGE)
    assert "made" in page.words and "Next:" in page.words
    one = ada.get(f"{PAGE}/1")
    assert f"ringward backup restore {shelf}/nightly-" in one.words and "--key KEYFILE" in one.words


def test_a_single_one_is_sealed_with_a_passphrase_that_is_nowhere_afterwards(
    ada: Browser, administration: Administration, shelf: Path, made: list[Any], root: Actor, tmp_path: Path
) -> None:
    for fields in (
        {"directory": "shelf", "passphrase": PASSPHRASE, "again": PASSPHRASE},
        {"directory": str(shelf), "passphrase": "short", "again": "short"},
        {"directory": str(shelf), "passphrase": PASSPHRASE, "again": "another one of those"},
        {},
    ):
        answer = post(ada, PAGE, **fields)
        assert answer.status == 422 and "Nothing is begun yet" in answer.words
        assert PASSPHRASE not in answer.text
    assert post(ada, PAGE, directory=str(shelf), passphrase=PASSPHRASE, again=PASSPHRASE).status == 303
    work(administration)
    assert made == [Secret(PASSPHRASE)]
    assert "--key" not in ada.get(f"{PAGE}/1").words
    for part in tmp_path.glob("ringward.sqlite*"):
        assert PASSPHRASE.encode() not in part.read_bytes()
    assert PASSPHRASE not in str(administration.audit.find(root, AuditFilter()).entries)


def test_a_failed_one_stands_on_the_start_page(
    ada: Browser, administration: Administration, nightly: str, shelf: Path
) -> None:
    shelf.rmdir()
    administration.backup_clock.order_due()
    work(administration)
    assert "BackupFailed: nightly-" in ada.get("/CMAdmin/").words
    assert "is not there: make it" in ada.get(PAGE).words
    assert "failed" in ada.get(f"{PAGE}/1").words and "Download" not in ada.get(f"{PAGE}/1").words


def test_a_file_is_compared_and_downloaded_by_who_proves_himself_once_more(
    ada: Browser, administration: Administration, nightly: str, shelf: Path, clock: Time, root: Actor
) -> None:
    administration.backup_clock.order_due()
    work(administration)
    assert "as it was written" in post(ada, f"{PAGE}/1", act="check").words
    wrong = post(ada, f"{PAGE}/1", act="download", present="wrong")
    assert wrong.status == 422 and "your present password" in wrong.words and CONTENT not in wrong.body
    right = post(ada, f"{PAGE}/1", act="download", present=PASSWORD)
    assert (right.status, right.body) == (200, CONTENT)
    assert (
        "attachment" in right.headers["content-disposition"] and "nightly-" in right.headers["content-disposition"]
    )

    owner = administration.authentication.present(Actor("ada", root.rights, "test"), is_end_user=False)
    assert owner is not None
    offered = administration.own_second_factor.offer(owner.actor)
    key = bytes.fromhex(offered.key.reveal())
    code = code_of(key, int(clock.now) // STEP)
    administration.own_second_factor.turn_on(owner.actor, Secret(PASSWORD), offered, code)
    clock.now += STEP
    code = code_of(key, int(clock.now) // STEP)
    assert ada.sign_in().headers["location"] == "/sign-in/code"
    assert ada.post("/sign-in/code", {"code": code}).status == 303
    assert post(ada, f"{PAGE}/1", act="download", present=PASSWORD, code=code).status == 422, "it was used"
    clock.now += STEP
    code = code_of(key, int(clock.now) // STEP)
    assert post(ada, f"{PAGE}/1", act="download", present=PASSWORD, code=code).body == CONTENT
    fetched = administration.audit.find(root, AuditFilter(permission="backup.download")).entries
    assert [each.actor for each in fetched] == ["ada", "ada"]

    (file,) = shelf.iterdir()
    file.write_bytes(b"changed")
    assert "not as it was written" in post(ada, f"{PAGE}/1", act="check").words
    file.unlink()
    assert "the file is gone" in ada.get(PAGE).words
    assert post(ada, f"{PAGE}/1", act="check").status == 404


def test_who_may_only_look_makes_and_fetches_none(
    grace: Browser, administration: Administration, nightly: str
) -> None:
    administration.backup_clock.order_due()
    work(administration)
    assert "Make one now" not in grace.get(PAGE).words
    assert post(grace, PAGE, schedule=nightly).status == 403
    assert "Download" not in grace.get(f"{PAGE}/1").words
    assert post(grace, f"{PAGE}/1", act="download", present=PASSWORD).status == 403
    assert grace.get(f"{PAGE}/2").status == 404
    assert grace.get(f"{PAGE}/x").status == 404


def test_programs_order_list_and_compare_but_cannot_carry_one_away(
    stranger: Browser, administration: Administration, nightly: str, root: Actor
) -> None:
    token = administration.access_tokens.add(root, "program", "ada").token.reveal()

    def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
        sent = json.dumps(body).encode() if body is not None else b""
        answer = stranger.ask(method, f"/api/v1{path}", sent, {"authorization": f"Bearer {token}"})
        return answer.status, json.loads(answer.body) if answer.body else None

    assert ask("POST", "/jobs", {"kind": "backup", "arguments": {"schedule": nightly}})[0] == 202
    assert ask("POST", "/jobs", {"kind": "backup", "arguments": {"schedule": "hourly"}})[0] == 404
    for wrong in ({}, {"schedule": nightly, "directory": "/"}, {"directory": "/tmp", "public_key": "AAAA"}):
        assert ask("POST", "/jobs", {"kind": "backup", "arguments": wrong})[0] == 422, wrong
    work(administration)
    status, listed = ask("GET", "/backups")
    assert status == 200 and [each["state"] for each in listed["items"]] == ["made"]
    assert ask("POST", "/backups/1/check") == (200, {"is_as_made": True})
    assert ask("POST", "/backups/9/check")[0] == 404
    assert ask("GET", "/backup-schedule")[1]["total"] == 1
