"""What phones that share a number, or have a lamp for it, are shown: B and C share 2."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import HOLD, LISTEN, Office, phone, sound
from ringward.calls.events import Alerting, Answered, Ended, MediaAnswered, MediaOffered
from ringward.calls.line_states import LineUse
from ringward.domain.partition import NO_PARTITION


@pytest.fixture
def office(open_office: OpenOffice) -> Office:
    return open_office(phone("A", "1"), phone("B", "2"), phone("C", "2"), phone("D", "4"))


class Lamp:
    """Looks at a number whenever it is told to."""

    def __init__(self, office: Office, number: str) -> None:
        self.office = office
        self.number = number
        self.seen: list[list[str]] = []
        self.stop = office.engine.line_states.watch(number, NO_PARTITION, self._look)

    def _look(self, number: tuple[str, str]) -> None:
        assert number == (self.number, NO_PARTITION)
        assert not self.office.engine._busy
        self.seen.append(
            [
                f"{each.device} {each.use.value}{' holds' if each.is_holding else ''} {each.other.number}"
                for each in self.office.engine.line_states.of(*number)
            ]
        )

    def news(self) -> list[list[str]]:
        seen, self.seen = self.seen, []
        return seen


def test_a_shared_line_is_seen_in_use_from_everywhere(office: Office) -> None:
    lamp = Lamp(office, "2")
    a = office.dial("A", "2", sound("A"))
    assert lamp.news() == [["B trying 1", "C trying 1"]]
    office.rung("B").tells(Alerting())
    assert lamp.news() == [["B early 1", "C trying 1"]]
    b = office.rung("B")
    b.tells(Answered(sound("B")))
    assert lamp.news() == [["B confirmed 1"]]
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    assert lamp.news() == [["B confirmed holds 1"]]
    a.tells(Ended())
    assert lamp.news() == [[]]
    lamp.stop()


def test_who_calls_is_seen_too(office: Office) -> None:
    lamp = Lamp(office, "1")
    office.dial("A", "4", sound("A"))
    assert lamp.news() == [["A trying 4"]]
    office.rung("D").tells(Alerting())
    assert lamp.news() == [["A early 4"]]
    (seen,) = office.engine.line_states.of("1", NO_PARTITION)
    assert (seen.outgoing, seen.use) == (True, LineUse.EARLY)
    lamp.stop()


def test_a_held_call_is_taken_over_at_another_phone_of_the_line(office: Office) -> None:
    """RFC 3891: the other phone replaces the leg that it sees here."""
    a = office.dial("A", "2", sound("A"))
    b = office.rung("B")
    b.tells(Answered(sound("B")))
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    (held,) = office.engine.line_states.of("2", NO_PARTITION)
    office.ladder()
    c = office._leg(office.line("C"), incoming=True)
    c.awaits = "answer"
    office.engine.replace(c, held.leg, sound("C"))
    assert office.ladder()[:2] == ["C answer 1: A", "B hang up NORMAL"]
    a.tells(MediaAnswered(sound("A")))
    (taken,) = office.engine.line_states.of("2", NO_PARTITION)
    assert (taken.device, taken.is_holding) == ("C", False)


def test_other_numbers_do_not_matter(office: Office) -> None:
    lamp = Lamp(office, "4")
    office.dial("A", "2", sound("A"))
    assert lamp.news() == []
    lamp.stop()


def test_who_has_stopped_hears_nothing(office: Office) -> None:
    lamp, other = Lamp(office, "2"), Lamp(office, "2")
    lamp.stop()
    lamp.stop()
    office.dial("A", "2", sound("A"))
    assert lamp.news() == []
    assert len(other.news()) == 1
    other.stop()
    assert office.engine.occupancy.on_change is None
    assert not office.engine.line_states.news
