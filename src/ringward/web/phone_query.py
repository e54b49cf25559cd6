"""The phones that a guided page is about: those that its criteria find, told in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringward.domain.phone import Phone
from ringward.web.find_and_list import COMPARISONS, Search, searchable, write_criterion


def query_values(path: str, search: Search) -> Mapping[str, Any]:
    """What ``find_phones.html`` needs to draw the form and the criteria so far."""
    labels, words = dict(searchable(Phone)), dict(COMPARISONS)
    return {
        "path": path,
        "query": search.query(page=1),
        "fields": searchable(Phone),
        "comparisons": list(words.items()),
        "criteria": [
            (
                write_criterion(each),
                f"{labels.get(each.field, each.field)} {each.comparison.value} {each.value}".strip(),
            )
            for each in search.criteria
        ],
    }
