"""How a list of small records is typed on one line: semicolons between the records, words within each.

A word is ``field=value``, or a bare value for the next field in order; quotes keep spaces and semicolons in it::

    1 1001; 2 1002/Staff label="Back office"
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence


def write_records(records: Iterable[Mapping[str, str]]) -> str:
    """The line that :func:`read_records` reads back, every word with its field's name."""
    return "; ".join(" ".join(shlex.quote(f"{name}={text}") for name, text in each.items()) for each in records)


def read_records(line: str, fields: Sequence[str]) -> Iterator[dict[str, str]]:
    """The texts of the fields of each record.

    Raises ``ValueError`` for a quote that does not end, a word too many, and a field that is named twice.
    """
    for words in _words(line):
        texts: dict[str, str] = {}
        in_order = iter(fields)
        for word in words:
            name, equals, text = word.partition("=")
            if not equals or name not in fields:
                name, text = next(in_order, ""), word
            if not name or name in texts:
                raise ValueError(word)
            texts[name] = text
        yield texts


def _words(line: str) -> Iterator[list[str]]:
    reader = shlex.shlex(line, posix=True, punctuation_chars=";")
    reader.whitespace_split, reader.commenters = True, ""
    words: list[str] = []
    for word in reader:
        if word.strip(";"):
            words.append(word)
        elif words:
            yield words
            words = []
    if words:
        yield words
