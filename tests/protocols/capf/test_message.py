from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.capf.conversations import constructed, conversation, names
from ringward.protocols.capf.message import (
    MAX_BODY,
    MalformedMessage,
    Message,
    MessageReader,
    MessageType,
    Tag,
)
from ringward.protocols.capf.values import (
    FactoryProof,
    Introduction,
    read_key_request,
    unwrap_certificates,
    wrap_certificates,
)

RECORDED = [each.octets for name in names() for each in conversation(name[:2])]
PUBLISHED = [
    bytes.fromhex(each["hex"]) for group in ("ios-cme-2006", "cucm-softphone") for each in constructed(group)
]


@pytest.mark.parametrize("octets", RECORDED + PUBLISHED)
def test_every_recorded_message_is_written_as_it_was_read(octets: bytes) -> None:
    assert Message.parse(octets).encode() == octets


@pytest.mark.parametrize(
    "octets", [each for each in RECORDED if each[1] == MessageType.AUTH_RESPONSE and each[6:8]]
)
def test_an_introduction_is_written_as_clients_of_its_version_write_it(octets: bytes) -> None:
    message = Message.parse(octets)
    again = Introduction.parse(message).message(message.session_id)
    beside = (Tag.REASON, Tag.AUTH_TYPE, 14)  # the test clients of two conversations leave the first one out
    assert {each for each in again.elements if each[0] not in beside} == {
        each for each in message.elements if each[0] not in beside
    }


@pytest.mark.parametrize("case", constructed("malformed"), ids=lambda case: case["name"])
def test_malformed_messages_are_refused(case: dict[str, str]) -> None:
    octets = bytes.fromhex(case["hex"])
    if case["name"] == "two messages in one write":
        types = [each.type for each in MessageReader().feed(octets)]
        assert types == [MessageType.REQUEST_IN_PROGRESS, MessageType.KEY_GENERATE_RESPONSE]
    elif case["name"] == "device name without NUL":
        assert Introduction.parse(Message.parse(octets)).device_name == "SEP001122334455"
    else:
        with pytest.raises(MalformedMessage):
            Introduction.parse(Message.parse(octets))


def test_messages_may_come_octet_by_octet_and_several_at_once() -> None:
    octets = b"".join(each.octets for each in conversation("01"))
    reader, whole = MessageReader(), list(MessageReader().feed(octets))
    assert [message for place in range(len(octets)) for message in reader.feed(octets[place : place + 1])] == whole
    assert b"".join(each.encode() for each in whole) == octets


def test_a_body_beyond_the_limit_is_refused_by_its_header_alone() -> None:
    header = bytes([0x55, MessageType.AUTH_RESPONSE, 0, 0, 0, 1]) + (MAX_BODY + 1).to_bytes(2, "big")
    with pytest.raises(MalformedMessage, match="at most"):
        list(MessageReader().feed(header))


def test_a_stranger_of_another_protocol_is_refused_by_his_first_octet() -> None:
    with pytest.raises(MalformedMessage, match="protocol id"):
        list(MessageReader().feed(b"G"))


def test_an_element_that_is_there_twice_is_refused() -> None:
    octets = Message(MessageType.AUTH_RESPONSE, 1, ((7, b"\3"), (7, b"\2"))).encode()
    with pytest.raises(MalformedMessage, match="twice"):
        Message.parse(octets)


@given(st.binary(max_size=200))
def test_any_octets_are_a_message_or_refused(data: bytes) -> None:
    try:
        message = Message.parse(b"\x55" + data)
    except MalformedMessage:
        return
    assert message.encode() == b"\x55" + data
    for read in (Introduction.parse, read_key_request):
        try:
            read(message)
        except MalformedMessage:
            continue


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=4))
def test_wrapped_certificates_are_unwrapped(certificates: list[bytes]) -> None:
    assert unwrap_certificates(wrap_certificates(certificates)) == tuple(certificates)


@given(st.binary(max_size=60))
def test_any_octets_are_certificates_and_proofs_or_refused(value: bytes) -> None:
    for read in (unwrap_certificates, FactoryProof.parse):
        try:
            read(value)
        except MalformedMessage:
            continue
