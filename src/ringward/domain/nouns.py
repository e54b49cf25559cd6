"""All nouns that are stored, each after those that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ringward.domain.application_user import ApplicationUser
from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.calling_search_space import CallingSearchSpace
from ringward.domain.date_time_group import DateTimeGroup
from ringward.domain.device_pool import DevicePool
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.partition import Partition
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.region import Region
from ringward.domain.server import Server
from ringward.domain.setting import Noun

IN_DEPENDENCY_ORDER: tuple[type[Noun], ...] = (
    Server,
    CallManagerGroup,
    DateTimeGroup,
    Region,
    DevicePool,
    Partition,
    CallingSearchSpace,
    DirectoryNumber,
    PhoneSecurityProfile,
    EndUser,
    ApplicationUser,
    Phone,
)
"""Records made in this order find everything that they name; removed in the reverse order, nothing is in use."""

NOUNS: Mapping[str, type[Noun]] = MappingProxyType({kind.noun: kind for kind in IN_DEPENDENCY_ORDER})
"""The nouns by name, in the same order."""
