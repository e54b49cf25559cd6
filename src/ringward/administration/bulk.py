"""Many phones at once, as a spreadsheet: export, template and import (ADMIN-34)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringward.administration import spreadsheet
from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, Work
from ringward.administration.phones import Phones
from ringward.administration.spreadsheet import KEY_COLUMN, PhoneRow, RowError
from ringward.domain.errors import AlreadyExists, Invalid, Refused
from ringward.domain.phone import Phone
from ringward.domain.rules.device_name import device_name_of
from ringward.domain.rules.phone_presets import with_presets
from ringward.store.criteria import Criterion

_TEMPLATE_LINES = 2
ADDED, UPDATED, UNCHANGED = "added", "updated", "unchanged"
"""What can come of a row."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do when it was a dry run. With errors nothing was stored."""

    added: int
    updated: int
    unchanged: int
    errors: tuple[RowError, ...]
    dry_run: bool


class Bulk:
    """The use cases of bulk administration."""

    def __init__(self, operations: Operations, phones: Phones) -> None:
        self._operations = operations
        self._phones = phones

    def template(self) -> str:
        """A file with the header row alone, to be filled in."""
        return ",".join(spreadsheet.header(_TEMPLATE_LINES)) + "\r\n"

    def export_phones(self, actor: Actor, criteria: Iterable[Criterion] = ()) -> str:
        """The phones that meet the criteria as CSV, without secrets."""
        return spreadsheet.write(self._phones.find(actor, criteria).records)

    def import_phones(
        self, actor: Actor, text: str, *, update: bool = False, dry_run: bool = False
    ) -> ImportReport:
        """Add the phones of a CSV text with their lines, all of them or, if any row is wrong, none.

        With ``update`` a phone that is there already gets the values of the columns that the file has, and without
        it is an error. A new phone has its presets. Directory numbers that do not exist are made.
        A dry run does everything and undoes it.
        """
        rows, errors = spreadsheet.read(text)
        counts = {ADDED: 0, UPDATED: 0, UNCHANGED: 0}
        with self._operations.change(actor, "phone.import", Phone.noun) as work:
            seen: dict[str, int] = {}
            for row in rows:
                if (wrong := self._store(work, row, seen, counts, update)) is not None:
                    errors += wrong
            work.dry_run = dry_run or bool(errors)
        return ImportReport(**counts, errors=tuple(sorted(errors, key=lambda each: each.row)), dry_run=dry_run)

    def _store(
        self, work: Work, row: PhoneRow, seen: dict[str, int], counts: dict[str, int], update: bool
    ) -> Iterable[RowError] | None:
        entered = row.values[KEY_COLUMN]
        key = device_name_of(entered) or entered
        if key in seen:
            return [RowError(row.row, KEY_COLUMN, entered, f"each phone only once; it is in row {seen[key]} too")]
        seen[key] = row.row
        try:
            counts[self.store_within(work, row, update=update)] += 1
        except Invalid as error:
            return spreadsheet.errors_of(row, error.errors)
        except (AlreadyExists, Refused) as error:
            return [RowError(row.row, KEY_COLUMN, entered, str(error))]
        return None

    def store_within(self, work: Work, row: PhoneRow, *, update: bool) -> str:
        """Store the phone of one row as part of a larger operation; returns whether it was added, updated or was
        so already. Raises what the use cases of phones raise."""
        entered = row.values[KEY_COLUMN]
        key = device_name_of(entered) or entered
        before = work.find(Phone, key)
        if before is None:
            self._phones.add_within(work, Phone(**with_presets(row.values)))
            return ADDED
        if not update:
            raise AlreadyExists(Phone.noun, key)
        after = self._phones.update_within(work, key, dict(row.values) | {KEY_COLUMN: key})
        return UNCHANGED if after == before else UPDATED
