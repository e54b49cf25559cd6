"""Server: a node of the cluster as phones and other nodes know it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.address import HOST_HELP, is_host
from ringward.domain.errors import FieldError
from ringward.domain.ports import FIXED_TCP_PORTS, HIGHEST_PORT, LOWEST_PORT, SECURE_SCCP_OFFSET
from ringward.domain.setting import Lookup, Noun, name_setting, setting


@dataclass(frozen=True, slots=True)
class Server(Noun):
    """The "Cisco Unified CallManager" record of a node: where its phones find it (PORT-03 to PORT-06)."""

    noun: ClassVar[str] = "server"
    title: ClassVar[str] = "Cisco Unified CallManager"

    name: str = name_setting("Name of the node; call manager groups and service parameters use it.")
    address: str = setting(
        "Host Name/IP Address",
        "Where phones and other nodes reach this node. It is written into phone configuration files and must be a "
        "name or address in the node's certificate; a host name must resolve for every phone.",
        required=True,
        check=is_host,
        pattern_help=HOST_HELP,
        max_length=253,
        listed=True,
        requirement="CLUSTER-25",
    )
    description: str = setting("Description", "Free text.", default="")
    ethernet_phone_port: int = setting(
        "Ethernet Phone Port",
        "TCP port for SCCP phones without security. SCCP over TLS uses this number plus 443. After a change "
        "restart the call manager service and reset the phones.",
        default=2000,
        minimum=LOWEST_PORT,
        maximum=HIGHEST_PORT - SECURE_SCCP_OFFSET,
        listed=True,
        requirement="PORT-03, PORT-04, RST-07",
    )
    sip_phone_port: int = setting(
        "SIP Phone Port",
        "UDP and TCP port for SIP phones without security.",
        default=5060,
        minimum=LOWEST_PORT,
        maximum=HIGHEST_PORT,
        listed=True,
        requirement="PORT-09",
    )
    sip_phone_secure_port: int = setting(
        "SIP Phone Secure Port",
        "TCP port for SIP phones over TLS. After a change restart the call manager service and reset the SIP "
        "phones.",
        default=5061,
        minimum=LOWEST_PORT,
        maximum=HIGHEST_PORT,
        listed=True,
        requirement="PORT-05, RST-08",
    )
    first_node: bool = setting(
        "First Node",
        "Whether this is the node with the cluster's database and CAPF; decided when the node is installed.",
        default=False,
        read_only=True,
        requirement="CLUSTER-21",
    )

    @property
    def secure_ethernet_phone_port(self) -> int:
        """TCP port for SCCP over TLS: not a setting of its own (PORT-04)."""
        return self.ethernet_phone_port + SECURE_SCCP_OFFSET

    def tcp_ports(self) -> dict[str, int]:
        """The TCP ports that this record gives to services, by the field that decides each."""
        return {
            "ethernet_phone_port": self.ethernet_phone_port,
            "ethernet_phone_port + 443": self.secure_ethernet_phone_port,
            "sip_phone_port": self.sip_phone_port,
            "sip_phone_secure_port": self.sip_phone_secure_port,
        }

    def rule_errors(self) -> Iterator[FieldError]:
        """No two services of a node on one port (PORT-10)."""
        taken = {port: service for service, port in FIXED_TCP_PORTS.items()}
        for purpose, port in self.tcp_ports().items():
            if port in taken:
                field = purpose.split()[0]
                yield FieldError(
                    field, str(port), f"a port that is not used by {taken[port]} ({purpose} needs it)"
                )
            else:
                taken[port] = purpose

    def cross_errors(self, lookup: Lookup) -> Iterator[FieldError]:
        """Nodes that share an address must not share a port (PORT-10)."""
        ours = self.tcp_ports()
        for other in lookup.every(Server):
            if other.name == self.name or other.address.lower() != self.address.lower():
                continue
            theirs = set(other.tcp_ports().values())
            for purpose, port in ours.items():
                if port in theirs:
                    field = purpose.split()[0]
                    yield FieldError(
                        field, str(port), f"a port that server {other.name!r} at this address leaves free"
                    )
