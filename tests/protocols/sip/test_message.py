"""Reading and writing of SIP messages (RFC 3261 section 7), with what strangers may send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header_names import canonical_name
from ringward.protocols.sip.message import Message, Request, Response, response_to
from ringward.protocols.sip.message_parser import MAX_HEADER_LINE, MAX_HEADERS, parse_for_refusal, parse_message

INVITE = (
    b"INVITE sip:1002@10.0.0.254 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport\r\n"
    b'From: "Alice" <sip:1001@10.0.0.254>;tag=1\r\n'
    b"To: <sip:1002@10.0.0.254>\r\n"
    b"Call-ID: a@10.0.0.1\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Contact: <sip:1001@10.0.0.1:5060>\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: 5\r\n\r\nv=0\r\n"
)


def request(data: bytes) -> Request:
    message = parse_message(data)
    assert isinstance(message, Request)
    return message


def test_request_is_read() -> None:
    message = request(INVITE)
    assert (message.method, message.uri, message.body) == ("INVITE", "sip:1002@10.0.0.254", b"v=0\r\n")
    assert message.cseq == (1, "INVITE")
    assert (message.from_tag, message.to_tag) == ("1", "")
    assert message.via.branch == "z9hG4bKa" and message.via.has_rport
    address = message.address("From")
    assert address is not None and (address.display, address.uri.user) == ("Alice", "1001")


def test_what_was_read_is_written_the_same() -> None:
    assert parse_message(request(INVITE).encode()).headers == request(INVITE).headers


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("v", "Via"),
        ("VIA", "Via"),
        ("i", "Call-ID"),
        ("call-id", "Call-ID"),
        ("www-authenticate", "WWW-Authenticate"),
    ],
)
def test_header_names_have_one_spelling(written: str, kept: str) -> None:
    assert canonical_name(written) == kept


def test_compact_names_and_folded_lines() -> None:
    data = INVITE.replace(b"Via:", b"v:").replace(b"Call-ID:", b"i  :").replace(b";branch", b"\r\n  ;branch")
    message = request(data)
    assert message.via.branch == "z9hG4bKa"
    assert message.call_id == "a@10.0.0.1"


def test_list_headers_are_split_outside_of_quotes_and_brackets() -> None:
    data = INVITE.replace(
        b"Contact: <sip:1001@10.0.0.1:5060>",
        b'Contact: "One, Two" <sip:a,b@x>;expires=1, <sip:c@x>\r\nm: <sip:d@x>',
    )
    assert request(data).values("Contact") == ['"One, Two" <sip:a,b@x>;expires=1', "<sip:c@x>", "<sip:d@x>"]


def test_a_comma_separates_nothing_where_one_address_stands() -> None:
    address = request(INVITE.replace(b"<sip:1002@10.0.0.254>", b"<sip:a,b@x>;tag=1")).address("To")
    assert address is not None and address.uri.user == "a,b"


def test_address_and_tag_of_a_malformed_party_are_both_refused() -> None:
    message = request(INVITE.replace(b"To: <sip:1002@10.0.0.254>", b'To: i,b;tag=3\0\0="x"3'))
    assert message.to_tag == ""
    with pytest.raises(MalformedMessage):
        message.address("To")


@pytest.mark.parametrize("rest", [";tag=", ';x="y";tag=', ";tag= ;x"])
def test_an_empty_tag_is_none_and_a_response_adds_its_own(rest: str) -> None:
    message = request(INVITE.replace(b"To: <sip:1002@10.0.0.254>", b"To: <sip:1002@10.0.0.254>" + rest.encode()))
    assert message.to_tag == ""
    assert response_to(message, 180, to_tag="t").to_tag == "t"


def test_what_follows_the_content_length_is_dropped() -> None:
    assert request(INVITE + b"rubbish").body == b"v=0\r\n"


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"CSeq: 1 INVITE\r\n", b"", 400),
        (b"CSeq: 1 INVITE", b"CSeq: 1 BYE", 400),
        (b"CSeq: 1 INVITE", b"CSeq: 99999999999 INVITE", 400),
        (b"CSeq: 1 INVITE", b"CSeq: -1 INVITE", 400),
        (b"SIP/2.0\r\nVia", b"SIP/7.0\r\nVia", 505),
        (b"SIP/2.0\r\nVia", b"HTTP/1.1\r\nVia", 400),
        (b"Content-Length: 5", b"Content-Length: 500", 400),
        (b"Content-Length: 5", b"Content-Length: x", 400),
        (b"Content-Length: 5", b"Content-Length: 5\r\nContent-Length: 5", 400),
        (b"Call-ID: a@10.0.0.1", b"Call-ID: a\r\nCall-ID: b", 400),
        (b"Via: SIP/2.0/UDP", b"Via: nonsense", 400),
        (b"To: <sip:1002@10.0.0.254>", b"To <sip:1002@10.0.0.254>", 400),
        (b"INVITE sip:1002@10.0.0.254 SIP", b"INVITE  SIP", 400),
        (b"INVITE sip:1002@10.0.0.254 SIP", b"INVITE <sip:1002@10.0.0.254> SIP", 400),
        (b"INVITE sip:1002@10.0.0.254 SIP", b"IN{}VITE sip:1002@10.0.0.254 SIP", 400),
        (b"CSeq", b"X: " + b"x" * (MAX_HEADER_LINE + 1) + b"\r\nCSeq", 400),
        (b"CSeq", b"X: y\r\n" * MAX_HEADERS + b"CSeq", 400),
    ],
)
def test_malformed_requests(old: bytes, new: bytes, status: int) -> None:
    assert old in INVITE
    with pytest.raises(MalformedMessage) as caught:
        parse_message(INVITE.replace(old, new, 1))
    assert caught.value.status == status


def test_a_malformed_request_that_can_be_answered() -> None:
    answerable = parse_for_refusal(INVITE.replace(b"SIP/2.0\r\nVia", b"SIP/7.0\r\nVia"))
    assert answerable is not None and answerable.call_id == "a@10.0.0.1"
    assert parse_for_refusal(INVITE.replace(b"Via", b"Vie")) is None
    assert parse_for_refusal(INVITE.replace(b"INVITE", b"ACK").replace(b"Length: 5", b"Length: 9")) is None


def test_response_copies_what_it_must() -> None:
    response = response_to(request(INVITE), 180, to_tag="t", headers={"Contact": ["<sip:x@y>"]})
    assert response.to_tag == "t"
    assert response.reason == "Ringing"
    assert response.headers["Via"] == request(INVITE).headers["Via"]
    read = parse_message(response.encode())
    assert isinstance(read, Response) and read.status == 180


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse_message(data)
    except MalformedMessage:
        parse_for_refusal(data)


_PIECES = st.lists(st.sampled_from([*INVITE.split(b"\r\n"), b"", b" x", b"v:", b"\x00\xff", b'"', b"<", b";;;=,"]))


@given(_PIECES)
def test_any_lines_are_read_or_refused(lines: list[bytes]) -> None:
    data = b"\r\n".join(lines) + b"\r\n\r\n"
    try:
        message: Message = parse_message(data)
    except MalformedMessage:
        return
    for name in ("From", "To", "Contact"):
        try:
            message.address(name)
        except MalformedMessage:
            continue
    again = parse_message(message.encode())  # type: ignore[attr-defined]  # both kinds have it
    assert again.headers == message.headers
