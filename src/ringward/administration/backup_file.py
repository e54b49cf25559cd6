"""The file of a backup: everything of a data directory that matters, with a manifest, sealed.

Inside of the seal is a tar archive, whose last member is the manifest: versions, and for each file its size, its
mode and its SHA-256. Reading insists on exactly the files of the manifest, each as it says.
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ringward.domain.errors import RingwardError
from ringward.pki.sealed_stream import OpenedBy, OpeningReader, SealedFor, SealingWriter

MANIFEST = "manifest.json"
_MAX_MANIFEST = 16_000_000
"""Bytes; a hundred thousand files of phones have about so much."""
_MAX_FILES = 100_000
_FORMAT = 1
_CHUNK = 1 << 20
_DIRECTORY_MODE, _OPEN_DIRECTORY_MODE = 0o700, 0o755
_OPEN_DIRECTORY = "tftp"
"""Its files are for everybody (the mode that an installation gives it)."""


class BadBackup(RingwardError):
    """A file is no backup, or not as it was made."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file in a backup."""

    path: str
    """Below the data directory, with slashes."""
    size: int
    mode: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    node: str
    created_at: int
    """Milliseconds since 1970."""
    version: str
    """Of Ringward."""
    schema: str
    """Revision of the database's tables."""
    files: tuple[StoredFile, ...]
    format: int = _FORMAT

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(each.size for each in self.files)


def write_backup(
    target: IO[bytes],
    sealed_for: SealedFor,
    files: Iterable[tuple[str, Path]],
    describe: Callable[[tuple[StoredFile, ...]], Manifest],
) -> Manifest:
    """Write the files, each under its name in the backup, and the manifest that ``describe`` makes of them."""
    stored: list[StoredFile] = []
    with SealingWriter(target, sealed_for) as sealed, tarfile.open(fileobj=sealed, mode="w|") as archive:
        for name, path in files:
            stored.append(_add(archive, name, path))
        manifest = describe(tuple(stored))
        text = json.dumps(asdict(manifest)).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(text)
        archive.addfile(entry, BytesIO(text))
    return manifest


def _add(archive: tarfile.TarFile, name: str, path: Path) -> StoredFile:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = status.st_size, status.st_mode & 0o777
        hashed = _Hashed(file)
        archive.addfile(entry, hashed)
    return StoredFile(name, entry.size, entry.mode, hashed.digest.hexdigest())


class _Hashed:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = sha256()

    def read(self, size: int = -1) -> bytes:
        """Some bytes."""
        content = self._file.read(size)
        self.digest.update(content)
        return content


def read_backup(source: IO[bytes], opened_by: OpenedBy, directory: Path | None = None) -> Manifest:
    """Read a backup whole, and its files into a directory that is empty, if one is given.

    Raises :class:`BadBackup` or ``StreamBroken``; the directory may then hold some of the files.
    """
    found: dict[str, StoredFile] = {}
    manifest: Manifest | None = None
    reader = OpeningReader(source, opened_by)
    try:
        with tarfile.open(fileobj=reader, mode="r|") as archive:
            for entry in archive:
                if manifest is not None or len(found) > _MAX_FILES or not entry.isreg():
                    raise BadBackup("this is no backup that Ringward has made")
                content = archive.extractfile(entry)
                assert content is not None  # noqa: S101  (of a regular file there is one)
                if entry.name == MANIFEST:
                    manifest = _parse(content.read(_MAX_MANIFEST))
                else:
                    name = _safe(entry.name)
                    if name in found:
                        raise BadBackup("this is no backup that Ringward has made: a file is in it twice")
                    found[name] = _take(content, name, entry, directory)
        while reader.read(_CHUNK):  # what follows the archive must prove right too
            pass
    except tarfile.TarError:
        raise BadBackup("this is no backup that Ringward has made") from None
    if manifest is None or found != {each.path: each for each in manifest.files}:
        raise BadBackup("the backup is not as its manifest says: make another one")
    return manifest


def _take(content: IO[bytes], name: str, entry: tarfile.TarInfo, directory: Path | None) -> StoredFile:
    digest, size, mode = sha256(), 0, entry.mode & 0o777
    target = None
    if directory is not None:
        path = directory / name
        is_open = PurePosixPath(name).parts[0] == _OPEN_DIRECTORY
        path.parent.mkdir(mode=_OPEN_DIRECTORY_MODE if is_open else _DIRECTORY_MODE, parents=True, exist_ok=True)
        target = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    try:
        while part := content.read(_CHUNK):
            digest.update(part)
            size += len(part)
            if target is not None:
                target.write(part)
        if target is not None:
            target.flush()
            os.fchmod(target.fileno(), mode)
            os.fsync(target.fileno())
    finally:
        if target is not None:
            target.close()
    return StoredFile(name, size, mode, digest.hexdigest())


def _safe(name: str) -> str:
    """A name below the data directory, and nothing else."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or str(path) != name or ".." in path.parts or "\0" in name:
        raise BadBackup("this is no backup that Ringward has made: a file would lie elsewhere")
    return name


def _parse(text: bytes) -> Manifest:
    try:
        values: Mapping[str, Any] = json.loads(text)
        if values["format"] != _FORMAT:
            raise BadBackup("the backup was made by a newer version of Ringward: restore it with that one")
        files = tuple(
            StoredFile(str(each["path"]), int(each["size"]), int(each["mode"]), str(each["sha256"]))
            for each in values["files"]
        )
        return Manifest(
            str(values["node"]), int(values["created_at"]), str(values["version"]), str(values["schema"]), files
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadBackup("the manifest of the backup cannot be read") from None
