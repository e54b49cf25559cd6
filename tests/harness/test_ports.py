from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from harness.ports import (
    NODE_PORTS,
    OFFSETS,
    OTHER_PORT,
    OTHERS,
    TCP,
    UDP,
    free_offset,
    free_ports,
    is_free,
    is_taken,
)

TESTS = Path(__file__).parents[1]


def test_no_two_offsets_bring_two_nodes_together() -> None:
    for kind in {kind for kind, _ in NODE_PORTS}:
        possible = (*NODE_PORTS, (TCP, OTHER_PORT))
        ports = [port + offset for offset in OFFSETS for each, port in possible if each == kind]
        assert len(set(ports)) == len(ports)
        assert max(ports) < min(OTHERS)


def test_another_process_gets_other_places() -> None:
    """However many each asks for; and a place comes back only after its neighbours."""
    program = (
        "from harness.ports import *; print(*(f'{free_offset()} {free_ports()}' for _ in 'x' * 60), sep='\\n')"
    )
    mine = [(free_offset(), free_ports()) for _ in range(60)]
    said = subprocess.run([sys.executable, "-c", program], cwd=TESTS, capture_output=True, text=True, check=True)
    theirs = [tuple(int(word) for word in line.split()) for line in said.stdout.splitlines()]
    assert not {offset for offset, _ in mine} & {offset for offset, _ in theirs}
    assert not {first for _, first in mine} & {first for _, first in theirs}
    assert mine[0][0] != mine[1][0] and mine[0][1] != mine[1][1]


def test_what_is_found_is_free() -> None:
    assert all(is_free(free_ports() + step, TCP) for step in range(10))


def test_a_port_that_somebody_has_is_seen() -> None:
    for kind in (UDP, TCP):
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind(("127.0.0.1", free_ports()))
            if kind == TCP:
                taken.listen()
            port = taken.getsockname()[1]
            assert is_taken(port)
        assert not is_taken(port)
