"""What a traced phone and the node said to each other, read from the node's trace."""

from __future__ import annotations

import re
from pathlib import Path

_ENTRY = re.compile(r"^\S+ \S+ (?P<device>SEP\w+) (?P<way>from|to) .*?: (?P<first>.*)$")


def traced(directory: Path, device: str) -> list[tuple[str, str, dict[str, str]]]:
    """The messages of a traced phone: which way they went, their first lines, and their headers."""
    found: list[tuple[str, str, dict[str, str]]] = []
    for line in (directory / "trace.log").read_text().splitlines():
        entry = _ENTRY.match(line)
        if entry is not None:
            found.append((entry["way"] if entry["device"] == device else "", entry["first"], {}))
        elif found and ":" in line:
            name, _, value = line.strip().partition(":")
            found[-1][2].setdefault(name, value.strip())
    return [each for each in found if each[0]]


def challenged(messages: list[tuple[str, str, dict[str, str]]]) -> tuple[set[str], set[str]]:
    """Methods of a phone's requests without credentials: those that were answered with 401, and the others."""
    answers = {
        (headers["Call-ID"], headers["CSeq"]): first.split(" ")[1]
        for way, first, headers in messages
        if way == "to" and first.startswith("SIP/2.0 ") and not first.startswith("SIP/2.0 1")
    }
    with_401: set[str] = set()
    without: set[str] = set()
    for way, first, headers in messages:
        if way == "from" and not first.startswith("SIP/2.0") and "Authorization" not in headers:
            method = first.split(" ")[0]
            is_401 = answers.get((headers["Call-ID"], headers["CSeq"])) == "401"
            (with_401 if is_401 else without).add(method)
    return with_401, without
