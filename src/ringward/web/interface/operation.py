"""One operation of the interface: its address, what it answers, and how the OpenAPI document describes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ringward.web.interface.call import Answer
from ringward.web.navigation import INTERFACE

PAGING = ("offset", "limit")
"""Words of the query by which a list is read in parts."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. Schemas are named as in :mod:`ringward.web.interface.openapi`."""

    method: str
    path: str
    answer: Answer
    name: str
    summary: str
    tag: str
    query: tuple[str, ...] = ()
    body: str = ""
    """Schema of what is sent; ``csv`` for a text."""
    result: str = "Anything"
    status: int = 200
    refusals: tuple[int, ...] = field(default=())

    @property
    def route(self) -> str:
        """The path as the router knows it: a key may have slashes in it."""
        return INTERFACE + self.path.replace("{key}", "{key:path}")
