"""Ports for nodes of tests that run side by side."""

from __future__ import annotations

import random
import socket

UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM
PORTS = ((UDP, 69), (TCP, 6970), (UDP, 5060), (TCP, 5060), (TCP, 5061))
"""What a node listens on."""


def free_offset() -> int:
    """A port offset with which nobody has any of a node's ports; drawn by lot, so that two tests rarely meet."""
    while True:
        offset = random.randrange(20000, 55000)
        try:
            for kind, port in PORTS:
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port + offset))
        except OSError:
            continue
        return offset
