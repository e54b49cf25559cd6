"""Servers and their ports (PORT-03 to PORT-10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from ringward.domain.ports import FIXED_TCP_PORTS
from ringward.domain.server import Server
from ringward.domain.setting import Noun, record_errors

N = TypeVar("N", bound=Noun)


class Nodes:
    """A configuration of servers only."""

    def __init__(self, *servers: Server) -> None:
        self._servers = servers

    def find(self, kind: type[N], key: str) -> N | None:
        raise AssertionError("the rule looks at all servers")

    def every(self, kind: type[N]) -> Iterable[N]:
        assert kind is Server
        return self._servers  # type: ignore[return-value]


def broken(record: Server) -> list[str]:
    return [error.field for error in record_errors(record)]


def test_the_ports_of_the_guide() -> None:
    """PORT-02."""
    node = Server("node1", "10.0.0.1")
    assert node.ethernet_phone_port == 2000  # PORT-03
    assert node.secure_ethernet_phone_port == 2443  # PORT-04
    assert node.sip_phone_port == 5060  # PORT-09
    assert node.sip_phone_secure_port == 5061  # PORT-05
    assert broken(node) == []


def test_the_secure_sccp_port_follows_the_plain_one() -> None:
    """PORT-04."""
    assert Server("node1", "10.0.0.1", ethernet_phone_port=2100).secure_ethernet_phone_port == 2543


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"sip_phone_secure_port": 5060}, ["sip_phone_secure_port"]),
        ({"sip_phone_port": 2000}, ["sip_phone_port"]),
        ({"sip_phone_port": 2443}, ["sip_phone_port"]),
        ({"ethernet_phone_port": 5060 - 443}, ["sip_phone_port"]),
        ({"ethernet_phone_port": 2749 - 443}, ["ethernet_phone_port"]),
        *[({"sip_phone_port": port}, ["sip_phone_port"]) for port in FIXED_TCP_PORTS.values()],
        ({"ethernet_phone_port": 1023}, ["ethernet_phone_port"]),
        ({"ethernet_phone_port": 65536 - 443}, ["ethernet_phone_port"]),
        ({"ethernet_phone_port": 65535 - 443}, []),
        ({"sip_phone_secure_port": 65535}, []),
        ({"sip_phone_secure_port": 65536}, ["sip_phone_secure_port"]),
        ({"address": ""}, ["address"]),
        ({"address": "not a host"}, ["address"]),
        ({"address": "node1.example.com"}, []),
    ],
)
def test_no_two_services_on_one_port(change: dict[str, Any], fields: list[str]) -> None:
    """PORT-10."""
    assert broken(replace(Server("node1", "10.0.0.1"), **change)) == fields


def test_the_error_says_who_has_the_port() -> None:
    (error,) = record_errors(Server("node1", "10.0.0.1", sip_phone_port=2444))
    assert "CTL Provider" in str(error)


def test_nodes_at_one_address_share_no_port() -> None:
    """PORT-10."""
    first = Server("node1", "Host.example")
    clash = Server(
        "node2", "host.example", ethernet_phone_port=2100, sip_phone_port=5070, sip_phone_secure_port=5060
    )
    apart = replace(clash, sip_phone_secure_port=5071)
    elsewhere = replace(clash, address="10.0.0.2")
    nodes = Nodes(first, clash)
    assert [error.field for error in clash.cross_errors(nodes)] == ["sip_phone_secure_port"]
    assert list(apart.cross_errors(nodes)) == []
    assert list(elsewhere.cross_errors(nodes)) == []
    assert list(first.cross_errors(Nodes(first))) == []
