"""What is fuzzed: each target takes any bytes, and raises only if a promise is broken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from harness.office import Office, sdp
from harness.wire import Agent, Wire
from ringward.protocols.sdp.description import MalformedDescription, encode_description, parse_description
from ringward.protocols.sip.digest import (
    Algorithm,
    DigestCredentials,
    DigestVerifier,
    Verdict,
    credentials_hash,
    parse_digest,
)
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.framing import StreamFramer
from ringward.protocols.sip.message import Request, Response, parse_for_refusal, parse_message, response_to
from ringward.protocols.tftp import packets
from ringward.services.call_manager.media_translation import MediaWriter, UnsupportedMedia, read_media

CORPUS = Path(__file__).parent / "corpus"
TORTURE = Path(__file__).parent.parent / "tests/protocols/sip/torture"


def sip_message(data: bytes) -> None:
    """A message is understood or refused; what is understood can be written and read again, and is the same."""
    try:
        message = parse_message(data)
    except MalformedMessage:
        refused = parse_for_refusal(data)
        if refused is not None:
            response_to(refused, 400, to_tag="t").encode()
        return
    for name in ("From", "To", "Contact", "Refer-To", "Route"):
        try:
            address = message.address(name)
            _ = address.uri.address if address is not None else None
        except MalformedMessage:
            continue
    _ = message.from_tag, message.to_tag, message.via, message.content_type
    again = parse_message(message.encode())
    assert (again.headers, again.body) == (message.headers, message.body)
    if isinstance(message, Request):
        try:
            message.address("To")
        except MalformedMessage:
            return
        answer = parse_message(response_to(message, 200, to_tag="t").encode())
        assert answer.to_tag == (message.to_tag or "t"), "a tag that is not found again"


def session_description(data: bytes) -> None:
    """A description is understood or refused; written again it is the same, also by way of the call engine."""
    try:
        description = parse_description(data)
    except MalformedDescription:
        return
    written = encode_description(description, session_id=1, version=1, origin_address="10.0.0.1")
    again = parse_description(written)
    assert (again.address, again.attributes) == (description.address, description.attributes)
    assert [each.formats for each in again.sections] == [each.formats for each in description.sections]
    try:
        media = read_media(data)
    except (MalformedDescription, UnsupportedMedia):
        return
    if all(stream.port for stream in media.streams):
        assert read_media(MediaWriter(1, "10.0.0.1").write(media)) == media


def digest(data: bytes) -> None:
    """Credentials and challenges are understood or refused, and nobody gets in by chance."""
    value = data.decode("utf-8", "surrogateescape").replace("\r", " ").replace("\n", " ")
    with suppress(MalformedMessage):
        parse_digest(value)
    headers = {name: ["x"] for name in ("Via", "From", "To", "Call-ID")}
    request = Request("REGISTER", "sip:cm", {**headers, "CSeq": ["1 REGISTER"], "Authorization": [value]})
    checksum = credentials_hash(Algorithm.MD5, "alice", "ringward", "secret")
    verifier = DigestVerifier(b"k" * 32, lambda: "token")
    found = verifier.verify(request, "ringward", lambda user, algorithm: checksum, 1000.0)
    assert found.verdict is not Verdict.ACCEPTED
    tokens = count()
    answer = DigestCredentials("alice", "secret", lambda: f"c{next(tokens)}").answer(
        request, Response(401, "", {"WWW-Authenticate": [value]})
    )
    if answer is not None:
        theirs, ours = parse_digest(value), parse_digest(answer[1])
        assert all(ours[name] == theirs[name] for name in ("realm", "nonce")), (
            "not the challenge that was answered"
        )


def tftp(data: bytes) -> None:
    """A packet is understood or refused; written again it is the same packet."""
    try:
        packet = packets.parse(data)
    except packets.MalformedPacket:
        return
    again = packets.parse(packets.encode(packet))
    # Of an error's text only what is ASCII is written.
    assert again == packet or (isinstance(again, packets.Error) and isinstance(packet, packets.Error))


def stream(data: bytes) -> None:
    """A stream is cut in the same way however it arrives; the first byte says in what pieces."""
    if not data:
        return
    step, data = data[0] % 64 + 1, data[1:]
    whole, pieces = StreamFramer(), StreamFramer()
    try:
        expected = whole.feed(data)
    except MalformedMessage:
        expected = None
    found: list[bytes] = []
    try:
        for start in range(0, len(data), step):
            found += pieces.feed(data[start : start + step])
    except MalformedMessage:
        assert expected is None
        return
    assert found == expected and pieces.pings == whole.pings
    assert sum(map(len, found)) <= len(data)


class _Ear(Wire):
    """A wire that checks what the call manager sends, and remembers what an answer to it needs."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[bytes, bytes] = {}
        self.in_order = True
        """Whether what the call manager deals with can be read; a refusal of what cannot repeats parts of it."""

    def carry(self, source: Agent, flow: Flow, data: bytes) -> None:
        head = data.partition(b"\r\n\r\n")[0]
        assert head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r"), "half a line end"
        if source.name == "cm" and self.in_order:
            message = parse_message(data)
            if isinstance(message, Request):
                for name in ("Via", "From", "To", "Call-ID", "CSeq"):
                    self.words[b"{" + name.encode() + b"}"] = _octets(message.headers[name][0])
            elif message.to_tag:
                self.words[b"{tag}"] = _octets(message.to_tag)
        target = self._agents.get(flow.remote)
        if target is not None:
            self._queue.append((target, self.flow(target, source), data))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _is_in_order(message: bytes) -> bool:
    try:
        parse_message(message)
    except MalformedMessage:
        return False
    return True


SEPARATOR = b"\n\xfe\n"
"""Between messages of one input."""


def line_side(data: bytes) -> None:
    """Whatever registered phones send, one thing after the other: no exception, and in the end nothing is left.

    Requests come from Bob, responses from Carol. ``{tag}`` stands for the To tag of the call manager's last
    response, ``{Via}`` and its like for the headers of its last request. If there is no response, Carol answers by
    herself.
    """
    wire = _Ear()
    office = Office(wire)
    office.phone("alice", "1001", digest=("alice", "secret"))
    bob, carol = office.phone("bob", "1002"), office.phone("carol", "1003")
    for phone in (bob, carol):
        phone.request("REGISTER", {"Expires": ["3600"]})
        wire.settle()
    messages = data.split(SEPARATOR)[:8]
    carol_answers = not any(message.startswith(b"SIP/2.0") for message in messages)
    for message in messages:
        sender = carol if message.startswith(b"SIP/2.0") else bob
        for word, meaning in wire.words.items():
            message = message.replace(word, meaning)
        wire.in_order = _is_in_order(message)
        office.receive(message, wire.flow(office, sender.agent), wire.now)  # type: ignore[arg-type]
        wire.in_order = True
        if carol_answers:
            for session in carol.incoming:
                session.answer(sdp("10.0.0.3"), wire.now)
        wire.now += 0.3
        office.advance(wire.now)
        wire.settle()
    wire.run(20_000)
    # Nothing else waits so long; but who has a call may keep it for ever, so at last the phones are gone.
    for session in list(office.side.endpoint._sessions.values()):
        session.flow_lost(wire.now)
    wire.run(20_000)
    assert not office.engine.calls, "a call is left"
    assert len(office.side.endpoint.transactions) == 0, "a transaction is left"
    assert office.side.endpoint.session_count == 0, "a session is left"


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (sip_message, session_description, digest, tftp, stream, line_side)
}


def corpus_of(target: str) -> list[Path]:
    """Folders with what a target begins with."""
    if target == "sip_message":
        return [TORTURE / "rfc4475", TORTURE / "rfc5118"]
    return [CORPUS / target]
