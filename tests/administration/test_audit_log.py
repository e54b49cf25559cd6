from __future__ import annotations

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.region import Region
from ringward.store.audit import AuditFilter


def test_the_log_is_read_in_pages_and_by_filter(administration: Administration, ada: Actor, guest: Actor) -> None:
    for number in range(5):
        administration.records(Region).add(ada, Region(f"R{number}"))
    wanted = AuditFilter(actor="ada")
    page = administration.audit.find(guest, wanted, offset=1, limit=2)
    assert ([entry.key for entry in page.entries], page.total, page.offset) == (["R3", "R2"], 5, 1)


def test_looking_is_not_logged(administration: Administration, ada: Actor) -> None:
    before = administration.audit.find(ada).total
    administration.records(Region).find(ada)
    administration.parameters.enterprise(ada)
    assert administration.audit.find(ada).total == before
