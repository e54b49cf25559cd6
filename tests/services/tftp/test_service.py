from __future__ import annotations

import socket

import pytest

from harness.ports import free_offset
from ringward.domain.service_parameters import TftpParameters
from ringward.services.tftp.library import FileLibrary
from ringward.services.tftp.service import TftpService, limits_in_force


async def test_both_ports_or_none(library: FileLibrary) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        service = TftpService(library)
        with pytest.raises(OSError):
            await service.start_on("127.0.0.1", 0, taken.getsockname()[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(service.tftp.address)


async def test_the_offset_moves_both_ports(library: FileLibrary) -> None:
    service = TftpService(library)
    offset = free_offset()
    await service.start("127.0.0.1", offset)
    try:
        assert (service.tftp.address[1], service.http.address[1]) == (69 + offset, 6970 + offset)
    finally:
        await service.stop()


def test_service_parameters() -> None:
    limits = limits_in_force(
        TftpParameters(maximum_serving_count=7, retransmission_timeout=250, maximum_retransmissions=3)
    )
    assert limits.transfers == 7
    assert (limits.retransmission.timeout, limits.retransmission.limit) == (0.25, 3)
