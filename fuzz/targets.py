"""What is fuzzed: each target takes any bytes, and raises only if a promise is broken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from harness.office import Office, sdp
from harness.wire import Agent, Wire
from ringward.files import envelope, trust_list
from ringward.files.envelope import RefusedFile
from ringward.media.translation import MediaWriter, UnsupportedMedia, read_media
from ringward.pki.certificate_fields import certificate_fields
from ringward.pki.certificates import BadCertificate, Certificate
from ringward.pki.device_certificate import read_device_certificate
from ringward.pki.lint import Role, lint
from ringward.protocols.capf import client, server
from ringward.protocols.capf.message import Message as CapfMessage
from ringward.protocols.capf.message import Reason
from ringward.protocols.capf.values import Introduction, RsaKeyWanted
from ringward.protocols.ctl_provider.framing import LENGTH
from ringward.protocols.ctl_provider.messages import LogIn, Refusal, RefusalCode, parse_reply, parse_request
from ringward.protocols.ctl_provider.messages import MalformedMessage as MalformedCtlMessage
from ringward.protocols.ctl_provider.messages import encode as encode_ctl
from ringward.protocols.ctl_provider.server import Greeting, ProviderConversation
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
from ringward.protocols.sip.message import Request, Response, response_to
from ringward.protocols.sip.message_parser import parse_for_refusal, parse_message
from ringward.protocols.sip.message_summary import MessageSummary
from ringward.protocols.tftp import packets

CORPUS = Path(__file__).parent / "corpus"
PHONE_FILES = Path(__file__).parent.parent / "tests/files/phone_file_vectors"
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


def message_waiting(data: bytes) -> None:
    """A message summary is understood or refused; written again it is the same."""
    try:
        summary = MessageSummary.parse(data)
    except MalformedMessage:
        return
    assert MessageSummary.parse(summary.encode("sip:1001@10.0.0.1")) == summary


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


def signed_envelope(data: bytes) -> None:
    """Any envelope is taken apart or refused; nothing in it is lost or counted twice."""
    with suppress(RefusedFile):
        found = envelope.parse(data)
        assert len(found.signed) + 3 + len(found.signature) == len(data)
        assert data.endswith(found.body)


def trust_list_file(data: bytes) -> None:
    """Any trust list is taken apart or refused."""
    with suppress(RefusedFile):
        found = trust_list.parse(data)
        assert len(found.trust.records) <= trust_list.MAX_RECORDS
        found.trust.emptied()


def ctl_provider(data: bytes) -> None:
    """A stranger's octets never reach the CTL Provider's service before the login, and are answered briefly."""
    provider = ProviderConversation(Greeting("Ringward", "node-1", b"c" * 32), 0.0)
    request = provider.receive(data, 1.0)
    while request is not None:
        assert isinstance(request, LogIn), "asked before the login"
        request = provider.reply(Refusal(RefusalCode.WRONG_CREDENTIALS.value, "no"), 2.0)
    assert len(provider.data_to_send()) < 4096
    for parse in (parse_request, parse_reply):
        try:
            understood = parse(data[LENGTH:])
        except MalformedCtlMessage:
            continue
        assert parse(encode_ctl(understood)) == understood


def capf_server(data: bytes) -> None:
    """Whatever a phone sends, the server answers with messages, keeps to its table, and comes to an end."""
    session = server.ServerSession(1, 0.0)
    for place in range(0, len(data), 97):
        for event in session.receive(data[place : place + 97], 1.0):
            match event:
                case server.Introduced():
                    order = (session.delete, session.fetch, lambda now: session.want_key(RsaKeyWanted(2048), now))
                    order[len(data) % 3](1.0)
                case server.KeyOffered():
                    session.store(b"certificate", 1.0)
                case server.KeyFailed() | server.Answered():
                    session.end(Reason.SUCCESS, 1.0)
    while session.deadline is not None:
        session.advance(session.deadline)
    for message in session.outgoing:
        CapfMessage.parse(message)


def capf_client(data: bytes) -> None:
    """Whatever a server sends, the phone answers with messages, keeps to its table, and comes to an end."""
    session = client.ClientSession(0.0)
    for place in range(0, len(data), 97):
        for event in session.receive(data[place : place + 97], 1.0):
            match event:
                case client.Challenged():
                    session.introduce(Introduction("SEP001122334455", version=len(data) % 3 + 1), 1.0)
                case client.KeyAsked():
                    session.offer_key(b"key", 1.0)
                case client.CertificateIssued() | client.DeletionAsked() | client.CertificatesAsked():
                    session.answer(done=True, now=1.0)
    while session.deadline is not None:
        session.advance(session.deadline)
    for message in session.outgoing:
        CapfMessage.parse(message)


def certificate(data: bytes) -> None:
    """A certificate is understood or refused; what is understood can be judged and shown, and may be a phone's."""
    try:
        found = Certificate.load(data)
    except BadCertificate:
        return
    now = datetime(2026, 5, 4, tzinfo=UTC)
    for role in Role:
        list(lint(found, role, now))
    for read in (certificate_fields, lambda each: read_device_certificate(each.der)):
        with suppress(BadCertificate):
            read(found)
    _ = found.dns_names, found.addresses, found.is_authority, found.is_issued_by(found)


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each
    for each in (
        sip_message,
        session_description,
        message_waiting,
        digest,
        tftp,
        stream,
        line_side,
        signed_envelope,
        trust_list_file,
        ctl_provider,
        capf_server,
        capf_client,
        certificate,
    )
}


def corpus_of(target: str) -> list[Path]:
    """Folders with what a target begins with."""
    if target == "sip_message":
        return [TORTURE / "rfc4475", TORTURE / "rfc5118"]
    if target == "signed_envelope":
        return [PHONE_FILES / "native/enc", PHONE_FILES / "certutils/enc"]
    if target == "trust_list_file":
        return [PHONE_FILES / "native/ctl", PHONE_FILES / "certutils/ctl"]
    return [CORPUS / target]
