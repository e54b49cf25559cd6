"""Traces of single devices, switched on while the node runs (SVC-05): what they and the call manager say.

Nothing is written of others, and while nobody is traced a message costs one comparison. The file is bounded:
it is renamed when it is full, and the oldest of its predecessors removed. Secrets are masked.
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ringward.domain.alarm import Report, raised
from ringward.domain.alarm_catalogue import TRACE_NOT_WRITTEN
from ringward.domain.errors import NotFound, Refused
from ringward.protocols.sip.flow import Flow
from ringward.services.alarm_log import log_alarm
from ringward.services.call_manager.message_ring import MessageRing, masked
from ringward.services.trace_file import TraceFile

FILE_NAME = "trace.log"
MAX_DEVICES = 50
"""Devices that are traced at the same time; whoever wants more wants another tool."""
MAX_READ = 1024 * 1024
"""Characters of a device's trace that are read at once, the latest; whoever needs more has the files."""
RECENT = 512 * 1024
"""Bytes at the end of the file that are looked through again and again while somebody watches."""
LONGEST = 24 * 3600.0
"""Seconds; a trace that was forgotten ends by itself."""

_ENTRY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (\S+) ")
"""How an entry begins in the file; lines of a message are indented."""

log = logging.getLogger(__name__)


class TraceLevel(Enum):
    """How much is written."""

    SUMMARY = "summary"
    """One line for each message."""
    MESSAGES = "messages"
    """The whole messages."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One device that is traced."""

    device: str
    level: TraceLevel
    until: float
    """Seconds since the epoch."""


class Traces:
    """See the module."""

    def __init__(
        self,
        ring: MessageRing,
        exists: Callable[[str], bool],
        flows: Callable[[str], Iterable[Flow]],
        folder: Path,
        clock: Callable[[], float] = time.time,
        alarm: Report = log_alarm,
    ) -> None:
        """``exists`` tells whether a device is configured, ``flows`` by which it is registered now."""
        self._ring = ring
        self._alarm = alarm
        self._exists = exists
        self._flows = flows
        self._clock = clock
        self.file = folder / FILE_NAME
        self._file = TraceFile(self.file)
        self._traces: dict[str, Trace] = {}
        self._asked_from: dict[str, tuple[str, int]] = {}
        """From where each traced device was heard last: what goes there answers it, registered or not."""

    def begin(self, device: str, level: TraceLevel, seconds: float) -> Trace:
        """Trace a device for some time; raises :class:`NotFound`, or :class:`Refused` when too many are traced."""
        if not self._exists(device):
            raise NotFound("phone", device)
        if not 0 < seconds <= LONGEST:
            raise Refused(f"a trace lasts from 1 to {LONGEST:g} seconds")
        if device not in self._traces and len(self.present()) >= MAX_DEVICES:
            raise Refused(f"{MAX_DEVICES} devices are traced already; end one of these traces first")
        trace = self._traces[device] = Trace(device, level, self._clock() + seconds)
        self._ring.observer = self._note
        log.warning("%s is traced (%s) for %g s into %s", device, level.value, seconds, self.file)
        return trace

    def end(self, device: str) -> None:
        """Trace a device no more; raises :class:`NotFound` if it is not traced."""
        if self._traces.pop(device, None) is None:
            raise NotFound("trace of", device)
        self.present()

    def present(self) -> list[Trace]:
        """What is traced now; what is over is forgotten."""
        now = self._clock()
        self._traces = {device: trace for device, trace in self._traces.items() if trace.until > now}
        for forgotten in self._asked_from.keys() - self._traces.keys():
            del self._asked_from[forgotten]
        if not self._traces:
            self.close()
        return list(self._traces.values())

    def text_of(self, device: str, *, recent: bool = False) -> str:
        """What was written of a device and is still in the files, the latest of it. It reads: not for the loop.

        ``recent``: only what stands at the end of the present file, for who looks again and again.
        """
        kept: deque[str] = deque()
        size = 0
        for line in self._lines_of(device, recent=recent):
            kept.append(line)
            size += len(line)
            while size > MAX_READ:
                size -= len(kept.popleft())
        while kept and not _ENTRY.match(kept[0]):  # the rest of a message whose beginning fell away
            kept.popleft()
        return "".join(kept)

    def _lines_of(self, device: str, *, recent: bool) -> Iterator[str]:
        for file in (self.file,) if recent else self._file.every:
            wanted = False
            try:
                with file.open("rb") as lines:
                    if recent and (before := file.stat().st_size - RECENT) > 0:
                        lines.seek(before)
                        lines.readline()  # the end of a line
                    for octets in lines:
                        line = octets.decode("utf-8", "replace")
                        entry = _ENTRY.match(line)
                        wanted = entry[1] == device if entry else wanted
                        if wanted:
                            yield line
            except FileNotFoundError:
                continue

    def close(self) -> None:
        """Trace nobody any more, and close the file."""
        self._traces = {}
        self._asked_from = {}
        self._ring.observer = None
        self._file.close()

    def _note(self, received: bool, flow: Flow, data: bytes) -> None:
        for trace in self.present():
            if self._concerns(trace.device, received, flow, data):
                self._write(trace, received, flow, masked(data))

    def _concerns(self, device: str, received: bool, flow: Flow, data: bytes) -> bool:
        """Whether a message is a device's: by its certificate, its registration, or its name in the message.

        The answer to a request that names it need not name it, too.
        """
        if flow.peer_subject == device or device.encode() in data:
            if received:
                self._asked_from[device] = flow.remote
            return True
        if not received and self._asked_from.get(device) == flow.remote:
            return True
        return any(flow.remote == each.remote for each in self._flows(device))

    def _write(self, trace: Trace, received: bool, flow: Flow, text: str) -> None:
        way = "from" if received else "to"
        what = text.partition("\r\n")[0].replace("\n", " ")  # what a stranger sent begins no entry of its own
        line = f"{trace.device} {way} {flow}: {what}"
        if trace.level is TraceLevel.MESSAGES:
            rest = text.partition("\r\n")[2].replace("\r\n", "\n").rstrip("\n")
            line += "".join(f"\n    {each}" for each in rest.split("\n"))
        try:
            self._file.write(line)
        except OSError as error:
            said = f"the trace cannot be written, and ends: {error}"
            self._alarm(raised(TRACE_NOT_WRITTEN, self.file.name, said))
            self.close()
