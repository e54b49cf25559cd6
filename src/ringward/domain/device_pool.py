"""Device pool: what all devices of one place have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.setting import Noun, name_setting, setting


@dataclass(frozen=True, slots=True)
class DevicePool(Noun):
    """Nodes, clock and bandwidth of the devices that are in it (ADMIN-22)."""

    noun: ClassVar[str] = "device-pool"
    title: ClassVar[str] = "Device Pool"

    name: str = name_setting("Name of the device pool.")
    call_manager_group: str = setting(
        "Cisco Unified CallManager Group",
        "The nodes that the devices register with, in order.",
        default="Default",
        required=True,
        references="call-manager-group",
        listed=True,
    )
    date_time_group: str = setting(
        "Date/Time Group",
        "Time zone and date format that the phones show.",
        default="CMLocal",
        required=True,
        references="date-time-group",
        listed=True,
    )
    region: str = setting(
        "Region",
        "Decides which audio codecs the devices' calls may use.",
        default="Default",
        required=True,
        references="region",
        listed=True,
    )
