"""Another parser (sipmessage) understands the same message in the same way, or it is written here why not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sipmessage
from hypothesis import given
from hypothesis import strategies as st

from harness.torture import ALL
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header import NameAddress
from ringward.protocols.sip.message import Message, Request, Response
from ringward.protocols.sip.message_parser import parse_message
from ringward.protocols.sip.uri import Uri, parse_uri


@dataclass(frozen=True)
class Address:
    """From or To, as both parsers see it."""

    name: str
    user: str
    host: str
    port: int | None
    tag: str


@dataclass(frozen=True)
class Opinion:
    """What a parser makes of a message."""

    start: tuple[str | int, ...]
    call_id: str
    cseq: tuple[int, str]
    sender: Address
    recipient: Address
    via: tuple[str, str, int | None, str]
    vias: int
    contacts: int
    content_type: str


def ours(data: bytes) -> Opinion | None:
    """Our opinion; None: malformed."""
    try:
        message = parse_message(data)
        if isinstance(message, Request):
            uri = parse_uri(message.uri)
            start: tuple[str | int, ...] = (message.method, uri.user, uri.host, uri.port or 0)
        else:
            assert isinstance(message, Response)
            start = (message.status, message.reason)
        via = message.via
        return Opinion(
            start,
            message.call_id,
            message.cseq,
            _ours(message, "From"),
            _ours(message, "To"),
            (via.transport, via.host, via.port, via.branch),
            len(message.values("Via")),
            len(message.values("Contact")),
            message.content_type,
        )
    except MalformedMessage:
        return None


def _ours(message: Message, name: str) -> Address:
    address = message.address(name)
    assert isinstance(address, NameAddress)
    uri: Uri = address.uri
    return Address(address.display, uri.user, uri.host, uri.port, address.parameter("tag") or "")


def theirs(data: bytes) -> Opinion | None:
    """The other parser's opinion; None: malformed."""
    try:
        message = sipmessage.Message.parse(data)
        if isinstance(message, sipmessage.Request):
            uri = message.uri
            start: tuple[str | int, ...] = (message.method, uri.user or "", uri.host.lower(), uri.port or 0)
        else:
            start = (message.code, message.phrase)
        via = message.via[0]
        cseq = message.cseq
        kind = message.content_type
        return Opinion(
            start,
            message.call_id,
            (cseq.sequence, cseq.method),
            _theirs(message.from_address),
            _theirs(message.to_address),
            (via.transport.upper(), via.host, via.port, via.parameters.get("branch") or ""),
            len(message.via),
            len(message.contact),
            kind.mime_type.lower() if kind else "",
        )
    except (ValueError, KeyError, IndexError, AssertionError):
        return None


def _theirs(address: sipmessage.Address) -> Address:
    uri = address.uri
    return Address(address.name, uri.user or "", uri.host.lower(), uri.port, address.parameters.get("tag") or "")


# -- torture messages -------------------------------------------------------------------------------------------

FOLDED = "it does not know folded lines (RFC 3261 section 7.3.1)"
LENGTH = "it does not look at Content-Length"
METHOD = "it does not compare the methods of request line and CSeq"
URI_HEADERS = "it does not know headers of URIs (RFC 3261 section 19.1.1)"
DIFFERENCES = {
    "badaspec": "blanks inside of the angle brackets, which we forgive, it does not",
    "bigcode": "it takes a status code of any size",
    "clerr": LENGTH,
    "esc01": f"{FOLDED}: a folded Contact is empty to it",
    "escruri": URI_HEADERS,
    "intmeth": "it undoes only escaped quotes and backslashes in names, and percent signs even in Via",
    "longreq": "it does not know blanks between the name of a header and its colon",
    "mcl01": LENGTH,
    "mismatch01": METHOD,
    "mismatch02": METHOD,
    "multi01": "it takes the first of several values where there must be one",
    "ncl": LENGTH,
    "regbadct": URI_HEADERS,
    "regescrt": URI_HEADERS,
    "scalarlg": "it takes a CSeq of any size",
    "semiuri": FOLDED,
    "wsinv": FOLDED,
    "ipv6-correct-abnf-2-colons": "its grammar is that of RFC 3261, which RFC 5118 section 4.10 corrects",
    "via-received-param-no-delim": "it wants brackets around IPv6 in parameters (RFC 5118 section 4.5)",
}


@pytest.mark.parametrize("name", ALL)
def test_torture_messages(name: str) -> None:
    if name in DIFFERENCES:
        assert ours(ALL[name]) != theirs(ALL[name]), "they agree now"
    else:
        assert ours(ALL[name]) == theirs(ALL[name])


# -- generated messages -----------------------------------------------------------------------------------------

_TOKEN = "abcXYZ019-.!*_+~"
_USERS = st.one_of(
    st.text("abcXYZ0129-_.!~*'()&=+$,;?/", min_size=1, max_size=12),
    st.sampled_from(["a%20b", "%41lice", "%2B49", "+1-212-555-1212"]),
)
_HOSTS = st.sampled_from(["example.com", "EXAMPLE.com", "a-b.c", "10.0.0.1", "[2001:db8::1]", "[::1]", "host"])
_PORTS = st.one_of(st.none(), st.integers(1, 65535))
_PARAMETERS = st.lists(
    st.sampled_from([";lr", ";transport=tcp", ";user=phone", ";x=[::1]", ";maddr=10.0.0.1"]),
    max_size=2,
    unique=True,
).map("".join)


@st.composite
def _uris(draw: st.DrawFn) -> str:
    port = draw(_PORTS)
    user = draw(st.one_of(st.just(""), _USERS.map(lambda user: f"{user}@")))
    end = f":{port}" if port else ""
    return draw(st.sampled_from(["sip:", "sips:"])) + user + draw(_HOSTS) + end + draw(_PARAMETERS)


@st.composite
def _addresses(draw: st.DrawFn, tag: bool) -> str:
    quoted = st.text(
        st.characters(min_codepoint=32, max_codepoint=0x3FF, exclude_characters='\x7f"\\'), max_size=12
    )
    # With more than one blank, or one at an end, the two differ: blanks of quoted strings are kept by us alone.
    names = st.one_of(
        st.just(""),
        st.text(_TOKEN, max_size=8).map(lambda name: f"{name} "),
        quoted.map(lambda name: f'"{" ".join(name.split())}" ').filter(lambda name: name != '"" '),
        st.just('"a \\"quoted\\" name" '),
    )
    value = draw(names) + f"<{draw(_uris())}>"
    if tag:
        value += f";tag={draw(st.text(_TOKEN, min_size=1, max_size=8))}"
    return value + draw(st.sampled_from(["", ";x", ";x=y", " ; q = 0.5"]))


@st.composite
def _vias(draw: st.DrawFn) -> str:
    port = draw(_PORTS)
    host = draw(_HOSTS) + (f":{port}" if port else "")
    branch = draw(st.text(_TOKEN, min_size=1, max_size=8))
    parameters = [f";branch=z9hG4bK{branch}", *draw(st.sampled_from([[], [";rport"], [";received=10.0.0.1"]]))]
    return f"SIP/2.0/{draw(st.sampled_from(['UDP', 'TCP', 'TLS']))} {host}" + "".join(
        draw(st.permutations(parameters))
    )


@st.composite
def _messages(draw: st.DrawFn) -> bytes:
    method = draw(st.sampled_from(["INVITE", "ACK", "BYE", "REGISTER", "X-NEW"]))
    if draw(st.booleans()):
        start = f"{method} {draw(_uris())} SIP/2.0"
    else:
        reason = draw(st.text("abc =*", max_size=10))
        start = f"SIP/2.0 {draw(st.integers(100, 699))} {reason}"
    body = draw(st.binary(max_size=20))
    names = draw(st.sampled_from([("Via", "From", "To", "Call-ID", "Contact"), ("v", "f", "t", "i", "m")]))
    headers = [f"{names[0]}: {draw(_vias())}" for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        headers[0] += f", {draw(_vias())}"
    rest = [
        f"{names[1]}:{draw(_addresses(tag=True))}",
        f"{names[2]}: {draw(_addresses(tag=draw(st.booleans())))}",
        f"{names[3]}: {draw(st.text(_TOKEN, min_size=1, max_size=12))}@x",
        f"CSeq: {draw(st.integers(0, 2**31 - 1))}  {method}",
        f"Content-Length:  {len(body)}",
        *[f"{names[4]}: {draw(_addresses(tag=False))}" for _ in range(draw(st.integers(0, 2)))],
        *draw(st.sampled_from([[], ["Content-Type: application/SDP;x=y"], ["c: text/plain"], ["X-Other: ;;,,"]])),
    ]
    lines = [start, *headers, *draw(st.permutations(rest))]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@given(_messages())
def test_generated_messages(data: bytes) -> None:
    opinion = ours(data)
    assert opinion is not None
    assert opinion == theirs(data)
