"""Renewal in waves: the calendar, the database, and a service that is stopped and started again."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping
from datetime import datetime, timedelta
from typing import Any

from ringward.administration.enrolment import PendingOperation
from ringward.domain.errors import Refused
from ringward.domain.job import ItemState
from ringward.domain.rules.certificate_operation import moment
from ringward.domain.rules.certificate_renewal import TURN, RenewalState
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import CapfFailure, CertificateOperation, KeySize
from ringward.phone.enrolment import Result
from ringward.services.capf.renewal import Renewal
from services.capf.conftest import MAC, SEP, Site

PARAMETERS = CapfParameters(renewal_days=60, renewal_begin="02:00", renewal_end="05:00", renewal_wave=1)
OTHER = "SEP001122334456"


def sets_clock(site: Site, hour: int, days: int = 0) -> None:
    """To an hour of a day from now on, by the clock of this machine."""
    today = datetime.fromtimestamp(site.clock.now).astimezone()
    moment = today.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)
    site.clock.now = moment.timestamp()


def states(site: Site) -> dict[str, RenewalState]:
    return {each.device: each.state for each in site.administration.certificate_renewals.report(site.actor, 60)}


def wave(site: Site, parameters: CapfParameters = PARAMETERS) -> tuple[str, ...]:
    """The phones of the wave that begins now, whose job is not done yet."""
    job = site.administration.certificate_renewals.begin_wave(parameters)
    if job is None:
        return ()
    assert (job.kind, job.ordered_by) == ("certificate-operation", "certificate renewal")
    return site.administration.jobs.keys(site.actor, job.number, ItemState.WAITING)


def pending(site: Site) -> PendingOperation:
    found = site.administration.enrolment.pending(SEP)
    assert found is not None
    return found


def work(site: Site, off: Container[str] = ()) -> list[str]:
    """Do what has been ordered; returns which phones were reset. Those that are off cannot be."""
    reset: list[str] = []

    def ask(order: str, arguments: Mapping[str, Any]) -> None:
        assert order == "reset" and arguments["restart"] is False
        if arguments["device"] in off:
            raise Refused(f"{arguments['device']} is not registered")
        reset.append(arguments["device"])

    while site.administration.jobs.step(ask) is not None:
        site.clock.now += 3
    site.clock.now += 3  # the job that resets waits until the services know of the operations
    while site.administration.jobs.step(ask) is not None:
        pass
    return reset


async def test_certificates_are_renewed_in_waves_at_their_hours(site: Site) -> None:
    """CAPF-09: each wave is a job."""
    phones = {SEP: site.phone(), OTHER: site.phone("001122334456")}
    for name, phone in phones.items():
        site.give(device=name)
        assert (await phone.enrol()).result is Result.INSTALLED
    assert states(site) == {}
    sets_clock(site, 12, days=5 * 365 - 30)
    assert states(site) == {SEP: RenewalState.DUE, OTHER: RenewalState.DUE}
    assert wave(site) == (), "at noon people call"
    sets_clock(site, 3)
    assert wave(site, CapfParameters()) == (), "it is off as preset"
    (first,) = wave(site)
    assert wave(site) == (), "its job is not done yet"
    assert work(site, off=[first]) == []
    assert wave(site) == (), "one at a time"
    assert states(site)[first] is RenewalState.UNDER_WAY
    site.clock.now += timedelta(minutes=31).total_seconds()
    site.administration.enrolment.end_overdue()
    assert states(site)[first] is RenewalState.FAILED
    begun = datetime.fromtimestamp(site.clock.now).astimezone()
    (second,) = wave(site)
    assert second != first, "who was off waits behind the others"
    assert work(site) == [second]
    told = site.administration.jobs.find(site.actor).jobs
    assert [(each.kind, each.done, each.failed) for each in reversed(told)] == [
        ("certificate-operation", 1, 0),
        ("phone-reset", 0, 1),
        ("certificate-operation", 1, 0),
        ("phone-reset", 1, 0),
    ]
    given = site.administration.phones.get(site.actor, second).operation_completes_by
    assert given == moment(begun + TURN), "it has its turn and no longer"


async def test_an_operation_that_is_given_before_the_wave_comes_to_its_phone_stays(site: Site) -> None:
    """As the administrator gave it; the phone is not reset for the wave."""
    site.give()
    assert (await site.phone().enrol()).result is Result.INSTALLED
    sets_clock(site, 3, days=5 * 365 - 30)
    assert wave(site) == (SEP,)
    site.give(CertificateOperation.DELETE)
    given = site.administration.phones.get(site.actor, SEP)
    assert work(site) == []
    assert site.administration.phones.get(site.actor, SEP) == given
    (job,) = site.administration.jobs.find(site.actor).jobs
    (item,) = site.administration.jobs.items(site.actor, job.number)
    assert (item.state, item.said) == (ItemState.FAILED, "another operation is pending, which stays: Delete")


async def test_a_wave_that_is_cancelled_gives_no_operation(site: Site) -> None:
    site.give()
    assert (await site.phone().enrol()).result is Result.INSTALLED
    sets_clock(site, 3, days=5 * 365 - 30)
    assert wave(site) == (SEP,)
    (job,) = site.administration.jobs.find(site.actor).jobs
    site.administration.jobs.cancel(site.actor, job.number)
    assert work(site) == []
    assert states(site) == {SEP: RenewalState.DUE}


async def test_who_cannot_be_renewed_is_not_reset_all_night(site: Site) -> None:
    """CAPF-09: a phone that makes a wrong key has failed within a minute, and the next wave would be its again."""
    site.give()
    phone = site.phone()
    assert (await phone.enrol()).result is Result.INSTALLED
    sets_clock(site, 3, days=5 * 365 - 30)
    reset: list[str] = []
    for _ in range(20):
        if wave(site):
            reset += work(site)
            site.administration.enrolment.failed(pending(site), CapfFailure.KEY_GENERATION, final=True)
        site.clock.now += 60
    assert reset == [SEP, SEP]
    assert states(site) == {SEP: RenewalState.FAILED}
    sets_clock(site, 3, days=1)
    assert wave(site) == (SEP,), "the next night"


async def test_phones_that_can_be_given_nothing_keep_no_others_waiting(site: Site) -> None:
    """Their keys are too short by now; they end first, and would be in each wave."""
    for name, mac in ((SEP, MAC), (OTHER, "001122334456")):
        site.give(device=name)
        assert (await site.phone(mac).enrol()).result is Result.INSTALLED
        site.clock.now += 3600
    capf = CapfParameters.title
    site.administration.phones.edit_capf_settings(site.actor, OTHER, key_size=KeySize.RSA_2048)
    site.administration.parameters.set_service(site.actor, "node1", capf, {"smallest_key_size": "2048"})
    sets_clock(site, 3, days=5 * 365 - 30)
    assert wave(site) == (SEP,)
    assert work(site) == []
    assert states(site)[SEP] is RenewalState.DUE
    assert wave(site) == (OTHER,)


async def test_a_node_that_was_down_in_between_resets_nobody_in_the_middle_of_the_day(site: Site) -> None:
    """CAPF-09: the wave had given the operation, and its phones were still to be reset."""
    site.give()
    assert (await site.phone().enrol()).result is Result.INSTALLED
    sets_clock(site, 3, days=5 * 365 - 30)
    assert wave(site) == (SEP,)
    while site.administration.jobs.step(lambda order, arguments: None) is not None:
        pass
    assert site.is_pending()
    sets_clock(site, 9)
    assert work(site) == []
    newest = site.administration.jobs.find(site.actor).jobs[0]
    assert newest.kind == "phone-reset"
    (item,) = site.administration.jobs.items(site.actor, newest.number)
    assert (item.state, item.said) == (ItemState.FAILED, "its certificate operation is over, so it is not reset")


async def test_what_goes_wrong_at_one_look_stops_nothing() -> None:
    looks: list[str] = []
    done = asyncio.Event()

    def begin() -> None:
        looks.append("look")
        if len(looks) == 1:
            raise OSError("the disk is full")
        if len(looks) == 3:
            loop.call_soon_threadsafe(done.set)

    loop = asyncio.get_running_loop()
    renewal = Renewal(begin, interval=0.01)
    renewal.start()
    async with asyncio.timeout(60):
        await done.wait()
    await renewal.stop()
