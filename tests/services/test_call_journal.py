"""The calls that go on are on disk, so that a node that was killed still tells of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from calls.ladder import Office, phone, sound
from ringward.calls.events import Alerting, Answered, Cause, Ended
from ringward.calls.records import CallDetailRecord, EndedBy
from ringward.services.call_journal import LOOK, PER_LOOK, CallJournal


@pytest.fixture
def office() -> Office:
    return Office([phone("A", "1", max_calls=2000), phone("B", "2", max_calls=2000, busy_trigger=2000)])


@pytest.fixture
def journal(tmp_path: Path, office: Office) -> Iterator[CallJournal]:
    journal = CallJournal(tmp_path, lambda: office.engine.calls)
    yield journal
    journal.stop()


def left_in(folder: Path) -> list[CallDetailRecord]:
    """What another process finds there."""
    return CallJournal(folder, dict).left_over()


def begin(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Alerting())


def test_a_call_that_goes_on_is_left_over(tmp_path: Path, office: Office, journal: CallJournal) -> None:
    begin(office)
    office.rung("B").tells(Answered(sound("B")))
    journal.look(office.now + LOOK)
    os.utime(tmp_path / "calls-in-progress", (office.now + 30, office.now + 30))
    (record,) = left_in(tmp_path)
    assert (record.calling_number, record.final_called_number, record.final_called_device) == ("1", "2", "B")
    assert record.ended_by is EndedBy.CALL_MANAGER
    assert record.calling_cause is record.called_cause is Cause.TEMPORARY_FAILURE
    assert (record.answer_time, record.end_time, record.duration) == (office.now, office.now + 30, 30)


def test_a_call_is_noted_as_it_is_now(tmp_path: Path, office: Office, journal: CallJournal) -> None:
    begin(office)
    journal.look(office.now + LOOK)
    assert [each.answer_time for each in left_in(tmp_path)] == [None]
    office.now += 5
    office.rung("B").tells(Answered(sound("B")))
    journal.look(office.now)
    assert [each.answer_time for each in left_in(tmp_path)] == [office.now]


def test_what_is_over_or_has_just_begun_is_not_left_over(
    tmp_path: Path, office: Office, journal: CallJournal
) -> None:
    a = office.dial("A", "2", sound("A"))
    journal.look(office.now + LOOK)
    a.tells(Ended(Cause.CANCELLED))
    begin(office)
    journal.look(office.now)
    assert left_in(tmp_path) == []


def test_the_journal_knows_until_when_the_node_ran(tmp_path: Path, office: Office, journal: CallJournal) -> None:
    begin(office)
    journal.look(office.now + LOOK)
    file = tmp_path / "calls-in-progress"
    os.utime(file, (1, 1))
    journal.look(office.now + LOOK)
    assert file.stat().st_mtime > 1


@pytest.mark.parametrize("rubbish", ['{"over": ', '{"call_id": 9}', "[1]", "\x00\x00", '{"over": [1]}'])
def test_a_line_that_was_cut_costs_only_itself(
    tmp_path: Path, office: Office, journal: CallJournal, rubbish: str
) -> None:
    begin(office)
    journal.look(office.now + LOOK)
    with (tmp_path / "calls-in-progress").open("a") as file:
        file.write(rubbish)
    assert len(left_in(tmp_path)) == 1


def test_no_look_takes_long(tmp_path: Path, office: Office, journal: CallJournal) -> None:
    for _ in range(PER_LOOK + 10):
        office.dial("A", "2", sound("A"))
    journal.look(office.now + LOOK)
    assert len(left_in(tmp_path)) == PER_LOOK
    journal.look(office.now + LOOK)
    assert len(left_in(tmp_path)) == PER_LOOK + 10


def test_the_files_are_bounded_and_lose_nobody(tmp_path: Path, office: Office) -> None:
    journal = CallJournal(tmp_path, lambda: office.engine.calls, longest=20)
    begin(office)  # one call that stays
    sizes = set()
    for _ in range(200):
        a = office.dial("A", "2", sound("A"))
        journal.look(office.now + LOOK)
        assert len(left_in(tmp_path)) == 2
        a.tells(Ended(Cause.CANCELLED))
        journal.look(office.now + LOOK)
        assert len(left_in(tmp_path)) == 1
        sizes.add(sum(len(file.read_text().splitlines()) for file in tmp_path.iterdir()))
    journal.stop()
    assert max(sizes) < 60


def test_nothing_is_left_of_a_node_that_was_stopped(tmp_path: Path, office: Office, journal: CallJournal) -> None:
    begin(office)
    journal.look(office.now + LOOK)
    assert (tmp_path / "calls-in-progress").stat().st_mode & 0o077 == 0
    journal.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_call_that_a_full_disk_kept_out_is_noted_when_there_is_room(
    tmp_path: Path, office: Office, journal: CallJournal
) -> None:
    begin(office)
    other = office.dial("A", "2", sound("A"))
    file = tmp_path / "calls-in-progress"
    file.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        journal.look(office.now + LOOK)
    file.unlink()
    journal.look(office.now + LOOK)
    assert len(left_in(tmp_path)) == 2
    other.tells(Ended(Cause.CANCELLED))
    journal.look(office.now + LOOK)
    assert len(left_in(tmp_path)) == 1
