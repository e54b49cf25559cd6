"""URIs and header values (RFC 3261 sections 19.1 and 20)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.framing import MAX_HEAD, StreamFramer
from ringward.protocols.sip.header import (
    Via,
    name_address,
    parse_name_address,
    parse_parameters,
    parse_via,
    split_unquoted,
    tag_of,
)
from ringward.protocols.sip.timers import TimerQueue
from ringward.protocols.sip.uri import MAX_URI_LENGTH, parse_uri


def test_uri_parts() -> None:
    uri = parse_uri("sips:al%20ice:pw@[2001:db8::1]:5061;transport=TLS;lr?Replaces=x")
    assert (uri.scheme, uri.user, uri.host, uri.port) == ("sips", "al ice", "[2001:db8::1]", 5061)
    assert uri.parameter("transport") == "TLS"
    assert uri.parameter("lr") == ""
    assert uri.parameter("maddr") is None
    assert uri.headers == "Replaces=x"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("tel:+123", 416),
        ("http://x", 416),
        ("sip:", 400),
        ("sip:a@b:99999", 400),
        ("sip:a@b:0", 400),
        ("sip:a b@c", 400),
        ("sip:a%zz@c", 400),
        ("nothing", 400),
        ("sip:" + "a" * MAX_URI_LENGTH + "@b", 414),
    ],
)
def test_bad_uris(text: str, status: int) -> None:
    with pytest.raises(MalformedMessage) as caught:
        parse_uri(text)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("value", "display", "uri", "tag"),
    [
        ('"A \\"B\\" C" <sip:a@b;x=y>;tag=1;q=0.5', 'A "B" C', "sip:a@b;x=y", "1"),
        ("Alice <sip:a@b>;tag=2", "Alice", "sip:a@b", "2"),
        ("sip:a@b;tag=3", "", "sip:a@b", "3"),
        ('"tag=9;" <sip:a@b;tag=8>', "tag=9;", "sip:a@b;tag=8", None),
    ],
)
def test_name_addresses(value: str, display: str, uri: str, tag: str | None) -> None:
    address = parse_name_address(value)
    assert (address.display, address.uri_text, address.parameter("tag")) == (display, uri, tag)
    assert tag_of(value) == (tag or "")


@given(st.text(max_size=40))
def test_display_names_come_back(name: str) -> None:
    kept = "".join(char for char in name if ord(char) >= 32 and ord(char) != 127)
    written = name_address(name, "sip:a@b")
    assert parse_name_address(written).display == (kept if name else "")


@given(st.text(max_size=60))
def test_values_are_read_or_refused(text: str) -> None:
    for read in (parse_via, parse_name_address, parse_uri, parse_parameters):
        try:
            read(text)
        except MalformedMessage:
            continue
    try:
        assert ",".join(split_unquoted(text, ",")) == text
    except MalformedMessage:
        assert '"' in text


# -- framing ------------------------------------------------------------------------------------------------

ONE = b"OPTIONS sip:x SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 3\r\n\r\nabc"
TWO = b"SIP/2.0 200 OK\r\nl : 0\r\n\r\n"


@given(st.lists(st.integers(1, 20), min_size=1, max_size=20))
def test_stream_is_cut_however_it_comes(sizes: list[int]) -> None:
    stream = ONE + b"\r\n\r\n" + TWO + b"\r\n" + ONE
    framer, found = StreamFramer(), []
    position, turn = 0, 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        found += framer.feed(stream[position : position + size])
        position, turn = position + size, turn + 1
    assert found == [ONE, TWO, ONE]
    assert framer.pings == 1
    assert not framer.waiting


def test_stream_without_length_cannot_be_cut() -> None:
    with pytest.raises(MalformedMessage):
        StreamFramer().feed(b"OPTIONS sip:x SIP/2.0\r\nCall-ID: 1\r\n\r\n")


def test_endless_header_is_cut_off() -> None:
    framer = StreamFramer()
    with pytest.raises(MalformedMessage):
        for _ in range(100):
            framer.feed(b"x" * (MAX_HEAD // 50))


def test_huge_body_is_refused_before_it_comes() -> None:
    with pytest.raises(MalformedMessage):
        StreamFramer().feed(b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 4000000000\r\n\r\n")


# -- timers -------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from([0.5, 1.0, 32.0, 7.25]), st.booleans(), st.floats(0, 2)), max_size=60))
def test_timers_fire_in_time_and_once(orders: list[tuple[float, bool, float]]) -> None:
    queue, fired, now = TimerQueue(), [], 0.0
    due: dict[int, float] = {}
    for number, (delay, stop, pause) in enumerate(orders):
        now += pause
        timer = queue.start(delay, now, lambda number, at: fired.append((number, at)), number)
        if stop:
            timer.stop()
        else:
            due[number] = now + delay
    while (deadline := queue.next_deadline()) is not None:
        queue.advance(deadline)
    assert {number for number, _ in fired} == set(due)
    assert all(at >= due[number] for number, at in fired)
    assert len(queue) == 0


def test_many_durations_share_a_heap() -> None:
    queue, fired = TimerQueue(), []
    for number in range(100):
        queue.start(float(100 - number), 0.0, lambda each, now: fired.append(each), number)
    queue.advance(200.0)
    assert sorted(fired) == list(range(100))


@given(
    transport=st.sampled_from(["UDP", "TCP", "TLS"]),
    host=st.from_regex(r"[A-Za-z0-9.-]{1,20}", fullmatch=True),
    port=st.one_of(st.just(""), st.integers(0, 99_999).map(":{}".format)),
    rport=st.sampled_from(["", ";rport"]),
    branch=st.from_regex(r"[A-Za-z0-9.-]{1,20}", fullmatch=True),
)
def test_the_usual_via_means_the_same_however_it_is_read(
    transport: str, host: str, port: str, rport: str, branch: str
) -> None:
    usual = f"SIP/2.0/{transport} {host}{port}{rport};branch={branch}"
    other = f"SIP / 2.0 / {transport}  {host}{port}{rport};branch = {branch}"
    assert _read(usual) == _read(other)


def _read(value: str) -> Via | str:
    try:
        return parse_via(value)
    except MalformedMessage as error:
        return error.reason


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ('"a>;tag=x" <sip:a@b>;tag=1', "1"),
        ("Ann <sip:a@b>;tag=1", "1"),
        ("<sip:a@b>;x=1;tag=2", "2"),
        ("<sip:a@b> ;tag=2", "2"),
        ("<sip:a@b>;tag=a.b-c", "a.b-c"),
    ],
)
def test_addresses_with_tags_are_read_whole(value: str, tag: str) -> None:
    address = parse_name_address(value)
    assert (address.uri_text, address.parameter("tag")) == ("sip:a@b", tag)


@pytest.mark.parametrize("value", ['"a>;tag=x', '<sip:a@b>;x="y>;tag=z', "<sip:<a>;tag=z"])
def test_a_tag_mends_no_broken_address(value: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_name_address(value)
