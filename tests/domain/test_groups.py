"""Call manager groups, date/time groups, regions, partitions and calling search spaces."""

from __future__ import annotations

import pytest

from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.calling_search_space import CallingSearchSpace
from ringward.domain.date_time_group import DATE_TEMPLATES, DateTimeGroup, is_time_zone
from ringward.domain.device_pool import DevicePool
from ringward.domain.partition import NO_PARTITION, Partition
from ringward.domain.region import AUDIO_CODECS, Region
from ringward.domain.setting import Noun, record_errors, references_of


def broken(record: Noun) -> list[str]:
    return [error.field for error in record_errors(record)]


@pytest.mark.parametrize(
    ("servers", "valid"),
    [((), False), (("a",), True), (("a", "b", "c"), True), (("a", "b", "c", "d"), False), (("a", "a"), False)],
)
def test_a_group_has_one_to_three_servers(servers: tuple[str, ...], valid: bool) -> None:
    """PHONE-18."""
    group = CallManagerGroup("Default", servers)
    assert (broken(group) == []) is valid
    assert [each.key for each in references_of(group)] == list(servers)


@pytest.mark.parametrize(
    ("zone", "known"),
    [
        ("UTC", True),
        ("Europe/Vienna", True),
        ("America/New_York", True),
        ("Europe", False),
        ("", False),
        ("Mars/Olympus", False),
        ("../etc/passwd", False),
        ("/etc/passwd", False),
        ("Europe/Vienna\x00", False),
    ],
)
def test_time_zones_are_those_of_the_machine(zone: str, known: bool) -> None:
    assert is_time_zone(zone) is known
    assert (broken(DateTimeGroup("g", zone)) == []) is known


def test_date_templates() -> None:
    assert {"M/D/Y", "D/M/YA", "Y-M-D", "D.M.Y"} <= set(DATE_TEMPLATES)
    assert len(set(DATE_TEMPLATES)) == len(DATE_TEMPLATES) == 18
    assert broken(DateTimeGroup("g", date_template="D/Y/M")) == ["date_template"]


@pytest.mark.parametrize(
    ("servers", "valid"),
    [
        (("10.0.0.1", "ntp.example"), True),
        (("not a host",), False),
        (("10.0.0.1",) * 2, False),
        (("a", "b", "c", "d", "e"), False),
    ],
)
def test_ntp_servers(servers: tuple[str, ...], valid: bool) -> None:
    assert (broken(DateTimeGroup("g", ntp_servers=servers)) == []) is valid


def test_a_device_pool_names_group_clock_and_region() -> None:
    assert [(each.noun, each.key) for each in references_of(DevicePool("Lab"))] == [
        ("call-manager-group", "Default"),
        ("date-time-group", "CMLocal"),
        ("region", "Default"),
    ]
    assert broken(DevicePool("Lab", region="")) == ["region"]


@pytest.mark.parametrize("codec", [*AUDIO_CODECS, "G711", ""])
def test_regions_limit_to_a_known_codec(codec: str) -> None:
    """ADMIN-33."""
    assert (broken(Region("r", codec_within=codec)) == []) is (codec in AUDIO_CODECS)


@pytest.mark.parametrize(
    ("name", "valid"), [(NO_PARTITION, True), ("Staff", True), ("<Some>", False), ("", False)]
)
def test_only_one_partition_is_written_in_brackets(name: str, valid: bool) -> None:
    assert (broken(Partition(name)) == []) is valid


def test_a_calling_search_space_keeps_its_order() -> None:
    """AUTHZ-02."""
    space = CallingSearchSpace("s", partitions=("Staff", NO_PARTITION, "Lobby"))
    assert broken(space) == []
    assert [each.key for each in references_of(space)] == ["Staff", NO_PARTITION, "Lobby"]
    assert broken(CallingSearchSpace("s")) == []
