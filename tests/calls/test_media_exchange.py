"""Ladders of offers in connected calls: hold, resume, moved media, collisions."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import HOLD, LISTEN, Office, phone, sound
from ringward.calls.directory import RegionCodecs
from ringward.calls.events import Answered, Cause, Ended, MediaAnswered, MediaOffered, MediaRefused
from ringward.calls.media import Direction


@pytest.mark.parametrize("names", [("A", "B"), ("B", "A")])
def test_hold_and_resume(office: Office, names: tuple[str, str]) -> None:
    legs = dict(zip("AB", office.connected(), strict=True))
    holder, held = (legs[name] for name in names)
    one, other = names
    side = {"A": "calling", "B": "called"}[one]

    holder.tells(MediaOffered(sound(one, direction=HOLD)))
    assert office.ladder() == [f"{other} offer {one} sendonly"]
    held.tells(MediaAnswered(sound(other, direction=LISTEN)))
    assert office.ladder() == [f"{one} accept {other} recvonly"]
    assert office.engine.live()[0].held_by == side

    holder.tells(MediaOffered(sound(one)))
    held.tells(MediaAnswered(sound(other)))
    assert office.ladder() == [f"{other} offer {one}", f"{one} accept {other}"]
    assert office.engine.live()[0].held_by == ""


def test_both_hold_and_each_resumes_for_itself(office: Office) -> None:
    a, b = office.connected()
    inactive = Direction.INACTIVE
    a.tells(MediaOffered(sound("A", direction=HOLD)))
    b.tells(MediaAnswered(sound("B", direction=LISTEN)))
    b.tells(MediaOffered(sound("B", direction=inactive)))
    a.tells(MediaAnswered(sound("A", direction=inactive)))
    assert office.engine.live()[0].held_by == "both"
    a.tells(MediaOffered(sound("A", direction=LISTEN)))
    b.tells(MediaAnswered(sound("B", direction=HOLD)))
    assert office.engine.live()[0].held_by == "called"
    b.tells(MediaOffered(sound("B")))
    a.tells(MediaAnswered(sound("A")))
    assert office.engine.live()[0].held_by == ""


def test_an_answer_ends_a_hold(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaOffered(sound("A", direction=HOLD)))
    b.tells(MediaAnswered(sound("B", direction=LISTEN)))
    b.tells(MediaOffered(sound("B moved")))
    a.tells(MediaAnswered(sound("A")))
    assert office.engine.live()[0].held_by == ""


def test_a_refused_offer_leaves_the_media_as_it_was(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaOffered(sound("A", direction=HOLD)))
    b.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert office.ladder() == ["B offer A sendonly", "A refuse INCOMPATIBLE_MEDIA"]
    assert office.engine.live()[0].held_by == ""


def test_the_second_of_two_offers_is_refused(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaOffered(sound("A moved")))
    b.tells(MediaOffered(sound("B moved")))
    assert office.ladder() == ["B offer A moved", "B refuse OFFER_PENDING"]
    b.tells(MediaRefused(Cause.OFFER_PENDING))  # and B's phone refuses ours for the same reason
    assert office.ladder() == ["A refuse OFFER_PENDING"]
    b.tells(MediaOffered(sound("B moved")))
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == ["A offer B moved", "B accept A"]


def test_a_party_asks_for_an_offer(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaOffered(None))
    assert office.ladder() == ["B offer no offer"]
    b.tells(MediaAnswered(sound("B", "PCMU PCMA event")))
    assert office.ladder() == ["A accept B [PCMU PCMA event]"]
    a.tells(MediaAnswered(sound("A", "PCMA event")))
    assert office.ladder() == ["B accept A [PCMA event]"]


def test_a_party_that_was_asked_for_an_offer_has_none(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaOffered(None))
    b.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert office.ladder() == ["B offer no offer", "A refuse INCOMPATIBLE_MEDIA"]


def test_an_offer_that_was_asked_for_is_refused(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaOffered(None))
    b.tells(MediaAnswered(sound("B")))
    a.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert office.ladder()[2:] == ["A hang up INCOMPATIBLE_MEDIA", "B hang up INCOMPATIBLE_MEDIA"]


def test_a_hang_up_during_an_exchange(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaOffered(sound("A", direction=HOLD)))
    b.tells(Ended())
    assert office.ladder() == ["B offer A sendonly", "A hang up NORMAL"]


# -- regions (ADMIN-33) -----------------------------------------------------------------------------------


@pytest.fixture
def two_towns(open_office: OpenOffice) -> Office:
    """Phone A in the north, B and C in the south; between the towns G.729 only."""
    return open_office(
        phone("A", "1", region="North"),
        phone("B", "2", region="South"),
        phone("C", "3", region="South"),
        regions={"North": RegionCodecs("G722-64k", "G711-64k"), "South": RegionCodecs("G722-64k", "G729-8k")},
    )


def test_an_offer_loses_what_is_too_wide_between_the_regions(two_towns: Office) -> None:
    two_towns.dial("A", "2", sound("A", "PCMU G722 G729 event CN"))
    assert two_towns.ladder() == ["B place from 1: A [G729 event CN]"]


def test_an_offer_inside_a_region_keeps_more(two_towns: Office) -> None:
    two_towns.dial("B", "3", sound("B", "L16 PCMU G722 G729 event"))
    assert two_towns.ladder() == ["C place from 2: B [PCMU G722 G729 event]"]


def test_an_offer_of_which_nothing_is_left(two_towns: Office) -> None:
    two_towns.dial("A", "2", sound("A", "PCMU event"))
    assert two_towns.ladder() == ["B hang up INCOMPATIBLE_MEDIA", "A reject INCOMPATIBLE_MEDIA"]


def test_a_new_offer_is_filtered_too(two_towns: Office) -> None:
    a = two_towns.dial("A", "2", sound("A", "G729 event"))
    b = two_towns.rung("B")
    b.tells(Answered(sound("B", "G729 event")))
    two_towns.ladder()
    b.tells(MediaOffered(sound("B", "PCMU G729 event")))
    assert two_towns.ladder() == ["A offer B [G729 event]"]
    a.tells(MediaAnswered(sound("A", "G729 event")))
    two_towns.ladder()
    b.tells(MediaOffered(sound("B", "PCMU event")))
    assert two_towns.ladder() == ["B refuse INCOMPATIBLE_MEDIA"]


def test_the_offer_of_the_called_side_is_filtered(two_towns: Office) -> None:
    a = two_towns.dial("A", "2", None)
    two_towns.rung("B").tells(Answered(sound("B", "PCMU G729")))
    assert two_towns.ladder() == ["B place from 1: no offer", "A answer 2: B [G729]"]
    a.tells(MediaAnswered(sound("A", "G729")))


def test_nothing_is_left_of_the_offer_of_the_called_side(two_towns: Office) -> None:
    two_towns.dial("A", "2", None)
    two_towns.rung("B").tells(Answered(sound("B", "PCMU")))
    assert two_towns.ladder()[1:] == ["A reject INCOMPATIBLE_MEDIA", "B hang up INCOMPATIBLE_MEDIA"]


def test_nothing_is_left_of_an_offer_that_was_asked_for(two_towns: Office) -> None:
    a = two_towns.dial("A", "2", sound("A", "G729"))
    b = two_towns.rung("B")
    b.tells(Answered(sound("B", "G729")))
    two_towns.ladder()
    a.tells(MediaOffered(None))
    b.tells(MediaAnswered(sound("B", "PCMU")))
    assert two_towns.ladder()[1:] == ["A hang up INCOMPATIBLE_MEDIA", "B hang up INCOMPATIBLE_MEDIA"]


def test_a_call_outlives_its_region(two_towns: Office) -> None:
    _, b = two_towns.connected("B", "C")
    two_towns.directory = Office([]).directory
    b.tells(MediaOffered(sound("C", "PCMU G729")))
    assert two_towns.ladder() == ["B offer C [G729]"]
