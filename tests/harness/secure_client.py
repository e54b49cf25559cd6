"""A phone on the secure port, played by OpenSSL's own client."""

from __future__ import annotations

import asyncio
from itertools import count

from harness.stranger import request
from ringward.pki.certificates import KeyPairFiles

PATIENCE = 60
"""Seconds; the machine may be busy."""
CALLS = count(1)


async def connect(
    port: int, own: KeyPairFiles | None, ciphers: str = "AES128-SHA", version: str = "-tls1_2"
) -> asyncio.subprocess.Process:
    """Begin a connection with these key and certificate, or without."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet", "-ign_eof", version]
    command += ["-cipher", f"{ciphers}:@SECLEVEL=0"]
    if own is not None:
        command += ["-cert", str(own.certificate), "-key", str(own.key)]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)


async def answer_to(process: asyncio.subprocess.Process, number: str) -> str:
    """The status of the answer to a REGISTER, or "no TLS"."""
    assert process.stdin is not None and process.stdout is not None
    text = request(
        "REGISTER", number, key=f"s{number}x{next(CALLS)}", host="127.0.0.1", port=5070, transport="TLS"
    )
    process.stdin.write(text)
    try:
        await process.stdin.drain()
    except ConnectionError:
        return "no TLS"
    async with asyncio.timeout(PATIENCE):
        line = await process.stdout.readline()
    return line.decode().strip().removeprefix("SIP/2.0 ") or "no TLS"


async def end(process: asyncio.subprocess.Process) -> None:
    """Whatever becomes of it."""
    if process.returncode is None:
        process.kill()
    await process.communicate()
