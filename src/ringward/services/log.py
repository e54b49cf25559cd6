"""The node's log: lines for people or JSON objects for programs, on standard error."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import TextIO


class TextFormatter(logging.Formatter):
    """``2026-05-04 12:00:00.123 INFO call_manager: sentence``; what a stranger sent cannot start a new line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it if there is one."""
        time, message = _second(int(record.created)), _visible(record.getMessage())
        line = f"{time}.{int(record.msecs):03} {record.levelname} {_source(record)}: {message}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object per line, with the time in UTC (RFC 3339)."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "source": _source(record),
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def start_logging(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send the log of this process to a stream (standard error), replacing what was set up before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # A line says neither from which place in the code nor from which thread it comes, so none is looked for; by
    # the switches that "Optimization" in Python's guide to logging names.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # What the migration library does at every start is no news; what goes wrong there is.
    logging.getLogger("alembic").setLevel(logging.WARNING)


@lru_cache(maxsize=4)
def _second(since: int) -> str:
    """The time by the clock of this machine: one for all lines of a second."""
    return datetime.fromtimestamp(since).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _source(record: logging.LogRecord) -> str:
    return record.name.removeprefix("ringward.").removeprefix("services.")


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
