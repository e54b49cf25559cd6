"""User group: accounts of one kind, and the roles that they have (ADMIN-25, CTI-37)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.setting import Noun, name_setting, setting


@dataclass(frozen=True, slots=True)
class UserGroup(Noun):
    """Gives roles to the users that are in it."""

    noun: ClassVar[str] = "user-group"
    title: ClassVar[str] = "User Group"

    name: str = name_setting("Name of the group.")
    description: str = setting("Description", "Free text.", default="", listed=True)
    roles: tuple[str, ...] = setting(
        "Roles",
        "What those in the group may do: all that any of the roles allows.",
        default=(),
        references="role",
        listed=True,
        requirement="AUTHZ-19",
    )
    predefined: bool = setting(
        "Predefined", "Supplied by the installation; cannot be changed.", default=False, read_only=True
    )


def user_groups_setting() -> tuple[str, ...]:
    """Make the field of an account that says in which groups it is."""
    field: tuple[str, ...] = setting(
        "User Groups",
        "What the account may do: all that the roles of its groups allow. Nobody can give more than he has.",
        default=(),
        references=UserGroup.noun,
        listed=True,
        requirement="AUTHZ-19, CTI-37",
    )
    return field
