"""The phone's side, held against recorded conversations."""

from __future__ import annotations

import pytest

from protocols.capf.conversations import Recorded, conversation
from ringward.protocols.capf.client import (
    ANSWER_TIMEOUT,
    CertificateIssued,
    CertificatesAsked,
    Challenged,
    ClientSession,
    DeletionAsked,
    Event,
    Failed,
    Finished,
    KeyAsked,
    State,
)
from ringward.protocols.capf.message import Message, MessageType, Reason, Tag
from ringward.protocols.capf.values import Introduction, RsaKeyWanted, unwrap_certificates

NOW = 100.0


class Owner:
    """Answers what the recorded client answered."""

    def __init__(self, messages: list[Recorded]) -> None:
        self.answers = {
            message.type: message
            for message in (Message.parse(each.octets) for each in messages if not each.from_server)
        }
        self.heard: list[Event] = []

    def hears(self, session: ClientSession, event: Event) -> None:
        self.heard.append(event)
        match event:
            case Challenged():
                session.introduce(Introduction.parse(self.answers[MessageType.AUTH_RESPONSE]), NOW)
            case KeyAsked():
                key = self.answers[MessageType.KEY_GENERATE_RESPONSE].find(Tag.PUBLIC_KEY)
                assert key is not None
                session.offer_key(key, NOW)
            case CertificateIssued():
                session.answer(done=True, now=NOW)
            case DeletionAsked():
                reason = self.answers[MessageType.DELETE_CERTIFICATE_RESPONSE].number(Tag.REASON)
                session.answer(done=reason == Reason.SUCCESS, now=NOW)
            case CertificatesAsked():
                found = self.answers[MessageType.FETCH_CERTIFICATE_RESPONSE].find(Tag.CERTIFICATE)
                certificates = unwrap_certificates(found or b"")
                session.answer(done=bool(certificates), now=NOW, certificates=certificates)


@pytest.mark.parametrize(
    "number",
    ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "21", "22"],
)
def test_the_phone_sends_what_the_recorded_one_sent(number: str) -> None:
    messages = conversation(number)
    session, owner = ClientSession(NOW), Owner(messages)
    for message in messages:
        if message.from_server:
            for event in session.receive(message.octets, NOW):
                owner.hears(session, event)
    assert session.outgoing == [each.octets for each in messages if not each.from_server]
    assert session.state is State.OVER and isinstance(owner.heard[-1], Finished)


def test_a_key_request_without_a_kind_means_rsa() -> None:
    """The recorded client of this conversation gives up here, and would fail against a genuine server."""
    messages = conversation("23")
    session = ClientSession(NOW)
    session.receive(messages[0].octets, NOW)
    session.introduce(Introduction.parse(Message.parse(messages[1].octets)), NOW)
    assert session.receive(messages[2].octets, NOW) == [KeyAsked(RsaKeyWanted(2048))]
    session.offer_key(b"key", NOW)
    assert session.outgoing[2][:2] == bytes([0x55, MessageType.KEY_GENERATE_RESPONSE])


def test_the_session_id_of_the_first_message_holds() -> None:
    messages = conversation("01")
    session = ClientSession(NOW)
    session.receive(messages[0].octets, NOW)
    session.introduce(Introduction("SEP001122334455"), NOW)
    other = Message(MessageType.END_SESSION, 99, ((Tag.REASON, b"\1"),)).encode()
    (event,) = session.receive(other, NOW)
    assert isinstance(event, Failed) and "session 99" in event.detail


def test_a_certificate_that_was_not_asked_for_ends_the_conversation() -> None:
    messages = conversation("01")
    session = ClientSession(NOW)
    session.receive(messages[0].octets, NOW)
    session.introduce(Introduction("SEP001122334455"), NOW)
    (event,) = session.receive(messages[5].octets, NOW)
    assert isinstance(event, Failed)


def test_a_server_that_says_nothing_is_taken_for_lost() -> None:
    session = ClientSession(NOW)
    assert session.advance(NOW + ANSWER_TIMEOUT - 1) == []
    assert session.advance(NOW + ANSWER_TIMEOUT) == [Failed("the server does not answer")]


def test_a_phone_that_makes_a_key_is_not_hurried() -> None:
    """CAPF-10: it may take half an hour and more."""
    messages = conversation("01")
    session = ClientSession(NOW)
    session.receive(messages[0].octets, NOW)
    session.introduce(Introduction("SEP001122334455"), NOW)
    session.receive(messages[2].octets, NOW)
    assert session.deadline is None and session.state is State.MAKING_KEY
