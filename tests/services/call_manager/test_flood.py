"""A call manager on real sockets serves honest phones while it is flooded."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
import uvloop

from harness.office import device, sdp
from harness.ports import free_offset
from harness.stranger import request
from ringward.calls.directory import RegionCodecs, build_directory
from ringward.domain.service_parameters import CallManagerParameters
from ringward.protocols.sip.message import Request, Response, response_to
from ringward.protocols.sip.message_parser import parse_message
from ringward.services.call_manager.service import CallManagerService, Listening
from ringward.services.call_manager.stations import Stations, build_stations

SERVER = "127.0.0.1"
RATE = 4_000
"""Packets a second that the flood has, if the machine gets so far."""
PACKETS, CALLS = 6_000, 8
"""What the call manager must at least have taken from strangers, and honest calls meanwhile."""
PATIENCE = 32.0
"""Seconds after which a phone gives a request up (RFC 3261 section 17.1.1.2, timers B and F). How long a call
takes within them depends on the machine, so that is not judged here."""

FLOOD = f"""
import select, socket, sys, time
port = int(sys.argv[1])
sockets = []
for number in range(100):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((f"127.0.66.{{number + 1}}", 0))
    sock.setblocking(False)
    sockets.append(sock)
def message(method, n):
    return (
        f"{{method}} sip:200{{n % 10}}@x SIP/2.0\\r\\n"
        f"Via: SIP/2.0/UDP 127.0.66.1:5060;branch=z9hG4bK{{n}}\\r\\n"
        f"From: <sip:{{n}}@x>;tag={{n}}\\r\\nTo: <sip:200{{n % 10}}@x>\\r\\n"
        f"Call-ID: {{n}}\\r\\nCSeq: 1 {{method}}\\r\\nMax-Forwards: 70\\r\\n"
        f"Contact: <sip:{{n}}@127.0.66.1>\\r\\nContent-Length: 0\\r\\n\\r\\n"
    ).encode()
begin = time.monotonic()
n = 0
# Until standard input is closed, which it also is when the test dies.
while n % 100 or not select.select([sys.stdin], [], [], 0)[0]:
    method = ("REGISTER", "INVITE", "OPTIONS", "CANCEL", "BYE", "garbage")[n % 6]
    data = b"\\x00\\xff" * 400 if method == "garbage" else message(method, n)
    # One attacker sends half of it, a hundred addresses the rest.
    try:
        sockets[0 if n % 2 else n % 100].sendto(data, ("{SERVER}", port))
    except BlockingIOError:
        pass
    n += 1
    ahead = n / {RATE} - (time.monotonic() - begin)
    if ahead > 0.01:
        time.sleep(ahead)
"""


class HonestPhone(asyncio.DatagramProtocol):
    """A phone that answers every call and ends none."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[Response] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)
        self.host, self.port = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = parse_message(data)
        if isinstance(message, Response):
            self.answers.put_nowait(message)
        elif message.method in ("INVITE", "BYE"):
            self._answer(message, addr)

    def _answer(self, message: Request, addr: tuple[str, int]) -> None:
        answer = response_to(message, 200, to_tag="honest")
        if message.method == "INVITE":
            answer.headers["Contact"] = [f"<sip:{self.host}:{self.port}>"]
            answer.headers["Content-Type"] = ["application/sdp"]
            answer.body = sdp(self.host)
        self.transport.sendto(answer.encode(), addr)

    async def ask(self, data: bytes) -> Response:
        """Send a request until its final response comes, as a phone does (RFC 3261 section 17.1)."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.transport.sendto(data)
                try:
                    async with asyncio.timeout(0.5):
                        while (answer := await self.answers.get()).status < 200:
                            pass
                        return answer
                except TimeoutError:
                    continue


async def phone(host: str, port: int) -> HonestPhone:
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        HonestPhone, local_addr=(host, 0), remote_addr=(SERVER, port)
    )
    return protocol


def stations() -> Stations:
    devices = [device(f"SEP{number:012}", str(number)) for number in (1001, 1002, 1003)]
    directory = build_directory(devices, {"Default": RegionCodecs("G722-64k", "G711-64k")})
    return build_stations(directory, (), CallManagerParameters())


async def call(alice: HonestPhone, number: str, turn: int) -> None:
    """Call and hang up."""
    key, host, port = f"call{turn}", alice.host, alice.port
    uri, body = f"sip:{number}@{SERVER}", sdp(host)
    answer = await alice.ask(
        request(
            "INVITE",
            "1001",
            key=key,
            uri=uri,
            host=host,
            port=port,
            body=body,
            extra=["Content-Type: application/sdp"],
        )
    )
    assert answer.status == 200
    to = f"To: {answer.headers['To'][0]}"
    alice.transport.sendto(request("ACK", "1001", key=key, uri=uri, to=to, host=host, port=port))
    answer = await alice.ask(request("BYE", "1001", key=key, uri=uri, to=to, host=host, port=port, cseq=2))
    assert answer.status == 200


async def register(which: HonestPhone, number: str) -> None:
    answer = await which.ask(request("REGISTER", number, key=f"r{number}", host=which.host, port=which.port))
    assert answer.status == 200


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


async def besiege(
    service: CallManagerService, port: int, alice: HonestPhone, bob: HonestPhone, carol: HonestPhone
) -> None:
    await register(alice, "1001")
    await register(bob, "1002")
    await call(alice, "1002", 0)
    before = resident()
    flood = subprocess.Popen(  # noqa: ASYNC220  (it is started, not waited for)
        [sys.executable, "-c", FLOOD, str(port)], stdin=subprocess.PIPE
    )
    turn = 0
    try:
        while service.counters()["messages"] < 1_000:
            assert flood.poll() is None
            await asyncio.sleep(0.01)
        await register(carol, "1003")
        while turn < CALLS or service.counters()["messages"] < PACKETS:
            turn += 1
            await call(alice, "1002" if turn % 2 else "1003", turn)
            assert flood.poll() is None  # the call was served while the flood went on
            await asyncio.sleep(0.1)
        counters = service.counters()
    finally:
        flood.communicate(timeout=PATIENCE)
    assert flood.returncode == 0
    # Of all that strangers sent nothing is kept; each honest call leaves a few transactions for half a minute.
    assert counters["transactions"] <= 4 * (turn + 2) + 3
    assert resident() - before < 40_000_000


def test_honest_phones_are_served_in_a_flood(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def test() -> None:
        offset = free_offset()
        where = Listening(SERVER, SERVER, 5060 + offset, 5061 + offset)
        service = CallManagerService(where, stations, lambda record: None)
        await service.start()
        phones = [await phone(f"127.0.0.{number}", where.sip_port) for number in (11, 12, 13)]
        try:
            await besiege(service, where.sip_port, *phones)
        finally:
            await service.stop()
            for each in phones:
                each.transport.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test())
    assert len(caplog.messages) < 200
