"""``ringward dependents NOUN KEY``: the dependency records of one record (ADMIN-14)."""

from __future__ import annotations

from typing import Annotated

import typer

from ringward.cli.access import Data, Json, opened
from ringward.cli.output import print_json, print_table
from ringward.domain.errors import NotFound
from ringward.domain.nouns import NOUNS


def dependents(
    noun: Annotated[str, typer.Argument(help=f"One of: {', '.join(NOUNS)}.", show_default=False)],
    key: Annotated[str, typer.Argument(help="Name of the record.", show_default=False)],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show which records use a record; they keep it from being removed."""
    if noun not in NOUNS:
        raise NotFound("noun", noun)
    with opened(data) as (administration, actor):
        found = administration.records(NOUNS[noun]).dependents(actor, key)
    if as_json:
        print_json([{"noun": kind, "key": name} for kind, name in found])
    else:
        rows = [(NOUNS[kind].title, name) for kind, name in found]
        print_table(["Kind", "Name"], rows, empty=f"Nothing uses the {noun} {key}.")
