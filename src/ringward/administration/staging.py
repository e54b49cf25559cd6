"""Directories in which a state is put together before it goes where it belongs, and what crashes leave of them."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def staging(directory: Path, prefix: str) -> Iterator[Path]:
    """A new directory in another, for its owner alone; it is gone when the block ends, unless it was renamed.

    While the block runs the kernel holds a lock on it, and lets go of it however the process ends: so it is known
    which were left behind, and the next one of this prefix removes them. Raises ``OSError``.
    """
    with _locked(directory):  # no other process looks between making and locking
        _remove_left_over(directory, prefix)
        made = Path(tempfile.mkdtemp(dir=directory, prefix=prefix))
        held = _lock(made)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(held)


def remove_left_over(directory: Path, prefix: str) -> None:
    """Remove what was left by processes that crashed; what one is still at stays, and what cannot be removed.

    Raises ``OSError`` for the directory itself.
    """
    with _locked(directory):
        _remove_left_over(directory, prefix)


def _remove_left_over(directory: Path, prefix: str) -> None:
    for left in directory.iterdir():
        if left.name.startswith(prefix):
            with suppress(OSError), _locked(left, fcntl.LOCK_NB):
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(directory: Path, how: int = 0) -> Iterator[None]:
    held = _lock(directory, how)
    try:
        yield
    finally:
        os.close(held)


def _lock(directory: Path, how: int = 0) -> int:
    """The descriptor that holds the lock."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
