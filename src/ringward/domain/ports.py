"""The ports of a node that are not settings, and the rule that couples the two SCCP ports (PORT-04, PORT-09)."""

from __future__ import annotations

SECURE_SCCP_OFFSET = 443
"""SCCP over TLS listens this far above the Ethernet Phone Port (PORT-04); phones add the same number."""

FIXED_TCP_PORTS = {
    "CTL Provider": 2444,
    "Certificate Authority Proxy Function": 3804,
    "CTIManager": 2748,
    "CTIManager, secure": 2749,
    "H.225": 1720,
    "HTTPS": 8443,
}
"""TCP ports that belong to a service of every node, by service (PORT-01, PORT-09, CTI-02, CTI-03)."""

LOWEST_PORT = 1024
"""Ports below belong to the system; a service without special rights cannot open them."""
HIGHEST_PORT = 65535
