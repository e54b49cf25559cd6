"""All nouns that are stored, each after those that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ringward.domain.application_user import ApplicationUser
from ringward.domain.auto_registration import AutoRegistration
from ringward.domain.backup_schedule import BackupSchedule
from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.calling_search_space import CallingSearchSpace
from ringward.domain.date_time_group import DateTimeGroup
from ringward.domain.device_pool import DevicePool
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.hunt_pilot import HuntPilot
from ringward.domain.line_group import LineGroup
from ringward.domain.park_number import ParkNumber
from ringward.domain.partition import Partition
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.pickup_group import PickupGroup
from ringward.domain.region import Region
from ringward.domain.role import Role
from ringward.domain.server import Server
from ringward.domain.setting import Noun
from ringward.domain.user_group import UserGroup

IN_DEPENDENCY_ORDER: tuple[type[Noun], ...] = (
    Server,
    CallManagerGroup,
    DateTimeGroup,
    Region,
    DevicePool,
    Partition,
    CallingSearchSpace,
    PickupGroup,
    DirectoryNumber,
    LineGroup,
    HuntPilot,
    ParkNumber,
    AutoRegistration,
    PhoneSecurityProfile,
    Role,
    UserGroup,
    EndUser,
    ApplicationUser,
    Phone,
    BackupSchedule,
)
"""Records made in this order find everything that they name; removed in the reverse order, nothing is in use."""

NOUNS: Mapping[str, type[Noun]] = MappingProxyType({kind.noun: kind for kind in IN_DEPENDENCY_ORDER})
"""The nouns by name, in the same order."""
