"""Call manager group: the nodes that a device registers with, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.setting import Noun, name_setting, setting

MAX_MEMBERS = 3
"""Phones keep three nodes of a list: primary, secondary, tertiary."""


@dataclass(frozen=True, slots=True)
class CallManagerGroup(Noun):
    """An ordered list of nodes, given to devices by their device pool (PHONE-18)."""

    noun: ClassVar[str] = "call-manager-group"
    title: ClassVar[str] = "Cisco Unified CallManager Group"

    name: str = name_setting("Name of the group.")
    servers: tuple[str, ...] = setting(
        "Cisco Unified CallManagers",
        "The nodes in the order in which phones try them: primary, secondary, tertiary.",
        required=True,
        max_items=MAX_MEMBERS,
        references="server",
        listed=True,
        requirement="PHONE-18",
    )
