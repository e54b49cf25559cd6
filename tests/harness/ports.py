"""Ports that nobody else has, for nodes and phones of tests: however many test runs share the machine.

A process takes stretches of ports. It holds one port of each, bound, until it ends, however it ends: so the
kernel keeps every other process out of the stretch. Within its stretches a process goes round and round, over what
is free.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

HOST = "127.0.0.1"
UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM
NODE_PORTS = (
    *((UDP, port) for port in (69, 5060)),
    *((TCP, port) for port in (2444, 3804, 5060, 5061, 6970, 8080, 8443)),
)
"""What a node listens on, without an offset."""
OTHER_PORT = 5066
"""To which a test may move one of them: with no offset it is a port of another node (TCP)."""

OFFSETS = range(5_000, 6_110, 10)
"""Where those of a node may lie: below the media ports of phones (from 16384), and so near to each other that no
two nodes meet (`test_ports.py`)."""
OTHERS = range(20_000, 32_760, 10)
"""The first of ten ports each, for what else a test needs; below those that Linux gives out (from 32768)."""

_OFFSETS_AT_A_TIME = 5
_OTHERS_AT_A_TIME = 40
_HOLDS_AN_OFFSET = 5067
"""The port, without the offset, by which an offset is held: none of a node's own."""


def is_free(port: int, kind: int, *, to_listen: bool = False) -> bool:
    """Whether nobody has this port; ``to_listen``: what is left of connections that ended does not count."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if to_listen and kind == TCP:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def is_taken(port: int) -> bool:
    """Whether a process has this port of the loopback address, by UDP or listening by TCP.

    It is looked up and not tried: in the moment of a trial nobody else could have the port, such as a program that
    is waited for.
    """
    place = f": 0100007F:{port:04X} "
    return any(place in Path(table).read_text() for table in ("/proc/net/udp", "/proc/net/tcp"))


class _Stretches:
    """The places that this process has to choose from."""

    def __init__(self, places: Sequence[int], at_a_time: int, held_at: Callable[[int], int]) -> None:
        self._places, self._at_a_time, self._held_at = places, at_a_time, held_at
        self._mine: list[int] = []
        self._holding: list[socket.socket] = []
        self._next = 0

    def find(self, is_good: Callable[[int], bool]) -> int:
        """The next good place of this process; it takes another stretch when there is none."""
        while True:
            for step in range(len(self._mine)):
                place = self._mine[(self._next + step) % len(self._mine)]
                if is_good(place):
                    self._next = (self._next + step + 1) % len(self._mine)
                    return place
            self._next = len(self._mine)
            self._mine += self._take()

    def _take(self) -> Iterator[int]:
        for first in range(0, len(self._places) - self._at_a_time + 1, self._at_a_time):
            hold = socket.socket(socket.AF_INET, TCP)
            try:
                hold.bind((HOST, self._held_at(self._places[first])))
            except OSError:
                hold.close()
                continue
            self._holding.append(hold)
            return iter(self._places[first : first + self._at_a_time])
        raise RuntimeError(f"other processes have all ports from {self._places[0]} on")


_offsets = _Stretches(OFFSETS, _OFFSETS_AT_A_TIME, lambda offset: _HOLDS_AN_OFFSET + offset)
_others = _Stretches(OTHERS, _OTHERS_AT_A_TIME, lambda first: first)


def free_offset() -> int:
    """A port offset with which nobody has any of a node's ports."""
    return _offsets.find(
        lambda offset: all(is_free(port + offset, kind, to_listen=True) for kind, port in NODE_PORTS)
    )


def free_ports() -> int:
    """The first of ten free ports in a row."""
    return _others.find(
        lambda first: all(is_free(first + step, kind) for step in range(10) for kind in (UDP, TCP))
    )
