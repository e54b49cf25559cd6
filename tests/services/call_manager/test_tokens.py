"""Unguessable texts."""

from __future__ import annotations

import re

from ringward.services.call_manager.tokens import RESERVE, Tokens


def test_no_token_comes_twice_and_all_have_eighty_bits() -> None:
    tokens = Tokens()
    drawn = [tokens() for _ in range(5 * RESERVE + 3)]
    assert len(set(drawn)) == len(drawn)
    assert all(re.fullmatch("[0-9a-f]{20}", each) for each in drawn)


def test_two_sources_give_different_tokens() -> None:
    one, other = Tokens(), Tokens()
    assert {one() for _ in range(RESERVE)}.isdisjoint({other() for _ in range(RESERVE)})
