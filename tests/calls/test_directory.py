from __future__ import annotations

import pytest

from calls.ladder import DEFAULT_REGIONS, phone
from ringward.calls.directory import RegionCodecs, build_directory

REGIONS = {
    "North": RegionCodecs("G722-64k", "G711-64k"),
    "South": RegionCodecs("L16-256k", "G729-8k"),
    "Sea": RegionCodecs("G729-8k", "L16-256k"),
}


@pytest.mark.parametrize(
    ("one", "other", "limit"),
    [
        ("North", "North", "G722-64k"),
        ("North", "South", "G729-8k"),
        ("South", "North", "G729-8k"),
        ("North", "Sea", "G711-64k"),
        ("Sea", "Sea", "G729-8k"),
        ("North", "Nowhere", "G729-8k"),
        ("Nowhere", "Nowhere", "G729-8k"),
    ],
)
def test_the_codec_limit_between_regions(one: str, other: str, limit: str) -> None:
    """ADMIN-33."""
    assert build_directory([], REGIONS).codec_limit(one, other) == limit


def test_a_number_on_several_phones_is_one_number_with_several_lines() -> None:
    directory = build_directory([phone("A", "1", "2"), phone("B", "2")], DEFAULT_REGIONS)
    lines = directory.numbers[("2", "<None>")]
    assert [(line.device, line.index) for line in lines] == [("A", 2), ("B", 1)]
    match = directory.dial_plan.match("2", ())
    assert match is not None and match.lines == lines


def test_a_phone_in_no_region_is_refused() -> None:
    with pytest.raises(ValueError, match="'A' is in region 'Moon', which does not exist"):
        build_directory([phone("A", "1", region="Moon")], DEFAULT_REGIONS)
