"""Long jobs: ordered at once, done item by item by the node, watched and cancelled meanwhile.

Each item is a transaction: what it changes, its entry in the audit log and its place in the job's report are
committed together. So a node that crashed goes on with the next item, and no change of the database is made twice;
an order to a phone may be given twice, if the node crashed between order and commit.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ringward.administration.authorization import Actor, authorize, is_allowed, rights_of
from ringward.administration.job_kinds import Ask, JobKind, LongPlan, Plan
from ringward.administration.kept_backups import Cancelled
from ringward.administration.operation import Operations, View, Work
from ringward.domain.alarm import Report, raised
from ringward.domain.alarm_catalogue import JOB_STOPPED
from ringward.domain.application_user import ApplicationUser
from ringward.domain.errors import (
    FieldError,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    RingwardError,
    Unavailable,
)
from ringward.domain.job import ItemState, Job, JobItem, JobState
from ringward.domain.phone import Phone
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.store import jobs as store
from ringward.store.audit import Outcome
from ringward.store.criteria import Criterion

NOUN = "job"
READ = f"{NOUN}.read"
MAX_ITEMS = 100_000
MAX_OPEN = 100
"""Jobs that wait or run at a time."""
KEPT = 500
"""Jobs that are remembered after their end."""
_BEFORE_FOLLOWING = 2_000
"""Milliseconds until a job goes on with the phones of another: the services notice changes four times a second."""
_LONGEST_SAID = 500
_SEALED = (NOUN, "arguments")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobPage:
    """Part of the list of jobs."""

    jobs: tuple[Job, ...]
    total: int
    offset: int


class Jobs:
    """The use cases of jobs."""

    def __init__(self, operations: Operations, kinds: Mapping[str, JobKind], alarm: Report) -> None:
        self._operations = operations
        self._alarm = alarm
        self._kinds = kinds
        self._plans: dict[int, Plan] = {}
        """Of the jobs that this process is at."""

    @property
    def kinds(self) -> Sequence[str]:
        """What can be ordered."""
        return tuple(self._kinds)

    def order(
        self,
        actor: Actor,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        devices: Sequence[str] = (),
        criteria: Iterable[Criterion] = (),
    ) -> Job:
        """Order a job for the named phones, or for all that meet the criteria now.

        Raises :class:`Invalid` for arguments that are wrong, :class:`NotFound` if there is no such phone, and
        :class:`Refused` if there are too many jobs.
        """
        if kind not in self._kinds:
            raise Invalid(NOUN, "", [FieldError("kind", kind[:40], ", ".join(self._kinds))])
        with self._operations.change(actor, self._kinds[kind].permission, NOUN, kind) as work:
            plan = self._kinds[kind].read(arguments)
            keys = plan.keys if plan.keys is not None else _phones(work, plan, devices, criteria)
            if not keys:
                raise NotFound("phone", "that this could be done to")
            if len(store.open_jobs(work.connection)) >= MAX_OPEN:
                raise Refused(f"{MAX_OPEN} jobs are waiting already; cancel some, or wait until they are done")
            user = None if actor.rights is EVERYTHING else actor.name
            job = self._add(work, kind, plan, arguments, keys, user)
            if isinstance(plan, LongPlan):
                plan.ordered(work, job.number, keys[0])
            store.forget_old(work.connection, KEPT)
            return job

    def find(self, actor: Actor, offset: int = 0, limit: int = 50) -> JobPage:
        """Jobs, the newest first."""
        with self._operations.read(actor, READ) as view:
            jobs = store.find(view.connection, offset, limit)
            return JobPage(tuple(jobs), store.count(view.connection), offset)

    def get(self, actor: Actor, number: int) -> Job:
        """One job; who may order its kind may look at it, too. Raises :class:`NotFound`."""
        with self._operations.look() as view:
            job = self._job(view, number)
        if not is_allowed(actor, self._kinds[job.kind].permission):
            authorize(actor, READ)
        return job

    def items(
        self, actor: Actor, number: int, state: ItemState | None = None, offset: int = 0, limit: int = 100
    ) -> tuple[JobItem, ...]:
        """What came of each record of a job; raises :class:`NotFound`."""
        self.get(actor, number)
        with self._operations.look() as view:
            return tuple(store.find_items(view.connection, number, state, offset, limit))

    def following(self, actor: Actor, number: int) -> Job | None:
        """The job that goes on with the same phones, as soon as it is there."""
        self.get(actor, number)
        with self._operations.look() as view:
            return store.following(view.connection, number)

    def operation_statuses(self, actor: Actor, number: int) -> Mapping[str, int]:
        """How many of a job's phones have which status of their certificate operation."""
        self.get(actor, number)
        with self._operations.look() as view:
            return store.operation_statuses(view.connection, number)

    def keys(self, actor: Actor, number: int, state: ItemState) -> tuple[str, ...]:
        """The phones of a job that came to this."""
        self.get(actor, number)
        with self._operations.look() as view:
            return tuple(store.keys_with(view.connection, number, state))

    def cancel(self, actor: Actor, number: int) -> Job:
        """Do nothing to the items that are left. Raises :class:`NotFound`, or :class:`Refused` when it is over."""
        job = self.get(actor, number)
        with self._operations.change(actor, self._kinds[job.kind].permission, NOUN, str(number)) as work:
            job = self._job(work, number)
            if not job.state.is_open:
                raise Refused(f"job {number} is over: {job.state.value}")
            self._end(work, number, JobState.CANCELLED, f"cancelled by {actor.name}")
            work.note(NOUN, str(number), Outcome.DONE, {"left": str(job.left)}, {"state": "cancelled"})
            return self._job(work, number)

    # -- the worker's -------------------------------------------------------------------------------------

    def step(self, ask: Ask, *, long: bool | None = None) -> float | None:
        """Do the next item of each job that is open; returns seconds until the next step, None if none is due.

        ``long``: only of jobs whose item takes long, or only of the others, so that two threads can work beside
        each other and no reset waits for a backup. What goes wrong is told by the job; raises
        :class:`Unavailable` when not even that could be stored.
        """
        with self._operations.look() as view:
            jobs = store.open_jobs(view.connection)
        for number in set(self._plans).difference(each.number for each in jobs):
            self._plans.pop(number, None)
        mine = [each for each in jobs if long is None or self._kinds[each.kind].takes_long is long]
        due = [each for each in mine if each.not_before <= self._operations.now()]
        pauses = [self._step_one(each.number, ask) for each in due]
        return max(pauses, default=None)

    def _step_one(self, number: int, ask: Ask) -> float:
        try:
            plan = self._plans.get(number) or self._take_up(number)
            self._next_item(number, plan, ask)
            return plan.pause
        except Cancelled:
            return 0.0
        except Unavailable as error:
            self._wait(number, str(error))
            return _BEFORE_FOLLOWING / 1000
        except Exception as error:
            known = isinstance(error, RingwardError)
            if not known:
                _log.exception("job %s cannot go on", number)
            self._stop(number, str(error) if known else "an error of the node's own; its log says more")
            return 0.0

    def _take_up(self, number: int) -> Plan:
        with self._operations.look() as view:
            job = self._job(view, number)
            _, sealed = store.behind(view.connection, number)
        if not job.state.is_open:
            raise Cancelled(f"job {number} is over: {job.state.value}")
        arguments = json.loads(self._operations.secrets.open(sealed, _SEALED).reveal())
        plan = self._plans[number] = self._kinds[job.kind].read(arguments)
        return plan

    def _next_item(self, number: int, plan: Plan, ask: Ask) -> None:
        """Do one item, or end the job if none is left."""
        with self._operations.look() as view:
            job = self._job(view, number)
            if not job.state.is_open:
                return
            actor = self._actor(view, job)
            item = store.item(view.connection, number, job.tried) if job.left else None
        if item is None:
            self._conclude(actor, job, plan)
            return
        permission = self._kinds[job.kind].permission
        try:
            if isinstance(plan, LongPlan):
                self._work(actor, job, item, plan)
                return
            with self._operations.change(actor, permission, Phone.noun, item.key) as work:
                if not self._job(work, number).state.is_open:
                    return  # cancelled meanwhile
                self._mark_running(work, job)
                said = plan.do(work, item.position, item.key, ask)
                self._conclude_item(work, number, item, ItemState.DONE, said)
        except (NotAllowed, Unavailable):
            raise
        except RingwardError as error:
            self._failed(job, item, str(error))
        except Exception:
            _log.exception("job %s failed at %s", number, item.key)
            self._failed(job, item, "an error of the node's own; its log says more")

    def _work(self, actor: Actor, job: Job, item: JobItem, plan: LongPlan) -> None:
        """Do an item that takes long, while everybody else may change things."""
        with self._operations.change(_WORKER, READ) as work:
            self._mark_running(work, job)
        said = plan.work(actor, job.number, partial(self._tell, job.number))
        with self._operations.change(_WORKER, READ) as work:
            if self._job(work, job.number).state.is_open:
                self._conclude_item(work, job.number, item, ItemState.DONE, said)

    def _tell(self, number: int, text: str) -> None:
        """How far an item is, for whoever watches its job; raises :class:`Cancelled` if it is wanted no more."""
        with self._operations.log() as connection:
            job = store.get(connection, number)
            if job is None or not job.state.is_open:
                raise Cancelled(f"job {number} is cancelled")
            store.change(connection, number, reason=text[:_LONGEST_SAID])

    def _mark_running(self, work: Work, job: Job) -> None:
        if job.started_at is None:
            now = self._operations.now()
            store.change(work.connection, job.number, state=JobState.RUNNING.value, started_at=now)

    def _failed(self, job: Job, item: JobItem, reason: str) -> None:
        with self._operations.change(_WORKER, READ) as work:
            if self._job(work, job.number).state.is_open:
                self._mark_running(work, job)
                self._conclude_item(work, job.number, item, ItemState.FAILED, reason)

    def _conclude_item(self, work: Work, number: int, item: JobItem, state: ItemState, said: str) -> None:
        now = self._operations.now()
        store.conclude_item(work.connection, number, item.position, state, said[:_LONGEST_SAID], now)

    def _conclude(self, actor: Actor, job: Job, plan: Plan) -> None:
        """The last item is done; a job that goes on with the same phones is ordered in the same transaction."""
        with self._operations.change(actor, self._kinds[job.kind].permission, NOUN, str(job.number)) as work:
            if not self._job(work, job.number).state.is_open:
                return  # cancelled in this very moment: then nothing goes on, either
            user, _ = store.behind(work.connection, job.number)
            self._end(work, job.number, JobState.DONE, "")
            keys = store.keys_with(work.connection, job.number, ItemState.DONE)
            if plan.follow is not None and keys:
                following = self._kinds[plan.follow.kind].read(plan.follow.arguments)
                self._add(work, plan.follow.kind, following, plan.follow.arguments, keys, user, job.number)

    def _wait(self, number: int, reason: str) -> None:
        later = self._operations.now() + _BEFORE_FOLLOWING
        with self._operations.change(_WORKER, READ) as work:
            if self._job(work, number).state.is_open:
                store.change(work.connection, number, reason=reason[:_LONGEST_SAID], not_before=later)

    def _stop(self, number: int, reason: str) -> None:
        with self._operations.change(_WORKER, READ) as work:
            if not self._job(work, number).state.is_open:
                return
            self._end(work, number, JobState.STOPPED, reason[:_LONGEST_SAID])
            work.note(NOUN, str(number), Outcome.DONE, {}, {"state": "stopped", "reason": reason[:_LONGEST_SAID]})
        self._alarm(raised(JOB_STOPPED, f"job {number}", f"job {number} has stopped: {reason}"))

    # -- inside -------------------------------------------------------------------------------------------

    def _add(
        self,
        work: Work,
        kind: str,
        plan: Plan,
        arguments: Mapping[str, Any],
        keys: Sequence[str],
        user: str | None,
        follows: int | None = None,
    ) -> Job:
        if len(keys) > MAX_ITEMS:
            raise Refused(f"{len(keys)} phones are too many for one job; at most {MAX_ITEMS}")
        now = self._operations.now()
        values: dict[str, Any] = {
            "kind": kind,
            "title": plan.title(len(keys)),
            "ordered_by": work.actor.name,
            "origin": work.actor.origin,
            "user": user,
            "arguments": self._operations.secrets.seal(Secret(json.dumps(dict(arguments))), _SEALED),
            "ordered_at": now,
            "not_before": now + (_BEFORE_FOLLOWING if follows else 0),
            "follows": follows,
        }
        number = store.add(work.connection, values, keys)
        work.note(NOUN, str(number), Outcome.ADDED, {}, {"kind": kind, "title": values["title"]})
        return self._job(work, number)

    def _end(self, work: Work, number: int, state: JobState, reason: str) -> None:
        """A job is over: what was secret of it is forgotten."""
        now = self._operations.now()
        store.change(work.connection, number, state=state.value, reason=reason, ended_at=now, arguments=b"")
        self._plans.pop(number, None)

    def _job(self, view: View, number: int) -> Job:
        job = store.get(view.connection, number)
        if job is None:
            raise NotFound(NOUN, str(number))
        return job

    def _actor(self, view: View, job: Job) -> Actor:
        """On whose behalf the next item is done, with the rights that the account has now."""
        user, _ = store.behind(view.connection, job.number)
        origin = f"{job.origin} (job {job.number})"
        if user is None:
            return Actor(job.ordered_by, EVERYTHING, origin)
        account = view.find(ApplicationUser, user)
        if account is None:
            raise Refused(f"the account {user} is gone, on whose behalf it was done")
        return Actor(user, rights_of(account, view), origin)


_WORKER = Actor("jobs", EVERYTHING, "node")


def _phones(work: Work, plan: Plan, devices: Sequence[str], criteria: Iterable[Criterion]) -> list[str]:
    if devices:
        return [work.get(Phone, each).device_name for each in dict.fromkeys(devices)]
    return [each.device_name for each in work.search(Phone, criteria) if plan.suits(work, each)]
