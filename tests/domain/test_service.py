"""Services by name."""

from __future__ import annotations

import pytest

from ringward.domain.errors import NotFound
from ringward.domain.service import CALL_MANAGER, SERVICES, TFTP, ServiceState, service_named
from ringward.domain.service_parameters import SERVICE_PARAMETERS


@pytest.mark.parametrize("text", ["Cisco CallManager", "callmanager", " CISCO CALLMANAGER "])
def test_a_service_is_known_with_and_without_its_makers_name(text: str) -> None:
    assert service_named(text) is CALL_MANAGER


def test_other_names_are_refused() -> None:
    with pytest.raises(NotFound, match="there is no service 'Coffee'"):
        service_named("Coffee")


def test_the_file_service_starts_first_so_that_phones_find_their_files_when_they_can_register() -> None:
    assert list(SERVICES.values()).index(TFTP) < list(SERVICES.values()).index(CALL_MANAGER)


def test_services_with_parameters_are_services() -> None:
    assert set(SERVICE_PARAMETERS) <= set(SERVICES)


@pytest.mark.parametrize(
    ("activated", "started", "runs"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_service_runs_when_it_is_activated_and_started(activated: bool, started: bool, runs: bool) -> None:
    assert ServiceState(activated, started).runs is runs
