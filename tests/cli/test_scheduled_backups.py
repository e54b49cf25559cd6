"""Backups by schedule: made when due, sealed for a key that is not here, replaced by newer ones (SVC-09)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Ringward
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.rights import EVERYTHING

Ask = Callable[..., Any]
ADA = Actor("ada", EVERYTHING, "test")
PASSPHRASE = "correct horse battery"
DAY = 24 * 3600


class Desk:
    """The administrator's own machine: it holds the private key."""

    def __init__(self, directory: Path, ringward: Ringward) -> None:
        self.key = directory / "backup.key"
        self.public: str = json.loads(ringward("backup", "new-key", str(self.key), "--json"))["public_key"]


class Clock:
    now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def desk(tmp_path: Path, ringward: Ringward) -> Desk:
    return Desk(tmp_path, ringward)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Where the backups go."""
    directory = tmp_path / "shelf"
    directory.mkdir()
    return directory


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(cluster: Path, clock: Clock) -> Iterator[Administration]:
    """What a node works with; the tests take its steps."""
    administration = Administration.open(cluster, clock=clock)
    yield administration
    administration.close()


@pytest.fixture
def nightly(ringward: Ringward, desk: Desk, shelf: Path) -> str:
    words = ("--directory", str(shelf), "--public-key", desk.public, "--kept", "2")
    ringward("backup-schedule", "add", "nightly", *words)
    return "nightly"


def work(node: Administration) -> None:
    """A look at the clock, and all steps of the jobs that it ordered."""
    node.backup_clock.order_due()
    while node.jobs.step(lambda command, arguments: None) is not None:
        pass


def files(shelf: Path) -> list[str]:
    return sorted(each.name for each in shelf.iterdir())


@pytest.mark.usefixtures("nightly")
def test_the_first_is_made_at_once_and_opens_with_the_private_key_alone(
    node: Administration, desk: Desk, shelf: Path, ringward: Ringward, ask: Ask, tmp_path: Path
) -> None:
    work(node)
    (name,) = files(shelf)
    file = shelf / name
    assert name.startswith("nightly-") and file.stat().st_mode & 0o777 == 0o600
    (listed,) = ask("backup", "list")
    assert (listed["state"], listed["name"], listed["size"]) == ("made", name, file.stat().st_size)
    assert "as it was written" in ringward("backup", "check", str(listed["number"]))
    assert "whole" in ringward("backup", "show", str(file), "--key", str(desk.key))
    assert "sealed for the key" in ringward("backup", "show", str(file), code=1)
    fresh = tmp_path / "fresh"
    ringward("backup", "restore", str(file), "--key", str(desk.key), "--data", str(fresh))
    assert [each["name"] for each in ask("backup-schedule", "list", "--data", str(fresh))] == ["nightly"]


@pytest.mark.usefixtures("nightly")
def test_one_is_made_each_day_and_the_oldest_goes(
    node: Administration, clock: Clock, shelf: Path, ask: Ask
) -> None:
    made: list[str] = []
    for day in range(4):
        work(node)
        made += [name for name in files(shelf) if name not in made]
        work(node)
        assert len(made) == day + 1, "and no second one the same day"
        clock.now += DAY
    assert files(shelf) == made[-2:]
    assert [each["name"] for each in ask("backup", "list")] == made[:-3:-1]
    (told,) = node.backup_clock.find(ADA)
    assert told.last is not None and told.last.name == made[-1]
    assert told.next_at is not None and 0 < told.next_at - clock.now * 1000 <= DAY * 1000


def test_a_schedule_that_is_not_enabled_makes_none(
    node: Administration, nightly: str, shelf: Path, ringward: Ringward
) -> None:
    ringward("backup-schedule", "update", nightly, "--enabled", "false")
    work(node)
    assert files(shelf) == []
    node.backup_clock.order(ADA, nightly)
    work(node)
    assert len(files(shelf)) == 1, "one that is asked for is made all the same"


def test_one_that_fails_is_an_alarm_and_tried_again_when_due(
    node: Administration,
    clock: Clock,
    nightly: str,
    shelf: Path,
    ask: Ask,
) -> None:
    shelf.rmdir()
    work(node)
    (alarm,) = node.alarms.raised_now()
    assert (alarm.name, alarm.subject) == ("BackupFailed", "schedule nightly")
    assert alarm.text.startswith("nightly-") and "is not there" in alarm.text
    (failed,) = ask("backup", "list")
    assert failed["state"] == "failed" and "is not there" in failed["reason"]
    (job,) = ask("job", "list")
    assert (job["state"], job["failed"]) == ("done", 1)
    shelf.mkdir()
    work(node)
    assert files(shelf) == []
    assert node.alarms.raised_now() == [alarm]
    clock.now += DAY
    work(node)
    assert len(files(shelf)) == 1
    assert node.alarms.raised_now() == []


@pytest.mark.usefixtures("nightly")
def test_one_that_is_cancelled_leaves_nothing(
    node: Administration, shelf: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = node.backups.create

    def create_too_late(*arguments: Any) -> Any:
        node.jobs.cancel(ADA, 1)
        return create(*arguments)

    monkeypatch.setattr(node.backups, "create", create_too_late)
    work(node)
    assert files(shelf) == []
    (told,) = ask("backup", "list")
    assert told["state"] == "cancelled"


@pytest.mark.usefixtures("nightly")
def test_one_that_a_crash_interrupted_is_made_anew(node: Administration, shelf: Path, ask: Ask) -> None:
    node.backup_clock.order_due()
    (told,) = ask("backup", "list")
    assert told["state"] == "going on"
    for name in (told["name"], f".{told['name']}.4711"):
        (shelf / name).write_text("half of it")
    work(node)
    assert files(shelf) == [told["name"]]
    assert node.kept_backups.is_as_made(ADA, told["number"])


@pytest.mark.usefixtures("nightly")
def test_two_that_are_ordered_in_one_second_are_two_files(
    node: Administration, clock: Clock, shelf: Path, ask: Ask
) -> None:
    for _ in range(2):
        node.backup_clock.order(ADA, "nightly")
        clock.now += 0.25
    work(node)
    assert files(shelf) == sorted(each["name"] for each in ask("backup", "list"))
    assert len(files(shelf)) == 2


@pytest.mark.usefixtures("nightly")
def test_a_file_that_was_changed_or_is_gone_is_told(node: Administration, shelf: Path, ringward: Ringward) -> None:
    work(node)
    (file,) = shelf.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert "NOT as it was written" in ringward("backup", "check", "1", code=1)
    file.unlink()
    assert "there is no file" in ringward("backup", "check", "1", code=1)


def test_what_a_schedule_cannot_use_is_refused(ringward: Ringward, shelf: Path, desk: Desk) -> None:
    good = {"--directory": str(shelf), "--public-key": desk.public}
    bad = {"--public-key": "c2VjcmV0", "--directory": "shelf", "--hour": "24", "--kept": "0"}
    for option, wrong in bad.items():
        words = [word for pair in (good | {option: wrong}).items() for word in pair]
        ringward("backup-schedule", "add", "nightly", *words, code=1)
    ringward("backup-schedule", "add", "night/ly", "--directory", str(shelf), "--public-key", desk.public, code=1)


def test_one_for_a_key_is_made_by_hand_too(ringward: Ringward, desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "hand.backup"
    ringward("backup", "create", str(file), "--public-key", desk.public)
    assert "whole" in ringward("backup", "show", str(file), "--key", str(desk.key))
    assert "no public key" in ringward("backup", "create", str(tmp_path / "x"), "--public-key", "AAAA", code=1)
    assert "File exists" in ringward("backup", "new-key", str(desk.key), code=1)


def test_the_command_orders_one_of_a_schedule(ringward: Ringward, nightly: str, ask: Ask) -> None:
    assert "Job 1 is ordered" in ringward("backup", "make", nightly)
    assert [each["state"] for each in ask("backup", "list")] == ["going on"]
    assert "there is no backup-schedule" in ringward("backup", "make", "hourly", code=1)
