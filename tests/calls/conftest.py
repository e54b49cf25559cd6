from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator

import pytest

from calls.ladder import Office, phone
from ringward.calls.digit_analysis import Treatment
from ringward.calls.directory import Device, RegionCodecs

OpenOffice = Callable[..., Office]


@pytest.fixture
def open_office(caplog: pytest.LogCaptureFixture) -> Iterator[OpenOffice]:
    """Make offices; at the end all of their calls are ended, and nothing may be left or have gone wrong."""
    offices: list[Office] = []

    def make(
        *devices: Device,
        regions: dict[str, RegionCodecs] | None = None,
        treatments: dict[str, Treatment] | None = None,
    ) -> Office:
        offices.append(Office(devices, regions, treatments))
        return offices[-1]

    with caplog.at_level(logging.ERROR, logger="ringward.calls"):
        yield make
        for office in offices:
            office.engine.end_all()
            office.check_is_over()
            gc.collect()
            assert [ref for ref in office.seen_calls.values() if ref() is not None] == []
    assert [record.getMessage() for record in caplog.get_records("call")] == []


@pytest.fixture
def office(open_office: OpenOffice) -> Office:
    """Phones A to E with the numbers 1 to 5."""
    return open_office(*(phone(name, str(number)) for number, name in enumerate("ABCDE", 1)))
