"""Role: a collection of permissions under a name, to be given to user groups (ADMIN-31)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.errors import FieldError
from ringward.domain.rights import PERMISSION, PERMISSION_HELP
from ringward.domain.setting import Noun, name_setting, setting


@dataclass(frozen=True, slots=True)
class Role(Noun):
    """What its holders may do."""

    noun: ClassVar[str] = "role"
    title: ClassVar[str] = "Role"

    name: str = name_setting("Name of the role.")
    description: str = setting("Description", "Free text.", default="", listed=True)
    permissions: tuple[str, ...] = setting(
        "Permissions",
        "Operations that are allowed, each as subject and act: phone.update, phone.* for all acts, *.read for "
        "looking at everything, * for all. The audit log shows which permission an operation needs.",
        default=(),
        max_items=200,
        max_length=64,
        pattern=PERMISSION,
        pattern_help=PERMISSION_HELP,
        listed=True,
        requirement="AUTHZ-19",
    )
    predefined: bool = setting(
        "Predefined", "Supplied by the installation; cannot be changed.", default=False, read_only=True
    )

    def rule_errors(self) -> Iterator[FieldError]:
        """Each permission must be one."""
        for each in self.permissions:
            if not re.fullmatch(PERMISSION, each):
                yield FieldError("permissions", each, PERMISSION_HELP)
