"""Host names and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.address import is_host


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "::1", "fe80::1", "node1", "node-1.example.com", "cm_1", "a" * 63, "7x"]
)
def test_hosts(text: str) -> None:
    assert is_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.256",
        "10.0.0",
        "1",
        "-a",
        "a-",
        "a..b",
        ".a",
        "a b",
        "a/b",
        "http://a",
        "a" * 64,
        "fe80::1%eth0",
        "[::1]",
        "a:5060",
        "b." * 127 + "b" * 9,
    ],
)
def test_not_hosts(text: str) -> None:
    assert not is_host(text)


@given(st.ip_addresses())
def test_every_address_is_a_host(address: object) -> None:
    assert is_host(str(address)) is ("%" not in str(address))


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert is_host(text) in (True, False)
