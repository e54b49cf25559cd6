"""What the plays of odd calls have in common: who does what next, and what is left of the calls in the end."""

from __future__ import annotations

import gc
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Act = TypeVar("Act", bound=Callable[..., None])


class Repertoire(Generic[Act]):
    """Acts, and how often each is played beside the others."""

    def __init__(self, *played: tuple[Act, int]) -> None:
        self._acts: Sequence[Act] = [act for act, _ in played]
        self._weights = [weight for _, weight in played]

    def one(self, by: random.Random) -> Act:
        """The next one."""
        return by.choices(self._acts, self._weights)[0]


def alive(kinds: Sequence[type]) -> Counter[str]:
    """How many things of these kinds there are."""
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects() if type(each) in kinds)
