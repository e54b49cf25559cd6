"""Phones by the thousand as load: each with a socket of its own, over UDP, TCP or TLS.

    python -m benchmarks.phone_load udp|tcp|tls|srtp HOST PORT PAIRS [DIRECTORY]

SIPp has no TLS here, and registers from another connection than it calls from. These phones keep their connection
as desk phones do. One process and one epoll, messages from templates, so that the server is what is measured.

With `srtp` they connect over TLS, each with its certificate (`SEP....pem` in DIRECTORY), and offer and answer SRTP
alone (RFC 4568): a call whose offer or answer comes without keys has failed.

Orders come as lines of JSON on standard input and are answered so on standard output, so that whoever measures can
look at the server in between:

    ["register", RATE, TIMES]     every phone registers anew, with digest credentials where it is challenged;
                                  the first time it connects before
    ["keep alive", RATE, COUNT]   phones refresh their registrations, as most do every two minutes
    ["call", RATE, SECONDS]       caller N calls callee N, who answers after 10 ms and is hung up on 100 later
"""

from __future__ import annotations

import json
import resource
import select
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from benchmarks.desk_phone import CRYPTO, RETRANSMISSION, Phone, value_of
from benchmarks.office import Office
from benchmarks.openssl_work import client_context
from benchmarks.secured_office import KEY_FILE
from ringward.pki.certificates import KeyPairFiles

PHONES_PER_ADDRESS = 100
FILES = 20_000  # sockets that this process may have, if the system lets it
DRAIN = 5.0  # what is not over so long after the last was begun has failed
PATIENCE = 35.0  # and is waited for so long all the same, since the next order needs phones at rest


class Load:
    """All phones, and what they have to do when."""

    def __init__(self, transport: str, server: tuple[str, int], pairs: int, devices: Path | None = None) -> None:
        self.srtp = transport == "srtp"
        self.transport = "tls" if self.srtp else transport
        self.server = server
        self.domain = f"{server[0]}:{server[1]}".encode()
        self._devices = devices
        self._tls = client_context() if self.transport == "tls" else None
        self._tokens = 0
        self._seed = f"{time.time_ns():x}".encode()
        self.retransmissions: deque[tuple[float, Phone, int]] = deque()
        self.pick_ups: deque[tuple[float, Phone, int, bytes]] = deque()
        self.hang_ups: deque[tuple[float, Phone, int]] = deque()
        self.set_ups: list[float] = []
        self.succeeded = self.failed = 0
        self._poll = select.epoll()
        self._by_descriptor: dict[int, Phone] = {}
        office = Office(pairs)
        self.callers = [self._phone(number, index, 1) for index, number in enumerate(office.callers)]
        self.callees = [self._phone(number, index, 2) for index, number in enumerate(office.callees)]

    def _phone(self, number: str, index: int, floor: int) -> Phone:
        return Phone(self, number, f"127.0.{floor}.{index // PHONES_PER_ADDRESS + 1}")

    def tls_of(self, device: str) -> ssl.SSLContext | None:
        """How a phone connects; None for without TLS."""
        if self._devices is None:
            return self._tls
        return client_context(KeyPairFiles(self._devices / f"{device}.pem", self._devices / KEY_FILE))

    def attend(self, phone: Phone) -> None:
        """A phone has connected: messages may come."""
        descriptor = phone.connection.socket.fileno()
        self._by_descriptor[descriptor] = phone
        self._poll.register(descriptor, select.EPOLLIN)

    def token(self) -> bytes:
        """A text that no other message of this process has."""
        self._tokens += 1
        return b"%x%b" % (self._tokens, self._seed)

    def is_as_secure(self, message: bytes) -> bool:
        """Whether an offer or answer has keys, if these phones want them."""
        return not self.srtp or CRYPTO in message

    def finished(self, well: bool, seconds: float) -> None:
        """A registration or call is over."""
        if well:
            self.succeeded += 1
        else:
            self.failed += 1

    # -- orders ---------------------------------------------------------------------------------------------

    def register(self, rate: float, times: int) -> dict[str, float]:
        everybody = self.callers + self.callees
        return self._run(
            rate, len(everybody) * times, everybody, lambda phone, now: phone.register(now, anew=True)
        )

    def keep_alive(self, rate: float, count: int) -> dict[str, float]:
        everybody = self.callers + self.callees
        return self._run(rate, count, everybody, lambda phone, now: phone.register(now, anew=False))

    def call(self, rate: float, seconds: float) -> dict[str, float]:
        if lost := [phone for phone in self.callers + self.callees if not phone.contact]:
            self._run(100, len(lost), lost, lambda phone, now: phone.register(now, anew=True))
        called = dict(zip(self.callers, self.callees, strict=True))
        return self._run(
            rate, int(rate * seconds), self.callers, lambda phone, now: phone.call(called[phone], now)
        )

    def _run(
        self, rate: float, count: int, phones: list[Phone], begin: Callable[[Phone, float], None]
    ) -> dict[str, float]:
        """Begin `count` things at `rate` per second, by the phones in turn, and wait until all are over."""
        self._wait_until_at_rest(phones)
        self.succeeded = self.failed = 0
        self.set_ups = []
        start = looked_at = time.monotonic()
        longest_gap = 0.0
        begun = turn = 0
        while True:
            now = time.monotonic()
            longest_gap, looked_at = max(longest_gap, now - looked_at), now
            while begun < count and now >= start + begun / rate:
                phone = phones[turn % len(phones)]
                turn += 1
                begun += 1
                if phone.busy:
                    self.failed += 1  # what it did last has not ended in all this time
                else:
                    begin(phone, now)
            over = self.succeeded + self.failed >= count
            if over or now > start + count / rate + DRAIN:
                break
            self._turn(start + begun / rate - now if begun < count else 0.05)
        ordered = sorted(self.set_ups) or [0.0]
        return {
            "succeeded": self.succeeded,
            "failed": count - self.succeeded,
            "seconds": time.monotonic() - start,
            "median": ordered[len(ordered) // 2],
            "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
            "load_gap": longest_gap,
        }

    def _wait_until_at_rest(self, phones: list[Phone]) -> None:
        """Let what is late from the last order come to its end."""
        deadline = time.monotonic() + PATIENCE
        while any(phone.busy for phone in phones) and time.monotonic() < deadline:
            self._turn(0.05)
        for phone in phones:
            phone.rest()

    def _lost(self, descriptor: int, phone: Phone) -> None:
        """The server has closed a connection: what the phone did has failed; it connects anew the next time."""
        self._poll.unregister(descriptor)
        del self._by_descriptor[descriptor]
        phone.connection.socket.close()
        phone.contact = b""
        if phone.busy:
            phone.rest()
            self.finished(False, 0.0)

    def _turn(self, longest: float) -> None:
        """Take what has come, do what is due."""
        for descriptor, _ in self._poll.poll(max(0.0, min(longest, 0.002))):
            phone = self._by_descriptor[descriptor]
            try:
                messages = phone.connection.receive()
            except OSError:
                self._lost(descriptor, phone)
                continue
            for message in messages:
                now = time.monotonic()
                if message[:4] == b"SIP/":
                    if phone.on_response is not None and value_of(message, b"Call-ID") == phone.call_id:
                        phone.on_response(message, int(message[8:11]), now)
                else:
                    phone.on_request(message, now)
        now = time.monotonic()
        while self.pick_ups and self.pick_ups[0][0] <= now:
            _, phone, step, invite = self.pick_ups.popleft()
            if phone.step == step:
                phone.pick_up(invite, now)
        while self.hang_ups and self.hang_ups[0][0] <= now:
            _, phone, step = self.hang_ups.popleft()
            if phone.step == step:
                phone.hang_up(now)
        while self.retransmissions and self.retransmissions[0][0] <= now:
            _, phone, step = self.retransmissions.popleft()
            if phone.step == step:
                phone.connection.send(phone.sent)
                self.retransmissions.append((now + RETRANSMISSION, phone, step))


def main() -> None:
    transport, host, port, pairs, *directory = sys.argv[1:]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, FILES)), hard))
    load = Load(transport, (host, int(port)), int(pairs), Path(directory[0]) if directory else None)
    orders = {"register": load.register, "keep alive": load.keep_alive, "call": load.call}
    print(json.dumps({"phones": len(load.callers) * 2}), flush=True)
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        print(json.dumps(orders[order](*arguments)), flush=True)


if __name__ == "__main__":
    main()
