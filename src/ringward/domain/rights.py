"""Rights: which operations an account may perform. Each operation names the one permission that it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

PERMISSION = r"(\*|[a-z]+(-[a-z]+)*)(\.(\*|[a-z]+(-[a-z]+)*))?"
"""A permission, or a pattern of them: ``phone.update``, ``phone.*``, ``*.read``, ``*``."""
PERMISSION_HELP = "permissions such as phone.update, phone.*, *.read or *"


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do, as patterns of permissions."""

    title: str
    """In words, for the audit log: the groups they come from."""
    permissions: tuple[str, ...]

    def allow(self, permission: str) -> bool:
        """Whether an operation that needs this permission is allowed."""
        return any(fnmatchcase(permission, pattern) for pattern in self.permissions)

    def include(self, patterns: Iterable[str]) -> bool:
        """Whether everything that the patterns stand for is allowed.

        A pattern with a star is matched as a text, so that ``phone.*`` is included in ``phone.*`` and ``*`` alone.
        Nobody can hand out more than this (AUTHZ-19).
        """
        return all(self.allow(pattern) for pattern in patterns)


EVERYTHING = Rights("everything", ("*",))
"""Of the installation itself, and of who owns the data directory."""
LOOKING = Rights("looking", ("*.read",))
NOTHING = Rights("nothing", ())
