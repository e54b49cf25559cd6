"""Transactions with parts that are undone alone, and with rows that are written late."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from harness.statements import statements_of
from ringward.domain.errors import Unavailable
from ringward.domain.region import Region
from ringward.domain.vocabulary import DeviceCertificateKind, DeviceCertificateStatus
from ringward.store import device_certificates
from ringward.store.database import Database
from ringward.store.device_certificates import DeviceCertificateRow
from ringward.store.late_rows import LateRows
from ringward.store.repository import Repositories

SENT, INSTALLED = DeviceCertificateStatus.SENT, DeviceCertificateStatus.INSTALLED


def certificate(fingerprint: str) -> DeviceCertificateRow:
    device = f"SEP{fingerprint}"
    return DeviceCertificateRow(device, DeviceCertificateKind.LSC, fingerprint, "1", b"", 1, 9, SENT, 1)


def statuses(connection: Connection) -> dict[str, DeviceCertificateStatus]:
    return {row.fingerprint: row.status for row in device_certificates.every(connection)}


def describe(late: LateRows, repositories: Repositories, name: str, text: str) -> None:
    """Have a region's description changed."""
    before = Region(name)
    change = repositories.of(Region).row_change(before, replace(before, description=text))
    assert change is not None
    late.change(change)


def test_transactions_together_are_committed_as_one(database: Database, repositories: Repositories) -> None:
    regions = repositories.of(Region)
    with database.writing_together() as transaction:
        for name in ("North", "South"):
            with transaction.part() as part:
                regions.add(part.connection, Region(name))
        assert regions.count(transaction.connection) == 2
        with database.reading() as elsewhere:
            assert regions.count(elsewhere) == 0
    with database.reading() as connection:
        assert regions.count(connection) == 2


def test_one_that_is_undone_leaves_the_others_alone(database: Database, repositories: Repositories) -> None:
    regions = repositories.of(Region)
    with database.writing_together() as transaction:
        with transaction.part() as part:
            regions.add(part.connection, Region("North"))
        with pytest.raises(RuntimeError), transaction.part() as part:
            regions.add(part.connection, Region("South"))
            raise RuntimeError
        with transaction.part() as part:
            regions.add(part.connection, Region("West"))
    with database.reading() as connection:
        assert [each.name for each in regions.find(connection)] == ["North", "West"]


def test_when_the_disk_is_full_all_of_them_are_lost_and_none_is_reported_as_saved(
    database: Database, repositories: Repositories
) -> None:
    """SQLite rolls back everything then, so that what was done before it must not be believed either."""
    regions = repositories.of(Region)
    with pytest.raises(Unavailable, match="full"), database.writing_together() as transaction:
        with transaction.part() as part:
            regions.add(part.connection, Region("North"))
            pages = part.connection.exec_driver_sql("PRAGMA page_count").scalar()
            part.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        with pytest.raises(Unavailable, match="full"), transaction.part() as part:
            for number in range(1000):
                regions.add(part.connection, Region(f"South {number}", "x" * 128))
        with pytest.raises(Unavailable, match="full"), transaction.part() as part:
            regions.add(part.connection, Region("West"))
    with database.reading() as connection:
        assert regions.count(connection) == 0


def test_what_many_parts_leave_is_written_by_one_statement_for_each_kind(
    database: Database, repositories: Repositories
) -> None:
    regions = repositories.of(Region)
    with database.writing() as connection:
        for name in "ABCD":
            regions.add(connection, Region(name))
    with statements_of(database) as statements, database.writing_together() as transaction:
        for name in "ABCD":
            with transaction.part() as part:
                device_certificates.add(part.late, certificate(name))
                describe(part.late, repositories, name, f"region {name}")
        assert [each for each in statements if not each.startswith("BEGIN")] == []
    assert [each.split()[0] for each in statements] == ["BEGIN", "INSERT", "UPDATE"]
    with database.reading() as connection:
        assert statuses(connection) == dict.fromkeys("ABCD", SENT)
        assert [each.description for each in regions.find(connection)] == [f"region {name}" for name in "ABCD"]


def test_each_row_is_written_as_it_is_at_the_end(database: Database) -> None:
    with database.writing_together() as transaction:
        with transaction.part() as part:
            device_certificates.add(part.late, certificate("A"))
            device_certificates.set_status(part.late, replace(certificate("A"), status=INSTALLED))
        with transaction.part() as part:
            device_certificates.add(part.late, certificate("B"))
        with transaction.part() as part:
            device_certificates.set_status(part.late, replace(certificate("B"), status=INSTALLED))
    with database.reading() as connection:
        assert statuses(connection) == {"A": INSTALLED, "B": INSTALLED}


def test_whoever_looks_sees_what_was_to_be_written_later(database: Database) -> None:
    with database.writing_together() as transaction:
        device_certificates.add(transaction.late, certificate("A"))
        with transaction.part() as part:
            device_certificates.add(part.late, certificate("B"))
            assert statuses(part.connection) == {"A": SENT, "B": SENT}
            device_certificates.add(part.late, certificate("C"))
            assert statuses(part.connection) == {"A": SENT, "B": SENT, "C": SENT}
        assert statuses(transaction.connection) == {"A": SENT, "B": SENT, "C": SENT}


@pytest.mark.parametrize("looks", [False, True], ids=["unseen", "seen"])
def test_a_part_that_is_undone_leaves_no_rows_and_the_others_alone(database: Database, looks: bool) -> None:
    with database.writing_together() as transaction:
        with transaction.part() as part:
            device_certificates.add(part.late, certificate("A"))
        with pytest.raises(RuntimeError), transaction.part() as part:
            device_certificates.add(part.late, certificate("B"))
            device_certificates.set_status(part.late, replace(certificate("A"), status=INSTALLED))
            if looks:
                assert statuses(part.connection) == {"A": INSTALLED, "B": SENT}
            raise RuntimeError
        with transaction.part() as part:
            device_certificates.add(part.late, certificate("C"))
    with database.reading() as connection:
        assert statuses(connection) == {"A": SENT, "C": SENT}


def test_rows_that_cannot_be_written_fail_the_part_that_looks_at_its_own(database: Database) -> None:
    with database.writing_together() as transaction:
        with transaction.part() as part:
            device_certificates.add(part.late, certificate("A"))
        with pytest.raises(IntegrityError), transaction.part() as part:
            device_certificates.add(part.late, certificate("A"))
            _ = part.connection
    with database.reading() as connection:
        assert statuses(connection) == {"A": SENT}


def test_rows_that_cannot_be_written_at_the_end_undo_everything(database: Database) -> None:
    """Nothing of it was reported as saved before; whose rows they were is not known any more."""
    with pytest.raises(RuntimeError, match="no longer there"), database.writing_together() as transaction:
        with transaction.part() as part:
            device_certificates.add(part.late, certificate("A"))
        with transaction.part() as part:
            device_certificates.set_status(part.late, replace(certificate("B"), status=INSTALLED))
        with pytest.raises(RuntimeError, match="no longer there"), transaction.part() as part:
            _ = part.connection
        with pytest.raises(RuntimeError, match="no longer there"), transaction.part():
            pass
    with database.reading() as connection:
        assert statuses(connection) == {}


def test_when_the_disk_is_full_as_late_rows_are_written_all_is_lost(database: Database) -> None:
    with pytest.raises(Unavailable, match="full"), database.writing_together() as transaction:
        pages = transaction.connection.exec_driver_sql("PRAGMA page_count").scalar()
        transaction.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        for number in range(1000):
            with transaction.part() as part:
                device_certificates.add(part.late, replace(certificate(str(number)), certificate=bytes(128)))
        with pytest.raises(Unavailable, match="full"), transaction.part() as part:
            _ = part.connection
    with database.reading() as connection:
        assert statuses(connection) == {}
