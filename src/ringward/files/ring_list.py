"""``Ringlist.xml`` and ``DistinctiveRingList.xml``: the ring tones a user can choose from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from lxml import etree

from ringward.files.xml_document import add, write

MAX_RINGS = 50
"""Tones that phones read from a list."""
MAX_NAME = 25
"""Characters of a name and of a file name."""
RING_SUFFIXES = (".raw", ".pcm")
"""Headerless mu-law tones, 8 kHz, one channel."""
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def build(file_names: Iterable[str]) -> bytes:
    """A list of the ring files among ``file_names``, in the order of their names.

    Left out are files that a phone could not show or fetch (names too long, not ASCII or in folders), and those
    beyond the fiftieth.
    """
    rings = sorted(name for name in file_names if is_ring(name))[:MAX_RINGS]
    root = etree.Element("CiscoIPPhoneRingList")
    for name in rings:
        ring = add(root, "Ring")
        add(ring, "DisplayName", display_name(name))
        add(ring, "FileName", name)
    return write(root)


def is_ring(file_name: str) -> bool:
    """Whether a file can be in a ring list."""
    return (
        file_name.lower().endswith(RING_SUFFIXES)
        and len(file_name) <= MAX_NAME
        and file_name.isascii()
        and file_name.isprintable()
        and "/" not in file_name
    )


def display_name(file_name: str) -> str:
    """A file's name as people read it: ``OldStyle.raw`` is "Old Style"."""
    words = PurePosixPath(file_name).stem.replace("_", " ").replace("-", " ")
    return _WORD_START.sub(" ", words)[:MAX_NAME].strip()
