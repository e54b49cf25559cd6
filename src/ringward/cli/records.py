"""What the commands of all nouns share: what one noun has of its own, and how records are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ringward.cli.output import print_record, print_table, say
from ringward.domain.setting import Noun, settings_of, shown


@dataclass(frozen=True)
class Particulars:
    """What the commands of one noun have beyond what its description says."""

    preset: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    """Fills in, for a new record, fields that were not given."""
    preset_help: Mapping[str, str] = field(default_factory=dict)
    """What each such field is preset to, in words."""
    commands: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    """Further commands by name."""


def report(done: str, notes: Sequence[str]) -> None:
    """Say what was done, and what the administrator should know or do next."""
    say(done)
    for note in notes:
        say(f"  {note}")


def print_records(kind: type[Noun], records: Sequence[Noun], *, empty: str) -> None:
    """Show records in the columns that are listed for their kind."""
    columns = [item for item in settings_of(kind) if item.setting.listed]
    rows = [
        [shown(item, getattr(record, item.name)) if item.setting.applies_to(record) else "" for item in columns]
        for record in records
    ]
    print_table([item.setting.label for item in columns], rows, empty=empty)


def print_one(record: Noun) -> None:
    """Show a record: the fields that apply to it, lists of records as tables below."""
    applying = [item for item in settings_of(type(record)) if item.setting.applies_to(record)]
    print_record(
        (item.setting.label, f"{shown(item, getattr(record, item.name))} {item.setting.unit}".strip())
        for item in applying
        if not item.is_record_list
    )
    for item in applying:
        if item.is_record_list:
            say("")
            print_records(item.item_type, getattr(record, item.name), empty=f"{item.setting.label}: none")
