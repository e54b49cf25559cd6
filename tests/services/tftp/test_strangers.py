"""Clients and a dissector that are not ours: tftp-hpa, atftp, curl and tshark."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.capture import Capture
from ringward.services.tftp.service import TftpService

pytestmark = pytest.mark.stranger

FIRMWARE = bytes(range(256)) * 300
CONFIGURATION = "SEP001122334455.cnf.xml"

ATTEMPTS = 3
"""Captures: on a busy machine one may miss packets, which says nothing about those that it holds."""


async def run(*command: str, where: Path, expect: int | None = 0, stdin: bytes | None = None) -> str:
    """Run a program to its end; a missing one fails the test."""
    assert shutil.which(command[0]), f"{command[0]} is not installed; 'make test' installs it"
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=where,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(stdin), 60)
    if expect is not None:
        assert process.returncode == expect, output.decode(errors="replace")
    return output.decode(errors="replace")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    made = tmp_path / "elsewhere"
    made.mkdir()
    return made


@pytest.mark.parametrize("mode", ["binary", "ascii"])
async def test_tftp_hpa(service: TftpService, elsewhere: Path, mode: str) -> None:
    host, port = service.tftp.address
    await run("tftp", "-m", mode, host, str(port), "-c", "get", CONFIGURATION, where=elsewhere)
    assert (elsewhere / CONFIGURATION).read_bytes() == service.library.find(CONFIGURATION).content


async def test_tftp_hpa_is_told_that_there_is_no_file(service: TftpService, elsewhere: Path) -> None:
    host, port = service.tftp.address
    output = await run("tftp", "-m", "binary", host, str(port), "-c", "get", "none", where=elsewhere, expect=None)
    assert "Error code 1: file not found" in output


async def test_tftp_hpa_may_not_write(service: TftpService, elsewhere: Path) -> None:
    host, port = service.tftp.address
    (elsewhere / "firmware.sbn").write_bytes(b"evil")
    output = await run(
        "tftp", "-m", "binary", host, str(port), "-c", "put", "firmware.sbn", where=elsewhere, expect=None
    )
    assert "Error code 2" in output
    assert service.library.find("firmware.sbn").content == FIRMWARE


@pytest.mark.parametrize("options", [{}, {"blksize": "8"}, {"blksize": "1428", "tsize": ""}, {"blksize": "65464"}])
async def test_atftp(service: TftpService, elsewhere: Path, options: dict[str, str]) -> None:
    host, port = service.tftp.address
    asked = [part for name, value in options.items() for part in ("--option", f"{name} {value}".strip())]
    command = ("atftp", *asked, "--get", "--remote-file", "firmware.sbn", "--local-file", "got", host, str(port))
    await run(*command, where=elsewhere)
    assert (elsewhere / "got").read_bytes() == FIRMWARE


@pytest.mark.parametrize("block_size", ["8", "512", "1024", "65464"])
async def test_curl_by_tftp(service: TftpService, elsewhere: Path, block_size: str) -> None:
    host, port = service.tftp.address
    url = f"tftp://{host}:{port}/firmware.sbn"
    await run("curl", "--silent", "--show-error", "--tftp-blksize", block_size, "-o", "got", url, where=elsewhere)
    assert (elsewhere / "got").read_bytes() == FIRMWARE


async def test_curl_by_tftp_without_options(service: TftpService, elsewhere: Path) -> None:
    host, port = service.tftp.address
    url = f"tftp://{host}:{port}/{CONFIGURATION}"
    await run("curl", "--silent", "--show-error", "--tftp-no-options", "-o", "got", url, where=elsewhere)
    assert (elsewhere / "got").read_bytes() == service.library.find(CONFIGURATION).content


async def test_curl_by_http(service: TftpService, elsewhere: Path) -> None:
    host, port = service.http.address
    url = f"http://{host}:{port}"
    got = ("curl", "--silent", "--show-error", "--fail")
    await run(*got, "-o", "one", f"{url}/{CONFIGURATION}", "-o", "two", f"{url}/firmware.sbn", where=elsewhere)
    assert (elsewhere / "one").read_bytes() == service.library.find(CONFIGURATION).content
    assert (elsewhere / "two").read_bytes() == FIRMWARE
    head = await run("curl", "--silent", "--head", f"{url}/firmware.sbn", where=elsewhere)
    assert "200 OK" in head
    traversal = ("curl", "--silent", "--path-as-is", "--output", "/dev/null", "--write-out", "%{http_code}")
    assert await run(*traversal, f"{url}/../../etc/passwd", where=elsewhere) == "400"


async def test_tshark_finds_nothing_malformed(service: TftpService, elsewhere: Path) -> None:
    host, port = service.tftp.address
    decode = [f"udp.port=={port},tftp"]
    url, fetched = f"tftp://{host}:{port}", ("curl", "--silent", "-o", "/dev/null")
    codes: list[str] = []
    for _ in range(ATTEMPTS):
        capture = Capture(elsewhere / "tftp.pcapng")
        try:
            await run(*fetched, "--tftp-blksize", "1024", f"{url}/firmware.sbn", where=elsewhere)
            await run(*fetched, "--tftp-no-options", f"{url}/{CONFIGURATION}", where=elsewhere)
            await run(*fetched, f"{url}/none", where=elsewhere, expect=None)
        finally:
            capture.end()
        assert not capture.read(decode, "tftp and _ws.malformed", "frame.number")
        codes = [code for (code,) in capture.read(decode, "tftp", "tftp.opcode")]
        if codes.count("3") >= len(FIRMWARE) // 1024 and {"1", "3", "4", "5", "6"} <= set(codes):
            return
    raise AssertionError(f"no capture was whole; the last one holds the opcodes {sorted(set(codes))}")
