"""The latest messages of the line side, kept in memory for the ladders of recent calls.

On the hot path a message costs one entry in a queue. Everything else, such as finding a call's messages and
masking what is secret in them, is done when somebody asks.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ringward.protocols.sip.flow import Flow

MAX_OCTETS = 16 * 1024 * 1024
"""Memory for messages: some 20,000 of them, which is an hour of a busy office or seconds of a flood."""
MAX_JOINS = 40_000
"""Legs remembered: those of as many calls as messages can be kept of."""
_ENTRY_OCTETS = 250
"""What an entry takes beside the bytes of its message."""
MAX_SHOWN = 500
"""Messages of one ladder; whoever looks for more looks for something else."""

_CALL_ID = re.compile(rb"^(?:call-id|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_ODD_KEY = re.compile(r"^(a=crypto:)(?!\S+[ \t]+\w+[ \t]+inline:)[^\r\n]+", re.MULTILINE | re.IGNORECASE)
"""A media key that is not written as RFC 4568 has it."""
_SECRETS = (
    (re.compile(r'(\b(?:response|cnonce)[ \t]*=[ \t]*)("[^"\r\n]*"|[^,\s]+)', re.IGNORECASE), r"\1***"),
    (re.compile(r"(inline:[ \t]*)[^\s|]+", re.IGNORECASE), r"\1***"),
    (_ODD_KEY, r"\1***"),
    (re.compile(r"^(k=)[^\r\n]+", re.MULTILINE), r"\1***"),
    (re.compile(r"^(a=key-mgmt:)[^\r\n]+", re.MULTILINE | re.IGNORECASE), r"\1***"),
    (re.compile(r"^(Signal[ \t]*=[ \t]*)\S+", re.MULTILINE | re.IGNORECASE), r"\1***"),
)
"""Digest responses, media keys, and digits that were typed in a call: they may be somebody's PIN."""


@dataclass(frozen=True, slots=True)
class LadderMessage:
    """One message of a call as people may see it."""

    at: float
    """By the monotonic clock of the node."""
    received: bool
    """From the phone to the call manager; else the other way."""
    device: str
    address: str
    text: str
    """The whole message with its secrets masked."""


class MessageRing:
    """See the module."""

    def __init__(self, max_octets: int = MAX_OCTETS) -> None:
        self._max_octets = max_octets
        self._octets = 0
        self._messages: deque[tuple[float, bool, Flow, bytes]] = deque()
        self._joins: deque[tuple[int, str, str]] = deque(maxlen=MAX_JOINS)
        self.observer: Callable[[bool, Flow, bytes], None] | None = None
        """Told of each message while somebody is traced."""
        self.joined: Callable[[tuple[int, str, str]], None] = self._joins.append
        """Told that a leg is part of a call: number of the call, Call-ID, device."""

    def note(self, at: float, received: bool, flow: Flow, data: bytes) -> None:
        """Keep a message, at the cost of the oldest ones."""
        self._messages.append((at, received, flow, data))
        self._octets += len(data) + _ENTRY_OCTETS
        while self._octets > self._max_octets:
            self._octets -= len(self._messages.popleft()[3]) + _ENTRY_OCTETS
        if self.observer is not None:
            self.observer(received, flow, data)

    @property
    def octets(self) -> int:
        """Memory that it takes now."""
        return self._octets

    def ladder(self, call: int) -> list[LadderMessage]:
        """The messages of a call that are still here, in the order of time."""
        devices = {call_id: device for number, call_id, device in self._joins if number == call}
        found = []
        for at, received, flow, data in self._messages if devices else ():
            match = _CALL_ID.search(data)
            device = devices.get(match[1].decode("utf-8", "surrogateescape")) if match is not None else None
            if device is not None:
                address = f"{flow.transport.value} {flow.remote[0]}:{flow.remote[1]}"
                found.append(LadderMessage(at, received, device, address, masked(data)))
                if len(found) == MAX_SHOWN:
                    break
        return found


def masked(data: bytes) -> str:
    """A message as text without its secrets."""
    text = data.decode("utf-8", "replace")
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
