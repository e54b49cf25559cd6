"""The desk that both servers hand names to: asks the library, counts, records, logs what people must know."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ringward.files import file_names
from ringward.files.file_names import FileKind
from ringward.services.tftp.admission import TokenBucket
from ringward.services.tftp.library import Answer, FileLibrary, Outcome
from ringward.services.tftp.request_record import FileRequest, RequestRecord

log = logging.getLogger(__name__)

BUILDERS = 2
"""Threads that build; the library builds one at a time, the second reads static files meanwhile."""
MAX_WAITING = 2_000
"""Requests that wait for a builder; further ones are turned away to ask again."""
LOG_RATE, LOG_BURST = 5.0, 50.0
"""Lines per second about strangers' requests; a flood must not fill the disk."""


@dataclass(slots=True)
class FileCounters:
    """What the file service has done since it started."""

    requests: dict[str, int] = field(default_factory=lambda: {"TFTP": 0, "HTTP": 0})
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    turned_away: int = 0
    """Requests over a limit, left without an answer or told to come back."""
    octets_sent: int = 0
    """Of file contents that arrived whole."""
    active_transfers: int = 0
    failed_transfers: int = 0


TrustListFetched = Callable[[str, bytes], None]
"""Told the phone and the file; must not wait."""


class FileDesk:
    """Serves names from the library without ever holding up the event loop."""

    def __init__(
        self,
        library: FileLibrary,
        clock: Callable[[], float] = time.time,
        trust_list_fetched: TrustListFetched | None = None,
    ) -> None:
        """``trust_list_fetched`` hears of each CTL file that a phone got whole."""
        self._library = library
        self._trust_list_fetched = trust_list_fetched
        self._clock = clock
        self._builders = ThreadPoolExecutor(BUILDERS, "file-builder")
        self._waiting = 0
        self._log_bucket = TokenBucket(LOG_RATE, LOG_BURST, time.monotonic())
        self.counters = FileCounters()
        self.record = RequestRecord()

    def at_once(self, name: str, host: str, wire: str) -> Answer | None:
        """The answer if it is at hand; None means :meth:`fetch`."""
        answer = self._library.at_once(name)
        if answer is not None:
            self._note(name, host, wire, answer)
        return answer

    def fetch(self, name: str, host: str, wire: str) -> asyncio.Future[Answer | None]:
        """The answer, built where necessary; None when too many already wait."""
        loop = asyncio.get_running_loop()
        asked: asyncio.Future[Answer | None] = loop.create_future()
        if self._waiting >= MAX_WAITING:
            self.counters.turned_away += 1
            asked.set_result(None)
            return asked

        def build() -> None:
            answer = self._find(name)
            loop.call_soon_threadsafe(found, answer)

        def found(answer: Answer) -> None:
            self._waiting -= 1
            self._note(name, host, wire, answer)
            if not asked.done():  # else whoever asked has gone
                asked.set_result(answer)

        self._waiting += 1
        self._builders.submit(build)
        return asked

    def _find(self, name: str) -> Answer:
        try:
            return self._library.find(name)
        except Exception:
            log.exception("%s could not be built", name)
            return Answer(Outcome.NOT_FOUND, reason="building it failed; the log says why")

    def delivered(self, name: str, content: bytes) -> None:
        """A file has arrived whole."""
        self.counters.octets_sent += len(content)
        if self._trust_list_fetched is None or not name.lower().startswith("ctl"):
            return
        known = file_names.parse(name)
        if known is not None and known.kind is FileKind.TRUST_LIST and known.device_name:
            self._trust_list_fetched(known.device_name, content)

    def close(self) -> None:
        """Let the builders end; what they still work on is dropped."""
        self._builders.shutdown(wait=False, cancel_futures=True)

    def _note(self, name: str, host: str, wire: str, answer: Answer) -> None:
        self.counters.requests[wire] += 1
        self.counters.outcomes[answer.outcome] += 1
        request = FileRequest(
            self._clock(), name[:255], host, wire, answer.outcome, len(answer.content), answer.reason
        )
        unheard_of = self.record.add(request, answer)
        if answer.outcome is Outcome.SERVED:
            log.debug("%s %s: %s, %d octets", wire, host, name, len(answer.content))
            return
        stranger = bool(answer.device_name) and not answer.configured
        if (answer.outcome is Outcome.REFUSED or (stranger and unheard_of)) and self._log_bucket.take(
            time.monotonic()
        ):
            log.warning("%s %s: %.80r: %s", wire, host, name, answer.reason)
        else:
            log.debug("%s %s: %.80r: %s", wire, host, name, answer.reason)
