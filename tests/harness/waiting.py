"""Waiting for what nobody announces: tests look for the condition itself, never for a moment that should do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds for what takes milliseconds where nothing else runs."""
_LOOK = 0.01


async def until(true: Callable[[], object], what: str = "") -> None:
    """Wait until something holds; ``what`` names it to whoever reads that it never did."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not true():  # noqa: ASYNC110
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        raise AssertionError(f"never came about: {what or true}") from None
