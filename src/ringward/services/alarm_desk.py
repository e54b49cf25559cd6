"""Takes the alarms of a node: they go to the log at once, and by a thread into the database and to syslog.

Taking one costs a few microseconds and never waits, since calls tell of alarms too. The log and syslog hear of an
alarm when it is raised and when it is cleared, and of repetitions only after a while; all are counted.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from ringward.administration.alarms import SETTING, Alarms, Routing
from ringward.administration.trust_stores import NOUN as TRUSTED_CERTIFICATE
from ringward.cluster.bus import Announcement, Bus
from ringward.domain.alarm import AlarmEvent, AlarmSetting, AlarmSeverity, cleared, raised
from ringward.domain.alarm_catalogue import ALARMS, SYSLOG_NOT_REACHED, setting_at_installation
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.protocols.syslog.message import SyslogMessage
from ringward.services.alarm_log import log_alarm
from ringward.services.syslog_sender import SyslogSender, SyslogTarget

INTERVAL = 0.2
"""Seconds between two looks at the queue."""
BATCH = 500
"""Alarms in one transaction."""
CAPACITY = 10_000
"""Alarms that wait for the database; more are counted and logged, and not stored."""
SILENCE = 60.0
"""Seconds in which a repetition is not told again."""
MAX_TOLD = 5_000
"""Alarms of which it is known when they were told; then they are told anew."""
QUIET_INTERVAL = 30.0
"""Seconds between two looks for alarms that have not come again."""
RETRY_INTERVAL = 2.0
"""Seconds after which the database is tried again."""
_APPLICATION = "ringward"
_ROUTED_BY = (SETTING, EnterpriseParameters.noun, TRUSTED_CERTIFICATE)

_log = logging.getLogger(__name__)


class AlarmDesk:
    """See the module."""

    def __init__(self, alarms: Alarms, bus: Bus, host: str, clock: Callable[[], float] = time.monotonic) -> None:
        """``host``: how syslog names this node."""
        self._alarms = alarms
        self._host = host
        self._clock = clock
        self._settings: Mapping[str, AlarmSetting] = {
            name: setting_at_installation(kind) for name, kind in ALARMS.items()
        }
        self._waiting: deque[AlarmEvent] = deque()
        self._told: dict[tuple[str, str], float] = {}
        self._raised: set[tuple[str, str]] = set()
        """Name and subject of what may be raised: that anything else is over needs not to be stored."""
        self._lock = threading.Lock()
        self.counts: dict[str, int] = {}
        """How often each alarm was raised since the start."""
        self.raised: Mapping[str, int] = {}
        """How many alarms are raised, by severity; half a minute old at most."""
        self.lost = 0
        """Alarms that the database did not take in time."""
        self._routing_is_old = threading.Event()
        self._routing_is_old.set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
        self._syslog = SyslogSender(self._syslog_fails, self._syslog_works)
        self._syslog_has_failed = False
        self._end_hearing = bus.subscribe(self._hear)

    def start(self) -> None:
        """Begin, with what is wanted of alarms now."""
        self._read_routing()
        self._look_what_is_raised()
        self._thread.start()
        self._syslog.start()
        self._alarms.hand_to(self.take)

    def stop(self) -> None:
        """Store and send what waits, and end; alarms that come after it are stored at once."""
        self._alarms.hand_to(None)
        self._end_hearing()
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._syslog.stop()

    # -- in any thread ------------------------------------------------------------------------------------

    def take(self, event: AlarmEvent) -> None:
        """Take an alarm; returns at once."""
        key = (event.name, event.subject)
        with self._lock:
            if event.raised:
                is_news = self._is_news(key)
                self._raised.add(key)
                self.counts[event.name] = self.counts.get(event.name, 0) + event.count
            elif key in self._raised:
                is_news = True
                self._raised.discard(key)
                self._told.pop(key, None)
            else:
                return
            if len(self._waiting) < CAPACITY:
                self._waiting.append(event)
            else:
                self.lost += 1
        if is_news:
            self._tell(event)

    def _is_news(self, key: tuple[str, str]) -> bool:
        now = self._clock()
        last = self._told.get(key)
        if last is not None and now - last < SILENCE:
            return False
        if len(self._told) >= MAX_TOLD:
            self._told.clear()
        self._told[key] = now
        return True

    def _tell(self, event: AlarmEvent) -> None:
        setting = self._settings[event.name]
        if setting.to_log:
            log_alarm(event, setting.severity)
        if setting.to_syslog:
            severity = setting.severity if event.raised else AlarmSeverity.NOTICE
            message = SyslogMessage(
                severity, time.time(), self._host, _APPLICATION, os.getpid(), event.name, event.line()
            )
            self._syslog.put(message)

    def _hear(self, announcement: Announcement) -> None:
        if announcement.noun in _ROUTED_BY:
            self._routing_is_old.set()

    # -- in the thread of the desk ------------------------------------------------------------------------

    def _run(self) -> None:
        quiet_at = self._clock()
        while not self._stopping.wait(INTERVAL):
            try:
                if self._routing_is_old.is_set():
                    self._read_routing()
                self._store_all()
                if self._clock() >= quiet_at:
                    quiet_at = self._clock() + QUIET_INTERVAL
                    self._alarms.clear_quiet()
                    self._look_what_is_raised()
            except Exception:
                _log.exception("%d alarms could not be stored yet", len(self._waiting))
                self._stopping.wait(RETRY_INTERVAL)
        try:
            self._store_all()
        except Exception:
            _log.exception("%d alarms could not be stored and are lost", len(self._waiting))

    def _store_all(self) -> None:
        """An alarm leaves the queue only once it is stored."""
        while self._waiting:
            batch = [self._waiting[position] for position in range(min(BATCH, len(self._waiting)))]
            self._alarms.store(batch)
            for _ in batch:
                self._waiting.popleft()

    def _look_what_is_raised(self) -> None:
        now = self._alarms.raised_now()
        tally = dict.fromkeys((each.label for each in AlarmSeverity), 0)
        for each in now:
            tally[each.severity.label] += 1
        self.raised = tally
        with self._lock:
            waiting = {(event.name, event.subject) for event in self._waiting if event.raised}
            self._raised = waiting | {(each.name, each.subject) for each in now}

    def _read_routing(self) -> None:
        self._routing_is_old.clear()
        routing = self._alarms.routing()
        self._settings = routing.settings
        self._syslog.aim(_target(routing))

    # -- in the thread of the sender ----------------------------------------------------------------------

    def _syslog_fails(self, target: SyslogTarget, why: str) -> None:
        self._syslog_has_failed = True
        self.take(raised(SYSLOG_NOT_REACHED, target.host, f"{target.host} by {target.transport.value}: {why}"))

    def _syslog_works(self, target: SyslogTarget) -> None:
        if self._syslog_has_failed:
            self._syslog_has_failed = False
            self.take(cleared(SYSLOG_NOT_REACHED, target.host))


def _target(routing: Routing) -> SyslogTarget | None:
    parameters = routing.parameters
    if not parameters.syslog_server:
        return None
    return SyslogTarget(
        parameters.syslog_server, parameters.syslog_port, parameters.syslog_transport, routing.syslog_trust
    )
