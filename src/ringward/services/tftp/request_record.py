"""What each phone asked for lately, to tell an administrator why a phone does not come up."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

from ringward.services.tftp.library import Answer, Outcome

MAX_REQUESTS = 20
"""Requests kept of a phone; a boot takes about ten."""
MAX_CONFIGURED = 50_000
"""Configured phones of which requests are kept: more than a cluster has."""
MAX_STRANGERS = 1_000
"""Phones that are not configured, apart, so that a flood of made-up names displaces none of the others."""


@dataclass(frozen=True, slots=True)
class FileRequest:
    """One request and how it ended."""

    time: float
    """Seconds since 1970."""
    name: str
    host: str
    wire: str
    """``TFTP`` or ``HTTP``."""
    outcome: Outcome
    octets: int
    reason: str


class RequestRecord:
    """The last requests of each phone, bounded both ways."""

    def __init__(self) -> None:
        self._configured: OrderedDict[str, deque[FileRequest]] = OrderedDict()
        self._strangers: OrderedDict[str, deque[FileRequest]] = OrderedDict()
        self._files_read: dict[str, float] = {}

    def add(self, request: FileRequest, answer: Answer) -> bool:
        """Keep a request for a phone's file; returns whether the phone was unheard of until now."""
        device = answer.device_name
        if not device:
            return False
        if answer.configured:
            self._strangers.pop(device, None)
        kept, limit = (self._configured, MAX_CONFIGURED) if answer.configured else (self._strangers, MAX_STRANGERS)
        unheard_of = device not in kept
        kept.setdefault(device, deque(maxlen=MAX_REQUESTS)).append(request)
        kept.move_to_end(device)
        if answer.configured and request.outcome is Outcome.SERVED and not _is_trust_list(request.name):
            self._files_read[device] = request.time
        if len(kept) > limit:
            forgotten, _ = kept.popitem(last=False)
            self._files_read.pop(forgotten, None)
        return unheard_of

    def of(self, device_name: str) -> tuple[FileRequest, ...]:
        """The last requests of a phone, oldest first."""
        return tuple(self._configured.get(device_name) or self._strangers.get(device_name) or ())

    def files_read(self, since: float = 0.0) -> dict[str, float]:
        """When configured phones have last read their configuration, those that did since a moment (seconds since
        1970); trust lists beside it do not count."""
        return {device: time for device, time in self._files_read.items() if time >= since}

    def strangers(self) -> tuple[str, ...]:
        """Names of phones that asked and are not configured, longest silent first."""
        return tuple(self._strangers)


def _is_trust_list(name: str) -> bool:
    return name.startswith(("CTL", "ITL"))
