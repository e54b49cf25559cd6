"""Application user: an account that belongs to no person, for administration and applications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.end_user import USER_ID, USER_ID_HELP
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, setting
from ringward.domain.user_group import user_groups_setting


@dataclass(frozen=True, slots=True)
class ApplicationUser(Noun):
    """Who may administer the cluster, and what of it (AUTHZ-19, SYS-13)."""

    noun: ClassVar[str] = "application-user"
    title: ClassVar[str] = "Application User"

    name: str = setting(
        "User ID",
        "Name of the account.",
        key=True,
        required=True,
        listed=True,
        max_length=64,
        pattern=USER_ID,
        pattern_help=USER_ID_HELP,
    )
    password: Secret | None = setting(
        "Password",
        "Only a hash of it is kept, so it cannot be shown again; an account without one cannot log in.",
        default=None,
        secret=True,
    )
    user_groups: tuple[str, ...] = user_groups_setting()
