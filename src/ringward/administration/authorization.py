"""Who may do what: every operation names the permission it needs, every role has a list of them (AUTHZ-19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType

from ringward.domain.errors import NotAllowed
from ringward.domain.vocabulary import PermissionsRole

_PERMISSIONS: Mapping[PermissionsRole, tuple[str, ...]] = MappingProxyType(
    {
        PermissionsRole.ADMINISTRATOR: ("*",),
        PermissionsRole.READ_ONLY: ("*.read",),
    }
)
"""Patterns of the permissions of each role; a role that is not here may do nothing."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for an operation: an account, its role, and where the request came from."""

    name: str
    role: PermissionsRole
    origin: str


def is_allowed(actor: Actor, permission: str) -> bool:
    """Whether the actor's role has the permission."""
    return any(fnmatchcase(permission, pattern) for pattern in _PERMISSIONS.get(actor.role, ()))


def authorize(actor: Actor, permission: str) -> None:
    """Raise :class:`NotAllowed` unless the actor has the permission."""
    if not is_allowed(actor, permission):
        raise NotAllowed(actor.name, permission)
