"""Calls that break off, stall, or come in the wrong order, at each step of an installation (CAPF-07, CAPF-30).

Whatever happens: the status is true, no certificate is issued twice, and in the end nothing is pending.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from ringward.domain.errors import Unavailable
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CertificateOperation,
    DeviceCertificateStatus,
    HashAlgorithm,
)
from ringward.phone.enrolment import Result, public_part
from ringward.pki.bare_digest import sign_bare
from ringward.protocols.capf.client import ClientSession
from ringward.protocols.capf.message import Message, MessageType, Reason, Tag
from ringward.protocols.capf.values import Introduction, signed_octets
from ringward.services.capf.desk import Desk
from services.capf.conftest import SEP, Site
from services.capf.wire import Wire, refused, settled

PATIENCE = 60.0
"""Seconds; the machine may be busy."""
PENDING = "Operation Pending"
LOST = "Upgrade Failed: Phone Communication Failure"
NO_KEY = "Upgrade Failed: Key Generation Failed/Timeout"
STEPS = ("introduction", "key", "confirmation")


def statuses(site: Site) -> list[DeviceCertificateStatus]:
    return [row.status for row in site.administration.device_certificates.find(site.actor, device=SEP)]


def message(site: Site, wire: Wire, step: str) -> bytes:
    """What a phone says at this step."""
    key = public_part(site.keys[0])
    of_steps = {
        "introduction": Introduction(SEP).message(wire.session_id),
        "key": Message(MessageType.KEY_GENERATE_RESPONSE, wire.session_id, ((Tag.PUBLIC_KEY, key),)),
        "confirmation": Message(
            MessageType.STORE_CERTIFICATE_RESPONSE, wire.session_id, ((Tag.REASON, bytes([Reason.SUCCESS])),)
        ),
    }
    return of_steps[step].encode()


async def until(site: Site, step: str) -> Wire:
    """A call that has come to a step, at which the server waits."""
    wire = await Wire.connect(site)
    for each in STEPS[: STEPS.index(step)]:
        wire.writer.write(message(site, wire, each))
        await wire.hears()
    return wire


async def cut_off(site: Site, wire: Wire, step: str) -> None:
    """Half a message, and the connection is gone."""
    octets = message(site, wire, step)
    wire.writer.write(octets[: len(octets) // 2])
    await wire.writer.drain()
    wire.vanishes()


async def vanish(site: Site, wire: Wire, step: str) -> None:
    wire.vanishes()


async def reorder(site: Site, wire: Wire, step: str) -> None:
    """What belongs to another step."""
    other = "introduction" if step == "confirmation" else "confirmation"
    wire.writer.write(message(site, wire, other))
    assert refused(await wire.ends())


async def repeat(site: Site, wire: Wire, step: str) -> None:
    """The same twice at once: the second is not expected any more."""
    wire.writer.write(message(site, wire, "introduction") * 2)
    assert refused(await wire.ends())


async def overstate(site: Site, wire: Wire, step: str) -> None:
    """An element that claims to be longer than its message."""
    octets = bytearray(message(site, wire, step))
    octets[9:11] = b"\xff\xff"
    wire.writer.write(bytes(octets))
    assert refused(await wire.ends())


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("how", [cut_off, vanish, reorder, overstate])
async def test_a_call_that_breaks_off_leaves_a_true_status_and_nothing_twice(
    site: Site, how: Callable[[Site, Wire, str], Awaitable[None]], step: str
) -> None:
    site.give()
    await how(site, await until(site, step), step)
    await settled(site)
    # Who breaks off before he has said who he is changes nothing of anybody.
    assert site.status() == (PENDING if step == "introduction" else LOST)
    assert site.is_pending(), "the phone may come three times more"
    assert statuses(site) == ([DeviceCertificateStatus.SENT] if step == "confirmation" else [])
    assert (await site.phone().enrol()).result is Result.INSTALLED
    assert statuses(site) == [DeviceCertificateStatus.INSTALLED], "it made the same key, and got the same one"
    assert not site.is_pending() and site.status() == "Upgrade Success"


async def test_a_phone_that_says_a_thing_twice_is_refused(site: Site) -> None:
    site.give()
    await repeat(site, await Wire.connect(site), "introduction")
    await settled(site)
    assert site.status() == LOST and statuses(site) == []


@pytest.mark.parametrize(
    ("step", "limit", "status", "outcome"),
    [
        ("introduction", "introduction", PENDING, "waiting for authentication response"),
        ("key", "key_generation", NO_KEY, "waiting for key generation response"),
        ("confirmation", "answer", LOST, "waiting for store certificate response"),
    ],
)
async def test_a_phone_that_stalls_is_let_go_at_each_step(
    site: Site, step: str, limit: str, status: str, outcome: str
) -> None:
    """CAPF-10: after its time, which is short here; the fourth time the operation has failed."""
    site.give()
    site.service._limits = replace(site.service._limits, **{limit: 0.1})  # type: ignore[arg-type]
    for _ in range(4):
        assert site.is_pending()
        assert refused(await (await until(site, step)).ends())
        await settled(site)
        assert site.status() == status
        assert site.service.calls[-1].outcome.startswith("the phone did not answer in time, " + outcome)
    assert site.is_pending() is (step == "introduction"), "nobody knows who it was that did not say it"
    assert statuses(site) == ([DeviceCertificateStatus.SENT] if step == "confirmation" else [])


@pytest.mark.parametrize("mode", [CapfAuthenticationMode.EXISTING_LSC, CapfAuthenticationMode.EXISTING_MIC])
@pytest.mark.parametrize("renews", [False, True])
async def test_a_phone_whose_confirmation_is_lost_proves_itself_by_what_it_has_kept(
    site: Site, monkeypatch: pytest.MonkeyPatch, mode: CapfAuthenticationMode, renews: bool
) -> None:
    """CAPF-07, CAPF-16: the server had sent the certificate, and had not heard that it is in the phone's flash."""
    phone = site.phone(mic=True)
    if renews:
        site.give()
        assert (await phone.enrol()).result is Result.INSTALLED
    answer = ClientSession.answer
    lost: list[bool] = []

    def is_cut_off(session: ClientSession, **outcome: Any) -> None:
        if not lost:
            lost.append(outcome["done"])
            raise ConnectionResetError
        answer(session, **outcome)

    monkeypatch.setattr(ClientSession, "answer", is_cut_off)
    site.give(mode=mode)
    enrolled = await phone.enrol(mode)
    assert (enrolled.result, enrolled.attempts, lost) == (Result.INSTALLED, 2, [True])
    assert site.status() == "Upgrade Success"
    assert phone.keys.lsc is not None
    rows = site.administration.device_certificates.find(site.actor, device=SEP)
    held = [row for row in rows if row.status is DeviceCertificateStatus.INSTALLED]
    assert [row.certificate for row in held] == [phone.keys.lsc.certificate.der]
    assert DeviceCertificateStatus.SENT not in [row.status for row in rows]


async def test_a_certificate_that_was_sent_proves_nothing_without_its_key(site: Site) -> None:
    """Who has overheard it has not kept it."""
    site.give()
    wire = await until(site, "confirmation")
    wire.vanishes()
    await settled(site)
    (row,) = site.administration.device_certificates.find(site.actor, device=SEP)
    site.give(mode=CapfAuthenticationMode.EXISTING_LSC)
    data = signed_octets(SEP, row.certificate)
    sha1, sha512 = (sign_bare(site.keys[1], data, each) for each in (HashAlgorithm.SHA1, HashAlgorithm.SHA512))
    wire = await Wire.connect(site)
    proof = Introduction(SEP, 3, "", row.certificate, sha1, sha512)
    wire.writer.write(proof.message(wire.session_id).encode())
    assert refused(await wire.ends())
    await settled(site)
    assert statuses(site) == [DeviceCertificateStatus.SENT]


async def test_the_account_of_a_refused_call_says_what_was_pending(site: Site) -> None:
    site.give(mode=CapfAuthenticationMode.AUTHENTICATION_STRING, string="4711")
    await site.phone().enrol(CapfAuthenticationMode.AUTHENTICATION_STRING, "4712")
    await settled(site)
    (call,) = site.service.calls
    assert call.operation is CertificateOperation.INSTALL_UPGRADE


@pytest.mark.parametrize("error", [Unavailable("somebody else writes"), OSError("the disk is full")])
@pytest.mark.parametrize("step", ["receive", "issue", "installed"])
async def test_a_phone_tries_again_where_the_node_could_not_serve_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, step: str
) -> None:
    """CAPF-07: a refusal it would take as final, and an attempt of its own that is none would count."""
    work: Callable[..., Any] = getattr(Desk, step)
    failed: list[str] = []

    def fails_once(desk: Desk, *arguments: Any) -> Any:
        if not failed:
            failed.append(step)
            raise error
        return work(desk, *arguments)

    monkeypatch.setattr(Desk, step, fails_once)
    site.give()
    enrolled = await site.phone().enrol()
    assert (enrolled.result, enrolled.attempts) == (Result.INSTALLED, 2)
    await settled(site)
    first, second = site.service.calls
    assert first.outcome.startswith("broken off")
    assert (second.outcome, site.status()) == ("Upgrade Success", "Upgrade Success")


@pytest.mark.parametrize("withdrawn", [False, True])
async def test_what_somebody_has_withdrawn_meanwhile_raises_no_alarm(site: Site, withdrawn: bool) -> None:
    """SVC-10: a phone that had begun then fails at something that nobody wants any more."""
    site.give()
    wire = await until(site, "key")
    if withdrawn:
        site.give(CertificateOperation.NONE)
    wire.says(MessageType.KEY_GENERATE_RESPONSE, (Tag.PUBLIC_KEY, b"no key"))
    assert refused(await wire.ends())
    await settled(site)
    assert [each.name for each in site.alarms if each.raised] == (
        [] if withdrawn else ["CertificateOperationFailed"]
    )
    assert site.status() == ("" if withdrawn else "Upgrade Failed: Key Generation Failed/Timeout")
