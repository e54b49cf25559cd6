"""Which phones' configuration files can be encrypted: counted, and the first of them named (CFGENC-12)."""

from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.errors import Refused
from ringward.domain.secret import Secret
from ringward.store.criteria import Comparison, Criterion

TYPED, WITH_KEY, BY_CERTIFICATE, NEVER = (f"SEP0000000000A{digit}" for digit in "1234")
GUESTS = (Criterion("description", Comparison.BEGINS_WITH, "Guest"),)


@pytest.fixture
def office(administration: Administration, ada: Actor) -> Administration:
    models = {
        TYPED: ("7960", "SIP"),
        WITH_KEY: ("7960", "SIP"),
        BY_CERTIFICATE: ("7961", "SIP"),
        NEVER: ("7960", "SCCP"),
    }
    rows = [
        f"{device},{model},{protocol},{'Guest' if device == TYPED else 'Desk'}"
        for device, (model, protocol) in models.items()
    ]
    administration.bulk.import_phones(ada, "\n".join(["device_name,model,protocol,description", *rows, ""]))
    administration.phones.update(ada, WITH_KEY, {"symmetric_key": Secret("0123456789ABCDEF" * 2)})
    return administration


def test_phones_are_counted_by_how_their_files_are_encrypted(office: Administration, guest: Actor) -> None:
    found = office.file_encryption.outlook(guest, (), named=2)
    assert (found.total, found.others, found.manual, found.without_key) == (3, 1, 2, 1)
    assert [(each.phone.device_name, each.has_manual_key) for each in found.phones] == [
        (TYPED, True),
        (WITH_KEY, True),
    ]


def test_criteria_choose_among_them(office: Administration, guest: Actor) -> None:
    found = office.file_encryption.outlook(guest, GUESTS, named=20)
    assert (found.total, found.others, found.manual, found.without_key) == (1, 0, 1, 1)
    (each,) = office.file_encryption.find(guest, GUESTS, most=1)
    assert each.phone.device_name == TYPED


def test_too_many_at_a_time_are_refused(office: Administration, guest: Actor) -> None:
    assert len(office.file_encryption.find(guest, (), most=3)) == 3
    with pytest.raises(Refused, match="3 phones are too many at a time; find at most 2"):
        office.file_encryption.find(guest, (), most=2)
