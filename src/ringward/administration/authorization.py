"""Who may do what: each operation names the permission it needs; groups and their roles give rights (AUTHZ-19)."""

from __future__ import annotations

from dataclasses import dataclass

from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import NotAllowed, Refused
from ringward.domain.rights import Rights
from ringward.domain.role import Role
from ringward.domain.setting import Lookup
from ringward.domain.user_group import UserGroup

_OWN = "own-data."
"""Begins the permissions that are over one's own account alone."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for an operation: an account, its rights, and where the request came from."""

    name: str
    rights: Rights
    origin: str


def is_allowed(actor: Actor, permission: str) -> bool:
    """Whether the actor has the permission."""
    return actor.rights.allow(permission)


def authorize(actor: Actor, permission: str) -> None:
    """Raise :class:`NotAllowed` unless the actor has the permission."""
    if not is_allowed(actor, permission):
        raise NotAllowed(actor.name, permission)


def rights_of(user: ApplicationUser | EndUser, lookup: Lookup) -> Rights:
    """What an account may do: all that any role of any of its groups allows."""
    title = ", ".join(user.user_groups) or "no group"
    permissions = (permission for name in user.user_groups for permission in permissions_of_group(name, lookup))
    return Rights(title, tuple(dict.fromkeys(permissions)))


def may_act_upon(actor: Actor, user: ApplicationUser | EndUser, lookup: Lookup) -> bool:
    """Whether the actor has all rights that an account has over others, so that he gains none by its password.

    What an account may do with its own data alone does not count: the help desk has no phone to look after.
    """
    permissions = (each for each in rights_of(user, lookup).permissions if not each.startswith(_OWN))
    return actor.rights.include(permissions)


def authorize_upon(actor: Actor, user: ApplicationUser | EndUser, lookup: Lookup) -> None:
    """Raise :class:`Refused` unless the actor :func:`may_act_upon` an account."""
    if not may_act_upon(actor, user, lookup):
        raise Refused(
            f"{user.key} has rights that {actor.name} does not have: somebody with all of them must do this"
        )


def permissions_of_group(name: str, lookup: Lookup) -> tuple[str, ...]:
    """The permissions that a group gives."""
    group = lookup.find(UserGroup, name)
    roles = [lookup.find(Role, each) for each in group.roles] if group is not None else []
    return tuple(permission for role in roles if role is not None for permission in role.permissions)
