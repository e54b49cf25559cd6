from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from harness.testssl import offered_at
from ringward.pki.certificates import KeyPairFiles
from ringward.pki.issuing import make_self_signed
from ringward.pki.tls import ServerTls, Suites
from ringward.services.administration_web.service import WebService


async def _hello(request: Request) -> Response:
    return PlainTextResponse("hello")


@contextlib.asynccontextmanager
async def serving(files: KeyPairFiles) -> AsyncIterator[tuple[int, int]]:
    https, redirect = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    port: int = https.getsockname()[1]
    redirect_port: int = redirect.getsockname()[1]
    service = WebService(Starlette(routes=[Route("/{path:path}", _hello)]), ServerTls(files).context)
    await service.start(https, redirect, port)
    try:
        yield port, redirect_port
    finally:
        await service.stop()


@pytest.fixture
def files(tmp_path: Path) -> KeyPairFiles:
    make_self_signed("node1", now=datetime.now(UTC), dns=["localhost"], addresses=["127.0.0.1"]).save(
        tmp_path, "web"
    )
    return KeyPairFiles.of(tmp_path, "web")


def _ask_plainly(port: int, path: str, method: str = "GET", host: str = "node1:8080") -> tuple[int, str]:
    """Status and location of the answer."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, headers={"Host": host})
        with connection.getresponse() as answer:
            return answer.status, answer.getheader("location") or ""


async def test_pages_are_served_over_tls_alone_with_a_certificate_that_verifies(files: KeyPairFiles) -> None:
    """HTTPS-01, HTTPS-07: imported as a trusted root, the certificate raises no warning."""
    trusting = ssl.create_default_context(cafile=str(files.certificate))

    def visit(port: int) -> tuple[str | None, bytes]:
        connection = http.client.HTTPSConnection("localhost", port, timeout=60, context=trusting)
        with contextlib.closing(connection):
            connection.request("GET", "/")
            version = connection.sock.version()
            return version, connection.getresponse().read()

    async with serving(files) as (port, _):
        version, body = await asyncio.to_thread(visit, port)
    assert version in ("TLSv1.2", "TLSv1.3")
    assert body == b"hello"


async def test_another_name_than_the_certificates_is_a_mismatch(files: KeyPairFiles) -> None:
    """HTTPS-05."""
    trusting = ssl.create_default_context(cafile=str(files.certificate))

    def visit(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
            trusting.wrap_socket(plain, server_hostname="elsewhere.example")

    async with serving(files) as (port, _):
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            await asyncio.to_thread(visit, port)


async def test_plain_http_only_points_to_https(files: KeyPairFiles) -> None:
    """HTTPS-12."""
    async with serving(files) as (port, redirect):
        answer = await asyncio.to_thread(_ask_plainly, redirect, "/CMAdmin/phone?x=secret")
        assert answer == (307, f"https://node1:{port}/")


@pytest.mark.parametrize(("path", "method"), [("/api/v1/phones", "GET"), ("/SOAP", "GET"), ("/", "POST")])
async def test_programs_are_refused_over_plain_http(files: KeyPairFiles, path: str, method: str) -> None:
    """HTTPS-03: refused, not redirected: what was sent in the clear has been seen already."""
    async with serving(files) as (_, redirect):
        assert await asyncio.to_thread(_ask_plainly, redirect, path, method) == (403, "")


@pytest.mark.parametrize("host", ["", "evil.example/@", "a b", "[::1", "x" * 300])
async def test_a_crafted_host_leads_nowhere(files: KeyPairFiles, host: str) -> None:
    async with serving(files) as (_, redirect):
        status, location = await asyncio.to_thread(_ask_plainly, redirect, "/", "GET", host)
        assert status in (307, 400, 403)
        assert "@" not in location and " " not in location


async def test_plain_http_on_the_tls_port_gets_nothing(files: KeyPairFiles) -> None:
    async with serving(files) as (port, _):
        with pytest.raises((http.client.HTTPException, OSError)):
            await asyncio.to_thread(_ask_plainly, port, "/")


@pytest.mark.stranger
async def test_testssl_finds_what_we_claim(files: KeyPairFiles, tmp_path: Path) -> None:
    """HTTPS-01: modern TLS alone, whatever the phones of the cluster need on their ports."""
    async with serving(files) as (port, _):
        versions, suites = await offered_at(port, tmp_path)
    assert versions == {"TLS1_2", "TLS1_3"}
    # The certificate of this test has an RSA key, so the suites for EC keys cannot be had.
    assert suites == {each for each in Suites.MODERN.value if "RSA" in each and "ECDSA" not in each}
