"""Which names may be asked for at all: relative, plain, short; all else is refused before anything is read."""

from __future__ import annotations

import re

MAX_NAME = 255
"""Characters of a whole name; the longest file names of phones have about 60."""
MAX_DEPTH = 6
"""Folders and file of a name; locales and backgrounds use two or three."""
_PART = r"[A-Za-z0-9_][A-Za-z0-9 _.,+=@()-]*"
_PLAIN = re.compile(rf"{_PART}(?:/{_PART}){{0,{MAX_DEPTH - 1}}}")
"""The names that may be asked for; whatever else is wrong with one only decides the words."""


def objection(name: str) -> str:
    """Why a name is refused, in words for the log; empty when there is nothing against it."""
    if len(name) > MAX_NAME:
        return f"it is longer than {MAX_NAME} characters"
    return "" if _PLAIN.fullmatch(name) else _why_not_plain(name)


def _why_not_plain(name: str) -> str:
    if not name:
        return "it is empty"
    if not (name.isascii() and name.isprintable()):
        return "it holds characters outside printable ASCII"
    if name.startswith("/"):
        return "it is an absolute path"
    if "\\" in name:
        return "it holds a backslash"
    if "%" in name:
        return "it holds a percent sign"
    parts = name.split("/")
    if len(parts) > MAX_DEPTH:
        return f"it is deeper than {MAX_DEPTH} levels"
    if ".." in parts:
        return "it leads out of the folder"
    return "a part of it is not a plain file name"
