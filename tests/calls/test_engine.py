"""The engine under whatever order of events legs can think of, and what it does about faults of its own."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from calls.ladder import (
    FakeLeg,
    Office,
    is_there,
    may_offer,
    may_transfer,
    owes,
    phone,
    rings,
    sound,
)
from ringward.calls.call import Call, CallState
from ringward.calls.digit_analysis import Treatment
from ringward.calls.directory import LineAppearance, RegionCodecs
from ringward.calls.events import (
    Alerting,
    Answered,
    Cause,
    Ended,
    Failed,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    Redirected,
    TransferRequested,
)
from ringward.calls.features.forward import ForwardRules
from ringward.calls.features.hunt import HuntGroup, HuntRules
from ringward.calls.features.park import ParkRules
from ringward.calls.features.pickup import DirectedPickup, GroupPickup
from ringward.calls.media import Direction, MediaDescription
from ringward.domain.partition import NO_PARTITION
from ringward.domain.vocabulary import DistributionAlgorithm

CODEC_CHOICES = ("PCMU event", "PCMA event", "PCMU PCMA G729 event", "G722 PCMU", "G729")
FAILURES = (Cause.USER_BUSY, Cause.CALL_REJECTED, Cause.NO_USER_RESPONDING, Cause.DESTINATION_OUT_OF_ORDER)


ORDINARY = ["1", "2", "3", "4", "10"]
NUMBERS = st.sampled_from(
    [*ORDINARY, *ORDINARY, "6", "99", "7", "8", "50", "51", "70", "711", "711", "600", "*84"]
)
"""Mostly numbers that can be reached, some with features."""
TREATMENTS: dict[str, Treatment] = {
    "7": ForwardRules(always="50", no_answer="3"),
    "3": ForwardRules(busy="8", no_answer="51", ring_time=12.0),
    "8": ForwardRules(unregistered="4"),
    "50": HuntRules(
        (
            HuntGroup("Near", (("2", NO_PARTITION), ("3", NO_PARTITION)), DistributionAlgorithm.CIRCULAR),
            HuntGroup("Far", (("4", NO_PARTITION), ("6", NO_PARTITION)), DistributionAlgorithm.BROADCAST),
        ),
        ForwardRules(busy="51", no_answer="8"),
    ),
    "51": HuntRules((HuntGroup("All", tuple((each, NO_PARTITION) for each in ORDINARY)),), maximum_time=25.0),
    "70": ParkRules(30.0),
    "71X": ParkRules(60.0, "50"),
    "600": GroupPickup("Sales"),
    "*8!": DirectedPickup("*8"),
}
DIRECTIONS = (*[Direction.SEND_RECEIVE] * 4, *Direction)


class EngineMachine(RuleBasedStateMachine):
    """Phones that do anything the leg contract allows, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.office = Office(
            [
                phone("A", "1", pickup_group="Sales"),
                phone("B", "2", busy_trigger=1, pickup_group="Sales"),
                phone("C", "3", region="Far", pickup_group="Sales"),
                phone("D", "4", "10", pickup_group="Sales"),
                phone("E", "10", max_calls=1),
                phone("F", "6"),
            ],
            {"Default": RegionCodecs("L16-256k", "G711-64k"), "Far": RegionCodecs("G722-64k", "G711-64k")},
            TREATMENTS,
        )
        self.office.contacts.update(D=2, F=0)
        self.unsettled = False
        """Whether offers have crossed, or parties have changed their minds for too long."""
        self.media_count = 0
        self.errors: list[logging.LogRecord] = []
        self.handler = logging.Handler(logging.WARNING)
        self.handler.emit = self.logged  # type: ignore[method-assign]
        logging.getLogger("ringward.calls").addHandler(self.handler)

    def logged(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.errors.append(record)
        else:
            self.unsettled = True

    def media(self, leg: FakeLeg | str) -> MediaDescription:
        """Every description is a new one; codecs and directions go round."""
        self.media_count += 1
        count = self.media_count
        direction = DIRECTIONS[count % len(DIRECTIONS)]
        return sound(f"{getattr(leg, 'name', leg)}{count}", CODEC_CHOICES[count % len(CODEC_CHOICES)], direction)

    def legs(self, able: Callable[[FakeLeg], bool]) -> list[FakeLeg]:
        return [leg for leg in self.office.legs if not leg.ends and able(leg)]

    # -- what phones do -----------------------------------------------------------------------------------

    @precondition(lambda self: len(self.office.engine.calls) < 5)
    @rule(caller=st.sampled_from("ABCDE"), dialled=NUMBERS, offers=st.booleans())
    def dial(self, caller: str, dialled: str, offers: bool) -> None:
        self.office.dial(caller, dialled, self.media(caller) if offers else None)

    @precondition(lambda self: self.legs(rings))
    @rule(data=st.data(), early=st.booleans())
    def alert(self, data: Any, early: bool) -> None:
        leg = data.draw(st.sampled_from(self.legs(rings)))
        leg.tells(Alerting(self.media(leg) if early and leg.owes == "answer" else None))

    @precondition(lambda self: self.legs(rings))
    @rule(data=st.data())
    def answer(self, data: Any) -> None:
        leg = data.draw(st.sampled_from(self.legs(rings)))
        leg.tells(Answered(self.media(leg)))

    @precondition(lambda self: self.legs(rings))
    @rule(data=st.data(), cause=st.sampled_from(FAILURES))
    def fail(self, data: Any, cause: Cause) -> None:
        data.draw(st.sampled_from(self.legs(rings))).tells(Failed(cause))

    @precondition(lambda self: self.legs(rings))
    @rule(data=st.data(), destination=NUMBERS)
    def send_on(self, data: Any, destination: str) -> None:
        data.draw(st.sampled_from(self.legs(rings))).tells(Redirected(destination))

    @precondition(lambda self: len(self.legs(is_there)) > 4)
    @rule(data=st.data())
    def hang_up(self, data: Any) -> None:
        leg = data.draw(st.sampled_from(self.legs(is_there)))
        leg.tells(Ended(Cause.NORMAL if leg.connected else Cause.CANCELLED))

    @precondition(lambda self: self.legs(may_offer))
    @rule(data=st.data(), asks=st.booleans())
    def offer(self, data: Any, asks: bool) -> None:
        leg = data.draw(st.sampled_from(self.legs(may_offer)))
        leg.tells(MediaOffered(None if asks else self.media(leg)))

    @precondition(lambda self: self.legs(owes))
    @rule(data=st.data())
    def reply(self, data: Any) -> None:
        leg = data.draw(st.sampled_from(self.legs(owes)))
        leg.tells(MediaAnswered(self.media(leg)))

    @precondition(lambda self: self.legs(owes))
    @rule()
    def everybody_replies(self) -> None:
        """As phones mostly do; without this, hardly any exchange would ever come to its end."""
        for _ in range(100):
            owing = self.legs(owes)
            if not owing:
                return
            owing[0].tells(MediaAnswered(sound(owing[0].name)))
        raise AssertionError("the parties are offered media for ever")

    @precondition(lambda self: self.legs(owes))
    @rule(data=st.data(), busy=st.booleans())
    def refuse(self, data: Any, busy: bool) -> None:
        leg = data.draw(st.sampled_from(self.legs(owes)))
        self.unsettled = self.unsettled or busy
        leg.tells(MediaRefused(Cause.OFFER_PENDING if busy else Cause.INCOMPATIBLE_MEDIA))

    @precondition(lambda self: self.legs(may_transfer))
    @rule(data=st.data(), destination=NUMBERS)
    def transfer(self, data: Any, destination: str) -> None:
        data.draw(st.sampled_from(self.legs(may_transfer))).tells(TransferRequested(destination))

    @precondition(lambda self: self.legs(may_transfer))
    @rule(data=st.data())
    def attended_transfer(self, data: Any) -> None:
        """To any leg there is, a sensible one or not."""
        consulted = data.draw(st.sampled_from(self.office.legs))
        data.draw(st.sampled_from(self.legs(may_transfer))).tells(TransferRequested("1", consulted))

    @precondition(lambda self: any(leg.ends for leg in self.office.legs))
    @rule(data=st.data())
    def say_something_late(self, data: Any) -> None:
        """A message that crossed the hang-up on its way."""
        leg = data.draw(st.sampled_from([leg for leg in self.office.legs if leg.ends]))
        event = data.draw(st.sampled_from([Alerting(), Ended(), MediaOffered(None), TransferRequested("1")]))
        self.office.engine._listen(leg, event)

    @rule(seconds=st.sampled_from([1, 12, 35, 200]))
    def wait(self, seconds: int) -> None:
        self.office.now += seconds
        self.office.engine.expire(self.office.now)

    # -- what must hold -----------------------------------------------------------------------------------

    @invariant()
    def orders_fit_the_legs(self) -> None:
        assert self.office.violations == []

    @invariant()
    def nothing_went_wrong_inside(self) -> None:
        assert [record.getMessage() for record in self.errors] == []

    @invariant()
    def legs_and_calls_agree(self) -> None:
        calls = self.office.engine.calls
        for leg in self.office.legs:
            assert leg.ends <= 1
            assert (leg.connection is None) == bool(leg.ends)
            if leg.connection is not None:
                assert leg.connection.call in calls.values()
        for call in calls.values():
            assert call.state is not CallState.ENDED
            assert (call.called is not None) == (call.state is CallState.CONNECTED)
            assert bool(call.ringing) == (call.state in (CallState.PROCEEDING, CallState.ALERTING))
            assert call.state is not CallState.PARKED or call.parked_at is not None
        for place, parked in self.office.engine.parked.items():
            assert parked.parked_at == place and parked in calls.values()

    @invariant()
    def every_ended_call_has_one_record(self) -> None:
        ended = [record.call_id for record in self.office.records]
        current = list(self.office.engine.calls)
        assert sorted(ended + current) == list(range(1, len(ended) + len(current) + 1))

    @invariant()
    def connected_parties_hear_each_other(self) -> None:
        """With nothing under way, each sends to where the other one listens."""
        if self.unsettled:
            return
        for call in self.office.engine.calls.values():
            if call.called is None or call.exchange is not None:
                continue
            one, other = call.caller.leg, call.called.leg
            assert isinstance(one, FakeLeg) and isinstance(other, FakeLeg)
            for speaker, listener in ((one, other), (other, one)):
                assert speaker.hears is not None and listener.describes is not None
                assert speaker.hears.streams[0].address == listener.describes.streams[0].address

    def teardown(self) -> None:
        try:
            self.office.engine.end_all()
            self.office.check_is_over()
            self.nothing_went_wrong_inside()
            gc.collect()
            assert [ref for ref in self.office.seen_calls.values() if ref() is not None] == []
        finally:
            logging.getLogger("ringward.calls").removeHandler(self.handler)


EngineMachine.TestCase.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyOrderOfEvents = EngineMachine.TestCase


def test_a_finished_call_leaves_no_garbage(office: Office) -> None:
    """Memory that is given back only by the collector grows with the rate of calls."""
    gc.collect()
    gc.disable()
    try:
        a, _b = office.connected()
        (call,) = office.engine.calls.values()
        reference = office.seen_calls[call.id]
        del call
        a.tells(Ended())
        assert reference() is None
    finally:
        gc.enable()


class _Broken(Office):
    """Its registrations fail in a way that nobody foresaw."""

    def place(self, appearance: LineAppearance) -> list[FakeLeg]:
        raise RuntimeError("no such thing")


def test_a_fault_costs_the_one_call_it_happens_in(caplog: pytest.LogCaptureFixture) -> None:
    office = _Broken([phone("A", "1"), phone("B", "2")])
    office.dial("A", "2", sound("A"))
    assert office.ladder() == ["A reject TEMPORARY_FAILURE"]
    assert "internal error" in caplog.text
    office.check_is_over()
    office.dial("A", "99", sound("A"))
    assert office.ladder() == ["A reject UNALLOCATED_NUMBER"]


def test_watchers_hear_of_changes_and_need_not_be_there(office: Office) -> None:
    seen: list[tuple[int, CallState]] = []
    office.engine._on_change = lambda call: seen.append((call.id, call.state))
    a, _b = office.connected()
    assert seen == [(1, CallState.CONNECTED)]
    office.engine._on_change = None
    a.tells(Ended())


def test_call_numbers_can_be_given() -> None:
    numbers: list[Call] = []
    office = Office([phone("A", "1"), phone("B", "2")])
    assert numbers == []
    office.engine._call_ids = iter([70, 80])
    office.dial("A", "2", sound("A"))
    office.dial("A", "2", sound("A"))
    assert list(office.engine.calls) == [70, 80]
    office.engine.end_all()
