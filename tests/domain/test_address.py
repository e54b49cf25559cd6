"""Host names and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.address import is_host, source_of


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


def test_one_ipv6_host_is_one_source_whatever_address_of_its_network_it_takes() -> None:
    assert source_of("2001:db8:1:2::1") == source_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert source_of("2001:db8:1:3::1") != source_of("2001:db8:1:2::1")
    assert source_of("fe80::1%eth0") == "fe80::/64"


def test_ipv4_hosts_are_sources_of_their_own_on_a_socket_for_both_as_well() -> None:
    assert source_of("192.0.2.1") == source_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert source_of("::ffff:192.0.2.1") != source_of("::ffff:192.0.2.2")


@pytest.mark.parametrize("text", ["", "command line", "fe80", "a:b", "::1::"])
def test_what_is_no_address_stands_for_itself(text: str) -> None:
    assert source_of(text) == text
