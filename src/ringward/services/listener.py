"""The ports on which a node listens, and why one of them cannot be had."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listener:
    """One port on which a node listens."""

    service: str
    transport: str
    address: str
    port: int


def explain(error: Exception, listeners: Iterable[Listener]) -> str:
    """What to do about an error of the start; which port it was about, the error itself does not say."""
    return port_problem(listeners) or f"the node cannot start: {error}"


def port_problem(listeners: Iterable[Listener]) -> str:
    """Which of the ports cannot be had, and what to do about it; empty if all are free."""
    for listener in listeners:
        kind = socket.SOCK_DGRAM if listener.transport == "UDP" else socket.SOCK_STREAM
        family = socket.AF_INET6 if ":" in listener.address else socket.AF_INET
        what = f"{listener.transport} port {listener.port} ({listener.service})"
        if not 0 < listener.port < 65536:
            return f"{what} does not exist; choose another --port-offset"
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((listener.address, listener.port))
            except PermissionError:
                return f"{what} needs the rights of root; use other ports, for instance with --port-offset 10000"
            except OSError as reason:
                return f"{what} on {listener.address} cannot be had: {reason.strerror}; try a --port-offset"
    return ""
