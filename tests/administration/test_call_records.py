from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.calls.events import Cause
from ringward.calls.records import CallDetailRecord, EndedBy
from ringward.cluster.bus import Announcement
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode
from ringward.store.call_records import CallFilter

ANSWERED = CallDetailRecord(
    call_id=1,
    origination_time=1_000.125,
    answer_time=1_003.5,
    end_time=1_060.0,
    calling_number="1001",
    calling_name="Anna",
    calling_device="SEP000000000001",
    originally_called_number="9000",
    partition="Staff",
    final_called_number="1002",
    final_called_device="SEP000000000002",
    ended_by=EndedBy.CALLED,
    calling_cause=None,
    called_cause=Cause.NORMAL,
    security_class=CallSecurityClass.ENCRYPTED,
    security_reason="",
    transferred_from=None,
    transferred_to=3,
    redirecting_number="1001",
    redirect_reason="no-answer",
    calling_mode=DeviceSecurityMode.ENCRYPTED,
    called_mode=DeviceSecurityMode.AUTHENTICATED,
)
REFUSED = replace(
    ANSWERED,
    call_id=2,
    origination_time=2_000.0,
    answer_time=None,
    end_time=2_000.0,
    calling_number="1002",
    calling_device="SEP000000000002",
    originally_called_number="77",
    final_called_number="77",
    final_called_device="",
    ended_by=EndedBy.CALL_MANAGER,
    called_cause=Cause.UNALLOCATED_NUMBER,
    security_class=CallSecurityClass.NONSECURE,
    security_reason="nobody there",
    transferred_to=None,
)


@pytest.fixture
def calls(administration: Administration) -> Administration:
    administration.call_records.store([ANSWERED, REFUSED])
    return administration


def test_records_come_back_as_they_were_stored_newest_first(
    calls: Administration, guest: Actor, announced: list[Announcement]
) -> None:
    """SVC-11: with the security class and its reason. They are no configuration, so nobody hears of them."""
    page = calls.call_records.find(guest)
    assert page.records == (REFUSED, ANSWERED)
    assert (page.total, page.offset) == (2, 0)
    assert announced == []


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (CallFilter(number="1001"), [1]),
        (CallFilter(number="1002"), [2, 1]),
        (CallFilter(number="9000"), [1]),
        (CallFilter(device="SEP000000000002"), [2, 1]),
        (CallFilter(device=""), [2]),
        (CallFilter(since=1_000_126), [2]),
        (CallFilter(until=1_000_126), [1]),
        (CallFilter(security_class=CallSecurityClass.ENCRYPTED), [1]),
        (CallFilter(number="1002", since=3_000_000), []),
    ],
)
def test_a_filter_lets_through_what_it_names(
    calls: Administration, ada: Actor, wanted: CallFilter, ids: list[int]
) -> None:
    page = calls.call_records.find(ada, wanted)
    assert [record.call_id for record in page.records] == ids
    assert page.total == len(ids)


def test_records_are_read_in_pages(calls: Administration, ada: Actor) -> None:
    page = calls.call_records.find(ada, offset=1, limit=1)
    assert (page.records, page.total, page.offset) == ((ANSWERED,), 2, 1)


def test_no_records_are_stored_without_complaint(administration: Administration, ada: Actor) -> None:
    administration.call_records.store([])
    assert administration.call_records.find(ada).total == 0


@given(
    cause=st.none() | st.sampled_from(Cause),
    ended_by=st.sampled_from(EndedBy),
    security_class=st.sampled_from(CallSecurityClass),
    milliseconds=st.integers(0, 4_000_000_000_000),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
def test_every_record_survives(
    administration: Administration,
    ada: Actor,
    cause: Cause | None,
    ended_by: EndedBy,
    security_class: CallSecurityClass,
    milliseconds: int,
) -> None:
    record = replace(
        ANSWERED,
        origination_time=10_000_000_000.0,
        answer_time=milliseconds / 1000,
        calling_cause=cause,
        ended_by=ended_by,
        security_class=security_class,
    )
    administration.call_records.store([record])
    assert administration.call_records.find(ada, limit=1).records == (record,)
