"""The lock of a data directory: one node at a time, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ringward.domain.errors import Unavailable

FILE_NAME = "node.lock"
_PROCESS_ID_BYTES = 32


class NodeLock:
    """Held while the ``with`` block runs; the kernel lets go of it even if the process is killed.

    The file stays when the lock is gone: removing it would let two nodes hold locks on two files of one name.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock. Raises :class:`Unavailable` if another node has it or the directory cannot be used."""
        path = self._directory / FILE_NAME
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"{path} cannot be opened: {error.strerror}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            process = os.read(self._descriptor, _PROCESS_ID_BYTES).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise Unavailable(
                f"a node already runs on {self._directory} (process {process or 'unknown'}); "
                f"stop it with: ringward stop --data {self._directory}"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def is_locked(directory: Path) -> bool:
    """Whether a node runs on a data directory."""
    try:
        descriptor = os.open(directory / FILE_NAME, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
