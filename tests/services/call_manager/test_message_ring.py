"""The latest messages: bounded, found by call, and without what is secret."""

from __future__ import annotations

import pytest

from harness.office import Office, sdp
from ringward.protocols.sip.flow import Flow, Transport
from ringward.services.call_manager.message_ring import MessageRing, masked

FLOW = Flow(Transport.UDP, ("10.0.0.254", 5060), ("10.0.0.1", 5060))


def message(call_id: str, more: str = "") -> bytes:
    return f"INVITE sip:1 SIP/2.0\r\nCall-ID: {call_id}\r\n{more}\r\n".encode()


def test_the_oldest_messages_go_when_there_is_no_more_room() -> None:
    ring = MessageRing(max_octets=10_000)
    ring.joined((1, "old", "SEP1"))
    ring.joined((2, "new", "SEP2"))
    for at in range(100):
        ring.note(float(at), True, FLOW, message("old" if at < 50 else "new", "X: " + "x" * 500))
        assert ring.octets <= 10_000
    assert ring.ladder(1) == []
    assert ring.ladder(2)[-1].at == 99.0


def test_a_message_larger_than_all_room_leaves_nothing_and_harms_nothing() -> None:
    ring = MessageRing(max_octets=1_000)
    ring.note(0.0, True, FLOW, b"x" * 5_000)
    assert ring.octets == 0


@pytest.mark.parametrize("header", ["Call-ID: a@b", "i:a@b", "CALL-ID :  a@b"])
def test_a_call_is_found_by_every_form_of_its_call_id(header: str) -> None:
    ring = MessageRing()
    ring.joined((7, "a@b", "SEP1"))
    ring.note(0.0, True, FLOW, f"BYE sip:1 SIP/2.0\r\n{header}\r\n\r\n".encode())
    ring.note(0.0, True, FLOW, b"\xff\xfe no message at all")
    assert [each.device for each in ring.ladder(7)] == ["SEP1"]
    assert ring.ladder(8) == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('Authorization: Digest username="u", response="0123456789abcdef", nc=1', "0123456789abcdef"),
        ("Proxy-Authorization: Digest response=0123456789abcdef,nc=1", "0123456789abcdef"),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0a2V5|2^20|1:4", "c2VjcmV0a2V5"),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline: c2VjcmV0a2V5", "c2VjcmV0a2V5"),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:YQ==|1:1;inline:c2VjcmV0a2V5|1:2", "c2VjcmV0a2V5"),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:YQ== FEC_KEY=inline:c2VjcmV0a2V5", "c2VjcmV0a2V5"),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 x:c2VjcmV0a2V5", "c2VjcmV0a2V5"),
        ("a=crypto:1 c2VjcmV0a2V5", "c2VjcmV0a2V5"),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 c2VjcmV0a2V5 inline:YQ==", "c2VjcmV0a2V5"),
        ("a=CRYPTO:1 AES_CM_128_HMAC_SHA1_32 INLINE:c2VjcmV0a2V5", "c2VjcmV0a2V5"),
        ("k=clear:c2VjcmV0", "c2VjcmV0"),
        ("a=key-mgmt:mikey AQAFgM0X", "AQAFgM0X"),
        ("Signal=5\r\nDuration=160", "=5"),
    ],
)
def test_secrets_are_masked_and_the_rest_can_be_read(text: str, secret: str) -> None:
    shown = masked(f"INFO sip:1 SIP/2.0\r\n{text}\r\nSubject: still here\r\n".encode())
    assert secret not in shown
    assert "***" in shown
    assert "Subject: still here" in shown


def test_the_ladder_of_a_call_has_both_its_sides_in_order_of_time() -> None:
    office = Office()
    anna, bert = office.phone("anna", "1001"), office.phone("bert", "1002")
    anna.register()
    bert.register()
    anna.call("1002", sdp("10.0.0.1").replace(b"t=0 0\r\n", b"t=0 0\r\na=crypto:1 X inline:c2VjcmV0\r\n"))
    office.wire.settle()
    (call,) = office.engine.live()
    bert.answer()
    office.engine.end_all()
    office.wire.settle()
    ladder = office.side.messages.ladder(call.call_id)
    told = [
        ("<" if each.received else ">", each.device[-1], each.text.partition("\r\n")[0].replace("SIP/2.0 ", ""))
        for each in ladder
    ]
    assert next(each for each in told if "INVITE" in each[2])[:2] == ("<", "1")
    assert (">", "2") in {each[:2] for each in told if "INVITE" in each[2]}
    assert ("<", "2", "200 OK") in told
    assert (">", "1", "200 OK") in told
    assert {each[1] for each in told if each[2].startswith("BYE")} == {"1", "2"}
    assert [each.at for each in ladder] == sorted(each.at for each in ladder)
    assert all("c2VjcmV0" not in each.text for each in ladder)
    assert not any("REGISTER" in each[2] for each in told)


def test_a_call_that_was_refused_has_a_ladder_too() -> None:
    office = Office()
    anna = office.phone("anna", "1001")
    anna.register()
    anna.call("1999")
    office.wire.settle()
    (record,) = office.records
    assert any("404" in each.text.partition("\r\n")[0] for each in office.side.messages.ladder(record.call_id))
