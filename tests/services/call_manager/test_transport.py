"""Connections as attackers open them, on real sockets, with both event loops."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop

from harness.office import device
from harness.ports import free_offset
from harness.stranger import request
from harness.waiting import until
from ringward.calls.directory import RegionCodecs, build_directory
from ringward.domain.service_parameters import CallManagerParameters
from ringward.pki.issuing import make_self_signed
from ringward.pki.tls import ServerTls
from ringward.protocols.sip.flow import Flow, Transport
from ringward.services.call_manager import admission, connections, handshakes, transport
from ringward.services.call_manager.service import CallManagerService, Listening
from ringward.services.call_manager.stations import Stations, build_stations

PATIENCE = 60.0
"""Seconds; the machine may be busy."""

SERVER, EVIL, HOME = "127.0.0.1", "127.0.0.66", "127.0.0.2"

Loop = Callable[[], asyncio.AbstractEventLoop]
LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


def run(loop: Loop, test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(test)


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second instead of half a minute."""
    monkeypatch.setattr(transport, "SWEEP", 0.05)
    monkeypatch.setattr(connections, "REGISTRATION_TIMEOUT", 1.0)
    monkeypatch.setattr(connections, "PARTIAL_MESSAGE_TIMEOUT", 0.5)
    monkeypatch.setattr(handshakes, "PATIENCE", 0.3)


@pytest.fixture
def tls(tmp_path: Path) -> ServerTls:
    pair = make_self_signed("node", now=datetime.now(UTC), addresses=[SERVER])
    return ServerTls(pair.save(tmp_path, "node"))


def stations() -> Stations:
    devices = [device(f"SEP{number:012}", str(number)) for number in range(1001, 1011)]
    directory = build_directory(devices, {"Default": RegionCodecs("G722-64k", "G711-64k")})
    return build_stations(directory, (), CallManagerParameters())


class Node:
    def __init__(self, service: CallManagerService, port: int, secure_port: int) -> None:
        self.service = service
        self.port = port
        self.secure_port = secure_port
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(
        self, host: str = EVIL, context: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = self.port if context is None else self.secure_port
        reader, writer = await asyncio.open_connection(SERVER, port, local_addr=(host, 0), ssl=context)
        self.writers.append(writer)
        return reader, writer

    async def register(
        self, number: str = "1001", host: str = HOME, context: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await self.connect(host, context)
        own = writer.get_extra_info("sockname")
        kind = "TCP" if context is None else "TLS"
        writer.write(request("REGISTER", number, key=own[1], host=host, port=own[1], transport=kind))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        assert head.startswith(b"SIP/2.0 200 OK"), head
        return reader, writer


@asynccontextmanager
async def running(tls: ServerTls | None = None) -> AsyncIterator[Node]:
    offset = free_offset()
    where = Listening(SERVER, SERVER, 5060 + offset, 5061 + offset)
    service = CallManagerService(where, stations, lambda record: None, tls)
    await service.start()
    problems: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    node = Node(service, where.sip_port, where.secure_port)
    try:
        yield node
    finally:
        await service.stop()
        for writer in node.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        assert service.counters()["connections"] == 0
        assert problems == []


@pytest.fixture
def nobody_must_register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is closed is closed for something else."""
    monkeypatch.setattr(connections, "REGISTRATION_TIMEOUT", 3600.0)


async def is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            while await reader.read(65_536):
                pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


async def is_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    writer.write(b"\r\n\r\n")
    return await asyncio.wait_for(reader.readexactly(2), PATIENCE) == b"\r\n"


def handshakes_of(node: Node) -> int:
    """How many go on."""
    return len(node.service._streams[1]._handshakes)


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@LOOPS
def test_who_says_nothing_or_only_pings_or_does_not_register_is_closed(loop: Loop) -> None:
    async def test() -> None:
        async with running() as node:
            phone = await node.register()
            silent, _ = await node.connect()
            pinging, pings = await node.connect()
            asking, asks = await node.connect()
            slow, drops = await node.connect()
            for _ in range(4):
                pings.write(b"\r\n\r\n")
                asks.write(request(transport="TCP"))
                drops.write(b"O")
                await asyncio.sleep(0.2)
            assert all([await is_closed(reader) for reader in (silent, pinging, asking, slow)])
            assert await is_open(*phone)
            await until(lambda: node.service.counters()["connections"] == 1)
            phone[1].close()

    run(loop, test())


@LOOPS
def test_a_phone_that_does_not_finish_its_message_is_closed_and_unregistered(loop: Loop) -> None:
    async def test() -> None:
        async with running() as node:
            reader, writer = await node.register()
            writer.write(b"\r\n")  # half a keep-alive is no message
            await asyncio.sleep(0.8)
            writer.write(b"\r\n")
            assert await asyncio.wait_for(reader.readexactly(2), PATIENCE) == b"\r\n"
            writer.write(b"OPTIONS sip:x SIP/2.0\r\nVia: ")
            assert await is_closed(reader)
            await until(lambda: node.service.phones.registrations() == [])

    run(loop, test())


@LOOPS
@pytest.mark.usefixtures("nobody_must_register")
@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01garbage" + b"\x00" * 100 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
        b"x" * 40_000,
    ],
)
def test_what_cannot_be_cut_into_messages_is_closed(loop: Loop, data: bytes) -> None:
    async def test() -> None:
        async with running() as node:
            reader, writer = await node.connect()
            writer.write(data)
            assert await is_closed(reader)
            writer.close()

    run(loop, test())


@LOOPS
def test_a_stream_over_its_budget_is_read_from_later(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "STRANGER_BUDGET", admission.Budget(burst=100, rate=100))

    async def test() -> None:
        async with running() as node:
            reader, writer = await node.connect()
            began = asyncio.get_running_loop().time()
            for number in range(20):
                writer.write(b"".join(request(key=f"{number}x{turn}", transport="TCP") for turn in range(50)))
                await asyncio.sleep(0.01)
            answered = 0

            async def count(enough: int) -> None:
                nonlocal answered
                while answered < enough:
                    answered += (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200")

            async with asyncio.timeout(PATIENCE):
                await count(100)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await count(1000)
            # The first read brings perhaps more than the budget; then the debt is paid off.
            assert answered < 600 + 100 * (asyncio.get_running_loop().time() - began)
            phone = await node.register()
            assert await is_open(*phone)

    run(loop, test())


@LOOPS
@pytest.mark.usefixtures("nobody_must_register")
def test_the_newest_stranger_pushes_out_the_oldest_and_no_phone(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringward.services.call_manager.service.room_for_connections", lambda: 10)

    async def test() -> None:
        async with running() as node:
            phone = await node.register()
            strangers = [await node.connect() for _ in range(30)]
            assert await is_closed(strangers[0][0])
            assert await is_open(*strangers[-1])
            await until(lambda: node.service.counters()["connections"] == 10)
            assert await is_open(*phone)
            other = await node.register("1002")
            assert await is_open(*other)

    run(loop, test())


@LOOPS
@pytest.mark.usefixtures("nobody_must_register")
def test_half_open_tls_handshakes_do_not_keep_a_phone_out(
    loop: Loop, tls: ServerTls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshakes, "PATIENCE", 5.0)

    async def test() -> None:
        async with running(tls) as node:
            half_open = []
            for _ in range(3 * handshakes.MAX_RUNNING):
                sock = socket.create_connection((SERVER, node.secure_port), source_address=(EVIL, 0))
                half_open.append(sock)
            phone = await node.register(context=trusting())
            assert handshakes_of(node), "it has not waited for the others to be given up"
            assert await is_open(*phone)
            (view,) = node.service.phones.registrations()
            assert view.transport == "TLS"
            await until(lambda: handshakes_of(node) == 0)
            await until(lambda: node.service.counters()["connections"] == 1)
            assert len(node.service._streams[1]._connections) == 1
            for sock in half_open:
                sock.close()
            phone[1].close()

    run(loop, test())


@LOOPS
def test_what_is_no_tls_on_the_tls_port_is_closed(loop: Loop, tls: ServerTls) -> None:
    async def test() -> None:
        async with running(tls) as node:
            for data in (request(transport="TCP"), b"\x16\x03\x01\xff\xff" + b"\x00" * 100, b"\x80" * 500):
                reader, writer = await asyncio.open_connection(SERVER, node.secure_port, local_addr=(EVIL, 0))
                node.writers.append(writer)
                writer.write(data)
                assert await is_closed(reader)

    run(loop, test())


def test_a_connection_that_has_ended_leaves_nothing_for_the_collector(
    tls: ServerTls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy node searches for cycles but seldom, and each connection over TLS has some 50 KB."""

    nodes: list[Node] = []  # kept, since it remembers the flows of messages

    async def test() -> None:
        async with running(tls) as node:
            nodes.append(node)
            for context in (None, trusting()):
                reader, writer = await node.connect(context=context)
                assert await is_open(reader, writer)
            reader, writer = await asyncio.open_connection(SERVER, node.secure_port)
            node.writers.append(writer)
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            assert await is_closed(reader)

    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)  # what was logged is kept for pytest
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        run(uvloop.new_event_loop, test())
        gc.collect()
        kinds = (connections.Visitor, transport.StreamConnection)
        left = [type(each).__name__ for each in gc.garbage if isinstance(each, kinds)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert left == []


@LOOPS
def test_a_node_stops_whatever_is_connected(loop: Loop, tls: ServerTls) -> None:
    async def test() -> None:
        async with running(tls) as node:
            await node.register()
            await node.register("1002", context=trusting())
            await node.connect()
            sock = socket.create_connection((SERVER, node.secure_port), source_address=(EVIL, 0))
            await asyncio.sleep(0.1)
        sock.settimeout(PATIENCE)
        with suppress(ConnectionResetError):
            assert sock.recv(10) == b""
        sock.close()

    run(loop, test())


async def test_who_does_not_read_is_closed() -> None:
    """At the high-water mark of the buffer, which asyncio reports by pause_writing."""
    aborted: list[bool] = []

    class Clogged(asyncio.Transport):
        def get_extra_info(self, name: str, default: Any = None) -> Any:
            return (EVIL, 5060) if name == "peername" else default

        def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
            assert high == transport.MAX_UNSENT

        def abort(self) -> None:
            aborted.append(True)

    async with running() as node:
        side = node.service._streams[0]
        connection = transport.StreamConnection(side, connections.Visitor(EVIL, lambda: None, 0.0))
        connection.connection_made(Clogged())
        connection.pause_writing()
        assert aborted == [True]
        connection.connection_lost(None)


async def test_datagrams_are_dropped_while_the_system_takes_none() -> None:
    sent: list[bytes] = []

    class Socket:
        def get_extra_info(self, name: str) -> None:
            return None

        def sendto(self, data: bytes, remote: tuple[str, int]) -> None:
            sent.append(data)

    side = transport.DatagramSide((SERVER, 5060), lambda data, flow, now: None)
    side.connection_made(cast("asyncio.DatagramTransport", Socket()))
    flow = Flow(Transport.UDP, (SERVER, 5060), (HOME, 5060), side)
    transport.transmit(flow, b"one")
    side.pause_writing()
    transport.transmit(flow, b"two")
    side.resume_writing()
    transport.transmit(flow, b"three")
    assert sent == [b"one", b"three"]


async def test_datagrams_from_port_0_and_keepalives_are_ignored_and_flows_are_bounded() -> None:
    received: list[Flow] = []
    side = transport.DatagramSide((SERVER, 5060), lambda data, flow, now: received.append(flow))
    side.datagram_received(b"OPTIONS", (EVIL, 0))
    side.datagram_received(b"\r\n\r\n", (EVIL, 5060))
    side.datagram_received(b"\x00", (EVIL, 5060))
    assert received == []
    for number in range(2 * transport.MAX_FLOWS):
        side.datagram_received(b"OPTIONS", (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 5060))
    assert len(side._flows) <= transport.MAX_FLOWS


def test_refused_connections_do_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def test() -> None:
        async with running() as node:
            for _ in range(200):
                _, writer = await node.connect()
                writer.write(b"nonsense" * 10_000)
                writer.close()
            await asyncio.sleep(0.2)

    run(uvloop.new_event_loop, test())
    assert len(caplog.messages) < 10
