"""Records typed on one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.record_text import read_records, write_records

FIELDS = ("place", "tyre", "remark")


@pytest.mark.parametrize(
    ("line", "records"),
    [
        ("", []),
        (" ; ;; ", []),
        ("1 t1", [{"place": "1", "tyre": "t1"}]),
        ("1 t1; 2 t2", [{"place": "1", "tyre": "t1"}, {"place": "2", "tyre": "t2"}]),
        ("1;2;;3", [{"place": "1"}, {"place": "2"}, {"place": "3"}]),
        ("tyre=t1 1", [{"tyre": "t1", "place": "1"}]),
        ('1 t1 remark="a; b=c # d"', [{"place": "1", "tyre": "t1", "remark": "a; b=c # d"}]),
        ("1 a=b", [{"place": "1", "tyre": "a=b"}]),
        ("remark=", [{"remark": ""}]),
        ("remark='it'\"'\"'s'", [{"remark": "it's"}]),
    ],
)
def test_lines(line: str, records: list[dict[str, str]]) -> None:
    assert list(read_records(line, FIELDS)) == records


@pytest.mark.parametrize("line", ["1 t1 a b", 'remark="open', "place=1 place=2", "place=1 2", "'"])
def test_lines_that_say_too_much_or_not_enough(line: str) -> None:
    with pytest.raises(ValueError):
        list(read_records(line, FIELDS))


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), st.text(), min_size=1)))
def test_what_is_written_is_read_back(records: list[dict[str, str]]) -> None:
    assert list(read_records(write_records(records), FIELDS)) == records


@given(st.text(alphabet="ab=;'\"\\ \n#"))
def test_any_line_is_read_or_refused(line: str) -> None:
    try:
        records = list(read_records(line, FIELDS))
    except ValueError:
        return
    assert all(set(each) <= set(FIELDS) and each for each in records)
