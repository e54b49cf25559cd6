"""Lines of the control socket: how requests and replies are written and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ringward.domain.errors import NotFound, Refused, RingwardError, Unavailable

SOCKET_NAME = "control.sock"
MAX_REQUEST_BYTES = 65536
"""A request is a command and a few names; nobody needs more."""
TOGETHER = "together"
"""The command that brings several requests, and is answered with as many replies."""
MAX_TOGETHER = 16
"""Requests in one: a page shows of the node what a person can look at."""
MAX_REPLY_BYTES = 64 * 1024 * 1024
"""Some hundred bytes for each of 100,000 phones."""
MAX_SOCKET_PATH_BYTES = 107
"""Longest path of a Unix socket on Linux (108 bytes with the final zero, unix(7))."""


_NOT_FOUND = "not-found"
_KINDS: Mapping[str, type[RingwardError]] = MappingProxyType(
    {_NOT_FOUND: NotFound, "refused": Refused, "unavailable": Unavailable}
)
"""Members of the error family that whoever asks may want to tell apart."""


class BadRequest(RingwardError):
    """A line on the control socket is not a request."""


class NoNode(Unavailable):
    """No node runs on a data directory, or none can."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question or order."""

    command: str
    arguments: dict[str, Any]

    def as_object(self) -> dict[str, Any]:
        """The request as JSON has it."""
        return {"command": self.command, "arguments": self.arguments}

    def encode(self) -> bytes:
        """The request as a line."""
        return _line(self.as_object())

    @classmethod
    def parse(cls, line: bytes) -> Request:
        """Read a line. Raises :class:`BadRequest`."""
        return cls.of_object(_object(line))

    @classmethod
    def of_object(cls, message: dict[str, Any]) -> Request:
        """The inverse of :meth:`as_object`. Raises :class:`BadRequest`."""
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
    kind: str = ""
    """Which member of the error family it was, for programs; empty if it is none of :data:`_KINDS`."""
    about: tuple[str, ...] = ()
    """Noun and key of what was not found."""

    @classmethod
    def of_error(cls, error: RingwardError) -> Reply:
        """The reply that tells of an error."""
        about = (error.noun, error.key) if isinstance(error, NotFound) else ()
        kind = next((name for name, each in _KINDS.items() if isinstance(error, each)), "")
        return cls(error=str(error), kind=kind, about=about)

    def as_error(self) -> RingwardError:
        """The error that the reply tells of, of its own kind."""
        if self.kind == _NOT_FOUND:
            return NotFound(*self.about)
        return _KINDS.get(self.kind, RingwardError)(self.error)

    def as_object(self) -> dict[str, Any]:
        """The reply as JSON has it."""
        if not self.error:
            return {"ok": self.answer}
        message: dict[str, Any] = {"error": self.error}
        if self.kind:
            message["kind"] = self.kind
        if self.about:
            message["about"] = list(self.about)
        return message

    def encode(self) -> bytes:
        """The reply as a line."""
        return _line(self.as_object())

    @classmethod
    def parse(cls, line: bytes) -> Reply:
        """Read a line. Raises :class:`BadRequest`."""
        return cls.of_object(_object(line))

    @classmethod
    def of_object(cls, message: dict[str, Any]) -> Reply:
        """The inverse of :meth:`as_object`. Raises :class:`BadRequest`."""
        if set(message) == {"ok"}:
            return cls(answer=message["ok"])
        error, kind, about = message.pop("error", ""), message.pop("kind", ""), message.pop("about", [])
        if (
            message
            or not (isinstance(error, str) and error and isinstance(kind, str) and isinstance(about, list))
            or not all(isinstance(each, str) for each in about)
            or (kind == _NOT_FOUND) != (len(about) == len(("noun", "key")))
        ):
            raise BadRequest("a reply has either 'ok' or 'error'")
        return cls(error=error, kind=kind, about=tuple(about))


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
