"""Python's search for cycles of objects, kept off the way of calls.

Whatever a call makes is freed by reference counts alone: nothing that is over refers to what referred to it (the
benchmark ``anatomy`` counts what does not keep to that, and its test allows none). What Python would search again
and again are the objects of calls and requests that are up, by the hundred thousand, and it would find nothing: it
would only hold up the messages meanwhile, for tenths of a second. So the whole of them is searched seldom, and
what is made at the start, never.
"""

from __future__ import annotations

import gc

YOUNG = 10_000
"""Objects made, above those freed, between two searches of the youngest: one millisecond each hundred calls."""
MIDDLE = 5
"""Searches of the youngest for one of those that have survived it: a few milliseconds."""
OLD = 1_000
"""Searches of those for one of all objects, each fifty million: only administration leaves cycles, and few."""


def spare_calls() -> None:
    """Search from now on as a node should; to be called when everything that stays has been made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
