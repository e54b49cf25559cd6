"""What strangers did wrong, in the log: each offender is named, but the log never becomes the flood itself."""

from __future__ import annotations

import logging

from ringward.domain.alarm import Report, raised
from ringward.services.alarm_log import log_alarm

REPORT_INTERVAL = 60.0
"""Seconds within which one offence of one offender is named once; what it repeats is only counted."""
MAX_NAMED = 20
"""Offenders named for one kind of offence in an interval; further ones are counted together. It counts by kind, so
that many who do little, perhaps by forged addresses, do not hide one who does worse."""


class Offences:
    """Counts offences and writes the first of each kind and offender; the rest becomes one line per interval."""

    def __init__(self, log: logging.Logger, alarm: Report = log_alarm) -> None:
        self._log = log
        self._alarm = alarm
        self._alarms: dict[tuple[str, str], tuple[str, str]] = {}
        """The alarm that was raised for a kind of offence of an offender, and what it said."""
        self._repeated: dict[str, dict[str, int]] = {}
        self._unnamed: dict[str, int] = {}
        self._report_at = 0.0

    def note(
        self,
        kind: str,
        offender: str,
        message: str,
        *values: object,
        level: int = logging.WARNING,
        with_traceback: bool = False,
        alarm: str = "",
    ) -> None:
        """Count an offence, and log the message if this kind of it by this offender was not logged of late.

        With the name of an ``alarm`` that is raised about the offender instead.

        ``kind`` is one of a few fixed texts, ``offender`` whatever names the one to blame.
        ``values`` are put into the message only when it is written, as :mod:`logging` does it.
        """
        known = self._repeated.setdefault(kind, {})
        repeated = known.get(offender)
        if repeated is not None:
            known[offender] = repeated + 1
        elif len(known) < MAX_NAMED:
            known[offender] = 0
            if alarm:
                said = message % values
                self._alarms[kind, offender] = alarm, said
                self._alarm(raised(alarm, offender, said))
                return
            self._log.log(level, message, *values, exc_info=with_traceback)
        else:
            self._unnamed[kind] = self._unnamed.get(kind, 0) + 1

    def advance(self, now: float) -> None:
        """Sum up what was only counted, once per interval of the node's monotonic clock."""
        if now < self._report_at:
            return
        self._report_at = now + REPORT_INTERVAL
        for kind, known in self._repeated.items():
            for offender, count in known.items():
                if count and (kind, offender) in self._alarms:
                    alarm, said = self._alarms[kind, offender]  # why it was stays in the text
                    self._alarm(raised(alarm, offender, f"{said}; {_more(count)} within a minute", count))
                elif count:
                    self._log.warning("%s: %s, %s within a minute", offender, kind, _more(count))
        for kind, count in self._unnamed.items():
            self._log.warning("%s: %s within a minute, by others than those named", kind, _more(count))
        self._repeated.clear()
        self._alarms.clear()
        self._unnamed.clear()


def _more(count: int) -> str:
    return "once more" if count == 1 else f"{count} more times"
