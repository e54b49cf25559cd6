"""The records that an installation supplies, and what must not be done to them."""

from __future__ import annotations

from dataclasses import replace

from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.date_time_group import DateTimeGroup
from ringward.domain.device_pool import DevicePool
from ringward.domain.errors import Refused
from ringward.domain.partition import NO_PARTITION, Partition
from ringward.domain.phone_models import CAPABILITIES
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.region import Region
from ringward.domain.role import Role
from ringward.domain.server import Server
from ringward.domain.setting import Noun
from ringward.domain.standard_groups import standard_groups, standard_roles
from ringward.domain.user_group import UserGroup
from ringward.domain.vocabulary import Protocol

DEFAULT = "Default"
"""Name of the group, region and device pool that new records are preset to."""
CM_LOCAL = "CMLocal"
"""Name of the date/time group that shows the time of the node."""

_KEPT = frozenset(
    {
        (CallManagerGroup.noun, DEFAULT),
        (DateTimeGroup.noun, CM_LOCAL),
        (Region.noun, DEFAULT),
        (DevicePool.noun, DEFAULT),
        (Partition.noun, NO_PARTITION),
    }
)
"""Records that must stay under their names, since new records are preset to them."""

_WITH_PREDEFINED = (PhoneSecurityProfile, Role, UserGroup)
"""Nouns of which some records are supplied and stay as they are."""


def nonsecure_profile_name(model: str, protocol: Protocol) -> str:
    """Name of the predefined profile that every phone of this model and protocol may have (PSP-02, PSP-03)."""
    return f"{model} - Standard {protocol.value} Non-Secure Profile"


def nonsecure_profiles() -> tuple[PhoneSecurityProfile, ...]:
    """The predefined profiles, one for each model and protocol (PSP-02)."""
    return tuple(
        PhoneSecurityProfile(
            name=nonsecure_profile_name(model, protocol),
            model=model,
            protocol=protocol,
            description=f"{model} without security, {protocol.value}",
            predefined=True,
        ).settled()
        for model, protocol in CAPABILITIES
    )


def predefined_records(first_node: Server, time_zone: str = "UTC") -> tuple[Noun, ...]:
    """Everything a fresh cluster starts with, in an order in which each finds what it names.

    ``first_node`` is the node that is being installed; ``time_zone`` is that of its machine.
    """
    node = replace(first_node, first_node=True)
    return (
        node,
        CallManagerGroup(DEFAULT, (node.name,)),
        DateTimeGroup(CM_LOCAL, time_zone),
        Region(DEFAULT),
        DevicePool(DEFAULT, DEFAULT, CM_LOCAL, DEFAULT),
        Partition(NO_PARTITION, "Numbers that everyone may call"),
        *nonsecure_profiles(),
        *standard_roles(),
        *standard_groups(),
    )


def check_change(before: Noun, after: Noun) -> None:
    """Raise ``Refused`` if ``before`` must not become ``after``: predefined records keep at least their names."""
    if _is_unchangeable(before) and after != before:
        raise Refused(f"{before.noun} {before.key!r} is predefined and cannot be changed; {_advice(before)}")
    if _is_kept(before) and after.key != before.key:
        raise Refused(f"{before.noun} {before.key!r} is predefined and must keep its name")
    if isinstance(after, _WITH_PREDEFINED) and after.predefined and not _is_unchangeable(before):
        raise Refused(f"{after.noun} {after.key!r} cannot be made a predefined one")


def check_removal(record: Noun) -> None:
    """Raise ``Refused`` if a record must not be removed (PSP-02)."""
    if _is_unchangeable(record) or _is_kept(record):
        raise Refused(f"{record.noun} {record.key!r} is predefined and cannot be removed")
    if isinstance(record, Server) and record.first_node:
        raise Refused(f"{record.noun} {record.key!r} is the first node of the cluster and cannot be removed")


def _is_unchangeable(record: Noun) -> bool:
    if isinstance(record, _WITH_PREDEFINED):
        return record.predefined
    return isinstance(record, Partition) and record.name == NO_PARTITION


def _is_kept(record: Noun) -> bool:
    return (record.noun, record.key) in _KEPT


def _advice(record: Noun) -> str:
    return "copy it and change the copy" if isinstance(record, _WITH_PREDEFINED) else "make another one"
