"""Where files are sent from: ports that serve several peers, each of them once (RFC 1350 section 4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.waiting import until
from ringward.protocols.tftp.packets import Acknowledgement, Address, Data, Error, ReadRequest
from ringward.services.tftp import transfer_ports
from ringward.services.tftp.service import TftpService
from services.tftp.phones import FIRMWARE, Peer

SHORT = ReadRequest("English/7960-tones.xml")
LONG = ReadRequest("firmware.sbn")


async def begun(peer: Peer, request: ReadRequest = LONG) -> Address:
    """The port at which a transfer to the peer has begun."""
    peer.send(request)
    packet, port = await peer.receive()
    assert isinstance(packet, Data)
    assert packet.block == 1
    return port


async def test_files_come_from_other_ports_than_the_one_that_is_asked(
    service: TftpService, open_peer: type[Peer]
) -> None:
    assert await begun(open_peer(service)) != service.tftp.address


async def test_peers_that_share_a_port_each_get_their_own(service: TftpService, open_peer: type[Peer]) -> None:
    one, other = open_peer(service), open_peer(service)
    port = await begun(one)
    assert await begun(other) == port
    one.send(Acknowledgement(1), port)
    assert (await one.receive())[0] == Data(2, FIRMWARE[512:1024])
    one.send(Acknowledgement(2), port)
    assert (await one.receive())[0] == Data(3, FIRMWARE[1024:1536])
    other.send(Acknowledgement(1), port)
    assert (await other.receive())[0] == Data(2, FIRMWARE[512:1024])


async def test_strangers_get_error_5_and_change_nothing(service: TftpService, open_peer: type[Peer]) -> None:
    one, stranger = open_peer(service), open_peer(service)
    port = await begun(one)
    stranger.send(Acknowledgement(1), port)
    packet, _ = await stranger.receive()
    assert isinstance(packet, Error)
    assert packet.code == 5
    one.send(Acknowledgement(1), port)
    assert (await one.receive())[0] == Data(2, FIRMWARE[512:1024])


async def test_a_peer_never_has_a_second_transfer_at_a_port(service: TftpService, open_peer: type[Peer]) -> None:
    stays, peer = open_peer(service), open_peer(service)
    port = await begun(stays)
    assert await begun(peer, SHORT) == port
    peer.send(Acknowledgement(1), port)
    await until(lambda: service.counters.active_transfers == 1)
    other_port = await begun(peer)
    assert other_port != port
    peer.send(Acknowledgement(1), port)  # late, or twice: it belongs to the first file
    peer.send(Acknowledgement(1), other_port)
    assert await peer.receive() == (Data(2, FIRMWARE[512:1024]), other_port)


async def test_a_port_takes_so_many_and_the_next_is_drawn(
    service: TftpService, open_peer: type[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_ports, "PEERS", 2)
    ports = [await begun(open_peer(service)) for _ in range(5)]
    assert ports[0] == ports[1] != ports[2] == ports[3] != ports[4]
    assert len(set(ports)) == 3


async def test_no_port_stays_open_without_a_transfer(service: TftpService, open_peer: type[Peer]) -> None:
    before = descriptors()
    peers = [open_peer(service) for _ in range(3)]
    own = descriptors() - before
    ports = [await begun(peer, SHORT) for peer in peers]
    assert descriptors() == before + own + 1
    for peer, port in zip(peers, ports, strict=True):
        peer.send(Acknowledgement(1), port)
    await until(lambda: not service.counters.active_transfers)
    assert descriptors() == before + own
    assert await begun(open_peer(service), SHORT) != service.tftp.address


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
