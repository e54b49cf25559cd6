from __future__ import annotations

import pytest
from sqlalchemy import delete

from administration.conftest import Time
from ringward.administration import audit_log
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.errors import NotAllowed, NotAuthenticated, Refused
from ringward.domain.region import Region
from ringward.domain.secret import Secret
from ringward.store.audit import AuditFilter
from ringward.store.tables import audit


def test_the_log_is_read_in_pages_and_by_filter(administration: Administration, ada: Actor, guest: Actor) -> None:
    for number in range(5):
        administration.records(Region).add(ada, Region(f"R{number}"))
    wanted = AuditFilter(actor="ada")
    page = administration.audit.find(guest, wanted, offset=1, limit=2)
    assert ([entry.key for entry in page.entries], page.total, page.offset) == (["R3", "R2"], 5, 1)


def test_the_log_is_read_by_time(administration: Administration, ada: Actor, clock: Time) -> None:
    """From a moment on, and until before another."""
    for now in (2_000_000, 3_000_000, 4_000_000):
        clock.now = now
        administration.records(Region).add(ada, Region(f"R{now}"))
    wanted = AuditFilter(actor="ada", since=3_000_000_000, until=4_000_000_000)
    assert [entry.key for entry in administration.audit.find(ada, wanted).entries] == ["R3000000"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("region.add", {"region.add"}),
        ("region.*", {"region.add", "region.remove"}),
        ("*.remove", {"region.remove"}),
        ("region.%", set()),
        ("region_add", set()),
        ("region", set()),
    ],
)
def test_the_log_is_read_by_operation(
    administration: Administration, ada: Actor, pattern: str, found: set[str]
) -> None:
    administration.records(Region).add(ada, Region("Berlin"))
    administration.records(Region).remove(ada, "Berlin")
    wanted = AuditFilter(actor="ada", permission=pattern)
    assert {entry.permission for entry in administration.audit.find(ada, wanted).entries} == found


def test_all_that_is_found_is_exported_or_nothing(
    administration: Administration, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is cut short would look like the whole log."""
    monkeypatch.setattr(audit_log, "MOST_EXPORTED", 3)
    for number in range(3):
        administration.records(Region).add(ada, Region(f"R{number}"))
    wanted = AuditFilter(actor="ada")
    assert [entry.key for entry in administration.audit.export(ada, wanted)] == ["R2", "R1", "R0"]
    administration.records(Region).add(ada, Region("R3"))
    with pytest.raises(Refused, match="4 entries meet this, and a file holds 3 at most"):
        administration.audit.export(ada, wanted)


def test_looking_is_not_logged(administration: Administration, ada: Actor) -> None:
    before = administration.audit.find(ada).total
    administration.records(Region).find(ada)
    administration.parameters.enterprise(ada)
    assert administration.audit.find(ada).total == before


def test_a_log_that_was_cut_off_is_found_by_what_was_noted_elsewhere(
    administration: Administration, ada: Actor
) -> None:
    administration.records(Region).add(ada, Region("Berlin"))
    chain = administration.audit.verify(ada)
    assert chain.broken_at is None
    noted = (chain.last, chain.stamp)
    administration.records(Region).add(ada, Region("Paris"))
    assert administration.audit.verify(ada, noted).broken_at is None

    with administration.database.writing() as connection:
        connection.execute(delete(audit).where(audit.c.number >= chain.last))
    assert administration.audit.verify(ada).broken_at is None
    assert administration.audit.verify(ada, noted).broken_at == chain.last


def test_refusals_and_log_ins_are_in_the_chain(administration: Administration, ada: Actor, guest: Actor) -> None:
    with pytest.raises(NotAllowed):
        administration.records(Region).add(guest, Region("Berlin"))
    with pytest.raises(NotAuthenticated):
        administration.authentication.administrator("nobody", Secret("wrong"), "test")
    chain = administration.audit.verify(ada)
    assert (chain.broken_at, chain.entries) == (None, administration.audit.find(ada).total)
