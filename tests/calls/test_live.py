from __future__ import annotations

from calls.ladder import Office, sound
from ringward.calls.events import Alerting, Answered, Party, TransferRequested
from ringward.calls.live import LiveCall
from ringward.domain.vocabulary import CallSecurityClass


def test_a_call_as_it_goes_on(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    (call,) = office.engine.live()
    assert call == LiveCall(
        call_id=1,
        calling=Party("1", "User 1"),
        calling_device="A",
        called=Party("2"),
        called_device="",
        state="proceeding",
        held_by="",
        originated_at=1000.0,
        answered_at=None,
        security_class=CallSecurityClass.NONSECURE,
        security_reason="nonsecure because it is not connected",
    )
    b = office.rung("B")
    b.tells(Alerting())
    assert office.engine.live()[0].state == "alerting"
    office.now = 1005.0
    b.tells(Answered(sound("B")))
    (call,) = office.engine.live()
    assert (call.state, call.answered_at) == ("connected", 1005.0)
    assert (call.called, call.called_device) == (Party("2", "User 2"), "B")


def test_a_transfer_is_two_calls_until_it_is_done(office: Office) -> None:
    _, b = office.connected()
    b.tells(TransferRequested("3"))
    office.rung("C").tells(Alerting())
    assert [(call.call_id, call.state) for call in office.engine.live()] == [(1, "transferring"), (2, "alerting")]
    office.rung("C").tells(Answered(sound("C")))
    assert [(call.call_id, call.state) for call in office.engine.live()] == [(2, "connected")]


def test_no_calls(office: Office) -> None:
    assert office.engine.live() == []
