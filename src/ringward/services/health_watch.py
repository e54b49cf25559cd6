"""Watches what goes wrong without anybody asking for it: certificates that end, the disk, the CTL file on it."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ringward.administration.administration import Administration
from ringward.administration.certificates import Expiring
from ringward.administration.trust_list_on_disk import CTL_FILE_SUBJECT
from ringward.domain.alarm import MAX_SUBJECT, AlarmEvent, cleared, raised
from ringward.domain.alarm_catalogue import (
    CERTIFICATE_ALARMS,
    DISK_FULL,
    DISK_SPACE_LOW,
    TRUST_LIST_TAMPERED,
)

INTERVAL = 60.0
"""Seconds between two looks at the disk."""
CERTIFICATE_LOOKS = 60
"""Of so many looks one is for certificates too: their alarms are counted in days."""
FULL_BELOW = 200_000_000
"""Bytes that are free."""
LOW_BELOW = 5_000_000_000
"""Bytes that are free, if that is less than a tenth of the disk as well."""

AGAIN_AFTER = 1.0
"""Seconds until it is looked again whether the CTL file really is another one."""

_log = logging.getLogger(__name__)


class Space(NamedTuple):
    """How much of a disk there is, in bytes."""

    total: int
    used: int
    free: int


class HealthWatch:
    """See the module."""

    def __init__(self, administration: Administration, directory: Path) -> None:
        self._certificates = administration.certificates.near_expiry
        self._trust_list = administration.ctl_file.tampering
        self._alarms = administration.alarms
        self._directory = directory
        self._told: set[tuple[str, str]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self._run(), name="health watch")

    def stop(self) -> None:
        """End watching."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        looks = 0
        while True:
            try:
                await asyncio.to_thread(self.look, certificates=looks % CERTIFICATE_LOOKS == 0)
            except Exception:
                _log.exception("the health of the node could not be looked at; the next look is in a minute")
            looks += 1
            await asyncio.sleep(INTERVAL)

    def look(self, *, certificates: bool) -> None:
        """Tell what is wrong now, and what is so no more."""
        for event in (*disk_events(shutil.disk_usage(self._directory), str(self._directory)), self._tampering()):
            self._alarms.report(event)
        if certificates:
            self._look_at_certificates(self._certificates())

    def _tampering(self) -> AlarmEvent:
        why = self._trust_list()
        if why:  # a command may be just between the database and the file
            time.sleep(AGAIN_AFTER)
            why = self._trust_list()
        subject = CTL_FILE_SUBJECT
        return raised(TRUST_LIST_TAMPERED, subject, why) if why else cleared(TRUST_LIST_TAMPERED, subject)

    def _look_at_certificates(self, expiring: Iterable[Expiring]) -> None:
        """Each alarm is told once in the life of a node; those of certificates that were renewed are cleared."""
        present = expiry_events(expiring)
        for key, event in present.items():
            if key not in self._told:
                self._alarms.report(event)
        self._told = set(present)
        subjects: dict[str, list[str]] = {name: [] for name in CERTIFICATE_ALARMS.values()}
        for name, subject in present:
            subjects[name].append(subject)
        self._alarms.settle(subjects)


def expiry_events(expiring: Iterable[Expiring]) -> Mapping[tuple[str, str], AlarmEvent]:
    """The alarms of certificates, by name and subject."""
    found: dict[tuple[str, str], AlarmEvent] = {}
    for each in expiring:
        name, certificate = CERTIFICATE_ALARMS[each.alarm], each.certificate
        end = f"{certificate.valid_to:%Y-%m-%d %H:%M} UTC"
        when = f"expires within {each.alarm} days, at {end}" if each.alarm else f"expired at {end}"
        # Two certificates in one store may have the same subject: the fingerprint tells them apart.
        subject = f"{each.place} {certificate.subject[:80]} {certificate.fingerprint_sha256[:11]}"
        subject = each.place if each.count > 1 else subject[:MAX_SUBJECT]
        found[name, subject] = raised(name, subject, f"{each.where} ({certificate.subject}) {when}")
    return found


def disk_events(space: Space | Sequence[int], directory: str) -> Iterable[AlarmEvent]:
    """What the free space of the disk means."""
    total, _, free = space
    said = f"{directory}: {free // 1_000_000} MB of {total // 1_000_000} MB are free"
    is_full = free < FULL_BELOW
    is_low = not is_full and free < LOW_BELOW and free * 10 < total
    yield raised(DISK_FULL, directory, said) if is_full else cleared(DISK_FULL, directory)
    yield raised(DISK_SPACE_LOW, directory, said) if is_low else cleared(DISK_SPACE_LOW, directory)
