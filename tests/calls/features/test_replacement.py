"""Ladders of replacement: A and B talk, D takes the place of one of them."""

from __future__ import annotations

import pytest

from calls.ladder import HOLD, LISTEN, FakeLeg, Office, sound
from ringward.calls.events import Answered, Ended, MediaAnswered, MediaOffered, Party, TransferRequested
from ringward.calls.media import MediaDescription
from ringward.domain.vocabulary import CallSecurityClass


def replaces(office: Office, replaced: FakeLeg, offer: MediaDescription, device: str = "D") -> FakeLeg:
    """A phone asks to take the place of a leg."""
    line = office.line(device)
    leg = FakeLeg(
        office, device, Party(line.number, line.display_name), line, CallSecurityClass.NONSECURE, incoming=True
    )
    leg.awaits = "answer"
    leg.describes = offer
    office.legs.append(leg)
    office.engine.replace(leg, replaced, offer)
    return leg


@pytest.mark.parametrize("leaving", ["A", "B"])
def test_the_place_is_taken(office: Office, leaving: str) -> None:
    a, b = office.connected()
    gone, stays = (a, b) if leaving == "A" else (b, a)
    d = replaces(office, gone, sound("D"))
    assert office.ladder() == [
        f"D answer {stays.party.number}: {stays.name}",
        f"{leaving} hang up NORMAL",
        f"{stays.name} identify 4",
        f"{stays.name} offer D",
    ]
    stays.tells(MediaAnswered(sound(stays.name)))
    assert office.ladder() == []
    (live,) = office.engine.live()
    assert {live.calling_device, live.called_device} == {"D", stays.name}
    assert (live.calling_device == "D") == (leaving == "A")
    assert [record.transferred_to for record in office.records] == [live.call_id]
    d.tells(Ended())
    assert office.ladder() == [f"{stays.name} hang up NORMAL"]


def test_a_party_on_hold_is_picked_up(office: Office) -> None:
    a, b = office.connected()
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    office.ladder()
    replaces(office, b, sound("D"))
    assert office.ladder()[0] == "D answer 1: A"
    a.tells(MediaAnswered(sound("A")))
    assert office.engine.live()[0].held_by == ""


def test_the_answer_keeps_to_the_offer(office: Office) -> None:
    """RFC 3264 section 6.1: only codecs of the offer; what the party that stays can do beyond it comes later."""
    a = office.dial("A", "2", sound("A", "PCMU PCMA G722"))
    b = office.rung("B")
    b.tells(Answered(sound("B", "PCMU PCMA")))
    office.ladder()
    replaces(office, b, sound("D", "PCMA G729"))
    assert office.ladder()[0] == "D answer 1: A [PCMA]"
    assert a.connected


def test_nothing_in_common_leaves_the_call(office: Office) -> None:
    a, b = office.connected()
    replaces(office, b, sound("D", "G729"))
    assert office.ladder() == ["D reject INCOMPATIBLE_MEDIA"]
    assert a.connected and b.connected


def test_the_replaced_call_is_gone(office: Office) -> None:
    a, b = office.connected()
    a.tells(Ended())
    office.ladder()
    replaces(office, b, sound("D"))
    assert office.ladder() == ["D reject NO_SUCH_CALL"]


def test_a_call_under_transfer_is_left_alone(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    office.ladder()
    replaces(office, b, sound("D"))
    assert office.ladder() == ["D reject TEMPORARY_FAILURE"]
    assert a.connected and b.connected
