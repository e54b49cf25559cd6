"""The facts of the machine a figure was measured on: without them no figure means anything."""

from __future__ import annotations

import os
import platform
import re
import ssl
import subprocess
import sys
from pathlib import Path


def facts() -> dict[str, str]:
    """What this machine is, by name: processor, cores, memory, kernel, Python, OpenSSL, SIPp."""
    kibibytes = int(_first(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo")))
    return {
        "processor": _first(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo")),
        "cores": str(os.cpu_count()),
        "memory": f"{kibibytes // 1024:,} MB",
        "system": _first(r'^PRETTY_NAME="(.+)"$', Path("/etc/os-release")),
        "kernel": platform.release(),
        "python": f"{platform.python_version()}, {_provenance()}",
        "openssl": ssl.OPENSSL_VERSION,
        "sipp": printed_version(["sipp", "-v"], r"SIPp (v[\w.]+)"),
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def label() -> str:
    """A short word for the machine that says nothing of who owns it: processor and cores."""
    words = re.findall(r"[a-z0-9]+", facts()["processor"].lower())
    return "-".join([*words[:4], f"{os.cpu_count()}cores"])


def _provenance() -> str:
    """Whose Python this is: Debian builds its own a fifth faster than one is that was compiled just so."""
    return "the system's own" if Path(sys.executable).resolve().parent == Path("/usr/bin") else "not the system's"


def printed_version(command: list[str], pattern: str) -> str:
    """The version a program prints, found by `pattern`; "unknown" where it prints none."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    found = re.search(pattern, done.stdout + done.stderr)
    return found.group(1) if found else "unknown"


def _first(pattern: str, path: Path) -> str:
    found = re.search(pattern, path.read_text(), flags=re.MULTILINE)
    return found.group(1) if found else "unknown"
