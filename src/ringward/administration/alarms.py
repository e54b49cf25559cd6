"""Alarms: taken from the services, shown, acknowledged, and set for what becomes of each.

Whoever has something to tell calls :meth:`Alarms.report`. Within a node that costs a place in a queue, so that
calls can tell of it too; the node's desk (``services/alarm_desk.py``) empties it. In any other process, such as a
command, the alarm is stored at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View
from ringward.administration.stored_parameters import enterprise_parameters
from ringward.domain.alarm import Alarm, AlarmEntry, AlarmEvent, AlarmKind, AlarmSetting, AlarmSeverity
from ringward.domain.alarm_catalogue import ALARMS, setting_at_installation
from ringward.domain.certificate import TrustPurpose
from ringward.domain.change import Action
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import NotFound, Refused
from ringward.store import alarms as store
from ringward.store import trusted_certificates
from ringward.store.alarms import AlarmFilter
from ringward.store.audit import Outcome

NOUN = "alarm"
READ = f"{NOUN}.read"
ACKNOWLEDGE = f"{NOUN}.acknowledge"
CONFIGURE = f"{NOUN}.configure"
SETTING = "alarm-setting"
"""The noun of settings in the log and the feed."""
MAX_HISTORY = 200
"""Entries that are shown of an alarm."""

_QUIET_AFTER = {each.name: each.quiet_after for each in ALARMS.values() if each.quiet_after is not None}
_EVERY_ALARM = AlarmFilter()


@dataclass(frozen=True, slots=True)
class AlarmPage:
    """Part of the list: what is raised first, the worst of it before."""

    alarms: tuple[Alarm, ...]
    total: int
    offset: int


@dataclass(frozen=True, slots=True)
class ConfiguredAlarm:
    """An alarm of the catalogue, with what is wanted of it."""

    kind: AlarmKind
    setting: AlarmSetting

    @property
    def is_default(self) -> bool:
        """Whether nobody has set it otherwise."""
        return self.setting == setting_at_installation(self.kind)


@dataclass(frozen=True, slots=True)
class Routing:
    """Where alarms go, for the desk of a node."""

    settings: Mapping[str, AlarmSetting]
    parameters: EnterpriseParameters
    """Among them where the syslog server is."""
    syslog_trust: tuple[bytes, ...]
    """Certificates (DER) that may vouch for the syslog server."""


class Alarms:
    """The use cases; those without an actor are the system's own."""

    def __init__(self, operations: Operations, server: Callable[[], str]) -> None:
        """``server``: the name of the node that this data directory belongs to."""
        self._operations = operations
        self._server = server
        self._sink: Callable[[AlarmEvent], None] = self._store_at_once

    # -- telling ------------------------------------------------------------------------------------------

    def report(self, event: AlarmEvent) -> None:
        """Tell of an alarm; within a node this never waits and can be called from any thread."""
        self._sink(event)

    def hand_to(self, sink: Callable[[AlarmEvent], None] | None) -> None:
        """Pass what is reported to a desk; with None store it at once again."""
        self._sink = sink or self._store_at_once

    def _store_at_once(self, event: AlarmEvent) -> None:
        self.store([event])

    def store(self, events: Sequence[AlarmEvent]) -> None:
        """Store what happened; raises :class:`~ringward.domain.errors.Unavailable`."""
        now, server = self._operations.now(), self._server()
        with self._operations.log() as connection:
            for event in events:
                store.take(connection, server, event, now)
            store.forget_old(connection)

    def settle(self, present: Mapping[str, Iterable[str]]) -> None:
        """Clear the alarms of these names that are raised about any other subject than those that are given."""
        now, server = self._operations.now(), self._server()
        with self._operations.log() as connection:
            for name, subjects in present.items():
                store.clear_others(connection, server, name, subjects, now)

    def clear_quiet(self) -> None:
        """Clear what was not repeated for as long as the catalogue says."""
        with self._operations.log() as connection:
            store.clear_quiet(connection, _QUIET_AFTER, self._operations.now())

    def raised_now(self) -> list[Alarm]:
        """What is raised on this node."""
        server = self._server()
        with self._operations.look() as view:
            found = store.find(view.connection, AlarmFilter(raised=True), _severities(view), 0, store.MAX_ALARMS)
        return [each for each in found if each.server == server]

    def routing(self) -> Routing:
        """Where alarms go at this moment."""
        with self._operations.look() as view:
            rows = trusted_certificates.trusted(view.connection, TrustPurpose.SYSLOG)
            return Routing(_settings(view), enterprise_parameters(view), tuple(each.certificate for each in rows))

    # -- looking ------------------------------------------------------------------------------------------

    def find(
        self, actor: Actor, wanted: AlarmFilter = _EVERY_ALARM, *, offset: int = 0, limit: int = 100
    ) -> AlarmPage:
        """The alarms that the filter lets through."""
        with self._operations.read(actor, READ) as view:
            severities = _severities(view)
            found = store.find(view.connection, wanted, severities, offset, limit)
            return AlarmPage(tuple(found), store.count(view.connection, wanted, severities), offset)

    def get(self, actor: Actor, number: int) -> Alarm:
        """One alarm; raises :class:`NotFound`."""
        with self._operations.read(actor, READ) as view:
            return _alarm(view, number)

    def history(self, actor: Actor, number: int) -> tuple[AlarmEntry, ...]:
        """What happened to an alarm, the latest first."""
        with self._operations.read(actor, READ) as view:
            return tuple(store.history(view.connection, number, MAX_HISTORY))

    def catalogue(self, actor: Actor) -> tuple[ConfiguredAlarm, ...]:
        """All alarms that there can be, with what is wanted of each."""
        with self._operations.read(actor, READ) as view:
            settings = _settings(view)
            return tuple(ConfiguredAlarm(kind, settings[name]) for name, kind in ALARMS.items())

    # -- changing -----------------------------------------------------------------------------------------

    def acknowledge(self, actor: Actor, numbers: Sequence[int]) -> tuple[Alarm, ...]:
        """Somebody has seen these alarms: they wait for nobody until they are raised anew after their end.

        All or none. Raises :class:`NotFound`, and :class:`Refused` for one that is acknowledged already.
        """
        with self._operations.change(actor, ACKNOWLEDGE, NOUN, ", ".join(map(str, numbers[:5]))) as work:
            now = self._operations.now()
            for number in dict.fromkeys(numbers):
                alarm = _alarm(work, number)
                if alarm.acknowledged_by:
                    raise Refused(f"alarm {number} is acknowledged by {alarm.acknowledged_by} already")
                store.acknowledge(work.connection, number, actor.name, now)
                about = {"alarm": alarm.name, "subject": alarm.subject}
                work.note(NOUN, str(number), Outcome.DONE, {}, {**about, "acknowledged": "true"})
            return tuple(_alarm(work, number) for number in dict.fromkeys(numbers))

    def acknowledge_all(self, actor: Actor, wanted: AlarmFilter = _EVERY_ALARM) -> int:
        """Acknowledge every alarm that waits for it and that the filter lets through; returns how many."""
        wanted = replace(wanted, raised=True, acknowledged=False)
        waiting = self.find(actor, wanted, limit=store.MAX_ALARMS).alarms
        self.acknowledge(actor, [each.number for each in waiting])
        return len(waiting)

    def configure(
        self,
        actor: Actor,
        name: str,
        *,
        severity: AlarmSeverity | None = None,
        to_log: bool | None = None,
        to_syslog: bool | None = None,
    ) -> ConfiguredAlarm:
        """Set what is wanted of an alarm; what is None stays as it is. Raises :class:`NotFound`."""
        with self._operations.change(actor, CONFIGURE, SETTING, name) as work:
            if name not in ALARMS:
                raise NotFound(NOUN, name)
            before = _settings(work)[name]
            after = replace(
                before,
                severity=before.severity if severity is None else severity,
                to_log=before.to_log if to_log is None else to_log,
                to_syslog=before.to_syslog if to_syslog is None else to_syslog,
            )
            if after != before:
                default = setting_at_installation(ALARMS[name])
                store.write_setting(work.connection, after, is_default=after == default)
                work.note(SETTING, name, Outcome.UPDATED, *_difference(before, after))
                work.announce(SETTING, name, Action.UPDATED)
            return ConfiguredAlarm(ALARMS[name], after)


def _settings(view: View) -> dict[str, AlarmSetting]:
    stored = store.settings(view.connection)
    return {name: stored.get(name) or setting_at_installation(kind) for name, kind in ALARMS.items()}


def _severities(view: View) -> dict[str, AlarmSeverity]:
    return {name: each.severity for name, each in _settings(view).items()}


def _alarm(view: View, number: int) -> Alarm:
    found = store.get(view.connection, number, _severities(view))
    if found is None:
        raise NotFound(NOUN, str(number))
    return found


def _difference(before: AlarmSetting, after: AlarmSetting) -> tuple[dict[str, str], dict[str, str]]:
    """The fields that differ, as they were and as they are, in words."""
    old, new = _words(before), _words(after)
    changed = [name for name in old if old[name] != new[name]]
    return {name: old[name] for name in changed}, {name: new[name] for name in changed}


def _words(setting: AlarmSetting) -> dict[str, str]:
    return {
        "severity": setting.severity.label,
        "to_log": str(setting.to_log).lower(),
        "to_syslog": str(setting.to_syslog).lower(),
    }
