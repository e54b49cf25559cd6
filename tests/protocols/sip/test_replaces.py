"""The Replaces header, by itself and within a URI (RFC 3891)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.uri import parse_uri

TOKEN = st.text("abcXYZ0189-.!%*_+`'~", min_size=1)


def test_example() -> None:
    found = Replaces.parse("98732@sip.example.com ; from-tag=r33th4x0r ; to-tag=ff87ff;early-only")
    assert found == Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r", early_only=True)


@pytest.mark.parametrize(
    "value", ["", "a", "a;to-tag=b", "a;from-tag=b", "a;to-tag;from-tag=c", ";to-tag=a;from-tag=b"]
)
def test_incomplete(value: str) -> None:
    with pytest.raises(MalformedMessage):
        Replaces.parse(value)


@given(TOKEN, TOKEN, TOKEN, st.booleans())
def test_round_trip_within_a_uri(call_id: str, to_tag: str, from_tag: str, early_only: bool) -> None:
    replaces = Replaces(f"{call_id}@host", to_tag, from_tag, early_only)
    assert Replaces.parse(replaces.encode()) == replaces
    assert Replaces.in_uri(parse_uri(f"sip:1003@cm?Subject=x&{replaces.for_uri()}")) == replaces


def test_uri_without_or_with_too_many() -> None:
    assert Replaces.in_uri(parse_uri("sip:1003@cm")) is None
    assert Replaces.in_uri(parse_uri("sip:1003@cm?Subject=x")) is None
    one = "Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc"
    with pytest.raises(MalformedMessage):
        Replaces.in_uri(parse_uri(f"sip:1003@cm?{one}&{one}"))


@given(st.text())
def test_any_text_is_read_or_refused(value: str) -> None:
    with contextlib.suppress(MalformedMessage):
        Replaces.parse(value)
