"""``ringward alarm``: what is wrong now, what each alarm means, acknowledging, and where alarms go."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import Data, Json, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_table, say
from ringward.domain.alarm import AlarmSeverity
from ringward.domain.alarm_json import alarm_json, kind_json

if TYPE_CHECKING:
    from ringward.domain.alarm import Alarm

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As the list names it.", min=1, show_default=False)]
Name = Annotated[str, typer.Argument(metavar="ALARM", help="Its name in the catalogue.", show_default=False)]
_SEVERITIES = ", ".join(each.label.lower() for each in AlarmSeverity)


def group(help: str, panel: str) -> LazyGroup:
    """The commands."""
    makers = {
        "list": lambda: command(list_alarms, "List the alarms, what is raised and worst first."),
        "show": lambda: command(show, "Show one alarm: what it means, what to do, what happened to it."),
        "acknowledge": lambda: command(acknowledge, "Say that alarms are seen; the audit log keeps who did."),
        "catalogue": lambda: command(catalogue, "List all alarms that there can be, and where each goes."),
        "configure": lambda: command(configure, "Set how severe an alarm is and where it goes."),
    }
    return LazyGroup("alarm", help, makers, panel=panel)


def list_alarms(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    name: Annotated[str, typer.Option(metavar="ALARM", help="Only of this name.")] = "",
    severity: Annotated[str, typer.Option(metavar="SEVERITY", help=f"This one or worse: {_SEVERITIES}.")] = "",
    text: Annotated[str, typer.Option(metavar="TEXT", help="Only with this in subject or text.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=2000, help="At most so many.")] = 100,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List the alarms."""
    from ringward.store.alarms import AlarmFilter

    wanted = AlarmFilter(
        name=name or None,
        text=text or None,
        raised=None if everything else True,
        severity=_severity(severity) if severity else None,
    )
    with opened(data) as (administration, actor):
        page = administration.alarms.find(actor, wanted, limit=limit)
    if as_json:
        print_json([alarm_json(each) for each in page.alarms])
        return
    columns = ["No.", "Severity", "Alarm", "About", "Text", "Count", "Since", "Last", "State"]
    rows = [
        [
            str(each.number),
            each.severity.label,
            each.name,
            each.subject,
            each.text,
            str(each.count),
            _moment(each.first_at),
            _moment(each.last_at),
            _state(each),
        ]
        for each in page.alarms
    ]
    print_table(columns, rows, empty="Nothing is wrong: no alarm is raised.")
    if page.total > len(page.alarms):
        say(f"{page.total - len(page.alarms)} more: see --limit.")


def show(number: Number, as_json: Json = False, data: Data = None) -> None:
    """Show one alarm."""
    from ringward.domain.alarm_catalogue import ALARMS

    with opened(data) as (administration, actor):
        alarm = administration.alarms.get(actor, number)
        history = administration.alarms.history(actor, number)
    kind = ALARMS.get(alarm.name)
    if as_json:
        about = kind_json(kind) if kind is not None else {}
        print_json(alarm_json(alarm) | {"about": about, "history": [asdict(each) for each in history]})
        return
    say(f"{alarm.name} ({alarm.severity.label}) on {alarm.server}, about {alarm.subject}: {_state(alarm)}")
    say(alarm.text)
    if kind is not None:
        say(f"Meaning: {kind.meaning}")
        say(f"What to do: {kind.advice}")
    rows = [[_moment(each.at), each.act, each.by, each.text] for each in history]
    print_table(["At", "What", "Who", "Text"], rows, empty="")


def acknowledge(
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[NUMBER]...", help="As the list names them.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait for it.")] = False,
    data: Data = None,
) -> None:
    """Acknowledge alarms."""
    if everything is bool(numbers):
        raise typer.BadParameter("name alarms by their numbers, or give --all")
    with opened(data) as (administration, actor):
        if everything:
            count = administration.alarms.acknowledge_all(actor)
        else:
            count = len(administration.alarms.acknowledge(actor, numbers or ()))
    say(f"{count} alarm{'' if count == 1 else 's'} acknowledged.")


def catalogue(as_json: Json = False, data: Data = None) -> None:
    """List the catalogue."""
    with opened(data) as (administration, actor):
        found = administration.alarms.catalogue(actor)
    if as_json:
        print_json([kind_json(each.kind, each.setting) for each in found])
        return
    rows = [
        [each.kind.name, each.setting.severity.label, each.kind.source, _places(each.setting), each.kind.meaning]
        for each in found
    ]
    print_table(["Alarm", "Severity", "Source", "Goes to", "Meaning"], rows, empty="")


def configure(
    name: Name,
    severity: Annotated[str, typer.Option(metavar="SEVERITY", help=f"One of: {_SEVERITIES}.")] = "",
    log: Annotated[bool | None, typer.Option("--log/--no-log", help="To the node's log.")] = None,
    syslog: Annotated[
        bool | None, typer.Option("--syslog/--no-syslog", help="To the syslog server, if one is set.")
    ] = None,
    data: Data = None,
) -> None:
    """Set what is wanted of an alarm."""
    wanted = _severity(severity) if severity else None
    if wanted is None and log is None and syslog is None:
        raise typer.BadParameter("nothing is to be changed: give --severity, --log or --syslog")
    with opened(data) as (administration, actor):
        made = administration.alarms.configure(actor, name, severity=wanted, to_log=log, to_syslog=syslog)
    say(f"{name} is {made.setting.severity.label} and goes to: {_places(made.setting)}.")


def _severity(text: str) -> AlarmSeverity:
    for each in AlarmSeverity:
        if each.label.lower() == text.lower():
            return each
    raise typer.BadParameter(f"{text!r} is no severity; there are: {_SEVERITIES}")


def _places(setting: Any) -> str:
    places = ["pages"] + ["log"] * setting.to_log + ["syslog"] * setting.to_syslog
    return ", ".join(places)


def _state(alarm: Alarm) -> str:
    seen = f", seen by {alarm.acknowledged_by}" if alarm.acknowledged_by else ""
    return ("raised" if alarm.is_raised else "over") + seen


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
