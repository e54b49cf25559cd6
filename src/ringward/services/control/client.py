"""The asker's end of the control socket, for short-lived programs: plain blocking calls."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from ringward.domain.errors import Refused, Unavailable
from ringward.services.control.messages import (
    MAX_REPLY_BYTES,
    TOGETHER,
    BadRequest,
    NoNode,
    Reply,
    Request,
    socket_path,
)

TIMEOUT = 10.0
"""Seconds to wait for an answer; a node that needs longer is not well."""


class ControlClient:
    """A connection to the node that runs on a data directory."""

    def __init__(self, directory: Path, timeout: float = TIMEOUT) -> None:
        self._directory = directory
        self._timeout = timeout
        self._connection: tuple[socket.socket, BinaryIO] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the next question connects anew."""
        if self._connection is not None:
            connection, file = self._connection
            self._connection = None
            with contextlib.suppress(OSError):
                file.close()
            connection.close()

    def ask(self, command: str, **arguments: Any) -> Any:
        """Ask once.

        Raises :class:`NoNode` if none runs, :class:`Unavailable` if it does not answer, and :class:`Refused` with
        the node's sentence.
        """
        return _answer(self.reply(command, arguments))

    def reply(self, command: str, arguments: Mapping[str, Any]) -> Reply:
        """Ask once, and get the answer or the error that the node tells; raises as :meth:`ask` if none comes."""
        with self._failing_in_words():
            _, file = self._send(Request(command, dict(arguments)))
            return self._receive(file)

    def replies(self, requests: Sequence[Request]) -> list[Reply]:
        """The replies to several requests, in one exchange; raises as :meth:`ask` if none come."""
        answer = self.ask(TOGETHER, requests=[each.as_object() for each in requests])
        return [Reply.of_object(each) for each in answer]

    def follow(self, what: str) -> Iterator[Any]:
        """The picture of something each time it changes, until the node stops or the caller does."""
        with self._failing_in_words():
            connection, file = self._send(Request(f"follow-{what}", {}))
            first = _answer(self._receive(file))
            connection.settimeout(None)
        yield first
        with self._failing_in_words():
            while True:
                yield _answer(self._receive(file))

    def _send(self, request: Request) -> tuple[socket.socket, BinaryIO]:
        if self._connection is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._connection = connection, cast("BinaryIO", connection.makefile("rb"))
            connection.settimeout(self._timeout)
            connection.connect(str(socket_path(self._directory)))
        self._connection[0].sendall(request.encode())
        return self._connection

    def _receive(self, file: BinaryIO) -> Reply:
        line = file.readline(MAX_REPLY_BYTES)
        if not line.endswith(b"\n"):
            self.close()
            raise Unavailable(f"the node on {self._directory} has hung up")
        try:
            return Reply.parse(line)
        except BadRequest as error:
            self.close()
            raise Unavailable(f"the node on {self._directory} gave an unreadable answer: {error}") from None

    @contextlib.contextmanager
    def _failing_in_words(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, ConnectionRefusedError):
            self.close()
            raise NoNode(
                f"no node runs on {self._directory}; start it with: ringward run --data {self._directory}"
            ) from None
        except TimeoutError:
            self.close()
            raise Unavailable(f"the node on {self._directory} did not answer within {self._timeout:g} s") from None
        except OSError as error:
            self.close()
            raise Unavailable(f"the node on {self._directory} cannot be asked: {error.strerror}") from None


def _answer(reply: Reply) -> Any:
    if reply.error:
        raise Refused(reply.error)
    return reply.answer
