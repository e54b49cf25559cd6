"""The calls that go on, noted on disk, so that those of a node that is killed leave a record, too (SVC-11).

The journal is lines of JSON: a call as its record would be now, again when it changes, and its number when it is
over. What was written survives the process without waiting for the disk. A file that has become long is left for a
new one, and deleted as soon as every call that goes on is noted there.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from ringward.administration.call_records import from_row, to_row
from ringward.calls.call import Call, CallState
from ringward.calls.events import Cause
from ringward.calls.records import CallDetailRecord, EndedBy, detail_record
from ringward.domain.alarm import Report, raised
from ringward.domain.alarm_catalogue import CALL_JOURNAL_NOT_WRITTEN
from ringward.domain.rules.call_security import CallSecurity
from ringward.services.alarm_log import log_alarm

LOOK = 1.0
"""Seconds between two looks, and that a call must have lasted to be noted."""
PER_LOOK = 500
"""Calls noted at one look: messages wait meanwhile. The others follow at the next one."""
LONGEST = 50_000
"""Lines of a file; with as many calls some 20 MB."""

_OVER = "over"

_log = logging.getLogger(__name__)


class CallJournal:
    """See the module."""

    def __init__(
        self,
        directory: Path,
        calls: Callable[[], Mapping[int, Call]],
        alarm: Report = log_alarm,
        longest: int = LONGEST,
    ) -> None:
        """``calls`` gives those that go on now."""
        self._alarm = alarm
        self._path = directory / "calls-in-progress"
        self._former = directory / "calls-in-progress.former"
        self._calls = calls
        self._longest = longest
        self._file: IO[str] | None = None
        self._lines = 0
        self._noted: dict[int, tuple[CallState, CallSecurity]] = {}
        """The calls in the file as it is now, each as it was when it was noted last."""
        self._noted_before: set[int] = set()
        """Those that are in the former file only."""
        self._works = True
        self._timer: asyncio.TimerHandle | None = None

    # -- after a node was killed --------------------------------------------------------------------------

    def left_over(self) -> list[CallDetailRecord]:
        """The calls that a former process did not see the end of; they ended with it."""
        left: dict[int, dict[str, Any]] = {}
        ended_at = 0.0
        for path in (self._former, self._path):
            try:
                text, ended_at = path.read_text(encoding="utf-8"), path.stat().st_mtime
            except (OSError, UnicodeDecodeError):
                continue
            for line in text.splitlines():
                _follow(line, left)
        found = []
        for row in left.values():
            try:
                record = from_row(row)
            except (KeyError, TypeError, ValueError):
                continue  # nothing that a node has written
            found.append(replace(record, end_time=max(ended_at, record.answer_time or record.origination_time)))
        return found

    # -- while the node runs ------------------------------------------------------------------------------

    def start(self) -> None:
        """Forget what was left over, and look at the calls from now on."""
        self._forget()
        self._tick()

    def stop(self) -> None:
        """All calls are over, and their records are stored."""
        if self._timer is not None:
            self._timer.cancel()
        self._forget()

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK, self._tick)
        try:
            self.look(time.time())
        except OSError as error:
            if self._works:
                said = f"calls cannot be noted, and leave no record if the node is killed: {error}"
                self._alarm(raised(CALL_JOURNAL_NOT_WRITTEN, self._path.name, said))
            self._works = False
        else:
            self._works = True

    def look(self, now: float) -> None:
        """Note what has changed; raises ``OSError``, and then the next look notes every call in a new file."""
        calls = self._calls()
        over = [each for each in (*self._noted, *self._noted_before) if each not in calls]
        lines: list[dict[str, Any]] = [{_OVER: call_id} for call_id in over]
        noted: dict[int, tuple[CallState, CallSecurity]] = {}
        complete = True
        for call in calls.values():
            how = call.state, call.security
            if now - call.started_at < LOOK or self._noted.get(call.id) == how:
                continue
            if len(lines) >= PER_LOOK:
                complete = False
                break
            lines.append(to_row(detail_record(call, Cause.TEMPORARY_FAILURE, EndedBy.CALL_MANAGER)))
            noted[call.id] = how
        try:
            self._write(lines)
        except OSError:
            self._begin_anew()
            raise
        for call_id in over:
            self._noted.pop(call_id, None)
        self._noted |= noted
        self._noted_before.difference_update(over, noted)
        if complete and not self._noted_before:
            self._former.unlink(missing_ok=True)
            if self._lines > self._longest:
                self._turn_over()

    def _write(self, lines: list[dict[str, Any]]) -> None:
        if self._file is None:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        if lines:
            self._file.write("".join(f"{json.dumps(line)}\n" for line in lines))
            self._file.flush()
            self._lines += len(lines)
        os.utime(self._file.fileno())  # up to here the calls are known to have lasted

    def _turn_over(self) -> None:
        """Begin a new file, which has to have all calls before the present one can go."""
        self._close()
        self._path.rename(self._former)
        self._noted_before, self._noted = set(self._noted), {}

    def _begin_anew(self) -> None:
        """Nobody knows what is in a file that could not be written."""
        with suppress(OSError):
            self._close()
        self._noted.clear()

    def _close(self) -> None:
        file, self._file, self._lines = self._file, None, 0
        if file is not None:
            file.close()

    def _forget(self) -> None:
        self._close()
        self._former.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)
        self._noted.clear()
        self._noted_before.clear()


def _follow(line: str, left: dict[int, dict[str, Any]]) -> None:
    """Do what a line says; the last one may be cut."""
    try:
        entry = json.loads(line)
        if _OVER in entry:
            left.pop(entry[_OVER], None)
        else:
            left[entry["call_id"]] = entry
    except (ValueError, TypeError, KeyError):
        return
