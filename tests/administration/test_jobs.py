"""Long jobs: ordered, done item by item, resumed after a crash, cancelled, reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from administration.conftest import Time
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor, rights_of
from ringward.administration.certificate_operations import WantedOperation
from ringward.administration.job_kinds import (
    BACKUP,
    CERTIFICATE_OPERATION,
    FILE_ENCRYPTION,
    PHONE_IMPORT,
    PHONE_RESET,
    Plan,
    operation_arguments,
)
from ringward.administration.kept_backups import KeptBackups, Tell, WantedBackup
from ringward.administration.operation import View
from ringward.administration.phones import RESET
from ringward.domain.application_user import ApplicationUser
from ringward.domain.errors import Invalid, NotAllowed, NotFound, Refused, Unavailable
from ringward.domain.job import ItemState, Job, JobState
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import HELP_DESK, SUPER_USERS
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation
from ringward.store.alarms import AlarmFilter
from ringward.store.audit import AuditFilter
from ringward.store.criteria import Comparison, Criterion

NAMES = [f"SEP00000000000{number}" for number in range(1, 6)]
PHONES = "device_name,model,description\n" + "".join(f"{name},7961,desk\n" for name in NAMES)
DESKS = (Criterion("description", Comparison.IS_EXACTLY, "desk"),)
BY_STRING = WantedOperation(
    CertificateOperation.INSTALL_UPGRADE,
    generate_string=True,
    authentication_mode=CapfAuthenticationMode.AUTHENTICATION_STRING,
)


class Crash(BaseException):
    """The end of the process."""


@dataclass
class Phones:
    """The running node, as far as it is asked to reset phones."""

    told: list[str] = field(default_factory=list)
    off: set[str] = field(default_factory=set)
    crash_at: str = ""

    def ask(self, command: str, arguments: Mapping[str, Any]) -> int:
        assert command == "reset"
        device = arguments["device"]
        if device == self.crash_at:
            raise Crash
        if device in self.off:
            raise Refused(f"{device} is not registered")
        self.told.append(device)
        return 1


@pytest.fixture
def phones() -> Phones:
    return Phones()


@pytest.fixture
def office(administration: Administration, ada: Actor) -> Administration:
    assert not administration.bulk.import_phones(ada, PHONES).errors
    return administration


def work(administration: Administration, phones: Phones, clock: Time, steps: int = 100) -> None:
    """Do what is due, at most so many steps, while time goes by."""
    for _ in range(steps):
        clock.now += 1
        administration.jobs.step(phones.ask)


def test_a_job_is_done_phone_by_phone_and_tells_what_came_of_each(
    office: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    phones.off = {NAMES[2]}
    job = office.jobs.order(ada, PHONE_RESET, {}, criteria=DESKS)
    assert (job.title, job.state, job.total) == ("Reset 5 phones", JobState.WAITING, 5)

    work(office, phones, clock, 2)
    job = office.jobs.get(ada, job.number)
    assert (job.state, job.done, job.left) == (JobState.RUNNING, 2, 3)

    work(office, phones, clock)
    job = office.jobs.get(ada, job.number)
    assert (job.state, job.done, job.failed, job.left) == (JobState.DONE, 4, 1, 0)
    assert phones.told == [name for name in NAMES if name not in phones.off]
    (failed,) = office.jobs.items(ada, job.number, ItemState.FAILED)
    assert (failed.key, failed.said) == (NAMES[2], f"{NAMES[2]} is not registered")
    resets = office.audit.find(ada, AuditFilter(noun=Phone.noun, permission=RESET)).entries
    assert {(each.key, each.origin) for each in resets} == {
        (name, f"192.0.2.9 (job {job.number})") for name in phones.told
    }


def test_a_crash_loses_nothing_and_does_nothing_twice(
    office: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    job = office.jobs.order(ada, PHONE_RESET, {"restart": True}, devices=NAMES)
    phones.crash_at = NAMES[3]
    with pytest.raises(Crash):
        work(office, phones, clock)
    assert phones.told == NAMES[:3]
    phones.crash_at = ""
    work(office, phones, clock)
    assert phones.told == NAMES
    assert office.jobs.get(ada, job.number).state is JobState.DONE
    assert office.audit.find(ada, AuditFilter(noun=Phone.noun, permission=RESET)).total == len(NAMES)


def test_a_cancelled_job_touches_nobody_any_more(
    office: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    job = office.jobs.order(ada, PHONE_RESET, {}, devices=NAMES)
    work(office, phones, clock, 2)
    job = office.jobs.cancel(ada, job.number)
    assert (job.state, job.reason, job.left) == (JobState.CANCELLED, "cancelled by ada", 3)
    work(office, phones, clock)
    assert phones.told == NAMES[:2]
    with pytest.raises(Refused, match="is over: cancelled"):
        office.jobs.cancel(ada, job.number)


def test_a_job_that_is_cancelled_as_it_ends_stays_cancelled_and_nothing_goes_on(
    office: Administration, ada: Actor, phones: Phones, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = operation_arguments(BY_STRING, reset=True)
    job = office.jobs.order(ada, CERTIFICATE_OPERATION, arguments, devices=NAMES[:1])
    work(office, phones, clock, 1)
    actor_of = office.jobs._actor

    def cancelled_meanwhile(view: View, job: Job) -> Actor:
        if job.left == 0 and office.jobs.get(ada, job.number).state.is_open:
            office.jobs.cancel(ada, job.number)
        return actor_of(view, job)

    monkeypatch.setattr(office.jobs, "_actor", cancelled_meanwhile)
    work(office, phones, clock, 5)
    assert office.jobs.get(ada, job.number).state is JobState.CANCELLED
    assert office.jobs.find(ada).total == 1
    assert phones.told == []


def test_a_job_that_is_cancelled_as_it_is_taken_up_stays_cancelled(
    office: Administration, ada: Actor, phones: Phones, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = office.jobs.order(ada, PHONE_RESET, {}, devices=NAMES)
    take_up = office.jobs._take_up

    def cancelled_before(number: int) -> Plan:
        office.jobs.cancel(ada, number)
        return take_up(number)

    monkeypatch.setattr(office.jobs, "_take_up", cancelled_before)
    work(office, phones, clock, 5)
    job = office.jobs.get(ada, job.number)
    assert (job.state, job.reason) == (JobState.CANCELLED, "cancelled by ada")
    assert office.alarms.find(ada, AlarmFilter(raised=True)).total == 0


def test_no_job_waits_for_one_whose_item_takes_long(
    office: Administration, ada: Actor, phones: Phones, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[int] = []

    def make(kept: KeptBackups, actor: Actor, job: int, wanted: WantedBackup, tell: Tell) -> str:
        made.append(job)
        return "made"

    monkeypatch.setattr(KeptBackups, "make", make)
    backup = office.jobs.order(ada, BACKUP, {"directory": str(tmp_path), "passphrase": "correct horse battery"})
    office.jobs.order(ada, PHONE_RESET, {}, devices=NAMES[:1])
    office.jobs.step(phones.ask, long=False)
    assert (phones.told, made) == (NAMES[:1], [])
    office.jobs.step(phones.ask, long=True)
    assert (phones.told, made) == (NAMES[:1], [backup.number])


def test_bulk_enrolment_gives_strings_and_then_resets_the_phones(
    office: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    """CAPF-26, CAPF-27: each phone a string of its own; the reset has it call CAPF."""
    arguments = operation_arguments(BY_STRING, reset=True)
    first = office.jobs.order(ada, CERTIFICATE_OPERATION, arguments, criteria=DESKS)
    work(office, phones, clock, 20)
    assert office.jobs.get(ada, first.number).done == len(NAMES)
    strings = {row.authentication_string for row in office.certificate_operations.report(ada)}
    assert len(strings) == len(NAMES)
    second = office.jobs.find(ada).jobs[0]
    assert (second.kind, second.follows, second.title) == (PHONE_RESET, first.number, "Reset 5 phones")
    assert phones.told == NAMES


def test_the_next_job_goes_on_with_those_that_were_done_only(
    office: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    office.bulk.import_phones(ada, "device_name,model\nSEP0000000000AA,7905\n")
    arguments = operation_arguments(BY_STRING, reset=True)
    job = office.jobs.order(ada, CERTIFICATE_OPERATION, arguments, devices=["SEP0000000000AA", NAMES[0]])
    work(office, phones, clock, 20)
    (failed,) = office.jobs.items(ada, job.number, ItemState.FAILED)
    assert "can hold no certificate" in failed.said
    assert phones.told == NAMES[:1]


def test_an_import_stores_the_rows_that_are_right_and_names_the_others(
    administration: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    """ADMIN-34."""
    text = "device_name,model,device_pool\nSEP000000000001,7961,\nSEP000000000002,7961,nowhere\n"
    job = administration.jobs.order(ada, PHONE_IMPORT, {"csv": text})
    work(administration, phones, clock, 10)
    job = administration.jobs.get(ada, job.number)
    assert (job.done, job.failed) == (1, 1)
    (failed,) = administration.jobs.items(ada, job.number, ItemState.FAILED)
    assert failed.said.startswith("row 3, device_pool: 'nowhere' is not valid")
    assert [each.key for each in administration.phones.find(ada).records] == ["SEP000000000001"]


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("coffee", {}, "phone-reset"),
        (PHONE_RESET, {"restrat": True}, "restart"),
        (PHONE_RESET, {"restart": "yes"}, "true, false"),
        (PHONE_IMPORT, {"csv": "device_name,model\nnonsense,7961\nnonsense,7961\n"}, "only once"),
        (PHONE_IMPORT, {"csv": "coffee\n"}, "row 1"),
        (CERTIFICATE_OPERATION, {"operation": "Coffee"}, "Install/Upgrade"),
        (CERTIFICATE_OPERATION, {"operation": "Delete", "key_size": "many"}, "512, 1024, 2048"),
    ],
)
def test_wrong_arguments_are_refused_when_the_job_is_ordered(
    office: Administration, ada: Actor, kind: str, arguments: Mapping[str, Any], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        office.jobs.order(ada, kind, arguments, devices=NAMES)
    assert office.jobs.find(ada).total == 0


def test_a_job_for_no_phone_is_refused(office: Administration, ada: Actor) -> None:
    nobody = Criterion("description", Comparison.IS_EXACTLY, "lobby")
    with pytest.raises(NotFound):
        office.jobs.order(ada, PHONE_RESET, {}, criteria=[nobody])
    with pytest.raises(NotFound):
        office.jobs.order(ada, PHONE_RESET, {}, devices=["SEPFFFFFFFFFFFF"])


def account(office: Administration, ada: Actor, name: str, group: str) -> Actor:
    user = office.application_users.add(ada, ApplicationUser(name, Secret("correct horse"), (group,))).record
    with office._operations.look() as view:
        return Actor(name, rights_of(user, view), "192.0.2.7")


def test_rights_count_when_a_job_is_ordered_and_at_each_phone(
    office: Administration, ada: Actor, guest: Actor, phones: Phones, clock: Time
) -> None:
    """AUTHZ-19: who has lost the permission since has lost it for the job, too."""
    with pytest.raises(NotAllowed):
        office.jobs.order(guest, PHONE_RESET, {}, devices=NAMES)
    grace = account(office, ada, "grace", HELP_DESK)
    with pytest.raises(NotAllowed):
        office.jobs.order(grace, PHONE_IMPORT, {"csv": PHONES})
    job = office.jobs.order(grace, PHONE_RESET, {}, devices=NAMES)
    work(office, phones, clock, 2)
    office.application_users.update(ada, "grace", {"user_groups": ()})
    work(office, phones, clock)
    stopped = office.jobs.get(ada, job.number)
    assert (stopped.state, stopped.done) == (JobState.STOPPED, 2)
    assert "may not do this" in stopped.reason


def test_a_job_ends_with_the_account_that_ordered_it(
    office: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    grace = account(office, ada, "grace", SUPER_USERS)
    job = office.jobs.order(grace, PHONE_RESET, {}, devices=NAMES)
    office.application_users.remove(ada, "grace")
    work(office, phones, clock)
    stopped = office.jobs.get(ada, job.number)
    assert (stopped.state, phones.told) == (JobState.STOPPED, [])
    assert "the account grace is gone" in stopped.reason


def test_a_job_waits_for_a_service_that_does_not_run(office: Administration, ada: Actor, clock: Time) -> None:
    job = office.jobs.order(ada, PHONE_RESET, {}, devices=NAMES)

    def ask(command: str, arguments: Mapping[str, Any]) -> None:
        raise Unavailable("Cisco CallManager does not run")

    office.jobs.step(ask)
    waiting = office.jobs.get(ada, job.number)
    assert (waiting.state, waiting.tried) == (JobState.WAITING, 0)
    assert waiting.reason == "Cisco CallManager does not run"
    phones = Phones()
    work(office, phones, clock)
    assert phones.told == NAMES
    assert office.jobs.get(ada, job.number).reason == ""


def test_jobs_take_turns_so_that_a_short_one_need_not_wait_for_a_long_one(
    office: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    office.jobs.order(ada, PHONE_RESET, {}, devices=NAMES)
    short = office.jobs.order(ada, PHONE_RESET, {"restart": True}, devices=NAMES[:1])
    work(office, phones, clock, 2)
    assert office.jobs.get(ada, short.number).state is JobState.DONE


def test_nothing_secret_of_a_job_is_readable_and_nothing_is_left_of_it_at_the_end(
    office: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    wanted = WantedOperation(
        CertificateOperation.INSTALL_UPGRADE,
        Secret("4711471147"),
        authentication_mode=CapfAuthenticationMode.AUTHENTICATION_STRING,
    )
    office.jobs.order(ada, CERTIFICATE_OPERATION, operation_arguments(wanted, reset=False), devices=NAMES)

    def arguments() -> bytes:
        with office.database.reading() as connection:
            return bytes(connection.exec_driver_sql("SELECT arguments FROM job").scalar_one())

    assert arguments()
    assert b"4711471147" not in arguments()
    work(office, phones, clock)
    assert arguments() == b""


def test_files_are_encrypted_by_a_profile_like_the_phones_own_and_keys_where_the_model_needs_one(
    office: Administration, ada: Actor, phones: Phones, clock: Time
) -> None:
    """CFGENC-03, CFGENC-12."""
    text = "device_name,model\nSEP0000000000AA,7960\nSEP0000000000AB,7960\nSEP0000000000AC,7905\n"
    office.bulk.import_phones(ada, text)
    keys = {"SEP0000000000AA": "0123456789ABCDEF" * 2}
    devices = [NAMES[0], "SEP0000000000AA", "SEP0000000000AB"]
    job = office.jobs.order(ada, FILE_ENCRYPTION, {"keys": keys, "reset": True}, devices=devices)
    work(office, phones, clock, 20)
    (failed,) = office.jobs.items(ada, job.number, ItemState.FAILED)
    assert (failed.key, failed.said) == ("SEP0000000000AB", "its model needs a symmetric key, and it has none")
    for device in devices[:2]:
        name = office.phones.get(ada, device).security_profile
        assert office.records(PhoneSecurityProfile).get(ada, name).tftp_encrypted_config
    assert office.phones.get(ada, "SEP0000000000AA").symmetric_key == Secret(keys["SEP0000000000AA"])
    assert phones.told == devices[:2]
