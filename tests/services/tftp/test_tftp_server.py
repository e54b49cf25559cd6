from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import pytest

from harness.waiting import until
from ringward.protocols.tftp.client import FetchState, ReadClient
from ringward.protocols.tftp.packets import (
    Acknowledgement,
    Data,
    Error,
    Mode,
    OptionAcknowledgement,
    ReadRequest,
    WriteRequest,
    encode,
)
from ringward.services.tftp.library import Outcome
from ringward.services.tftp.service import TftpService
from ringward.services.tftp.tftp_server import TftpLimits
from services.tftp.phones import FIRMWARE, Fetch, Peer, Source, StartService


@pytest.mark.parametrize("block_size", [None, 8, 512, 1428, 65464])
async def test_files_arrive_whole(service: TftpService, fetch: Fetch, block_size: int | None) -> None:
    client = await fetch(ReadClient(service.tftp.address, "SEP001122334455.cnf.xml", block_size=block_size))
    assert client.content() == service.library.find("SEP001122334455.cnf.xml").content


async def test_many_at_once(service: TftpService, fetch: Fetch) -> None:
    clients = [ReadClient(service.tftp.address, "firmware.sbn", block_size=1428, ask_size=True) for _ in range(24)]
    done = await asyncio.gather(*(fetch(client) for client in clients))
    assert all(client.content() == FIRMWARE for client in done)
    await until(lambda: service.counters.active_transfers == 0)
    assert service.counters.octets_sent == 24 * len(FIRMWARE)
    assert service.counters.requests["TFTP"] == 24


async def test_netascii(service: TftpService, fetch: Fetch, folder: Path) -> None:
    (folder / "OS79XX.TXT").write_bytes(b"P00308000500\nsecond\n")
    client = await fetch(ReadClient(service.tftp.address, "os79xx.txt", mode=Mode.NETASCII))
    assert client.content() == b"P00308000500\nsecond\n"


@pytest.mark.parametrize(
    ("name", "code"),
    [("SEPFFFFFFFFFFFF.cnf.xml", 1), ("nothing.sbn", 1), ("../secret", 2), ("/etc/passwd", 2), ("a\\b", 2)],
)
async def test_refusals(service: TftpService, fetch: Fetch, name: str, code: int) -> None:
    client = await fetch(ReadClient(service.tftp.address, name))
    assert client.state is FetchState.FAILED
    assert client.error is not None
    assert client.error.code == code


async def test_writes_and_malformed_requests_are_refused_and_noise_is_not_answered(
    service: TftpService, open_peer: type[Peer]
) -> None:
    peer = open_peer(service)
    peer.send(WriteRequest("SEP001122334455.cnf.xml"))
    packet, _ = await peer.receive()
    assert isinstance(packet, Error)
    assert packet.code == 2
    peer.send(b"\0\1name\0mail\0")
    packet, _ = await peer.receive()
    assert isinstance(packet, Error)
    assert packet.code == 4
    for noise in (b"", b"\0", b"\xff" * 600, encode(Error(0)), encode(Acknowledgement(1)), encode(Data(1, b""))):
        peer.send(noise)
    assert await peer.silence()


async def test_an_administrator_learns_of_a_phone_that_is_not_configured(
    service: TftpService, fetch: Fetch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await fetch(ReadClient(service.tftp.address, "SEPAABBCCDDEEFF.cnf.xml"))
    expected = (
        "SEPAABBCCDDEEFF asked for its configuration but is not configured; add it with 'ringward phone add'"
    )
    assert caplog.text.count(expected) == 1
    assert service.record.strangers() == ("SEPAABBCCDDEEFF",)
    asked = service.record.of("SEPAABBCCDDEEFF")
    assert [(each.wire, each.host, each.outcome) for each in asked] == [
        ("TFTP", "127.0.0.1", Outcome.NOT_FOUND)
    ] * 3


async def test_a_repeated_request_repeats_the_answer_of_the_same_transfer(
    service: TftpService, open_peer: type[Peer]
) -> None:
    peer = open_peer(service)
    request = ReadRequest("firmware.sbn", options=(("blksize", "1024"),))
    peer.send(request)
    first, port = await peer.receive()
    peer.send(request)
    again, same_port = await peer.receive()
    assert (again, same_port) == (first, port)
    assert isinstance(first, OptionAcknowledgement)
    assert service.counters.active_transfers == 1


async def test_another_request_from_the_same_port_replaces_the_transfer(
    service: TftpService, open_peer: type[Peer]
) -> None:
    peer = open_peer(service)
    peer.send(ReadRequest("firmware.sbn"))
    await peer.receive()
    peer.send(ReadRequest("English/7960-tones.xml"))
    packet, _ = await peer.receive()
    assert packet == Data(1, b"<tones/>\n")
    assert service.counters.active_transfers == 1


async def test_a_silent_peer_is_asked_again(service: TftpService, open_peer: type[Peer]) -> None:
    peer = open_peer(service)
    peer.send(ReadRequest("firmware.sbn"))
    first = await peer.receive()
    assert await peer.receive() == first


async def test_a_flood_from_one_address_leaves_the_others_their_service(
    start_service: StartService, open_peer: type[Peer]
) -> None:
    service = await start_service(TftpLimits(requests_per_second=0.01, burst=5.0))
    flood = [open_peer(service) for _ in range(40)]
    for peer in flood:
        peer.send(ReadRequest("nothing"))
    await until(lambda: service.counters.turned_away == 35)
    answered = 0
    async with asyncio.timeout(60):
        while answered < 5:
            answered += [await peer.silence(0.001) for peer in flood].count(False)
    assert [await peer.silence(0.001) for peer in flood].count(False) == 0
    honest = open_peer(service)
    honest.socket.close()
    honest.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    honest.socket.bind(("127.0.0.2", 0))
    honest.socket.setblocking(False)
    honest.send(ReadRequest("English/7960-tones.xml"))
    packet, _ = await honest.receive()
    assert packet == Data(1, b"<tones/>\n")


async def test_when_all_places_are_taken_who_never_answered_goes_first(
    start_service: StartService, open_peer: type[Peer]
) -> None:
    service = await start_service(TftpLimits(transfers=3))
    honest = open_peer(service)
    honest.send(ReadRequest("firmware.sbn"))
    _, port = await honest.receive()
    honest.send(Acknowledgement(1), port)
    await honest.receive()
    for _ in range(10):
        silent = open_peer(service)
        silent.send(ReadRequest("firmware.sbn"))
        await silent.receive()
        assert service.counters.active_transfers <= 3
    honest.send(Acknowledgement(2), port)
    packet, _ = await honest.receive()
    assert packet == Data(3, FIRMWARE[1024:1536])


async def test_places_of_one_address_are_limited(start_service: StartService, open_peer: type[Peer]) -> None:
    service = await start_service(TftpLimits(transfers_per_address=2))
    peers = [open_peer(service) for _ in range(3)]
    for peer in peers[:2]:
        peer.send(ReadRequest("firmware.sbn"))
        await peer.receive()
    peers[2].send(ReadRequest("firmware.sbn"))
    assert await peers[2].silence()
    peers[0].send(ReadRequest("nothing.sbn"))
    packet, _ = await peers[0].receive()
    assert isinstance(packet, Error)
    peers[2].send(ReadRequest("firmware.sbn"))
    packet, _ = await peers[2].receive()
    assert isinstance(packet, Data)


async def test_a_building_that_fails_is_a_missing_file(
    service: TftpService,
    source: Source,
    fetch: Fetch,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(device_name: str) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(source, "phone", broken)
    client = await fetch(ReadClient(service.tftp.address, "SEP001122334455.cnf.xml"))
    assert client.error is not None
    assert client.error.code == 1
    assert "the database is gone" not in client.error.message
    assert "the database is gone" in caplog.text


async def test_the_answer_comes_from_the_address_that_was_asked(
    library: object, open_peer: type[Peer], start_service: StartService
) -> None:
    service = await start_service()
    await service.tftp.stop()
    service.tftp.start("0.0.0.0", 0)
    peer = open_peer(service)
    peer.send(ReadRequest("firmware.sbn"), ("127.0.0.5", service.tftp.address[1]))
    _, source_address = await peer.receive()
    assert source_address[0] == "127.0.0.5"
