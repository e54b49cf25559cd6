"""Access tokens of programs: how long they may be good."""

from __future__ import annotations

LONGEST_DAYS = 366
"""A token that nobody renews must not work for ever."""
DEFAULT_DAYS = 90
