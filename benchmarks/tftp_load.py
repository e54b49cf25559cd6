"""Fifty phones fetching a file at once, again and again.

    python -m benchmarks.tftp_load PORT FILE SIZE BLOCK SECONDS

One process and one epoll, nothing between it and the sockets, so that the server is what is measured. Every phone
has an address of its own, for servers that slow down who asks too much; every transfer is a new socket, a new
request, each block acknowledged, the length checked. Prints what it counted as JSON.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

CLIENTS = 50
PATIENCE_SECONDS = 1.0  # then the client gives up this transfer, counts it as failed and begins anew

DATA, OPTIONS = 3, 6


class Transfer:
    """One client's present transfer (RFC 1350, block size by RFC 2348)."""

    def __init__(self, address: str, server: tuple[str, int], request: bytes, block: int) -> None:
        self.address = address
        self.block = block
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((address, 0))
        self.expected = 1
        self.length = 0
        self.begun = time.monotonic()
        self.peer: tuple[str, int] | None = None
        self.socket.sendto(request, server)

    def receive(self) -> bool | None:
        """Take one packet: None while it goes on, True when the file is complete, False when it was refused."""
        packet, self.peer = self.socket.recvfrom(65536)
        kind = packet[1]
        if kind == OPTIONS:
            self.socket.sendto(b"\0\4\0\0", self.peer)
            return None
        if kind != DATA:
            return False
        self.socket.sendto(b"\0\4" + packet[2:4], self.peer)
        if int.from_bytes(packet[2:4]) == self.expected:
            self.expected += 1
            self.length += len(packet) - 4
            if len(packet) - 4 < self.block:
                return True
        return None


def run(port: int, name: str, size: int, block: int, seconds: float) -> dict[str, float]:
    server = ("127.0.0.1", port)
    request = b"\0\1" + name.encode() + b"\0octet\0" + (b"blksize\0%d\0" % block if block != 512 else b"")
    poll = select.epoll()
    transfers: dict[int, Transfer] = {}
    done = failed = 0

    def begin(address: str) -> None:
        transfer = Transfer(address, server, request, block)
        transfers[transfer.socket.fileno()] = transfer
        poll.register(transfer.socket, select.EPOLLIN)

    def end(number: int) -> str:
        transfer = transfers.pop(number)
        transfer.socket.close()  # which takes it out of the poll too
        return transfer.address

    for client in range(CLIENTS):
        begin(f"127.0.1.{client + 1}")
    start = time.monotonic()
    sweep = start + PATIENCE_SECONDS
    while (now := time.monotonic()) < start + seconds:
        for number, _ in poll.poll(PATIENCE_SECONDS / 4):
            transfer = transfers[number]
            complete = transfer.receive()
            if complete is not None:
                whole = complete and transfer.length == size
                done += whole
                failed += not whole
                begin(end(number))
        if now > sweep:
            sweep = now + PATIENCE_SECONDS
            for number in [key for key, each in transfers.items() if now - each.begun > PATIENCE_SECONDS]:
                failed += 1
                begin(end(number))
    elapsed = time.monotonic() - start
    for number in list(transfers):
        end(number)
    return {"files": done, "failed": failed, "seconds": elapsed}


if __name__ == "__main__":
    port, name, size, block, seconds = sys.argv[1:]
    print(json.dumps(run(int(port), name, int(size), int(block), float(seconds))))
