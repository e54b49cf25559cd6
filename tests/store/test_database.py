from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ringward.domain.errors import Unavailable
from ringward.domain.region import Region
from ringward.store import database as database_module
from ringward.store.database import Database
from ringward.store.repository import Repositories

_WRITER = """
import sys
from pathlib import Path
from ringward.domain.region import Region
from ringward.pki.secrets import SecretBox
from ringward.store.database import Database
from ringward.store.repository import Repositories

database = Database.open(Path(sys.argv[1]))
regions = Repositories(SecretBox({1: bytes(32)})).of(Region)
for number in range(int(sys.argv[3])):
    with database.writing() as connection:
        regions.add(connection, Region(f"{sys.argv[2]}{number}"))
    print(number, flush=True)
"""


def _writer(path: Path, prefix: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), prefix, str(count)], stdout=subprocess.PIPE, text=True
    )


def _pragma(database: Database, name: str) -> object:
    with database.reading() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_every_connection_is_durable_and_checks_references(database: Database) -> None:
    assert _pragma(database, "journal_mode") == "wal"
    assert _pragma(database, "synchronous") == 2
    assert _pragma(database, "foreign_keys") == 1
    assert _pragma(database, "busy_timeout") == 15_000


def test_the_file_is_for_its_owner_only(path: Path) -> None:
    previous = os.umask(0)
    try:
        database = Database.open(path)
        with database.writing() as connection:
            connection.execute(text("INSERT INTO enterprise_parameter VALUES ('a', 'b')"))
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
        database.close()
    finally:
        os.umask(previous)
    assert modes == dict.fromkeys([path.name, f"{path.name}-wal", f"{path.name}-shm"], 0o600)


def test_an_exception_undoes_the_whole_transaction(database: Database, repositories: Repositories) -> None:
    regions = repositories.of(Region)
    with pytest.raises(RuntimeError), database.writing() as connection:
        regions.add(connection, Region("North"))
        raise RuntimeError
    with database.reading() as connection:
        assert regions.count(connection) == 0


def test_a_reader_sees_one_state_while_another_writes(database: Database, repositories: Repositories) -> None:
    regions = repositories.of(Region)
    with database.reading() as reader:
        assert regions.count(reader) == 0
        with database.writing() as writer:
            regions.add(writer, Region("North"))
        assert regions.count(reader) == 0
    with database.reading() as reader:
        assert regions.count(reader) == 1


def test_a_reading_transaction_changes_nothing(database: Database, repositories: Repositories) -> None:
    with database.reading() as connection:
        repositories.of(Region).add(connection, Region("North"))
    with database.reading() as connection:
        assert repositories.of(Region).count(connection) == 0


def test_a_writer_that_waits_too_long_is_told_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT", 20)
    database = Database.open(path)
    entered = []
    with database.writing(), pytest.raises(Unavailable, match="busy"), database.writing():
        entered.append(True)
    assert not entered
    database.close()


def test_a_full_disk_is_told_as_such_and_nothing_is_half_written(
    database: Database, repositories: Repositories
) -> None:
    regions = repositories.of(Region)
    with pytest.raises(Unavailable, match="full"), database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # no more pages than there are
        for number in range(10_000):
            regions.add(connection, Region(f"R{number}", "x" * 100))
    with database.reading() as connection:
        assert regions.count(connection) == 0


def test_threads_write_one_after_another(database: Database, repositories: Repositories) -> None:
    regions = repositories.of(Region)

    def add(prefix: str) -> None:
        for number in range(20):
            with database.writing() as connection:
                regions.add(connection, Region(f"{prefix}{number}"))

    threads = [threading.Thread(target=add, args=(prefix,)) for prefix in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert regions.count(connection) == 80


def test_two_processes_write_at_once_and_lose_nothing(path: Path, repositories: Repositories) -> None:
    Database.open(path).close()
    writers = [_writer(path, prefix, 60) for prefix in "ab"]
    assert [len(writer.communicate()[0].split()) for writer in writers] == [60, 60]
    database = Database.open(path)
    with database.reading() as connection:
        assert repositories.of(Region).count(connection) == 120
    database.close()


@pytest.mark.parametrize("reported", [1, 17, 40])
def test_what_a_killed_process_reported_as_committed_is_there(
    path: Path, repositories: Repositories, reported: int
) -> None:
    """CLUSTER-23: configuration survives the sudden end of a node."""
    writer = _writer(path, "r", 1_000_000)
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(reported)]
    writer.send_signal(signal.SIGKILL)
    told += [int(line) for line in writer.stdout.read().split("\n") if line]
    writer.wait()
    writer.stdout.close()
    database = Database.open(path)
    with database.reading() as connection:
        stored = {region.name for region in repositories.of(Region).find(connection)}
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert {f"r{number}" for number in told} <= stored
    assert len(stored) <= len(told) + 1
    with database.writing() as connection:
        repositories.of(Region).add(connection, Region("after"))
    database.close()


def test_the_database_itself_refuses_what_would_break_a_reference(
    installed: Database,
) -> None:
    for statement in (
        "DELETE FROM region WHERE name = 'Default'",
        "INSERT INTO call_manager_group_servers VALUES ('Default', 1, 'nowhere')",
        "INSERT INTO directory_number "
        "VALUES ('1001', 'nowhere', '', '', NULL, '', '', '', '', 0, NULL, NULL, NULL)",
    ):
        with pytest.raises(IntegrityError), installed.writing() as connection:
            connection.execute(text(statement))


def test_a_file_that_is_no_database_is_told_as_such(path: Path) -> None:
    path.write_text("This is a letter to a friend, and quite a long one, though not a database. " * 20)
    with pytest.raises(Unavailable, match=r"ringward\.sqlite cannot be used"):
        Database.open(path)


def test_a_directory_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file"):
        Database.open(tmp_path / "nowhere" / "ringward.sqlite")


def test_it_can_be_read_by_the_plain_sqlite_shell(installed: Database, path: Path) -> None:
    """Administrators and backups must not depend on this program."""
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT address FROM server").fetchall() == [("192.0.2.1",)]
    connection.close()
