"""What people and programs read: tables, records, sentences on the terminal, and JSON.

Text comes from databases and from phones, so nothing of it is taken for markup, and characters that a terminal
would obey instead of show are replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_REPLACEMENT = "�"
_UNFOLDED_WIDTH = 2000
"""Columns where no terminal says how many there are: programs that read lines want each record in one."""


def plain(value: Any) -> str:
    """A value as text that a terminal only shows."""
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() or char == "\n" else _REPLACEMENT for char in text)


def console(*, errors: bool = False) -> Console:
    """A console on the present standard output or error stream."""
    from rich.console import Console

    made = Console(stderr=errors, highlight=False, markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _UNFOLDED_WIDTH
    return made


def say(sentence: str) -> None:
    """Report success in a sentence."""
    _print(console(), sentence, "")


def complain(sentence: str) -> None:
    """Report an error in a sentence, on standard error."""
    _print(console(errors=True), "ringward: " + sentence, "red")


def _print(made: Console, sentence: str, style: str) -> None:
    """Wrap at words where somebody reads; leave a sentence whole where a program does."""
    made.print(plain(sentence), style=style, soft_wrap=not made.is_terminal)


def print_json(value: Any) -> None:
    """Write one JSON document."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    console().out(text, highlight=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Write a table, or the sentence ``empty`` if there are no rows."""
    made = table(columns, rows)
    if made.row_count:
        _draw(made)
    else:
        say(empty)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table without the columns that are empty in every row; it folds long texts instead of cutting them off.

    The first column names the record and is never folded.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    texts = [[plain(cell) for cell in row] for row in rows]
    used = [place for place in range(len(columns)) if any(row[place] for row in texts)]
    made = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for place in used:
        made.add_column(columns[place], overflow="fold", no_wrap=place == 0)
    for row in texts:
        made.add_row(*(Text(row[place]) for place in used))
    return made


def print_record(fields: Iterable[tuple[str, Any]]) -> None:
    """Write one record as a list of labels and values."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="bold", overflow="fold")
    made.add_column(overflow="fold")
    for label, value in fields:
        made.add_row(Text(plain(label)), Text(plain(value)))
    _draw(made)


def _draw(made: Table) -> None:
    """Where a program reads, without the spaces that fill up every line to the longest one."""
    where = console()
    if where.is_terminal:
        where.print(made)
        return
    with where.capture() as drawn:
        where.print(made)
    for line in drawn.get().splitlines():
        where.out(line.rstrip(), highlight=False)
