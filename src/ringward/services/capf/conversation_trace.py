"""The conversations with phones, written to a file as far as the service parameter Trace Level says (CAPF-37).

It takes effect with the next call. Authentication strings are hidden; everything else in a conversation is public.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from ringward.domain.vocabulary import ServiceTrace
from ringward.protocols.capf.message import MalformedMessage, Message, Tag
from ringward.services.trace_file import TraceFile

FILE_NAME = "conversations.log"
_SHOWN = 64
"""Octets of an element that are shown; of certificates and signatures the beginning is enough."""
_NAMES = {each.value: each.name for each in Tag}

log = logging.getLogger(__name__)


class ConversationTrace:
    """See the module."""

    def __init__(self, folder: Path, level: Callable[[], ServiceTrace]) -> None:
        self.file = TraceFile(folder / FILE_NAME)
        self._level = level

    def of_call(self, address: str) -> TracedCall | None:
        """What writes down a call that begins; None if none is to be."""
        level = self._level()
        return TracedCall(self.file, level, address) if level is not ServiceTrace.OFF else None

    def end(self, address: str, device: str, outcome: str) -> None:
        """How a call ended."""
        if self._level() is not ServiceTrace.OFF:
            _write(self.file, f"call from {address} is over: {device or 'nobody'}: {outcome}")

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class TracedCall:
    """One call that is written down."""

    def __init__(self, file: TraceFile, level: ServiceTrace, address: str) -> None:
        self._file = file
        self._level = level
        self._address = address

    def message(self, received: bool, message: Message) -> None:
        """A message of the phone, or one to it."""
        octets = len(message.encode())
        way = "from" if received else "to"
        entry = f"session {message.session_id} {way} {self._address}: {message.type.name}, {octets} octets"
        if self._level is ServiceTrace.MESSAGES:
            entry += "".join(f"\n    {line}" for line in _elements(message))
        _write(self._file, entry)


def _write(file: TraceFile, entry: str) -> None:
    try:
        file.write(entry)
    except OSError as error:
        log.error("the trace of CAPF cannot be written: %s", error)


def _elements(message: Message) -> Iterator[str]:
    for tag, value in message.elements:
        name = _NAMES.get(tag, f"element {tag}")
        if tag == Tag.PASSWORD:
            yield f"{name}: {'(hidden)' if value.strip(bytes(1)) else '(empty)'}"
        elif tag == Tag.DEVICE_NAME and (text := _device_name(message)) is not None:
            yield f"{name}: {text}"
        else:
            more = f" ... ({len(value)} octets)" if len(value) > _SHOWN else ""
            yield f"{name}: {value[:_SHOWN].hex(' ')}{more}"


def _device_name(message: Message) -> str | None:
    try:
        return message.text(Tag.DEVICE_NAME)
    except MalformedMessage:
        return None
