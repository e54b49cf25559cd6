"""What a phone keeps when its power is cut: trust lists, keys, and the configuration it obeys.

In memory for phones that live as long as the process, in a directory for those that shall be the same tomorrow.
Each item is there whole or not at all.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from pathlib import Path

from ringward.domain.errors import Unavailable
from ringward.pki.certificates import write_atomically

MAX_ITEM = 1024 * 1024
"""Octets of one item; twice the largest file that a phone reads."""


class Item(Enum):
    """The items, by the name of their file."""

    CTL = "CTLFile.tlv"
    CTL_BACKUP = "CTLFile.tlv.bak"
    ITL = "ITLFile.tlv"
    SYMMETRIC_KEY = "symmetric.key"
    MIC = "mic.pem"
    LSC = "lsc.pem"
    CAPF_MODE = "capf.mode"
    """Present while the phone is at a certificate operation."""
    CONFIGURATION = "configuration"
    DEFAULT_CONFIGURATION = "configuration.default"
    CREDENTIALS = "credentials.json"
    ENCRYPTED_WANTED = "encrypted"
    """Present while the last file said that the next one is to be asked for encrypted."""


class Flash:
    """Items by name."""

    def __init__(self, directory: Path | None = None) -> None:
        """Raises :class:`Unavailable` when the directory cannot be made or read."""
        self._directory = directory
        self._items: dict[Item, bytes] = {}
        if directory is None:
            return
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            for item in Item:
                with suppress(FileNotFoundError), (directory / item.value).open("rb") as file:
                    self._items[item] = file.read(MAX_ITEM)
        except OSError as error:
            raise Unavailable(f"the phone's flash {directory} cannot be used: {error.strerror}") from None

    def read(self, item: Item) -> bytes | None:
        """What is kept, or None."""
        return self._items.get(item)

    def write(self, item: Item, content: bytes) -> None:
        """Keep it. Raises :class:`Unavailable` when it cannot be written."""
        if self._items.get(item) == content:
            return
        if self._directory is not None:
            try:
                write_atomically(self._directory / item.value, content, mode=0o600)
            except OSError as error:
                raise Unavailable(f"the phone's flash cannot be written: {error.strerror}") from None
        self._items[item] = content

    def erase(self, *items: Item) -> None:
        """Keep them no longer; what is not there is no error."""
        for item in items:
            self._items.pop(item, None)
            if self._directory is not None:
                (self._directory / item.value).unlink(missing_ok=True)
