"""Who wants to hear of changes of what, as phones that subscribe to the state of a number."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

Tell = Callable[[K], None]
StopWatching = Callable[[], None]


class Watchers(Generic[K]):
    """Keeps who watches which key. How many may watch is up to whoever lets them."""

    __slots__ = ("_watchers",)

    def __init__(self) -> None:
        self._watchers: dict[K, list[Tell[K]]] = {}

    def watch(self, key: K, tell: Tell[K]) -> StopWatching:
        """Have ``tell`` called with ``key`` at each change; returns what ends it, which may be called twice."""
        self._watchers.setdefault(key, []).append(tell)
        return partial(self._stop, key, tell)

    def _stop(self, key: K, tell: Tell[K]) -> None:
        found = self._watchers.get(key, [])
        if tell in found:
            found.remove(tell)
        if not found:
            self._watchers.pop(key, None)

    def tell(self, key: K) -> None:
        """A key has changed."""
        for tell in tuple(self._watchers.get(key, ())):
            tell(key)

    def __contains__(self, key: K) -> bool:
        return key in self._watchers

    def __len__(self) -> int:
        """How many keys are watched."""
        return len(self._watchers)
