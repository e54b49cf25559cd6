"""Every requirement of these areas is cited by a test or told in the list of divergences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAST = {
    "ADMIN": 43,
    "CALL": 27,
    "CAPF": 39,
    "CERT": 24,
    "CFGENC": 36,
    "CLUSTER": 25,
    "CTL": 46,
    "CTLP": 9,
    "HARD": 17,
    "HTTPS": 13,
    "MEDIA": 20,
    "MODEL": 20,
    "PHONE": 18,
    "PORT": 10,
    "PSP": 31,
    "RST": 28,
    "SIG": 14,
    "SVC": 11,
    "TFTP": 15,
    "TOK": 10,
}
"""The last number of each area; they begin with 1, and none is left out."""

_CITED = re.compile(r"\b([A-Z]+)-([0-9]{2})\b(?:\s+to\s+\1-([0-9]{2})\b)?")


def numbers(text: str) -> set[tuple[str, int]]:
    """What a text cites; ``A-01 to A-03`` is three."""
    return {
        (area, number)
        for area, first, last in _CITED.findall(text)
        for number in range(int(first), int(last or first) + 1)
    }


def test_a_range_cites_all_between_its_ends() -> None:
    assert numbers("TOK-01 to TOK-03, PORT-02 to TOK-04") == {
        *(("TOK", number) for number in (1, 2, 3, 4)),
        ("PORT", 2),
    }


@pytest.fixture(scope="module")
def cited() -> set[tuple[str, int]]:
    files = [ROOT / "docs" / "project" / "divergences.md", *sorted((ROOT / "tests").rglob("*.py"))]
    return set().union(*(numbers(file.read_text()) for file in files if file != Path(__file__)))


@pytest.mark.parametrize("area", LAST)
def test_each_is_cited(area: str, cited: set[tuple[str, int]]) -> None:
    missing = [f"{area}-{number:02}" for number in range(1, LAST[area] + 1) if (area, number) not in cited]
    assert missing == [], "cite each at the test that proves it, or say in divergences.md why there is none"
