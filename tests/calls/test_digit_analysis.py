from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.calls.digit_analysis import DialPlan
from ringward.domain.partition import NO_PARTITION
from ringward.domain.rules.number_pattern import NumberPattern


def plan(*numbers: str) -> DialPlan:
    """A dial plan of numbers written as in the database: ``1001`` or ``1001/Staff``."""
    keys = [each.partition("/") for each in numbers]
    return DialPlan({(number, partition or NO_PARTITION): () for number, _, partition in keys})


def dialled(dial_plan: DialPlan, number: str, *search_space: str) -> str | None:
    match = dial_plan.match(number, search_space)
    if match is None:
        return None
    return match.pattern.text if match.partition == NO_PARTITION else f"{match.pattern.text}/{match.partition}"


@pytest.mark.parametrize(
    ("numbers", "number", "found"),
    [
        (["1001", "100X", "10XX", "1!"], "1001", "1001"),
        (["1001", "100X", "10XX", "1!"], "1002", "100X"),
        (["1001", "100X", "10XX", "1!"], "1012", "10XX"),
        (["1001", "100X", "10XX", "1!"], "1112", "1!"),
        (["1001", "100X", "10XX", "1!"], "2", None),
        (["10X[1-2]", "1[0-4]X1"], "1001", "10X[1-2]"),
        (["12!", "1!"], "1234", "12!"),
        (["X!", "1!"], "1234", "1!"),
        (["1XXX", "123!"], "1234", "123!"),
        (["12X4", "1234"], "1234", "1234"),
        (["123[4]", "12XX"], "1234", "123[4]"),
    ],
)
def test_the_closest_match_wins(numbers: list[str], number: str, found: str | None) -> None:
    assert dialled(plan(*numbers), number) == found
    assert dialled(plan(*reversed(numbers)), number) == found


def test_between_equally_close_ones_the_earlier_partition_wins() -> None:
    dial_plan = plan("1001/A", "1001/B", "20XX/A", "2[0]XX/B")
    assert dialled(dial_plan, "1001", "A", "B") == "1001/A"
    assert dialled(dial_plan, "1001", "B", "A") == "1001/B"
    assert dialled(dial_plan, "2000", "B", "A") == "2[0]XX/B"


def test_a_closer_match_wins_over_an_earlier_partition() -> None:
    dial_plan = plan("10XX/A", "1001/B", "100X")
    assert dialled(dial_plan, "1001", "A", "B") == "1001/B"
    assert dialled(dial_plan, "1002", "A", "B") == "100X"


def test_only_the_search_space_can_be_reached() -> None:
    """AUTHZ-02."""
    dial_plan = plan("1001/Managers", "1XXX/Staff")
    assert dialled(dial_plan, "1001", "Staff") == "1XXX/Staff"
    assert dialled(dial_plan, "1001") is None
    assert dialled(dial_plan, "1001", "Unknown") is None


def test_numbers_without_a_partition_are_reached_by_all_and_come_last() -> None:
    dial_plan = plan("1001", "1001/Staff", "20XX", "200X/Staff")
    assert dialled(dial_plan, "1001") == "1001"
    assert dialled(dial_plan, "1001", "Staff") == "1001/Staff"
    assert dialled(dial_plan, "1001", NO_PARTITION, "Staff") == "1001/Staff"
    assert dialled(dial_plan, "2019", "Staff") == "20XX"


@pytest.mark.parametrize("number", ["", "bob", "1001;x=y", "+", "1" * 5000, "\x00", "١٠٠١"])
def test_what_is_no_number_is_not_found(number: str) -> None:
    assert dialled(plan("1001", "10XX", "+!", "!#"), number) is None


def test_a_wrong_pattern_is_refused_when_the_plan_is_made() -> None:
    with pytest.raises(ValueError, match="not supported"):
        plan("9.@")


def test_the_account_of_an_analysis() -> None:
    dial_plan = plan("10XX/Staff", "1001/Managers", "1!")
    analysis = dial_plan.explain("1001", ("Staff",))
    assert analysis.match is dial_plan.match("1001", ("Staff",))
    assert analysis.steps == (
        "'1001' is looked up in: Staff, <None>",
        "Staff: 10XX matches as one of 100 possible numbers",
        "<None>: 1! matches as one of 1000 possible numbers",
        "closest match: 10XX in Staff",
    )


def test_the_account_says_what_is_out_of_reach() -> None:
    analysis = plan("1001/Managers", "2XXX").explain("1001", ())
    assert analysis.match is None
    assert analysis.steps == (
        "'1001' is looked up in: <None>",
        "<None>: nothing matches",
        "no match: the call is refused as to an unallocated number",
        "1001 in Managers would match, but is not in the search space",
    )


PATTERNS = st.text(alphabet="01X!", min_size=1, max_size=4).filter(lambda text: text.count("!") < 2)


@given(
    st.dictionaries(st.tuples(PATTERNS, st.sampled_from(["A", "B", NO_PARTITION])), st.just(()), max_size=12),
    st.text(alphabet="01", min_size=1, max_size=5),
    st.permutations(["A", "B"]),
)
def test_matches_are_those_of_the_rule_applied_by_hand(
    numbers: dict[tuple[str, str], tuple[()]], number: str, search_space: list[str]
) -> None:
    reach = [*search_space, NO_PARTITION]
    found = [
        (pattern.possible_numbers(len(number)), reach.index(partition))
        for text, partition in numbers
        if (pattern := NumberPattern.parse(text)).matches(number)
    ]
    match = DialPlan(numbers).match(number, search_space)
    if match is None:
        assert found == []
    else:
        assert (match.pattern.possible_numbers(len(number)), reach.index(match.partition)) == min(found)
