"""How often a node looks for cycles of objects."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from ringward.services.garbage_collection import MIDDLE, OLD, YOUNG, spare_calls


@pytest.fixture
def as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


@pytest.mark.usefixtures("as_before")
def test_what_is_there_at_the_start_is_never_searched() -> None:
    spare_calls()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == (YOUNG, MIDDLE, OLD)
    assert gc.isenabled()
