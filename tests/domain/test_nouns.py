"""The registry of nouns."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from ringward.domain.nouns import IN_DEPENDENCY_ORDER, NOUNS
from ringward.domain.setting import Noun, settings_of


def test_each_noun_comes_after_those_it_refers_to() -> None:
    seen: set[str] = set()
    for kind in IN_DEPENDENCY_ORDER:
        for item in settings_of(kind):
            parts = settings_of(item.item_type) if item.is_record_list else (item,)
            assert {part.setting.references for part in parts} - {""} <= seen, f"{kind.noun}.{item.name}"
        seen.add(kind.noun)
    assert list(NOUNS) == [kind.noun for kind in IN_DEPENDENCY_ORDER]


@pytest.mark.parametrize("kind", IN_DEPENDENCY_ORDER, ids=lambda kind: kind.noun)
def test_a_noun_is_a_frozen_slotted_record_with_a_key(kind: type[Noun]) -> None:
    assert "__dict__" not in kind.__slots__
    record = object.__new__(kind)
    keys = [item.name for item in settings_of(kind) if item.setting.key]
    assert keys
    with pytest.raises(FrozenInstanceError):
        setattr(record, keys[0], "another")
    assert [item.name for item in settings_of(kind)] == list(kind.__slots__)
    assert kind.title


def test_the_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        NOUNS["region"] = Noun  # type: ignore[index]
