"""Alarms as rows: how each is now, what happened to it, and what is wanted of it. All of it is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Connection, RowMapping, case, delete, func, insert, literal, select, update

from ringward.domain.alarm import Alarm, AlarmEntry, AlarmEvent, AlarmSetting, AlarmSeverity
from ringward.store.tables import alarm as table
from ringward.store.tables import alarm_entry, alarm_setting

MAX_ALARMS = 2_000
"""Rows; strangers make up subjects. The oldest that are over go first."""
MAX_ENTRIES = 10_000
"""Entries of all histories together; the oldest go first."""

SeverityOf = Callable[[str], AlarmSeverity]


@dataclass(frozen=True, slots=True)
class AlarmFilter:
    """Which alarms are meant; None where it does not matter."""

    name: str | None = None
    text: str | None = None
    """Somewhere in subject or text, in any case."""
    raised: bool | None = None
    acknowledged: bool | None = None
    severity: AlarmSeverity | None = None
    """This one or worse."""


def take(connection: Connection, server: str, event: AlarmEvent, at: int) -> None:
    """Store what an event has changed."""
    here = (table.c.name == event.name, table.c.server == server, table.c.subject == event.subject)
    row = connection.execute(select(table.c.number, table.c.is_raised).where(*here)).first()
    if not event.raised:
        if row is not None and row.is_raised:
            connection.execute(
                update(table).where(table.c.number == row.number).values(is_raised=False, cleared_at=at)
            )
            _note(connection, row.number, at, "cleared")
        return
    if row is not None and row.is_raised:
        values = {"text": event.text, "count": table.c.count + event.count, "last_at": at}
        connection.execute(update(table).where(table.c.number == row.number).values(values))
        return
    values = {
        "text": event.text,
        "is_raised": True,
        "count": event.count,
        "first_at": at,
        "last_at": at,
        "cleared_at": None,
        "acknowledged_by": "",
        "acknowledged_at": None,
    }
    if row is not None:
        number = row.number
        connection.execute(update(table).where(table.c.number == number).values(values))
    else:
        values |= {"name": event.name, "server": server, "subject": event.subject}
        (number,) = connection.execute(insert(table), values).inserted_primary_key or (0,)
    _note(connection, number, at, "raised", event.text)


def clear_others(connection: Connection, server: str, name: str, subjects: Iterable[str], at: int) -> None:
    """Clear the alarms of a name that are raised about anything but these subjects."""
    present = frozenset(subjects)
    wanted = select(table.c.number, table.c.subject).where(
        table.c.name == name, table.c.server == server, table.c.is_raised
    )
    for row in connection.execute(wanted).all():
        if row.subject not in present:
            _clear(connection, row.number, at)


def clear_quiet(connection: Connection, quiet_after: Mapping[str, int], at: int) -> None:
    """Clear what was not repeated for as many seconds as its name has; what has none stays."""
    limit = case(quiet_after, value=table.c.name)
    wanted = select(table.c.number).where(
        table.c.is_raised, table.c.name.in_(quiet_after), table.c.last_at < literal(at) - limit * 1000
    )
    for number in connection.execute(wanted).scalars().all():
        _clear(connection, number, at)


def forget_old(connection: Connection) -> None:
    """Forget the oldest alarms and entries where there are too many."""
    too_many = connection.execute(select(func.count()).select_from(table)).scalar_one() - MAX_ALARMS
    if too_many > 0:
        oldest = select(table.c.number).order_by(table.c.is_raised, table.c.last_at).limit(too_many)
        connection.execute(delete(table).where(table.c.number.in_(oldest.scalar_subquery())))
    newest = connection.execute(select(func.max(alarm_entry.c.number))).scalar()
    if newest is not None:
        connection.execute(delete(alarm_entry).where(alarm_entry.c.number <= newest - MAX_ENTRIES))


def acknowledge(connection: Connection, number: int, by: str, at: int) -> None:
    """Somebody has seen an alarm."""
    connection.execute(
        update(table).where(table.c.number == number).values(acknowledged_by=by, acknowledged_at=at)
    )
    _note(connection, number, at, "acknowledged", by=by)


def find(
    connection: Connection, wanted: AlarmFilter, severities: Mapping[str, AlarmSeverity], offset: int, limit: int
) -> list[Alarm]:
    """Alarms: first those that are raised, the worst and then the latest of them first."""
    rank = case(severities, value=table.c.name, else_=int(AlarmSeverity.DEBUG))
    order = (table.c.is_raised.desc(), rank, table.c.last_at.desc(), table.c.number.desc())
    found = select(table).where(*_conditions(wanted, severities)).order_by(*order).offset(offset).limit(limit)
    return [_alarm(row, severities) for row in connection.execute(found).mappings()]


def count(connection: Connection, wanted: AlarmFilter, severities: Mapping[str, AlarmSeverity]) -> int:
    """How many alarms are meant."""
    found = select(func.count()).select_from(table).where(*_conditions(wanted, severities))
    return int(connection.execute(found).scalar_one())


def get(connection: Connection, number: int, severities: Mapping[str, AlarmSeverity]) -> Alarm | None:
    """One alarm."""
    row = connection.execute(select(table).where(table.c.number == number)).mappings().first()
    return None if row is None else _alarm(row, severities)


def history(connection: Connection, number: int, limit: int) -> list[AlarmEntry]:
    """What happened to an alarm, the latest first."""
    columns = (alarm_entry.c.at, alarm_entry.c.act, alarm_entry.c.text, alarm_entry.c.by)
    found = (
        select(*columns).where(alarm_entry.c.alarm == number).order_by(alarm_entry.c.number.desc()).limit(limit)
    )
    return [AlarmEntry(*row) for row in connection.execute(found)]


def settings(connection: Connection) -> dict[str, AlarmSetting]:
    """What is wanted of alarms, by name, where it is not what the catalogue says."""
    return {
        row.name: AlarmSetting(row.name, AlarmSeverity(row.severity), row.to_log, row.to_syslog)
        for row in connection.execute(select(alarm_setting))
    }


def write_setting(connection: Connection, setting: AlarmSetting, *, is_default: bool) -> None:
    """Store what is wanted of an alarm; what the catalogue says anyway is not kept."""
    connection.execute(delete(alarm_setting).where(alarm_setting.c.name == setting.name))
    if not is_default:
        connection.execute(insert(alarm_setting), asdict(setting))


def _conditions(wanted: AlarmFilter, severities: Mapping[str, AlarmSeverity]) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.name is not None:
        found.append(table.c.name == wanted.name)
    if wanted.text is not None:
        found.append(
            table.c.subject.icontains(wanted.text, autoescape=True)
            | table.c.text.icontains(wanted.text, autoescape=True)
        )
    if wanted.raised is not None:
        found.append(table.c.is_raised.is_(wanted.raised))
    if wanted.acknowledged is not None:
        found.append((table.c.acknowledged_by != "") if wanted.acknowledged else (table.c.acknowledged_by == ""))
    if wanted.severity is not None:
        found.append(table.c.name.in_([name for name, each in severities.items() if each <= wanted.severity]))
    return found


def _alarm(row: RowMapping, severities: Mapping[str, AlarmSeverity]) -> Alarm:
    severity = severities.get(str(row["name"]), AlarmSeverity.DEBUG)
    return Alarm(**row, severity=severity)  # the columns are the fields


def _clear(connection: Connection, number: int, at: int) -> None:
    connection.execute(update(table).where(table.c.number == number).values(is_raised=False, cleared_at=at))
    _note(connection, number, at, "cleared")


def _note(connection: Connection, alarm: int, at: int, act: str, text: str = "", by: str = "") -> None:
    connection.execute(insert(alarm_entry), {"alarm": alarm, "at": at, "act": act, "text": text, "by": by})
