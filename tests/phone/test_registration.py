"""A phone registers, stays registered, and finds another call manager when its own is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from harness.waiting import until
from phone.phones import FAST, HOST, Desk, Registrar, configuration, desk, registrar
from ringward.phone import association, events, registration
from ringward.phone.configuration import Member
from ringward.phone.connection import client_context
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.registration import RegistrationState
from ringward.pki.certificates import KeyKind, KeyPairFiles
from ringward.pki.issuing import make_self_signed
from ringward.pki.tls import ServerTls
from ringward.protocols.sip.digest import parse_digest
from ringward.protocols.sip.flow import Transport
from ringward.protocols.sip.message_summary import MessageSummary

NOBODY = Member(HOST, 9)


@pytest_asyncio.fixture
async def office(manager: Registrar) -> AsyncIterator[Desk]:
    async with desk() as made:  # gone before the registrar is
        yield made


@pytest_asyncio.fixture
async def manager() -> AsyncIterator[Registrar]:
    async with registrar() as made:
        yield made


async def registered(phone: Phone, seconds: float = 60) -> None:
    phone.start()
    async with asyncio.timeout(seconds):
        await phone.registered()


async def test_what_a_phone_says_of_itself(office: Desk, manager: Registrar) -> None:
    phone = office.phone(configuration(manager.member))
    await registered(phone)
    (request,) = manager.seen
    assert request.uri == f"sip:{HOST}"
    contact = request.address("Contact")
    assert contact is not None
    assert contact.uri.user == "1001"
    assert contact.parameter("+sip.instance") == "<urn:uuid:00000000-0000-0000-0000-001122334401>"
    assert contact.parameter("+u.sip!devicename.ccm.cisco.com") == "SEP001122334401"
    assert request.get("User-Agent") == "Ringward-Phone/0.1 (7961)"
    assert request.number("Expires") == 3600
    assert office.logs[phone].events == [events.Registered("1001", manager.member, 3600)]


async def test_digest(office: Desk, manager: Registrar) -> None:
    manager.password = "s3cret"
    phone = office.phone(configuration(manager.member, password="s3cret"))
    await registered(phone)
    assert [("Authorization" in request.headers) for request in manager.seen] == [False, True]


async def test_a_nonce_that_went_stale_meanwhile(office: Desk, manager: Registrar) -> None:
    manager.password = "s3cret"
    manager.stale = 1
    phone = office.phone(configuration(manager.member, password="s3cret"))
    await registered(phone)
    nonces = [parse_digest(request.headers["Authorization"][0])["nonce"] for request in manager.seen[1:]]
    assert len(set(nonces)) == 2


async def test_a_wrong_password_is_refused_and_tried_again_later(
    office: Desk, manager: Registrar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registration, "FIRST_PAUSE", 0.05)
    manager.password = "s3cret"
    phone = office.phone(configuration(manager.member, password="wrong"))
    phone.start()
    await until(lambda: len(office.logs[phone].events) == 2)
    refusals = office.logs[phone].events
    assert refusals[0] == events.RegistrationRefused("1001", 401, "Unauthorized", 0.05)
    assert [event.again_in for event in refusals if isinstance(event, events.RegistrationRefused)] == [0.05, 0.1]


async def test_refreshing_is_silent(office: Desk, manager: Registrar) -> None:
    manager.expires = 1
    phone = office.phone(configuration(manager.member))
    await registered(phone)
    await until(lambda: len(manager.seen) == 3)
    assert [request.cseq[0] for request in manager.seen] == [1, 2, 3]
    assert len({request.call_id for request in manager.seen}) == 1
    assert office.logs[phone].names == ["Registered"]


async def test_a_registration_by_datagrams_is_refreshed_as_a_keepalive(office: Desk, manager: Registrar) -> None:
    """R-31: so it notices before the hour is over that a call manager has restarted and does not know it."""
    phone = office.phone(configuration(manager.member, timers=replace(FAST, keep_alive=1)))
    await registered(phone)
    await until(lambda: len(manager.seen) == 3)
    assert [request.number("Expires") for request in manager.seen] == [3600, 3600, 3600]
    assert office.logs[phone].names == ["Registered"]


async def test_an_interval_that_is_too_brief(office: Desk, manager: Registrar) -> None:
    manager.answers = [(423, {"Min-Expires": ["7200"]})]
    manager.expires = 9999
    phone = office.phone(configuration(manager.member))
    await registered(phone)
    assert [request.number("Expires") for request in manager.seen] == [3600, 7200]


async def test_switching_off_takes_the_registration_back(office: Desk, manager: Registrar) -> None:
    phone = office.phone(configuration(manager.member))
    await registered(phone)
    await phone.stop()
    assert manager.seen[-1].number("Expires") == 0
    assert office.logs[phone].names == ["Registered", "Unregistered"]


async def test_a_call_manager_that_does_not_even_say_goodbye(
    office: Desk, manager: Registrar, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = office.phone(configuration(manager.member))
    await registered(phone)
    manager.deaf = True
    monkeypatch.setattr("ringward.phone.phone.LEAVE_TIMEOUT", 0.05)
    async with asyncio.timeout(60):
        await phone.stop()
    assert phone.registrations[0].state is RegistrationState.OFF


async def test_the_next_member_when_the_first_is_silent(office: Desk, manager: Registrar) -> None:
    """PHONE-18."""
    async with registrar() as second:
        manager.deaf = True
        phone = office.phone(configuration(manager.member, second.member))
        await registered(phone)
        log = office.logs[phone].events
        assert log[0] == events.MemberLost(manager.member, "no answer to REGISTER")
        assert log[1] == events.Registered("1001", second.member, 3600)


async def test_back_to_the_first_when_it_returns(office: Desk, manager: Registrar) -> None:
    """PHONE-18."""
    async with registrar() as second:
        manager.deaf = True
        phone = office.phone(configuration(manager.member, second.member, timers=replace(FAST, keep_alive=1)))
        await registered(phone)
        manager.deaf = False
        await until(lambda: office.logs[phone].events[-1] == events.Registered("1001", manager.member, 3600))
        await until(lambda: second.seen[-1].number("Expires") == 0)
        assert phone.is_registered


async def test_out_of_service_means_the_next_member(office: Desk, manager: Registrar) -> None:
    async with registrar() as second:
        manager.answers = [(503, {})]
        phone = office.phone(configuration(manager.member, second.member))
        await registered(phone)
        assert phone.connection is not None
        assert phone.connection.member == second.member


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
async def test_nobody_there(office: Desk, transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(association, "FIRST_PAUSE", 0.01)
    phone = office.phone(configuration(NOBODY, transport=transport))
    phone.start()
    await until(lambda: office.logs[phone].names.count("MemberLost") >= 2)
    assert not phone.is_registered


async def test_options_are_answered_and_nonsense_refused(office: Desk, manager: Registrar) -> None:
    phone = office.phone(configuration(manager.member))
    await registered(phone)
    for method, status in (("OPTIONS", 200), ("NOTIFY", 489), ("PUBLISH", 405)):
        manager.ask(method)
        await until(lambda: manager.responses)
        assert manager.responses[0].status == status
        if method != "NOTIFY":
            assert "INVITE" in (manager.responses[0].get("Allow") or "")


@pytest.mark.parametrize(
    ("package", "body", "restart"),
    [
        ("service-control", b"action=reset\r\n", False),
        ("service-control", b"action=restart\r\n", True),
        ("check-sync;reboot=true", b"", False),
        ("check-sync;reboot=false", b"", True),
    ],
)
async def test_orders_to_reset(office: Desk, manager: Registrar, package: str, body: bytes, restart: bool) -> None:
    phone = office.phone(configuration(manager.member))
    await registered(phone)
    manager.ask("NOTIFY", {"Event": [package]}, body)
    await until(lambda: manager.responses)
    assert manager.responses[0].status == 200
    assert office.logs[phone].events[-1] == events.ResetRequested(restart)


async def test_the_message_lamp(office: Desk, manager: Registrar) -> None:
    """RFC 3842, told without having been asked for."""
    phone = office.phone(configuration(manager.member))
    await registered(phone)
    summary = MessageSummary(waiting=True, new=2, old=1)
    manager.ask("NOTIFY", {"Event": ["message-summary"]}, summary.encode("sip:x@y"))
    await until(lambda: manager.responses)
    assert manager.responses[0].status == 200
    (told,) = [each for each in office.logs[phone].events if isinstance(each, events.MessagesTold)]
    assert (told.waiting, told.new, told.old) == (True, 2, 1)


async def test_a_line_with_messages_asks_for_them_once_it_is_registered(office: Desk, manager: Registrar) -> None:
    """RFC 3842, told because it was asked for."""
    plain = configuration(manager.member)
    phone = office.phone(replace(plain, lines=(replace(plain.lines[0], messages_number="5000"),)))
    await registered(phone)
    await until(lambda: len(manager.seen) == 2)
    asked = manager.seen[-1]
    assert (asked.method, asked.uri) == ("SUBSCRIBE", f"sip:1001@{HOST}")
    assert (asked.get("Event"), asked.get("Accept")) == ("message-summary", "application/simple-message-summary")
    manager.ask(
        "NOTIFY",
        {
            "Event": ["message-summary"],
            "Subscription-State": ["active;expires=3600"],
            "Call-ID": [asked.call_id],
            "To": asked.headers["From"],
        },
        MessageSummary(waiting=True, new=2, old=1).encode("sip:x@y"),
    )
    await until(lambda: manager.responses)
    assert manager.responses[0].status == 200
    (told,) = [each for each in office.logs[phone].events if isinstance(each, events.MessagesTold)]
    assert told == events.MessagesTold("1001", waiting=True, new=2, old=1)
    await phone.stop()
    assert not phone.endpoint.watched


async def test_a_message_summary_that_is_none_is_refused(office: Desk, manager: Registrar) -> None:
    phone = office.phone(configuration(manager.member))
    await registered(phone)
    manager.ask("NOTIFY", {"Event": ["message-summary"]}, b"Voice-Message: 1/0\r\n")
    await until(lambda: manager.responses)
    assert manager.responses[0].status == 400
    assert "MessagesTold" not in office.logs[phone].names


async def test_tcp_and_a_connection_that_breaks(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(association, "FIRST_PAUSE", 0.01)
    async with registrar(stream=True) as manager:
        phone = office.phone(configuration(manager.member, transport=Transport.TCP))
        await registered(phone)
        contact = manager.seen[0].address("Contact")
        assert contact is not None
        assert contact.uri.parameter("transport") == "tcp"
        manager.cut()
        await until(lambda: office.logs[phone].names == ["Registered", "MemberLost", "Registered"])


def make_key_pair(directory: Path) -> KeyPairFiles:
    directory.mkdir(exist_ok=True)
    pair = make_self_signed("node", now=datetime.now(UTC), addresses=[HOST], kind=KeyKind.EC_P256)
    return pair.save(directory, "node")


@pytest.fixture
def key_pair(tmp_path: Path) -> KeyPairFiles:
    return make_key_pair(tmp_path)


async def test_tls_with_a_certificate_that_is_trusted(office: Desk, key_pair: KeyPairFiles) -> None:
    async with registrar(ServerTls(key_pair).context) as manager:
        options = Options(local_host=HOST, tls=client_context(key_pair.certificate))
        phone = office.phone(configuration(manager.member, transport=Transport.TLS), options)
        await registered(phone)
        assert phone.connection is not None
        assert phone.connection.flow.transport is Transport.TLS


async def test_tls_with_a_certificate_that_is_not(office: Desk, key_pair: KeyPairFiles, tmp_path: Path) -> None:
    other = make_key_pair(tmp_path / "other")
    async with registrar(ServerTls(key_pair).context) as manager:
        for options in (
            Options(local_host=HOST, tls=client_context(other.certificate)),
            Options(local_host=HOST),
        ):
            phone = office.phone(configuration(manager.member, transport=Transport.TLS), options)
            phone.start()
            await until(lambda log=office.logs[phone]: log.names)  # type: ignore[misc]
            lost = office.logs[phone].events[0]
            assert isinstance(lost, events.MemberLost)
            assert "certificate" in lost.reason
        assert manager.seen == []
