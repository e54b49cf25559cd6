"""The account of a call's way says what a real call does: each is compared with one that is made."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import Office, phone, sound
from ringward.calls.digit_analysis import Treatment
from ringward.calls.features.forward import MAX_REDIRECTIONS, ForwardRules
from ringward.calls.features.hunt import HuntGroup, HuntRules
from ringward.calls.features.park import ParkRules
from ringward.calls.features.pickup import DirectedPickup, GroupPickup
from ringward.calls.route import Route, route_of
from ringward.domain.partition import NO_PARTITION
from ringward.domain.vocabulary import DistributionAlgorithm


def forwarded(open_office: OpenOffice, **rules: ForwardRules) -> Office:
    """Phones A to D with the numbers 1 to 4; ``n2=...`` are the rules of number 2."""
    treatments: dict[str, Treatment] = {name.removeprefix("n"): each for name, each in rules.items()}
    return open_office(*(phone(name, str(number)) for number, name in enumerate("ABCD", 1)), treatments=treatments)


def route(office: Office, dialled: str) -> Route:
    return route_of(office.engine.directory().dial_plan, dialled, ())


def rings(route: Route) -> list[str]:
    match = route.last.match
    return [line.device for line in match.lines] if match is not None and not route.obstacle else []


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"n2": ForwardRules(always="3")},
        {"n2": ForwardRules(always="3"), "n3": ForwardRules(always="4")},
        {"n2": ForwardRules(busy="3")},
        {"n2": ForwardRules(always="9")},
        {"n2": ForwardRules(always="3"), "n3": ForwardRules(always="2")},
        {"n2": ForwardRules(always="2")},
    ],
)
def test_the_phones_that_ring_are_those_that_a_real_call_rings(
    open_office: OpenOffice, rules: dict[str, ForwardRules]
) -> None:
    office = forwarded(open_office, **rules)
    told = rings(route(office, "2"))
    office.dial("A", "2", sound("A"))
    rung = [line.split()[0] for line in office.ladder() if " place from " in line]
    assert told == rung


def test_each_number_on_the_way_has_its_reason(open_office: OpenOffice) -> None:
    office = forwarded(
        open_office, n2=ForwardRules(always="3"), n3=ForwardRules(busy="4", no_answer="9", ring_time=8)
    )
    told = route(office, "2")
    assert [(stop.analysis.dialled, stop.because) for stop in told.stops] == [
        ("2", "It is dialled."),
        ("3", "2 forwards all its calls here."),
    ]
    assert told.stops[0].does == ("All calls go on to 3.",)
    assert told.stops[1].does == (
        "Calls that find it busy go on to 4.",
        "Calls that ring for 8 s go on to 9, which nobody has in that search space: they do not go on.",
    )
    assert told.obstacle == ""


def test_what_stands_in_the_way_is_said(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(always="3"), n3=ForwardRules(always="2"))
    assert "in a circle" in route(office, "2").obstacle
    assert "Nobody has this number" in route(office, "99").obstacle


def test_a_chain_ends_where_a_real_call_ends(open_office: OpenOffice) -> None:
    numbers = [str(100 + each) for each in range(MAX_REDIRECTIONS + 3)]
    rules: dict[str, Treatment] = {
        number: ForwardRules(always=numbers[place + 1]) for place, number in enumerate(numbers[:-1])
    }
    office = open_office(phone("A", "1"), phone("Z", numbers[-1]), treatments=rules)
    assert f"{MAX_REDIRECTIONS} times at most" in route(office, numbers[0]).obstacle
    assert rings(route(office, numbers[2])) == ["Z"]
    office.dial("A", numbers[0], sound("A"))
    assert not [line for line in office.ladder() if line.startswith("Z place")]
    office.dial("A", numbers[2], sound("A"))
    assert [line for line in office.ladder() if line.startswith("Z place")]


def test_features_say_what_they_do(open_office: OpenOffice) -> None:
    sales = HuntGroup("Sales", (("2", NO_PARTITION), ("3", NO_PARTITION)), DistributionAlgorithm.CIRCULAR, 10.0)
    treatments: dict[str, Treatment] = {
        "500": HuntRules((sales,), ForwardRules(busy="4"), 60.0),
        "70X": ParkRules(45.0, "4"),
        "800": GroupPickup("Floor 2"),
        "*8!": DirectedPickup("*8"),
    }
    office = open_office(
        *(phone(name, str(number)) for number, name in enumerate("ABCD", 1)), treatments=treatments
    )
    assert route(office, "500").stops[0].does == (
        "It hunts in the line group Sales (Circular, 10 s each): 2, 3.",
        "After 60 s the hunt is over.",
        "Calls that find it busy go on to 4.",
    )
    assert route(office, "701").stops[0].does[1] == "After 45 s a parked call rings at 4."
    assert "pickup group Floor 2" in route(office, "800").stops[0].does[0]
    assert "dials *8 and a number" in route(office, "*82").stops[0].does[0]
