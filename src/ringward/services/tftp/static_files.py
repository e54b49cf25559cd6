"""The files an administrator puts into the file server's folder: firmware, tones, locales.

Only regular files inside the folder are served. No symbolic link is followed, neither for a file nor for a folder
on the way to it, and each step is opened relative to the one before, so nothing can be swapped in between.
"""

from __future__ import annotations

import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_FILE = 64 * 1024 * 1024
"""Octets of one file; the largest firmware of the models is a tenth of this."""
MAX_ENTRIES = 20_000
"""Names of a folder that are looked through when capitals do not match."""
MAX_KEPT = 96 * 1024 * 1024
"""Octets kept in memory, so that a thousand phones that fetch one firmware share one copy."""

_Identity = tuple[int, int, int, int]
"""Device, inode, time of change and size: another file under the same name has another identity."""


class StaticFiles:
    """Reads files of one folder by the names that phones ask for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Identity, bytes] = OrderedDict()
        self._kept_octets = 0

    def read(self, name: str) -> bytes | None:
        """Content of a file, its name taken without regard to case; None when it cannot be served.

        ``name`` must have passed the library's check of names; an exact match goes before any other.
        """
        *folders, last = name.split("/")
        try:
            with self._opened(folders) as place, _descriptor(place, last, os.O_NONBLOCK) as file:
                facts = os.fstat(file)
                if not stat.S_ISREG(facts.st_mode) or facts.st_size > MAX_FILE:
                    return None
                return self._content(file, (facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_size))
        except OSError:
            return None

    def names(self) -> list[str]:
        """Names of the regular files directly in the folder."""
        try:
            with os.scandir(self._folder) as entries:
                return sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
        except OSError:
            return []

    def _content(self, file: int, identity: _Identity) -> bytes | None:
        with self._lock:
            kept = self._kept.get(identity)
            if kept is not None:
                self._kept.move_to_end(identity)
                return kept
            content = _read_all(file)
            if content is not None:
                self._kept[identity] = content
                self._kept_octets += len(content)
            while self._kept_octets > MAX_KEPT:
                self._kept_octets -= len(self._kept.popitem(last=False)[1])
            return content

    @contextmanager
    def _opened(self, folders: list[str]) -> Iterator[int]:
        place = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for folder in folders:
                with _descriptor(place, folder, os.O_DIRECTORY) as inner:
                    os.close(place)
                    place = os.dup(inner)
            yield place
        finally:
            os.close(place)


@contextmanager
def _descriptor(place: int, name: str, flags: int) -> Iterator[int]:
    flags |= os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=place)
    except FileNotFoundError:
        descriptor = os.open(_alike(place, name), flags, dir_fd=place)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _alike(place: int, name: str) -> str:
    """The entry of a folder whose name differs only in case; the first in order, so that it is always the same."""
    wanted = name.lower()
    with os.scandir(place) as entries:
        found = [
            entry.name
            for _, entry in zip(range(MAX_ENTRIES), entries, strict=False)
            if entry.name.lower() == wanted
        ]
    if not found:
        raise FileNotFoundError(name)
    return min(found)


def _read_all(file: int) -> bytes | None:
    pieces, total = [], 0
    while piece := os.read(file, 1 << 20):
        total += len(piece)
        if total > MAX_FILE:
            return None
        pieces.append(piece)
    return b"".join(pieces)
