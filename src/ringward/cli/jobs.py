"""``ringward job``: long jobs that the node does item by item; ordered by the commands for many phones."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.access import Data, Json, node, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import console, print_json, print_record, print_table, say
from ringward.domain.errors import Unavailable
from ringward.domain.job import ItemState, Job, JobState, item_json, job_json

if TYPE_CHECKING:
    from ringward.administration.administration import Administration
    from ringward.administration.authorization import Actor

_LOOK = 0.5
"""Seconds between two looks at a job that is followed."""
_MOST_ITEMS = 100_000

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The job.", show_default=False)]


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers = {
        "list": lambda: command(list_jobs, "List the jobs, the newest first."),
        "show": lambda: command(show, "Show a job with what came of each of its phones."),
        "follow": lambda: command(follow, "Watch a job until it is over."),
        "cancel": lambda: command(cancel, "Do nothing to the phones that a job has not come to yet."),
    }
    return LazyGroup("job", help, makers, panel=panel)


def list_jobs(
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=500, help="So many of them.")] = 50,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List jobs."""
    with opened(data) as (administration, actor):
        page = administration.jobs.find(actor, limit=limit)
    if as_json:
        print_json([job_json(each) for each in page.jobs])
        return
    rows = [
        (each.number, each.title, each.state.value, _progress(each), each.ordered_by, _clock(each.ordered_at))
        for each in page.jobs
    ]
    columns = ("Job", "What", "State", "Progress", "Ordered by", "At")
    print_table(columns, rows, empty="There are no jobs.")


def show(
    number: Number,
    failed: Annotated[bool, typer.Option("--failed", help="Only what could not be done.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show a job."""
    with opened(data) as (administration, actor):
        job = administration.jobs.get(actor, number)
        wanted = ItemState.FAILED if failed else None
        items = administration.jobs.items(actor, number, wanted, limit=_MOST_ITEMS)
    if as_json:
        print_json(job_json(job) | {"items": [item_json(each) for each in items]})
        return
    print_record(
        (
            ("Job", f"{job.number}: {job.title}"),
            ("State", f"{job.state.value}{f' ({job.reason})' if job.reason else ''}"),
            ("Progress", _progress(job)),
            ("Ordered by", f"{job.ordered_by}, {_clock(job.ordered_at)}"),
            *((("Goes on with", f"job {job.follows}"),) if job.follows else ()),
        )
    )
    rows = [(each.key, each.state.value, each.said) for each in items]
    print_table(("Phone", "State", "What"), rows, empty="Nothing has failed." if failed else "")


def follow(number: Number, data: Data = None) -> None:
    """Watch a job; the exit code is 1 if something of it was not done."""
    with opened(data) as (administration, actor):
        job = follow_to_end(administration, actor, number)
    if job.failed or job.state is not JobState.DONE:
        say(f"See what was not done: ringward job show {number} --failed")
        raise typer.Exit(1)


def follow_to_end(administration: Administration, actor: Actor, number: int) -> Job:
    """Show the progress of a job until it is over."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(errors=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        while True:
            job = administration.jobs.get(actor, number)
            bar.update(task, description=job.reason or job.title, total=job.total, completed=job.tried)
            if not job.state.is_open:
                break
            time.sleep(_LOOK)
    say(f"Job {number} is {job.state.value}: {_progress(job)}.{f' {job.reason}' if job.reason else ''}")
    return job


def cancel(number: Number, data: Data = None) -> None:
    """Cancel a job."""
    with opened(data) as (administration, actor):
        job = administration.jobs.cancel(actor, number)
    say(f"Job {number} is cancelled: {_progress(job)}.")


def say_ordered(job: Job, data: Path | None) -> None:
    """Tell that a job was ordered, and how to go on with it."""
    say(f"Job {job.number} is ordered: {job.title}. Watch it: ringward job follow {job.number}")
    try:
        with node(data) as client:
            client.ask("ping")
    except Unavailable:
        say("No node runs here: the job begins when one does.")


def _progress(job: Job) -> str:
    parts = [f"{job.done} of {job.total} done"]
    if job.failed:
        parts.append(f"{job.failed} failed")
    if job.left and not job.state.is_open:
        parts.append(f"{job.left} left out")
    return ", ".join(parts)


def _clock(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone():%Y-%m-%d %H:%M}"
