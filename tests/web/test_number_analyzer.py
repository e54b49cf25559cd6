"""Dialed Number Analyzer: the page tells the way of a number."""

from __future__ import annotations

from typing import Any

import pytest

from ringward.domain.errors import NotFound
from web.conftest import Browser, Node

STOP = {
    "number": "1002",
    "because": "It is dialled.",
    "match": "10XX in Staff",
    "steps": ["Staff: <b>"],
    "does": [],
}
ROUTE: dict[str, Any] = {
    "dialled": "1002",
    "match": "10XX in Staff",
    "lines": ["SEPA", "SEPB"],
    "silent": ["SEPB"],
    "obstacle": "",
    "stops": [STOP],
}


def test_the_way_of_a_number_with_the_phones_that_would_ring(ada: Browser, node: Node) -> None:
    node.answers["analyse"] = ROUTE
    page = ada.get("/dna?dialled=1002&device=1001")
    assert "Rings SEPA , SEPB (not registered now)" in page.words
    assert "1. 1002: 10XX in Staff It is dialled." in page.words
    assert "Staff: &lt;b&gt;" in page.text
    assert node.asked[-1] == ("analyse", {"dialled": "1002", "device": "1001", "line": 1})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lines": [], "obstacle": "The forwards go in a circle."}, "The forwards go in a circle."),
        ({"lines": []}, "No line has this number: nobody rings"),
        ({"lines": [], "stops": [STOP | {"does": ["It hunts."]}]}, "Taken by a feature: see below"),
    ],
)
def test_what_becomes_of_it_is_said_first(ada: Browser, node: Node, change: dict[str, Any], words: str) -> None:
    node.answers["analyse"] = ROUTE | change
    assert words in ada.get("/dna?dialled=1002").words


def test_a_phone_that_there_is_not_is_said_not_to_be(ada: Browser, node: Node) -> None:
    node.answers["analyse"] = NotFound("phone or number", "4711")
    assert "There is no phone or number '4711'." in ada.get("/dna?dialled=1002&device=4711").words
