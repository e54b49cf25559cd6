"""Messages made to hurt: to take long, to fill memory, to slip something past a reader, to crash."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import process_time

import pytest

from ringward.protocols.sip import header
from ringward.protocols.sip.digest import Algorithm, DigestCredentials, DigestVerifier, Verdict, credentials_hash
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.framing import StreamFramer
from ringward.protocols.sip.header import parse_cseq, parse_name_address, parse_via, tag_of
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.message_parser import MAX_HEADER_LINE, MAX_MESSAGE, parse_for_refusal, parse_message
from ringward.protocols.sip.uri import escape_user, parse_uri, without_headers

OPTIONS = (
    b"OPTIONS sip:cm SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
)


# -- time -------------------------------------------------------------------------------------------------------


def _seconds(read: Callable[[], object]) -> float:
    best = 1e9
    for _ in range(3):
        begun = process_time()
        with suppress(MalformedMessage):
            read()
        best = min(best, process_time() - begun)
    return best


_FILLERS = [
    " ",
    "\t",
    ";",
    ",",
    "<",
    ">",
    '"',
    "\\",
    "=",
    ":",
    "@",
    "a",
    "a ",
    "; ",
    "=;",
    "<>",
    "%41",
    "\\a",
    " :",
]


@pytest.mark.parametrize("filler", _FILLERS)
@pytest.mark.parametrize(
    ("read", "before", "after"),
    [
        (parse_via, "SIP/2.0/UDP h", "!"),
        (parse_via, "SIP", "/2.0/UDP h ?"),
        (parse_name_address, "a", "b"),
        (parse_name_address, '"', " <sip:a@b"),
        (parse_name_address, "<sip:a@b>;x", '"'),
        (tag_of, "<sip:a@b>;", "tag"),
        (parse_cseq, "1 ", "!"),
        (header.has_open_quote, '"', ""),
    ],
)
def test_values_take_time_in_proportion_to_their_length(
    read: Callable[[str], object], before: str, after: str, filler: str
) -> None:
    value = before + filler * (MAX_HEADER_LINE // len(filler)) + after
    # Some milliseconds are natural for a long value; a reader that tries all ways takes seconds or hours.
    assert _seconds(lambda: read(value)) < 0.05


@pytest.mark.parametrize("filler", [b" ", b"\t", b" \r\n ", b"a:b\r\n", b"\r\n\t", b":", b"\r", b"\n", b"a: b,"])
def test_messages_take_time_in_proportion_to_their_length(filler: bytes) -> None:
    data = OPTIONS + b"X: " + filler * ((MAX_MESSAGE - 400) // len(filler)) + b"\r\n\r\n"
    assert len(data) <= MAX_MESSAGE
    assert _seconds(lambda: parse_message(data)) < 0.1
    assert _seconds(lambda: parse_for_refusal(data)) < 0.1


def test_a_body_that_comes_octet_by_octet_is_not_searched_each_time() -> None:
    head = b"OPTIONS sip:x SIP/2.0\r\n" + b"X: y\r\n" * 5000 + b"Content-Length: 20000\r\n\r\n"

    def read() -> None:
        framer = StreamFramer()
        framer.feed(head)
        for _ in range(20_000):
            framer.feed(b"x")

    assert _seconds(read) < 0.5


# -- memory -----------------------------------------------------------------------------------------------------


def test_long_addresses_are_not_remembered() -> None:
    before = header._remembered.cache_info().currsize
    for number in range(100):
        parse_name_address(f"<sip:{number}@x>;{'y' * header.MAX_REMEMBERED}")
    assert header._remembered.cache_info().currsize == before


# -- smuggling --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\n\n", b"\r\r\n", b"\n\r\n"])
@pytest.mark.parametrize("place", [b"Subject: x%sVia: y\r\n", b"X%s: y\r\n"])
def test_half_line_ends_are_refused_and_never_repeated(end: bytes, place: bytes) -> None:
    data = OPTIONS + place.replace(b"%s", end) + b"\r\n"
    with pytest.raises(MalformedMessage):
        parse_message(data)
    refused = parse_for_refusal(OPTIONS.replace(b"tag=1", b"tag=1" + end + b"Evil: 1") + b"\r\n")
    assert refused is None or (b"Evil" not in refused.encode())


def test_only_one_length_frames_a_message() -> None:
    for lengths in (b"Content-Length: 0\r\nl: 5\r\n", b"l: 5\r\nContent-Length: 5\r\n", b"X: 1\r\n"):
        with pytest.raises(MalformedMessage):
            StreamFramer().feed(OPTIONS + lengths + b"\r\nhello")


def test_folded_length_frames_a_message() -> None:
    data = OPTIONS + b"Content-Length :\r\n  5\r\n\r\nhello"
    assert StreamFramer().feed(data + data) == [data, data]
    assert parse_message(data).body == b"hello"


def test_length_that_goes_on_in_the_next_line_is_no_length() -> None:
    with pytest.raises(MalformedMessage):
        StreamFramer().feed(OPTIONS + b"Content-Length: 5\r\n 0\r\n\r\nhello")


def test_blank_lines_are_no_part_of_a_message() -> None:
    framer = StreamFramer()
    for blank in (b"\r\n", b"\r\n\r", b"\n\r\n\r"):
        framer.feed(blank)
        assert not framer.waiting
    framer.feed(b"O")
    assert framer.waiting


@pytest.mark.parametrize("user", ["1\r\nX: y", "a@b", "a>b", "a b", "\0", "%", "ü", "\udcff"])
def test_a_user_stays_inside_its_uri(user: str) -> None:
    flow = Flow(Transport.UDP, ("10.0.0.254", 5060), ("10.0.0.1", 5060))
    written = flow.contact_uri(user)
    assert parse_uri(written).host == "10.0.0.254"
    if user != "\udcff":
        assert parse_uri(written).user == user
        assert parse_uri(parse_uri(written).address).user == user
    assert escape_user("+1-212_555*#".replace("#", "")) == "+1-212_555*"


@pytest.mark.parametrize(
    "text",
    ["sip:a@ü.example", "sip:ü@b", "ſip:a@b", "sip:a@b:٥٠٦٠", "sip:a\u00a0b@c", "sip:a@b;x=\udcff", "sip:a@b\x00"],
)
def test_uris_are_ascii(text: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_uri(text)


def test_digits_are_ascii() -> None:
    for read, value in ((parse_cseq, "١ INVITE"), (parse_via, "SIP/2.0/UDP h:٥٠٦٠")):
        with pytest.raises(MalformedMessage):
            read(value)


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ('<sip:a@b>;x=";tag=evil"', ""),
        ('<sip:a@b>;x=";tag=evil";tag=good', "good"),
        ('<sip:a@b>;tag=good;x=">"', "good"),
        ('"> ;tag=evil" <sip:a@b>;tag=good', "good"),
        ('<sip:a@b;tag=evil>;tag=good;x=">;tag=evil"', "good"),
        ('<sip:a@b>;tag=1;x="', ""),
    ],
)
def test_tags_in_other_values_are_no_tags(value: str, tag: str) -> None:
    assert tag_of(value) == tag


@pytest.mark.parametrize(
    ("uri", "without"),
    [
        ("sip:a@b?Route=%3Csip:x%3E", "sip:a@b"),
        ("sip:a@b?", "sip:a@b"),
        ("sip:a?b@c", "sip:a?b@c"),
        ("sip:a?b@c;x=y?d=e", "sip:a?b@c;x=y"),
        ("no uri?", "no uri?"),
    ],
)
def test_request_uris_have_no_headers(uri: str, without: str) -> None:
    assert without_headers(uri) == without


# -- what is not UTF-8, and digest --------------------------------------------------------------------------------


def test_names_that_are_not_utf_8_can_be_shown() -> None:
    message = parse_message(OPTIONS.replace(b"From: <", b'From: "M\xfcller" <') + b"\r\n")
    address = message.address("From")
    assert address is not None and address.display == "M\ufffdller"
    assert b"M\xfcller" in message.encode(), "passed on as it came"


@pytest.mark.parametrize(
    "field", ["username", "realm", "nonce", "response", "cnonce", "uri", "nc", "algorithm", "qop"]
)
def test_credentials_that_are_not_utf_8_are_wrong_not_fatal(field: str) -> None:
    values = {
        "username": "alice",
        "realm": "r",
        "nonce": "n.t.s",
        "response": "0",
        "uri": "sip:cm",
        "nc": "00000001",
        "cnonce": "c",
        "qop": "auth",
    }
    values[field] = "\udcff.\udcff"
    value = "Digest " + ", ".join(f'{name}="{text}"' for name, text in values.items())
    request = Request("OPTIONS", "sip:cm", {"Authorization": [value]})
    checksum = credentials_hash(Algorithm.MD5, "alice", "r", "secret")
    found = DigestVerifier(b"k", lambda: "t").verify(request, "r", lambda user, algorithm: checksum, 0.0)
    assert found.verdict is not Verdict.ACCEPTED


def test_challenges_cannot_break_out_of_their_quotes() -> None:
    challenge = r'Digest realm="a\", uri=\"sip:evil", nonce="n\"", opaque="o\\"'
    answer = DigestCredentials('al"ice', "secret", lambda: "c").answer(
        Request("OPTIONS", "sip:cm", {}), Response(401, "", {"WWW-Authenticate": [challenge]})
    )
    assert answer is not None
    assert answer[1].startswith(
        r'Digest username="al\"ice", realm="a\", uri=\"sip:evil", nonce="n\"", uri="sip:cm"'
    )
    assert answer[1].endswith(r'opaque="o\\"')


def test_credentials_of_other_schemes_are_looked_over() -> None:
    verifier = DigestVerifier(b"k", lambda: "t")
    request = Request("OPTIONS", "sip:cm", {"Authorization": ["Bearer x", "NoOneKnows opaque"]})
    assert verifier.verify(request, "r", lambda user, algorithm: None, 0.0).verdict is Verdict.MISSING
