"""What is kept of calls, as it comes out of the engine."""

from __future__ import annotations

from calls.conftest import OpenOffice
from calls.ladder import Office, phone, sound
from ringward.calls.events import Alerting, Answered, Cause, Ended, Failed
from ringward.calls.records import CallDetailRecord, EndedBy
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode


def test_the_record_of_a_call(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1", search_space=("Staff",)), phone("B", "2XX", partition="Staff"))
    a = office.dial("A", "217", sound("A"))
    office.now = 1004.0
    office.rung("B").tells(Alerting())
    office.now = 1007.5
    office.rung("B").tells(Answered(sound("B")))
    office.now = 1030.0
    a.tells(Ended())
    (record,) = office.records
    assert record == CallDetailRecord(
        call_id=1,
        origination_time=1000.0,
        answer_time=1007.5,
        end_time=1030.0,
        calling_number="1",
        calling_name="User 1",
        calling_device="A",
        originally_called_number="217",
        partition="Staff",
        final_called_number="2XX",
        final_called_device="B",
        ended_by=EndedBy.CALLING,
        calling_cause=Cause.NORMAL,
        called_cause=None,
        security_class=CallSecurityClass.NONSECURE,
        security_reason="nonsecure because the calling phone's profile is Non Secure",
        transferred_from=None,
        transferred_to=None,
        redirecting_number="",
        redirect_reason="",
        calling_mode=DeviceSecurityMode.NONSECURE,
        called_mode=DeviceSecurityMode.NONSECURE,
    )
    assert record.duration == 22.5


def test_the_record_of_a_call_that_nobody_answers(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    office.now = 1020.0
    office.rung("B").tells(Failed(Cause.USER_BUSY))
    (record,) = office.records
    assert (record.answer_time, record.duration) == (None, 0.0)
    assert (record.ended_by, record.calling_cause, record.called_cause) == (EndedBy.CALLED, None, Cause.USER_BUSY)
    assert (record.final_called_number, record.final_called_device) == ("2", "")
    assert record.security_reason == "nonsecure because it is not connected"


def test_the_record_of_a_number_that_is_not_there(office: Office) -> None:
    office.dial("A", "99", sound("A"))
    (record,) = office.records
    assert (record.originally_called_number, record.final_called_number, record.partition) == ("99", "99", "")
    assert record.called_cause is Cause.UNALLOCATED_NUMBER


def test_the_record_of_a_pattern_that_nobody_answers(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2XX"))
    a = office.dial("A", "217", sound("A"))
    a.tells(Ended(Cause.CANCELLED))
    (record,) = office.records
    assert (record.final_called_number, record.calling_cause, record.called_cause) == (
        "217",
        Cause.CANCELLED,
        None,
    )


def test_the_call_manager_ends_a_call(office: Office) -> None:
    office.connected()
    office.engine.end_all()
    (record,) = office.records
    assert record.ended_by is EndedBy.CALL_MANAGER
    assert record.calling_cause is record.called_cause is Cause.TEMPORARY_FAILURE


def test_a_caller_without_a_device(office: Office) -> None:
    outside = office.dial_from_outside("0301234", "2", sound("X"))
    outside.tells(Ended())
    (record,) = office.records
    assert (record.calling_number, record.calling_device) == ("0301234", "")
