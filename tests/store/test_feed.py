from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ringward.domain.change import Action
from ringward.store import feed
from ringward.store.database import Database
from ringward.store.feed import Change, Watch


def test_changes_are_read_in_the_order_in_which_they_were_made(database: Database) -> None:
    with database.writing() as connection:
        assert feed.append(connection, 5, "region", "North", Action.ADDED) == 1
        assert feed.append(connection, 6, "region", "North", Action.UPDATED) == 2
        assert feed.append(connection, 7, "region", "North", Action.REMOVED) == 3
    with database.reading() as connection:
        assert feed.since(connection, 1) == [
            Change(2, 6, "region", "North", Action.UPDATED),
            Change(3, 7, "region", "North", Action.REMOVED),
        ]
        assert feed.last_sequence(connection) == 3


def test_a_change_that_is_rolled_back_is_not_in_the_feed(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as connection:
        feed.append(connection, 5, "region", "North", Action.ADDED)
        raise RuntimeError
    with database.reading() as connection:
        assert feed.since(connection, 0) == []
        assert feed.last_sequence(connection) == 0


def test_a_sequence_is_never_used_twice(database: Database) -> None:
    with database.writing() as connection:
        feed.append(connection, 5, "region", "North", Action.ADDED)
        connection.exec_driver_sql("DELETE FROM changes")
        assert feed.append(connection, 6, "region", "North", Action.ADDED) == 2


def test_a_watch_notices_commits_of_this_process_and_only_once(database: Database) -> None:
    watch = Watch(database)
    assert not watch.changed()
    with database.writing() as connection:
        feed.append(connection, 5, "region", "North", Action.ADDED)
        assert not watch.changed()
    assert watch.changed()
    assert not watch.changed()
    watch.close()


def test_a_watch_notices_commits_of_another_process(database: Database, path: Path) -> None:
    watch = Watch(database)
    program = (
        "import sys; from pathlib import Path; from ringward.store.database import Database;"
        "from ringward.store import feed; from ringward.domain.change import Action\n"
        "with Database.open(Path(sys.argv[1])).writing() as connection:\n"
        "    feed.append(connection, 5, 'region', 'North', Action.ADDED)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)
    assert watch.changed()
    assert not watch.changed()
    watch.close()


def test_a_watch_does_not_hold_up_a_checkpoint(database: Database) -> None:
    """A transaction left open by it would keep the log of SQLite growing for as long as the node runs."""
    watch = Watch(database)
    with database.writing() as connection:
        feed.append(connection, 5, "region", "North", Action.ADDED)
    assert watch.changed()
    raw = database.engine.raw_connection()
    busy, _, _ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    raw.close()
    assert busy == 0
    watch.close()
