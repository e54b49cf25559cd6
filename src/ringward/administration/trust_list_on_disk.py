"""The CTL file where the file service finds it, and the watch over it: nobody but the CTL client may change it.

What somebody else has done to it is not served, is told to whoever looks, and is in the audit log: once for each
such change, with ``unknown`` for its author, whichever process sees it first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations
from ringward.domain.alarm import Report, raised
from ringward.domain.alarm_catalogue import TRUST_LIST_TAMPERED
from ringward.domain.rights import NOTHING
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.pki.certificates import write_atomically
from ringward.store import trust_lists
from ringward.store.trust_lists import TrustListRow, hash_of

NOUN = "trust-list"
CTL_FILE_SUBJECT = "CTL file"
"""Of the alarm."""
UPDATE = f"{NOUN}.update"
_NONE = TrustListRow(0, b"", "", ClusterSecurityMode.NONSECURE)
"""In force until there is a CTL file."""
_SOMEBODY = Actor("unknown", NOTHING, "disk of the server")


class CtlFileOnDisk:
    """Safe to use from several threads."""

    def __init__(
        self,
        operations: Operations,
        path: Path,
        is_being_replaced: Callable[[], bool],
        alarm: Report,
    ) -> None:
        """``is_being_replaced`` tells whether a CTL client works on it now."""
        self.path = path
        self._operations = operations
        self._is_being_replaced = is_being_replaced
        self._alarm = alarm
        self._alarmed = ""
        """Of what the alarm tells that was raised when the file was asked for."""
        self._recorded: str | None = None
        """The hash of the file that the audit log tells of, empty if all is well; None before the first look."""
        self._recording = threading.Lock()

    def replace(self, content: bytes) -> None:
        """Put a new edition into its place, at once and whole; raises ``OSError``."""
        write_atomically(self.path, content, mode=0o644)

    def is_in_force(self, content: bytes) -> bool:
        """Whether this is what the CTL client left; empty content asks whether it left nothing."""
        if content == self._edition().content:
            self._alarmed = ""
            return True
        # A phone has just been refused it: whoever watches alarms hears of it now, not when it is looked at next.
        warning = self.warning()
        if warning and warning != self._alarmed:
            self._alarm(raised(TRUST_LIST_TAMPERED, CTL_FILE_SUBJECT, warning))
        self._alarmed = warning
        return False

    def warning(self) -> str:
        """What somebody else has done to the file, in words; empty if nothing."""
        found, replaced = self._content(), self._is_being_replaced()
        edition = self._edition()
        if replaced or self._content() != found:
            return ""  # it is looked at again when the CTL client is done
        warning = self._difference(found, edition.content)
        with self._recording:
            if warning and self._recorded != hash_of(found):
                self._record(f"{warning}; its SHA-256 is {hash_of(found) if found else 'none'}", edition.at)
            self._recorded = hash_of(found) if warning else ""
        return warning

    def _record(self, reason: str, since: int) -> None:
        """Have the log tell of a change, unless it does: a process that has just begun sees what others saw."""
        entry = (_SOMEBODY, UPDATE, NOUN, self.path.name, reason)
        if self._recorded is not None or not self._operations.tells_last_of(*entry, since):
            self._operations.record_refusal(*entry)

    def _difference(self, found: bytes, edition: bytes) -> str:
        if found == edition:
            return ""
        if not edition:
            return f"{self.path} was put there by no CTL client, and is not served"
        if not found:
            return f"{self.path} is missing: phones that have no CTL file get none"
        return f"{self.path} was changed by somebody else than the CTL client, and is not served"

    def _edition(self) -> TrustListRow:
        with self._operations.look() as view:
            return trust_lists.current(view.connection) or _NONE

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError:
            return b""
