"""Ladders of call park: A calls B, who parks A at 70; somebody retrieves A, or A rings at B again."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import HOLD, LISTEN, FakeLeg, Office, phone, sound
from ringward.calls.events import (
    Alerting,
    Answered,
    Cause,
    Ended,
    Failed,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    TransferRequested,
)
from ringward.calls.features.forward import ForwardRules
from ringward.calls.features.park import MAX_REVERSIONS, ParkRules
from ringward.calls.media import Direction


@pytest.fixture
def office(open_office: OpenOffice) -> Office:
    """Phones A to E; 70 and the numbers 71X are park numbers; 9 forwards to 70."""
    return open_office(
        *(phone(name, str(number)) for number, name in enumerate("ABCDE", 1)),
        treatments={"70": ParkRules(60.0), "71X": ParkRules(60.0, "5"), "9": ForwardRules(always="70")},
    )


def parked(office: Office, place: str = "70") -> FakeLeg:
    """A is in a call with B, who parks it."""
    a, b = office.connected()
    b.tells(TransferRequested(place))
    assert office.ladder() == [
        "B transfer done",
        "B hang up NORMAL",
        f"A identify {place}",
        "A offer B inactive",
    ]
    a.tells(MediaAnswered(sound("A", direction=Direction.INACTIVE)))
    assert office.ladder() == []
    return a


def test_whoever_dials_the_number_gets_the_parked_party(office: Office) -> None:
    a = parked(office)
    (live,) = office.engine.live()
    assert (live.state, live.called.number) == ("parked", "70")
    c = office.dial("C", "70", sound("C"))
    assert office.ladder() == ["C answer 1: A", "A identify 3", "A offer C"]
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == []
    (live,) = office.engine.live()
    assert (live.state, live.calling.number, live.called.number) == ("connected", "3", "1")
    office.passes(1000)
    c.tells(Ended())
    assert office.ladder() == ["A hang up NORMAL"]


def test_the_records_tell_of_it(office: Office) -> None:
    a = parked(office)
    office.dial("C", "70", sound("C"))
    a.tells(Ended())
    talk, waiting, retrieval = office.records
    assert (talk.transferred_to, waiting.transferred_from) == (waiting.call_id, talk.call_id)
    assert (waiting.features, waiting.final_called_number) == ("park 70", "70")
    assert waiting.transferred_to == retrieval.call_id
    assert (retrieval.features, retrieval.originally_called_number) == ("retrieval 70", "70")
    assert (retrieval.calling_number, retrieval.final_called_number) == ("3", "1")


def test_the_called_party_can_be_parked_too(office: Office) -> None:
    a, b = office.connected()
    a.tells(TransferRequested("70"))
    assert office.ladder()[2:] == ["B identify 70", "B offer A inactive"]
    b.tells(MediaAnswered(sound("B", direction=Direction.INACTIVE)))
    office.dial("C", "70", sound("C"))
    assert office.ladder()[:1] == ["C answer 2: B"]


def test_retrieved_before_it_has_answered_the_hold(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("70"))
    office.ladder()
    office.dial("C", "70", sound("C"))
    assert office.ladder() == ["C answer 1: A", "A identify 3"]
    a.tells(MediaAnswered(sound("A", direction=Direction.INACTIVE)))
    assert office.ladder()[0] == "A offer C"
    a.tells(MediaAnswered(sound("A")))
    (live,) = office.engine.live()
    assert live.held_by == ""


def test_parked_while_on_hold(office: Office) -> None:
    """A phone holds before it transfers."""
    a, b = office.connected()
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    b.tells(TransferRequested("70"))
    a.tells(MediaAnswered(sound("A", direction=Direction.INACTIVE)))
    office.ladder()
    office.dial("C", "70", sound("C"))
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == ["C answer 1: A", "A identify 3", "A offer C"]


def test_nobody_is_parked_there(office: Office) -> None:
    office.dial("C", "70", sound("C"))
    assert office.ladder() == ["C reject UNALLOCATED_NUMBER"]


def test_each_number_takes_one_party(office: Office) -> None:
    parked(office)
    c, d = office.connected("C", "D")
    d.tells(TransferRequested("70"))
    assert office.ladder() == ["D transfer USER_BUSY"]
    assert c.connected and d.connected


def test_a_pattern_is_as_many_numbers(office: Office) -> None:
    parked(office, "711")
    _, d = office.connected("C", "D")
    d.tells(TransferRequested("712"))
    assert office.ladder()[0] == "D transfer done"
    office.dial("E", "711", sound("E"))
    assert office.ladder()[0] == "E answer 1: A"


def test_a_call_that_is_forwarded_to_a_park_number_is_refused(office: Office) -> None:
    parked(office)
    office.dial("C", "9", sound("C"))
    assert office.ladder() == ["C reject UNALLOCATED_NUMBER"]


def test_it_rings_back_where_it_was_parked(office: Office) -> None:
    a = parked(office)
    office.passes(59.9)
    assert office.ladder() == []
    office.passes(0.1)
    assert office.ladder() == ["B place from 1: A"]
    b = office.rung("B")
    b.tells(Alerting())
    b.tells(Answered(sound("B")))
    assert office.ladder() == ["A identify 2", "B identify 1", "A offer B"]
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == []
    office.dial("C", "70", sound("C"))
    assert office.ladder() == ["C reject UNALLOCATED_NUMBER"]  # the number is free again
    a.tells(Ended())
    assert office.records[-1].features == "park 70, reversion 2"


def test_it_rings_at_the_reversion_number(office: Office) -> None:
    parked(office, "711")
    office.passes(60)
    assert office.ladder() == ["E place from 1: A"]


def test_it_can_be_retrieved_while_it_rings_back(office: Office) -> None:
    a = parked(office)
    office.passes(60)
    office.ladder()
    office.dial("C", "70", sound("C"))
    assert office.ladder() == ["C answer 1: A", "B hang up CANCELLED", "A identify 3", "A offer C"]
    a.tells(MediaAnswered(sound("A")))


def test_it_waits_again_if_nobody_answers_and_is_given_up_in_the_end(office: Office) -> None:
    parked(office)
    for turn in range(1, MAX_REVERSIONS + 1):
        office.passes(60)
        assert office.ladder() == ["B place from 1: A"]
        office.rung("B").tells(Failed(Cause.USER_BUSY))
        last = turn == MAX_REVERSIONS
        assert office.ladder() == (["A hang up NO_ANSWER"] if last else [])


def test_a_reversion_nobody_answers_in_time(office: Office) -> None:
    parked(office)
    office.passes(60)
    office.passes(180)
    assert office.ladder() == ["B place from 1: A", "B hang up NO_ANSWER"]
    (live,) = office.engine.live()
    assert live.state == "parked"


def test_the_parked_party_hangs_up(office: Office) -> None:
    a = parked(office)
    a.tells(Ended())
    assert office.ladder() == []
    office.dial("C", "70", sound("C"))
    assert office.ladder() == ["C reject UNALLOCATED_NUMBER"]


def test_the_parked_party_hangs_up_while_it_rings_back(office: Office) -> None:
    a = parked(office)
    office.passes(60)
    office.ladder()
    a.tells(Ended())
    assert office.ladder() == ["B hang up CANCELLED"]


def test_the_parked_party_moves_its_media(office: Office) -> None:
    """Also how a phone refreshes its session (RFC 4028): it must get an answer."""
    a = parked(office)
    a.tells(MediaOffered(sound("A2")))
    assert office.ladder() == ["A accept B inactive"]
    a.tells(MediaOffered(None))
    assert office.ladder() == ["A accept B inactive"]
    a.tells(MediaAnswered(sound("A2")))
    office.dial("C", "70", sound("C"))
    assert office.ladder()[0] == "C answer 1: A2"


def test_the_parked_party_refuses_the_hold(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("70"))
    a.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert a.connected
    office.ladder()
    office.dial("C", "70", sound("C"))
    assert office.ladder()[0] == "C answer 1: A"


def test_nothing_in_common_leaves_it_parked(office: Office) -> None:
    a = parked(office)
    office.dial("C", "70", sound("C", "G729"))
    assert office.ladder() == ["C reject INCOMPATIBLE_MEDIA"]
    assert a.connected
    office.dial("C", "70", None)
    assert office.ladder() == ["C reject INCOMPATIBLE_MEDIA"]


def test_the_parked_party_cannot_transfer_nobody(office: Office) -> None:
    a = parked(office)
    a.tells(TransferRequested("3"))
    assert office.ladder() == ["A transfer TEMPORARY_FAILURE"]


def test_a_reversion_that_leads_to_a_park_number_waits_again(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2"), treatments={"70": ParkRules(60.0, "70")})
    parked(office)
    office.passes(60)
    (live,) = office.engine.live()
    assert live.state == "parked"
