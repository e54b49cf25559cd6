from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from ringward.services.tftp.http_server import MAX_HEAD, HttpLimits
from ringward.services.tftp.service import TftpService
from services.tftp.phones import StartService

FIRMWARE = bytes(range(256)) * 300


async def say(service: TftpService, request: bytes) -> bytes:
    """Send octets on a new connection and read until the server closes it."""
    reader, writer = await asyncio.open_connection(*service.http.address)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 60)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def until_served(service: TftpService) -> None:
    """Ask until there is a place for whoever asks."""
    async with asyncio.timeout(60):
        while not (answer := await say(service, get("/firmware.sbn"))):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert status(answer) == 200


def get(target: str, method: str = "GET") -> bytes:
    return f"{method} {target} HTTP/1.1\r\nHost: cm\r\nConnection: close\r\n\r\n".encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "target",
    [
        "/SEP001122334455.cnf.xml",
        "/sep001122334455.CNF.xml",
        "/SEP001122334455.cnf%2Exml",
        "/SEP001122334455.cnf.xml?x=/..",
    ],
)
async def test_the_same_files_as_by_tftp(service: TftpService, target: str) -> None:
    answer = await say(service, get(target))
    assert status(answer) == 200
    assert body(answer) == service.library.find("SEP001122334455.cnf.xml").content


async def test_large_files_and_counters(service: TftpService) -> None:
    assert body(await say(service, get("/firmware.sbn"))) == FIRMWARE
    assert service.counters.octets_sent == len(FIRMWARE)
    assert service.counters.requests["HTTP"] == 1


async def test_head_has_the_length_and_no_body(service: TftpService) -> None:
    answer = await say(service, get("/firmware.sbn", "HEAD"))
    assert status(answer) == 200
    assert f"content-length: {len(FIRMWARE)}".encode() in answer.lower()
    assert body(answer) == b""


async def test_a_connection_can_be_kept(service: TftpService) -> None:
    one = b"GET /English/7960-tones.xml HTTP/1.1\r\nHost: cm\r\n\r\n"
    answer = await say(service, one + one + get("/nothing"))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.count(b"<tones/>") == 2
    assert answer.count(b"HTTP/1.1 404 Not Found") == 1


async def test_http_1_0(service: TftpService) -> None:
    answer = await say(service, b"GET /firmware.sbn HTTP/1.0\r\n\r\n")
    assert body(answer) == FIRMWARE


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (get("/nothing.sbn"), 404),
        (get("/SEPFFFFFFFFFFFF.cnf.xml"), 404),
        (get("/"), 400),
        (get("/English"), 404),
        (get("/English/"), 400),
        (get("/../secret"), 400),
        (get("/%2e%2e/secret"), 400),
        (get("/%2e%2e%2fsecret"), 400),
        (get("/%252e%252e/secret"), 400),
        (get("/..%5csecret"), 400),
        (get("//etc/passwd"), 400),
        (get("/a%00.xml"), 400),
        (get("/%ff"), 400),
        (get("http://cm/firmware.sbn"), 400),
        (get("/firmware.sbn", "POST"), 405),
        (get("/firmware.sbn", "DELETE"), 405),
        (get("/firmware.sbn", "PUT"), 405),
        (get("/" + "a" * 2000), 414),
        (b"GET /firmware.sbn HTTP/1.1\r\nHost: cm\r\nX: " + b"a" * 2 * MAX_HEAD + b"\r\n\r\n", 431),
        (b"GET /firmware.sbn HTTP/1.1\r\nHost: cm\r\nContent-Length: 3\r\n\r\nabc", 413),
        (b"GET /firmware.sbn HTTP/1.1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
)
async def test_refusals(service: TftpService, request_: bytes, expected: int) -> None:
    answer = await say(service, request_)
    assert status(answer) == expected
    assert body(answer) == b""


async def test_a_slow_asker_is_let_go(start_service: StartService) -> None:
    service = await start_service(http_limits=HttpLimits(head_seconds=0.2))
    assert await say(service, b"GET /firmware.sbn HTT") == b""
    assert await say(service, b"") == b""


async def test_a_slow_taker_is_let_go(start_service: StartService, folder: Path) -> None:
    (folder / "huge.sbn").write_bytes(bytes(32 * 1024 * 1024))
    service = await start_service(http_limits=HttpLimits(chunk_seconds=0.2, connections=1))
    reader, writer = await asyncio.open_connection(*service.http.address, limit=1024)
    writer.write(get("/huge.sbn"))
    await reader.readexactly(100)
    await until_served(service)  # the place of the slow taker is free again
    writer.close()


async def test_connections_are_limited(start_service: StartService) -> None:
    service = await start_service(http_limits=HttpLimits(connections_per_address=2))
    held = [await asyncio.open_connection(*service.http.address) for _ in range(2)]
    assert await say(service, get("/firmware.sbn")) == b""
    for _, writer in held:
        writer.close()
    await until_served(service)


async def test_requests_are_limited(start_service: StartService) -> None:
    service = await start_service(http_limits=HttpLimits(requests_per_second=0.001, burst=2.0))
    answers = [status(await say(service, get("/nothing"))) for _ in range(3)]
    assert answers == [404, 404, 429]


async def test_stopping_ends_connections(start_service: StartService) -> None:
    service = await start_service()
    reader, writer = await asyncio.open_connection(*service.http.address)
    await asyncio.sleep(0.05)
    await service.stop()
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
