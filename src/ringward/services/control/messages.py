"""Lines of the control socket: how requests and replies are written and read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringward.domain.errors import RingwardError, Unavailable

SOCKET_NAME = "control.sock"
MAX_REQUEST_BYTES = 65536
"""A request is a command and a few names; nobody needs more."""
MAX_REPLY_BYTES = 64 * 1024 * 1024
"""Some hundred bytes for each of 100,000 phones."""
MAX_SOCKET_PATH_BYTES = 107
"""Longest path of a Unix socket on Linux (108 bytes with the final zero, unix(7))."""


class BadRequest(RingwardError):
    """A line on the control socket is not a request."""


class NoNode(Unavailable):
    """No node runs on a data directory, or none can."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question or order."""

    command: str
    arguments: dict[str, Any]

    def encode(self) -> bytes:
        """The request as a line."""
        return _line({"command": self.command, "arguments": self.arguments})

    @classmethod
    def parse(cls, line: bytes) -> Request:
        """Read a line. Raises :class:`BadRequest`."""
        message = _object(line)
        command, arguments = message.pop("command", None), message.pop("arguments", {})
        if message:
            raise BadRequest(f"a request has only 'command' and 'arguments', not {sorted(message)[0]!r}")
        if not isinstance(command, str) or not isinstance(arguments, dict):
            raise BadRequest("a request needs a text 'command'; 'arguments' are an object")
        return cls(command, arguments)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; ``error`` is empty on success."""

    answer: Any = None
    error: str = ""

    def encode(self) -> bytes:
        """The reply as a line."""
        return _line({"error": self.error} if self.error else {"ok": self.answer})

    @classmethod
    def parse(cls, line: bytes) -> Reply:
        """Read a line. Raises :class:`BadRequest`."""
        message = _object(line)
        if set(message) == {"ok"}:
            return cls(answer=message["ok"])
        if set(message) == {"error"} and isinstance(message["error"], str) and message["error"]:
            return cls(error=message["error"])
        raise BadRequest("a reply has either 'ok' or 'error'")


def socket_path(directory: Path) -> Path:
    """Where the control socket of a data directory is. Raises :class:`NoNode` if no socket can be there."""
    path = directory.absolute() / SOCKET_NAME
    if len(str(path).encode()) > MAX_SOCKET_PATH_BYTES:
        raise NoNode(
            f"the path {path} is too long for a socket (at most {MAX_SOCKET_PATH_BYTES} bytes); "
            "choose a data directory with a shorter path"
        )
    return path


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRequest("the line is not JSON") from None
    if not isinstance(message, dict):
        raise BadRequest("the line is not a JSON object")
    return message
