from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, Work
from ringward.cluster.bus import Announcement, LocalBus
from ringward.domain.change import Action
from ringward.domain.errors import Invalid, NotAllowed, NotFound
from ringward.domain.partition import Partition
from ringward.domain.region import Region
from ringward.domain.setting import Lookup
from ringward.pki.secrets import SecretBox
from ringward.store import feed
from ringward.store.audit import AuditFilter, Outcome
from ringward.store.database import Database
from ringward.store.repository import Repositories


@pytest.fixture
def operations(administration: Administration, database: Database, bus: LocalBus) -> Operations:
    return Operations(database, Repositories(SecretBox({1: bytes(range(32))})), bus, lambda: 7.5)


def _last(database: Database) -> int:
    with database.reading() as connection:
        return feed.last_sequence(connection)


def test_everything_in_one_operation_is_committed_and_then_announced_in_order(
    operations: Operations, administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    with operations.change(ada, "region.add") as work:
        work.add(Region("A"))
        changed = work.update(work.get(Region, "A"), Region("A", "first"))
        work.add(Partition("P"))
        work.remove(changed)
        assert announced == []
    assert [(each.noun, each.key, each.action) for each in announced] == [
        ("region", "A", Action.ADDED),
        ("region", "A", Action.UPDATED),
        ("partition", "P", Action.ADDED),
        ("region", "A", Action.REMOVED),
    ]
    sequences = [each.sequence for each in announced]
    assert sequences == sorted(sequences)
    entries = administration.audit.find(ada, AuditFilter(permission="region.add")).entries
    assert [entry.outcome for entry in entries] == [
        Outcome.REMOVED,
        Outcome.ADDED,
        Outcome.UPDATED,
        Outcome.ADDED,
    ]
    assert {entry.at for entry in entries} == {7500}


def test_operations_together_are_announced_when_all_are_committed(
    operations: Operations, ada: Actor, announced: list[Announcement]
) -> None:
    with operations.together() as together:
        with together.change(ada, "region.add") as work:
            work.add(Region("A"))
        with pytest.raises(Invalid), together.change(ada, "region.add") as work:
            work.add(Region("B"))
            work.add(Region(""))
        with together.change(ada, "region.add") as work:
            work.add(Region("C"))
            work.dry_run = True
        with together.change(ada, "region.add") as work:
            work.add(Region("D"))
        assert announced == []
    assert [each.key for each in announced] == ["A", "D"]
    with operations.look() as view:
        assert {each.name for each in view.every(Region)} >= {"A", "D"}
        assert view.find(Region, "B") is view.find(Region, "C") is None


def test_of_operations_together_that_cannot_be_committed_none_is_announced(
    operations: Operations, ada: Actor, announced: list[Announcement]
) -> None:
    with pytest.raises(RuntimeError), operations.together() as together:
        with together.change(ada, "region.add") as work:
            work.add(Region("A"))
        raise RuntimeError
    assert announced == []
    with operations.look() as view:
        assert view.find(Region, "A") is None


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_operation_that_fails_leaves_no_trace(
    operations: Operations,
    administration: Administration,
    database: Database,
    ada: Actor,
    announced: list[Announcement],
    error: type[BaseException],
) -> None:
    before = _last(database), administration.audit.find(ada).total
    with pytest.raises(error), operations.change(ada, "region.add") as work:
        work.add(Region("A"))
        raise error
    assert (_last(database), administration.audit.find(ada).total) == before
    with pytest.raises(NotFound):
        administration.records(Region).get(ada, "A")
    assert announced == []


def test_a_dry_run_is_undone(
    operations: Operations, administration: Administration, database: Database, ada: Actor
) -> None:
    before = _last(database), administration.audit.find(ada).total
    with operations.change(ada, "region.add") as work:
        work.add(Region("A"))
        assert work.get(Region, "A")
        work.dry_run = True
    assert (_last(database), administration.audit.find(ada).total) == before
    assert administration.records(Region).find(ada).total == 1


def test_an_operation_sees_its_own_changes(operations: Operations, ada: Actor) -> None:
    with operations.change(ada, "region.add") as work:
        lookup: Lookup = work
        assert lookup.find(Region, "A") is None
        work.add(Region("A"))
        assert lookup.find(Region, "A") == Region("A")
        work.update(Region("A"), Region("B"))
        assert lookup.find(Region, "A") is None
        assert {region.name for region in lookup.every(Region)} == {"B", "Default"}
        work.remove(Region("B"))
        assert lookup.find(Region, "B") is None


def test_what_is_invalid_is_refused_within_an_operation_that_may_go_on(operations: Operations, ada: Actor) -> None:
    with operations.change(ada, "region.add") as work:
        with pytest.raises(Invalid):
            work.add(Region(""))
        work.add(Region("A"))
    with operations.look() as view:
        assert view.find(Region, "A")


def test_a_denied_operation_never_begins(operations: Operations, guest: Actor) -> None:
    begun: list[Work] = []
    with pytest.raises(NotAllowed), operations.change(guest, "region.add") as work:
        begun.append(work)
    assert begun == []
