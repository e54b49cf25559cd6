"""After the signing certificate has changed: signs all files again that phones have been given, in the background.

Phones ask for their files all at once, when they are reset after the change; what is signed by then need not be
signed while they wait. A request in between is answered at once with a file that is signed for it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from ringward.services.tftp.library import Answer, FileLibrary
from ringward.services.tftp.protection import ClusterProtection

AT_A_TIME, REST = 8, 0.001
"""So many signatures, then a rest of so many seconds: others never wait longer than for these, some 3 ms."""
PROGRESS = 10.0
"""Seconds between two lines in the log."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come."""

    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.done:,} of {self.total:,} files signed anew"


class SigningAnew:
    """One run at a time; a new one takes the place of the one before."""

    def __init__(self, library: FileLibrary, protection: ClusterProtection) -> None:
        self._library = library
        self._protection = protection
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self.progress: Progress | None = None
        """Of the last run; None if there was none."""

    def start(self) -> None:
        """Begin; returns at once."""
        self.stop()
        names = self._protection.names_signed_by_others()
        before = self._library.clear()
        generation = self._library.generation
        self._stopping = threading.Event()
        self.progress = Progress(0, len(names))
        self._thread = threading.Thread(
            target=self._run,
            args=(names, before, generation, self._stopping),
            name="signing anew",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """End a run that goes on; what it has not reached is signed when it is asked for."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wait(self) -> None:
        """Until the run is over."""
        if self._thread is not None:
            self._thread.join()

    def _run(
        self, names: list[str], before: dict[str, Answer], generation: int, stopping: threading.Event
    ) -> None:
        shown = time.monotonic()
        for done, name in enumerate(names, 1):
            if done % AT_A_TIME == 0 and stopping.wait(REST):
                return
            try:
                self._library.sign_anew(name, before.get(name), generation)
            except Exception:
                log.exception("%s could not be signed anew", name)
            self.progress = Progress(done, len(names))
            if time.monotonic() - shown >= PROGRESS:
                shown = time.monotonic()
                log.info("signing certificate changed: %s", self.progress)
        log.info("signing certificate changed: all %d files are signed anew", len(names))
