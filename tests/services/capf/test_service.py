"""Software phones and CAPF, over real TLS connections and with a real database (SCN-09)."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from harness.waiting import until
from ringward.administration.enrolment import Enrolment as Issuing
from ringward.domain.certificate import CertificateKind
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CapfFailure,
    CertificateOperation,
    DeviceCertificateKind,
    DeviceCertificateStatus,
)
from ringward.phone.enrolment import RETRY_INTERVAL, Result, public_part
from ringward.phone.flash import Item
from ringward.phone.own_keys import OwnKeys
from ringward.pki.certificates import Certificate, PrivateKey
from ringward.pki.issuing import issue_device_certificate, make_authority
from ringward.protocols.capf.message import MessageType, Tag
from ringward.protocols.capf.values import KeyWanted
from ringward.services.capf import callers
from ringward.services.capf import service as service_module
from services.capf.conftest import INSTALL, MAC, SEP, Site, SoftPhone
from services.capf.wire import Wire, refused, settled

BY_STRING = CapfAuthenticationMode.AUTHENTICATION_STRING
NULL = CapfAuthenticationMode.NULL_STRING
LSC_FIRST = CapfAuthenticationMode.EXISTING_LSC
MIC_FIRST = CapfAuthenticationMode.EXISTING_MIC
DELETE, TROUBLESHOOT = CertificateOperation.DELETE, CertificateOperation.TROUBLESHOOT
OTHER = "SEP001122334456"


def certificates(site: Site) -> list[tuple[str, DeviceCertificateStatus]]:
    return [(row.device, row.status) for row in site.administration.device_certificates.find(site.actor)]


async def installed(site: Site, phone: SoftPhone) -> Certificate:
    site.give()
    assert (await phone.enrol()).result is Result.INSTALLED
    assert phone.keys.lsc is not None
    return phone.keys.lsc.certificate


# --- What goes well
# ---------------------------------------------------------------------------------------------------


async def test_a_phone_gets_its_certificate_by_its_string(site: Site) -> None:
    """CAPF-01, SCN-09, CAPF-06, CAPF-14, CAPF-39."""
    site.give(INSTALL, BY_STRING, "4711")
    phone = site.phone()
    outcome = await phone.enrol(BY_STRING, "4711")
    assert (outcome.result, outcome.attempts) == (Result.INSTALLED, 1)
    assert site.status() == "Upgrade Success"
    assert phone.keys.lsc is not None
    certificate = phone.keys.lsc.certificate
    assert certificate.common_name == SEP
    assert certificate.is_issued_by(Certificate(site.capf_certificate))
    assert certificates(site) == [(SEP, DeviceCertificateStatus.INSTALLED)]
    assert "authenticating" in site.said and "generating key" in site.said
    assert phone.keys.unfinished_enrolment is None, "nothing of it stays in flash (CAPF-08)"


async def test_the_private_key_never_leaves_the_phone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """PHONE-08: neither a message, before TLS encrypts it, nor anything that the server keeps holds it."""
    written = []
    write = asyncio.StreamWriter.write

    def overheard(writer: asyncio.StreamWriter, data: bytes) -> None:
        written.append(bytes(data))
        write(writer, data)

    monkeypatch.setattr(asyncio.StreamWriter, "write", overheard)
    site.give(INSTALL, BY_STRING, "4711")
    phone = site.phone()
    assert (await phone.enrol(BY_STRING, "4711")).result is Result.INSTALLED
    assert phone.keys.lsc is not None
    key = phone.keys.lsc.key
    assert isinstance(key, rsa.RSAPrivateKey)
    secret, public = key.private_numbers(), key.public_key().public_numbers()
    sent = b"".join(written)
    assert public.n.to_bytes(key.key_size // 8, "big") in sent, "what is written here is what is sent"
    for number in (secret.d, secret.p, secret.q):
        octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
        assert octets not in sent and octets[::-1] not in sent


async def test_the_mode_is_in_flash_while_the_phone_is_at_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """CAPF-08: also after a power failure the phone knows what it was at, and forgets it when it is done."""
    phone, seen = site.phone(), []
    make_key = phone.make_key

    def observed(wanted: KeyWanted) -> PrivateKey | None:
        seen.append(OwnKeys(phone.flash).unfinished_enrolment)
        return make_key(wanted)

    monkeypatch.setattr(phone, "make_key", observed)
    site.give(INSTALL, NULL)
    await phone.enrol()
    assert seen == [NULL]
    assert phone.keys.unfinished_enrolment is None


async def test_the_user_may_abort_and_the_operation_waits_for_the_next_call(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PHONE-09: while the key is made; no certificate is issued, and nothing stays in flash."""
    site.give(INSTALL, NULL)
    phone, loop = site.phone(), asyncio.get_running_loop()
    asked, is_over, make_key = asyncio.Event(), threading.Event(), phone.make_key

    def slow(wanted: KeyWanted) -> PrivateKey | None:
        loop.call_soon_threadsafe(asked.set)
        is_over.wait()
        return make_key(wanted)

    with monkeypatch.context() as patched:
        patched.setattr(phone, "make_key", slow)
        enrolling = asyncio.create_task(phone.enrol())
        await asked.wait()
        assert phone.enrolment.abort()
        outcome = await enrolling
        is_over.set()
    assert (str(outcome), site.said[-1]) == ("aborted: by the user", "aborted")
    assert (phone.keys.lsc, phone.keys.unfinished_enrolment, certificates(site)) == (None, None, [])
    assert not phone.enrolment.abort(), "there is nothing more to abort"
    assert (await phone.enrol()).result is Result.INSTALLED


async def test_the_user_may_abort_between_two_tries(site: Site) -> None:
    """PHONE-09, CAPF-07. Whoever switches the phone off meanwhile ends it as well, and hears of no result."""
    phone, asleep = site.phone(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    for switched_off in (False, True):
        asleep.clear()
        phone.sleep = sleep  # type: ignore[method-assign]
        enrolling = asyncio.create_task(phone.enrol(port=1))
        await asleep.wait()
        if switched_off:
            enrolling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await enrolling
        else:
            phone.enrolment.abort()
            assert (await enrolling).result is Result.ABORTED


async def test_a_string_is_good_for_one_operation(site: Site) -> None:
    """CAPF-28: the second use fails."""
    site.give(INSTALL, BY_STRING, "4711")
    phone = site.phone()
    await phone.enrol(BY_STRING, "4711")
    assert (await phone.enrol(BY_STRING, "4711")).result is Result.NOTHING
    assert len(certificates(site)) == 1
    site.give(INSTALL, BY_STRING, "4712")
    assert (await phone.enrol(BY_STRING, "4711")).result is Result.REFUSED
    assert site.status() == "Upgrade Failed: Invalid Authentication String"
    assert len(certificates(site)) == 1


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_phones_of_every_version_are_served(site: Site, version: int) -> None:
    """CAPF-15."""
    site.give(INSTALL, NULL)
    phone = site.phone()
    phone.version = version
    assert (await phone.enrol()).result is Result.INSTALLED


@pytest.mark.parametrize(
    ("mode", "has_lsc", "has_mic", "expected"),
    [
        (LSC_FIRST, True, True, "Upgrade Success"),
        (LSC_FIRST, False, True, "Upgrade Success"),
        (MIC_FIRST, True, True, "Upgrade Success"),
        (LSC_FIRST, False, False, "Upgrade Failed: Invalid MIC"),
        (MIC_FIRST, True, False, "Upgrade Failed: Invalid MIC"),
    ],
)
@pytest.mark.parametrize("version", [2, 3])
async def test_a_phone_proves_itself_by_the_certificate_that_has_precedence(
    site: Site, mode: CapfAuthenticationMode, has_lsc: bool, has_mic: bool, expected: str, version: int
) -> None:
    """CAPF-01, CAPF-16 to CAPF-18."""
    phone = site.phone(mic=has_mic)
    if has_lsc:
        await installed(site, phone)
    site.give(INSTALL, mode)
    phone.version = version
    await phone.enrol(mode)
    assert site.status() == expected


async def test_delete_has_the_phone_forget_its_certificate_and_troubleshoot_shows_both(site: Site) -> None:
    """CAPF-01, SCN-09, CAPF-24: one trace for each certificate; Delete leaves the MIC."""
    phone = site.phone(mic=True)
    certificate = await installed(site, phone)
    site.give(TROUBLESHOOT)
    assert (await phone.enrol()).result is Result.SHOWN
    assert site.status() == "Troubleshoot Success"
    traces = sorted((site.directory / "traces").glob("*.txt"))
    assert [path.name.split("-")[:2] for path in traces] == [[SEP, "LSC"], [SEP, "MIC"]]
    assert certificate.fingerprint_sha256 in traces[0].read_text()
    assert "BEGIN CERTIFICATE" in traces[1].read_text()
    assert all("Verified:      yes" in path.read_text() for path in traces)
    site.give(DELETE)
    assert (await phone.enrol()).result is Result.DELETED
    assert site.status() == "Delete Success"
    assert phone.keys.lsc is None and phone.keys.mic is not None
    kinds = {row.kind: row.status for row in site.administration.device_certificates.find(site.actor)}
    assert kinds == {
        DeviceCertificateKind.LSC: DeviceCertificateStatus.DELETED,
        DeviceCertificateKind.MIC: DeviceCertificateStatus.SEEN,
    }


async def test_a_trace_says_what_is_wrong_with_a_certificate(site: Site) -> None:
    """CAPF-24: who answers with the certificate of another phone is not to pass for this one in a trace."""
    phone = site.phone()
    phone.keys.install(Item.MIC, site.mic(f"CP-7961G-{OTHER}", site.manufacturer))
    site.give(TROUBLESHOOT)
    assert (await phone.enrol()).result is Result.SHOWN
    (trace,) = (site.directory / "traces").glob("*.txt")
    assert f"Verified:      no: it names 'CP-7961G-{OTHER}'" in trace.read_text()
    assert certificates(site) == []


async def test_delete_fails_where_there_is_only_a_mic(site: Site) -> None:
    """CAPF-27."""
    phone = site.phone(mic=True)
    site.give(DELETE)
    await phone.enrol()
    assert site.status() == "Delete Failed: Invalid LSC"
    assert phone.keys.mic is not None and not site.is_pending()


async def test_fifty_phones_get_their_certificates_at_once(site: Site) -> None:
    macs = [f"00AA{number:08X}" for number in range(50)]
    template = site.administration.phones.get(site.actor, SEP)
    for mac in macs:
        site.administration.phones.add(site.actor, replace(template, device_name=f"SEP{mac}"))
    for mac in macs:
        site.give(device=f"SEP{mac}")
    outcomes = await asyncio.gather(*(site.phone(mac).enrol() for mac in macs))
    assert {each.result for each in outcomes} == {Result.INSTALLED}
    assert len(certificates(site)) == 50


# --- What is refused
# --------------------------------------------------------------------------------------------------


async def test_wrong_strings_are_limited_and_then_the_operation_has_failed(site: Site) -> None:
    """CAPF-23, CAPF-30: users mistype, but nobody tries them all."""
    site.give(INSTALL, BY_STRING, "4711")
    phone = site.phone()
    for attempt in range(3):
        assert site.is_pending(), f"after {attempt} wrong strings"
        assert (await phone.enrol(BY_STRING, "1234")).result is Result.REFUSED
        assert site.status() == "Upgrade Failed: Invalid Authentication String"
        call = site.service.calls[-1]
        assert (call.operation, call.failure) == (INSTALL, CapfFailure.INVALID_AUTHENTICATION_STRING)
        assert call.reason.startswith("Invalid Authentication String")
    assert not site.is_pending()
    assert (await phone.enrol(BY_STRING, "4711")).result is Result.NOTHING
    assert phone.slept == [], "a refusal is not tried again by itself"
    assert certificates(site) == []


async def test_a_mistyped_string_can_be_typed_again(site: Site) -> None:
    site.give(INSTALL, BY_STRING, "4711")
    phone = site.phone()
    await phone.enrol(BY_STRING, "4712")
    assert (await phone.enrol(BY_STRING, "4711")).result is Result.INSTALLED


async def test_a_phone_that_nobody_knows_is_told_so(site: Site) -> None:
    outcome = await site.phone("00AABBCCDDEE").enrol()
    assert (outcome.result, outcome.detail) == (Result.REFUSED, "CAPF does not know this phone")


async def test_another_phones_certificate_proves_nothing(site: Site) -> None:
    """CAPF-39, for the MIC and for the LSC."""
    thief = site.phone(mic=True)
    thief.keys.install(Item.MIC, site.mic("CP-7961G-SEP001122334456", site.manufacturer))
    site.give(INSTALL, MIC_FIRST)
    assert (await thief.enrol(MIC_FIRST)).result is Result.REFUSED
    assert site.status() == "Upgrade Failed: Invalid MIC"
    victim = site.phone("001122334456")
    site.give(device=OTHER)
    await victim.enrol()
    thief.flash.write(Item.LSC, victim.flash.read(Item.LSC) or b"")
    await installed(site, site.phone())
    site.give(INSTALL, LSC_FIRST)
    assert (await thief.enrol(LSC_FIRST)).result is Result.REFUSED
    assert site.status() == "Upgrade Failed: Invalid LSC"


async def test_a_mic_of_a_stranger_proves_nothing(site: Site) -> None:
    phone = site.phone()
    stranger = make_authority("Somebody's CA", now=datetime.now(UTC))
    phone.keys.install(Item.MIC, site.mic(f"CP-7961G-{SEP}", stranger))
    site.give(INSTALL, MIC_FIRST)
    await phone.enrol(MIC_FIRST)
    assert site.status() == "Upgrade Failed: Invalid MIC"
    await settled(site)
    assert "no manufacturer in CAPF-trust has signed it" in site.service.calls[-1].outcome


async def test_a_revoked_certificate_proves_nothing_and_the_mic_does_not_stand_in(site: Site) -> None:
    """CAPF-19."""
    phone = site.phone(mic=True)
    await installed(site, phone)
    site.administration.device_certificates.revoke(site.actor, SEP)
    site.give(INSTALL, LSC_FIRST)
    await phone.enrol(LSC_FIRST)
    assert site.status().startswith("Upgrade Failed: Invalid ")
    assert len([each for each in certificates(site) if each[1] is DeviceCertificateStatus.INSTALLED]) == 0


async def test_a_call_after_the_deadline_is_late(site: Site) -> None:
    """CAPF-29: the phone keeps its old certificate."""
    phone = site.phone()
    certificate = await installed(site, phone)
    site.give()
    site.clock.now += timedelta(days=11).total_seconds()
    assert (await phone.enrol()).result is Result.REFUSED
    assert site.status() == "Upgrade Failed: User Initiated Request Late/Timedout"
    assert phone.keys.lsc is not None and phone.keys.lsc.certificate == certificate


async def test_a_phone_that_cannot_make_such_a_key_fails(site: Site) -> None:
    """CAPF-13: it is asked four times."""
    phone = site.phone()
    asked = []

    def make_none(wanted: KeyWanted) -> None:
        asked.append(wanted)

    phone.make_key = make_none  # type: ignore[method-assign]
    site.give()
    assert (await phone.enrol()).result is Result.REFUSED
    assert len(asked) == 4
    assert site.status() == "Upgrade Failed: Key Generation Failed/Timeout"
    assert not site.is_pending()


# --- What breaks
# ------------------------------------------------------------------------------------------------------


async def test_without_capf_a_phone_tries_four_times_thirty_seconds_apart(site: Site) -> None:
    """CAPF-03, CAPF-04, CAPF-07."""
    site.give()
    await site.service.stop()
    phone = site.phone()
    outcome = await phone.enrol()
    assert (outcome.result, outcome.attempts) == (Result.FAILED, 4)
    assert phone.slept == [RETRY_INTERVAL] * 3 == [30.0] * 3
    assert site.is_pending(), "its operation waits for CAPF to be back"
    assert [each.partition(":")[0] for each in site.said] == [
        *["connecting to 127.0.0.1", "retrying in 30 s"] * 3,
        "connecting to 127.0.0.1",
        "failed",
    ]
    assert "cannot be reached" in outcome.detail and phone.keys.unfinished_enrolment is None


async def test_a_server_that_the_trust_list_does_not_name_gets_nothing(site: Site) -> None:
    """CAPF-05, CAPF-34: also one with a certificate that CAPF has signed."""
    phone = site.phone()
    phone.trusted = []
    assert (await phone.enrol()).detail == "the trust list names no certificate for CAPF"
    phone.trusted = [make_authority("Another CAPF", now=datetime.now(UTC)).certificate.der]
    assert (await phone.enrol()).result is Result.FAILED
    assert site.status() == ""
    assert site.service.calls[-1].outcome == "no TLS connection: it went away", "Python's client says no more"


async def test_a_phone_that_vanishes_between_key_and_certificate_gets_one_certificate_all_the_same(
    site: Site,
) -> None:
    site.give()
    phone = site.phone()
    key = phone.make_key  # the same key in both calls
    wire = await Wire.connect(site)
    wire.introduces()
    await wire.hears()
    made = key(None)  # type: ignore[arg-type]
    assert made is not None
    wire.says(MessageType.KEY_GENERATE_RESPONSE, (Tag.PUBLIC_KEY, public_part(made)))
    assert (await wire.hears()).type is MessageType.STORE_CERTIFICATE_REQUEST
    wire.vanishes()
    await settled(site)
    assert site.status() == "Upgrade Failed: Phone Communication Failure"
    assert site.is_pending(), "the phone will call again (CAPF-07)"
    phone.made = 0
    assert (await phone.enrol()).result is Result.INSTALLED
    assert certificates(site) == [(SEP, DeviceCertificateStatus.INSTALLED)]


async def test_a_phone_that_vanishes_again_and_again_has_failed(site: Site) -> None:
    """CAPF-07: after the first call and three more nothing is pending."""
    site.give()
    for _ in range(4):
        assert site.is_pending()
        wire = await Wire.connect(site)
        wire.introduces()
        await wire.hears()
        wire.vanishes()
        await settled(site)
    assert not site.is_pending()
    assert site.status() == "Upgrade Failed: Phone Communication Failure"


async def test_a_newer_call_of_a_phone_takes_the_place_of_the_older(site: Site) -> None:
    site.give()
    older = await Wire.connect(site)
    older.introduces()
    await older.hears()
    assert (await site.phone().enrol()).result is Result.INSTALLED
    assert await older.ends() == b""
    assert certificates(site) == [(SEP, DeviceCertificateStatus.INSTALLED)]


@pytest.mark.parametrize(
    "octets",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        bytes.fromhex("55020000ffff0005"),
        bytes.fromhex("550a000000010000"),
        b"\x55" * 100,
    ],
)
async def test_what_is_no_conversation_is_refused_and_changes_nothing(site: Site, octets: bytes) -> None:
    site.give()
    wire = await Wire.connect(site)
    wire.writer.write(octets)
    if octets == bytes.fromhex("55020000ffff0005"):
        wire.writer.write_eof() if wire.writer.can_write_eof() else wire.vanishes()
    else:
        assert refused(await wire.ends())
    await settled(site)
    assert site.status() == "Operation Pending"


async def test_a_conversation_of_before_cannot_be_played_again(site: Site) -> None:
    """The session's number is a new one, and the old one ends it."""
    one, other = await Wire.connect(site), await Wire.connect(site)
    assert one.session_id != other.session_id and one.session_id > 0
    site.give()
    other.session_id = one.session_id
    other.introduces()
    assert refused(await other.ends())
    one.vanishes()
    await settled(site)
    assert site.status() == "Operation Pending"


async def test_connections_are_limited(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MAX_CALLS_PER_SOURCE", 3)
    wires = [await Wire.connect(site) for _ in range(3)]
    with pytest.raises((OSError, EOFError)):
        await Wire.connect(site)
    for wire in wires:
        wire.vanishes()
    await settled(site)
    (await Wire.connect(site)).vanishes()


async def test_who_does_not_finish_the_handshake_is_let_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "HANDSHAKE_TIMEOUT", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    async with asyncio.timeout(60):
        assert await reader.read() == b""
    writer.close()
    await settled(site)


async def test_a_deadline_that_passes_ends_the_operation_though_nobody_calls(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CAPF-29: nothing is pending for ever."""
    site.give()
    site.clock.now += timedelta(days=11).total_seconds()
    await asyncio.to_thread(site.administration.enrolment.end_overdue)
    assert site.status() == "Upgrade Failed: User Initiated Request Late/Timedout"


class TestOfShorterKeys:
    """The smallest size is a parameter of the service."""

    @pytest.fixture
    def parameters(self) -> CapfParameters:
        return CapfParameters(smallest_key_size=2048)

    async def test_a_weak_key_gets_no_certificate(self, site: Site) -> None:
        site.give()
        assert (await site.phone().enrol()).result is Result.REFUSED
        assert site.status() == "Upgrade Failed: Key Generation Failed/Timeout"
        assert certificates(site) == []


async def test_a_phone_refuses_a_certificate_that_is_not_for_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.give()
    phone = site.phone()
    phone.identity = replace(phone.identity, mac=MAC)
    real = Issuing.issue

    def for_another(issuing: Issuing, *arguments: Any) -> Certificate:
        genuine = real(issuing, *arguments)
        return issue_device_certificate(
            site.administration.key_store.load(CertificateKind.CAPF),
            genuine.public_key,
            OTHER,
            now=datetime.now(UTC),
            lifetime=timedelta(days=1),
        )

    monkeypatch.setattr(Issuing, "issue", for_another)
    assert (await phone.enrol()).result is Result.REFUSED
    assert phone.keys.lsc is None
    assert site.status() == "Upgrade Failed: Phone Communication Failure"


# --- What others know of it
# ---------------------------------------------------------------------------------------------------


async def test_a_phone_is_told_of_its_certificate_once_the_other_services_work_by_it(site: Site) -> None:
    """Else it would find no file that it can decrypt, and its new certificate would be refused."""
    site.give()
    site.taken_in.clear()
    enrolment = asyncio.create_task(site.phone().enrol())
    await until(lambda: site.status() == "Upgrade Success")
    for _ in range(20):
        await asyncio.sleep(0)
    assert not enrolment.done()
    assert site.service.count == 1
    site.taken_in.set()
    assert (await enrolment).result is Result.INSTALLED


async def test_a_phone_that_does_not_wait_to_be_told_has_its_certificate_all_the_same(site: Site) -> None:
    site.give()
    site.taken_in.clear()
    enrolment = asyncio.create_task(site.phone().enrol())
    await until(lambda: site.status() == "Upgrade Success")
    enrolment.cancel()
    await asyncio.gather(enrolment, return_exceptions=True)
    site.taken_in.set()
    await until(lambda: site.service.count == 0)
    assert site.status() == "Upgrade Success"
    assert [status for _, status in certificates(site)] == [DeviceCertificateStatus.INSTALLED]
    (call,) = site.service.calls
    assert (call.outcome, call.failure) == ("Upgrade Success", None)
