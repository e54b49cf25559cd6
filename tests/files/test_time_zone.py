from __future__ import annotations

import pytest

from ringward.files.time_zone import GREENWICH, PHONE_ZONES, phone_zone


@pytest.mark.parametrize(
    ("iana", "name"),
    [
        ("Europe/Vienna", "W. Europe Standard/Daylight Time"),
        ("America/New_York", "Eastern Standard/Daylight Time"),
        ("UTC", "Greenwich Standard Time"),
        ("Europe/Busingen", "W. Europe Standard/Daylight Time"),
        ("America/Indiana/Knox", "Central Standard/Daylight Time"),
        ("Asia/Brunei", "China Standard Time"),
        ("no/such", "Greenwich Standard Time"),
        ("../../etc/passwd", "Greenwich Standard Time"),
        ("", "Greenwich Standard Time"),
    ],
)
def test_names(iana: str, name: str) -> None:
    assert phone_zone(iana).name == name


def test_a_zone_like_none_in_the_table_is_shown_as_greenwich() -> None:
    assert phone_zone("Asia/Kathmandu") is GREENWICH


def test_zones_with_daylight_saving_say_so_in_both_forms() -> None:
    for zone in PHONE_ZONES.values():
        assert (zone.saving is not None) <= ("/Daylight" in zone.name)
