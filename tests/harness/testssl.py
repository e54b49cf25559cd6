"""What testssl.sh finds on a port that speaks TLS."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

_VERSIONS = ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3")
_COMMAND = "testssl --quiet --color 0 --warnings off --openssl /usr/bin/openssl -p -E --jsonfile"
_PATIENCE = 600.0
"""Seconds: it makes hundreds of connections, and the machine may be busy."""


async def offered_at(port: int, directory: Path) -> tuple[set[str], set[str]]:
    """The versions that a port of this machine offers, and its cipher suites for TLS 1.2."""
    report = directory / "testssl.json"
    process = await asyncio.create_subprocess_exec(
        *_COMMAND.split(), report, f"127.0.0.1:{port}", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    await asyncio.wait_for(process.wait(), _PATIENCE)
    found = {each["id"]: each["finding"] for each in json.loads(report.read_text())}
    versions = {each for each in _VERSIONS if "not" not in found[each]}
    return versions, {text.split()[3] for key, text in found.items() if key.startswith("cipher-tls1_2")}
