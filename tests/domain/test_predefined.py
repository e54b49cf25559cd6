"""What an installation supplies, and what is refused of it (PSP-02)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringward.domain.errors import Refused
from ringward.domain.partition import NO_PARTITION, Partition
from ringward.domain.phone_models import CAPABILITIES
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import (
    check_change,
    check_removal,
    nonsecure_profile_name,
    nonsecure_profiles,
    predefined_records,
)
from ringward.domain.region import Region
from ringward.domain.server import Server
from ringward.domain.setting import Noun, record_errors, references_of
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol

RECORDS = predefined_records(Server("node1", "10.0.0.1"), "Europe/Vienna")
SUPPLIED = [record for record in RECORDS if not isinstance(record, Server)]


def name_of(record: Noun) -> str:
    return f"{record.noun} {record.key}"


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
def test_what_is_supplied_is_valid_as_it_is(record: Noun) -> None:
    assert record.settled() == record
    assert record_errors(record) == []


def test_each_record_finds_what_it_names() -> None:
    seen: set[tuple[str, str]] = set()
    for record in RECORDS:
        assert {(each.noun, each.key) for each in references_of(record)} <= seen
        seen.add((record.noun, record.key))
    assert len(seen) == len(RECORDS)


def test_the_installed_node_is_the_first_one() -> None:
    """CLUSTER-21."""
    assert RECORDS[0] == Server("node1", "10.0.0.1", first_node=True)


def test_there_is_one_nonsecure_profile_for_each_model_and_protocol() -> None:
    """PSP-02, PSP-03."""
    profiles = nonsecure_profiles()
    assert {(each.model, each.protocol) for each in profiles} == set(CAPABILITIES)
    assert len(profiles) == len(CAPABILITIES)
    for each in profiles:
        assert each.predefined
        assert each.device_security_mode is DeviceSecurityMode.NONSECURE
        assert not each.digest_authentication
        assert each.name == nonsecure_profile_name(each.model, each.protocol)


@pytest.mark.parametrize("record", SUPPLIED, ids=name_of)
def test_nothing_that_is_supplied_can_be_removed(record: Noun) -> None:
    with pytest.raises(Refused, match="predefined"):
        check_removal(record)


def test_the_first_node_cannot_be_removed_but_others_can() -> None:
    with pytest.raises(Refused, match="first node"):
        check_removal(RECORDS[0])
    check_removal(Server("node2", "10.0.0.2"))


@pytest.mark.parametrize("record", SUPPLIED, ids=name_of)
def test_nothing_that_is_supplied_can_be_renamed(record: Noun) -> None:
    with pytest.raises(Refused, match="predefined"):
        check_change(record, replace(record, name="Another"))  # type: ignore[type-var]


@pytest.mark.parametrize("record", nonsecure_profiles(), ids=name_of)
def test_a_predefined_profile_cannot_be_changed_at_all(record: PhoneSecurityProfile) -> None:
    """PSP-02."""
    check_change(record, record)
    with pytest.raises(Refused, match="copy"):
        check_change(record, replace(record, description="mine"))
    with pytest.raises(Refused):
        check_change(record, replace(record, predefined=False))


def test_the_partition_of_no_partition_cannot_be_changed() -> None:
    with pytest.raises(Refused):
        check_change(Partition(NO_PARTITION), Partition(NO_PARTITION, "x"))
    check_change(Partition("Staff"), Partition("Staff", "x"))


def test_presets_can_be_changed_under_their_names() -> None:
    check_change(Region("Default"), Region("Default", codec_within="G711-64k"))
    check_change(Region("Lab"), Region("Laboratory"))
    check_removal(Region("Lab"))


def test_ones_own_profile_can_be_changed_but_not_made_predefined() -> None:
    own = PhoneSecurityProfile("own", "7961", Protocol.SIP)
    check_change(own, replace(own, name="mine"))
    check_removal(own)
    with pytest.raises(Refused):
        check_change(own, replace(own, predefined=True))
