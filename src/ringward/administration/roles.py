"""Roles and user groups: nobody makes one that allows more than he may do himself (AUTHZ-19)."""

from __future__ import annotations

from ringward.administration.authorization import permissions_of_group
from ringward.administration.operation import Work
from ringward.administration.records import Records
from ringward.domain.errors import Refused
from ringward.domain.role import Role
from ringward.domain.user_group import UserGroup


class Roles(Records[Role]):
    """The use cases of roles."""

    def _check(self, work: Work, before: Role | None, after: Role | None) -> None:
        super()._check(work, before, after)
        for role in (before, after):
            if role is not None:
                _must_include(work, role.permissions, f"role {role.key}")


class UserGroups(Records[UserGroup]):
    """The use cases of user groups."""

    def _check(self, work: Work, before: UserGroup | None, after: UserGroup | None) -> None:
        super()._check(work, before, after)
        if before is not None:
            _must_include(work, permissions_of_group(before.key, work), f"user group {before.key}")
        if after is not None:
            roles = [work.find(Role, name) for name in after.roles]
            permissions = tuple(each for role in roles if role is not None for each in role.permissions)
            _must_include(work, permissions, f"user group {after.key}")


def _must_include(work: Work, permissions: tuple[str, ...], what: str) -> None:
    if not work.actor.rights.include(permissions):
        raise Refused(f"{what} allows more than {work.actor.name} may do: somebody with all of it must do this")
