"""What strangers did wrong, in the log: each offender is named, but the log never becomes the flood itself."""

from __future__ import annotations

import logging

REPORT_INTERVAL = 60.0
"""Seconds within which one offence of one offender is named once; what it repeats is only counted."""
MAX_NAMED = 50
"""Offences named in an interval; further ones are counted together. A scan of one address needs a few."""


class Offences:
    """Counts offences and writes the first of each kind and offender; the rest becomes one line per interval."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._repeated: dict[tuple[str, str], int] = {}
        self._unnamed = 0
        self._report_at = 0.0

    def note(
        self,
        kind: str,
        offender: str,
        message: str,
        *values: object,
        level: int = logging.WARNING,
        with_traceback: bool = False,
    ) -> None:
        """Count an offence, and log the message if this kind of it by this offender was not logged of late.

        ``values`` are put into the message only when it is written, as :mod:`logging` does it.
        """
        key = (kind, offender)
        repeated = self._repeated.get(key)
        if repeated is not None:
            self._repeated[key] = repeated + 1
        elif len(self._repeated) < MAX_NAMED:
            self._repeated[key] = 0
            self._log.log(level, message, *values, exc_info=with_traceback)
        else:
            self._unnamed += 1

    def advance(self, now: float) -> None:
        """Sum up what was only counted, once per interval of the node's monotonic clock."""
        if now < self._report_at:
            return
        self._report_at = now + REPORT_INTERVAL
        for (kind, offender), count in self._repeated.items():
            if count:
                self._log.warning("%s: %s, %s more times within a minute", offender, kind, count)
        if self._unnamed:
            self._log.warning("%s more offences within a minute, not named one by one", self._unnamed)
        self._repeated.clear()
        self._unnamed = 0
