"""The torture messages of RFC 4475 and RFC 5118 at an endpoint: what is understood, answered or dropped.

The endpoint's user answers 200 to whatever reaches it, so that "200" says: taken as well formed. What the call
manager makes of them is in ``test_torture_line_side.py``.
"""

from __future__ import annotations

from itertools import count

import pytest

from harness.torture import ALL, RFC_4475, RFC_5118
from ringward.protocols.sdp.description import parse_description
from ringward.protocols.sip.endpoint import SipEndpoint
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.framing import StreamFramer
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.message_parser import parse_for_refusal, parse_message
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.transaction import ServerTransaction
from ringward.protocols.sip.uri import parse_uri

PEER = ("192.0.2.9", 5060)
PEER_6 = ("2001:db8::9:1", 5060)


class Mirror:
    """An endpoint that answers 200 to everything, and what it sends."""

    def __init__(self) -> None:
        tokens = count(1)
        self.sent: list[tuple[Flow, bytes]] = []
        self.endpoint = SipEndpoint(
            self,
            lambda flow, data: self.sent.append((flow, data)),
            lambda: f"m{next(tokens)}",
            lambda: 0.5,
            "Mirror",
        )

    def authorise(self, transaction: ServerTransaction, session: InviteSession | None, now: float) -> bool:
        return True

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        transaction.answer(200, now, to_tag="mirror")

    def hear(self, data: bytes, flow: Flow) -> list[bytes]:
        """What is sent in answer to some bytes."""
        before = len(self.sent)
        self.endpoint.receive(data, flow, 0.0)
        return [answer for _, answer in self.sent[before:]]


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def response(answer: bytes) -> Response:
    message = parse_message(answer)
    assert isinstance(message, Response)
    return message


def request(name: str) -> Request:
    message = parse_message(ALL[name])
    assert isinstance(message, Request)
    return message


OUTCOMES = {
    # RFC 4475 section 3.1.1: valid messages
    "wsinv": 481,  # it has a To tag of a dialog that nobody knows (RFC 3261 section 12.2.2)
    "intmeth": 200,
    "esc01": 200,
    "escnull": 200,
    "esc02": 200,
    "lwsdisp": 200,
    "longreq": 200,
    "dblreq": 200,
    "semiuri": 200,
    "transports": 200,
    "mpart01": 200,
    "unreason": None,
    "noreason": None,
    # Section 3.1.2: invalid messages
    "badinv01": 400,
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "scalarlg": None,
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": 400,
    "trws": 400,
    "escruri": 200,  # the escaped header is not looked at
    "baddate": 200,  # Date is not looked at
    "regbadct": 200,  # well formed but for its Contact, which is the registrar's affair
    "badaspec": 200,  # blanks inside of the brackets are forgiven
    "baddn": 200,  # well formed but for its From, which is the affair of whoever looks at it
    "badvers": 505,
    "mismatch01": 400,
    "mismatch02": 400,
    "bigcode": None,
    # Section 3.2: transaction layer
    "badbranch": 200,
    # Section 3.3: application layer
    "insuf": None,  # ideally 400, but a response without From, To and Call-ID would itself be malformed
    "unkscm": 416,
    "novelsc": 416,
    "unksm2": 200,  # the registrar's affair
    "bext01": 200,  # the user's affair
    "invut": 200,
    "regaut01": 200,
    "multi01": 400,
    "mcl01": 400,
    "bcast": None,
    "zeromf": 200,
    "cparam01": 200,
    "cparam02": 200,
    "regescrt": 200,
    "sdp01": 200,
    # Section 3.4: backward compatibility
    "inv2543": 200,
    # RFC 5118
    "ipv6-good": 200,
    "ipv6-bad": 400,
    "port-ambiguous": 200,
    "port-unambiguous": 200,
    "via-received-param-with-delim": 481,  # a BYE of a dialog that nobody knows
    "via-received-param-no-delim": 200,
    "ipv6-in-sdp": 200,
    "mult-ip-in-header": 481,
    "mult-ip-in-sdp": 200,
    "ipv4-mapped-ipv6": 200,
    "ipv6-bug-abnf-3-colons": 200,
    "ipv6-correct-abnf-2-colons": 200,
}


def test_every_message_is_here() -> None:
    assert len(RFC_4475) == 49 and len(RFC_5118) == 12
    assert set(OUTCOMES) == set(ALL)


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome(name: str) -> None:
    mirror = Mirror()
    flow = Flow(Transport.UDP, ("192.0.2.1", 5060), PEER_6 if name in RFC_5118 else PEER)
    expected = OUTCOMES[name]
    assert [status_of(each) for each in mirror.hear(ALL[name], flow)] == ([] if expected is None else [expected])
    assert all(sent.remote[0] == flow.remote[0] for sent, _ in mirror.sent), "answered to somebody else"
    mirror.endpoint.advance(1e6)
    assert len(mirror.endpoint.transactions) == 0


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome_on_a_stream(name: str) -> None:
    """A stream needs a Content-Length; what cannot be cut closes the connection instead of being answered."""
    mirror = Mirror()
    flow = Flow(Transport.TCP, ("192.0.2.1", 5060), PEER)
    framer = StreamFramer()
    try:
        messages = framer.feed(ALL[name])
    except MalformedMessage:
        assert name in ("ncl", "mcl01", "inv2543")
        return
    if name == "clerr":
        assert not messages and framer.waiting
        return
    statuses = [status_of(each) for message in messages for each in mirror.hear(message, flow)]
    expected = OUTCOMES[name]
    first = [] if expected is None else [expected]
    assert statuses == ([*first, 200] if name == "dblreq" else first)


# -- values of valid messages -----------------------------------------------------------------------------------


def test_wsinv() -> None:
    message = request("wsinv")
    assert message.uri == "sip:vivekg@chair-dnrc.example.com;unknownparam"
    assert (message.from_tag, message.to_tag) == ("98asjd8", "1918181833n")
    sender = message.address("From")
    assert sender is not None and sender.display == 'J Rosenberg \\"' and sender.uri.user == "jdrosen"
    assert message.number("Max-Forwards") == 68
    assert message.cseq == (9, "INVITE")
    assert (message.via.transport, message.via.host, message.via.branch) == ("UDP", "192.0.2.2", "390skdjuw")
    assert len(message.values("Via")) == 3
    assert message.get("Subject") == ""
    assert message.get("Newfangledheader") == "newfangled value continued newfangled value"
    assert message.get("Unknownheaderwithunusualvalue") == ";;,,;;,;"
    contact = message.address("Contact")
    assert contact is not None and contact.display == 'Quoted string ""'
    assert contact.parameters == (("newparam", "newvalue"), ("secondparam", None), ("q", "0.33"))
    assert len(message.body) == 150


def test_intmeth() -> None:
    message = request("intmeth")
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~"
    uri = parse_uri(message.uri)
    assert uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*" and uri.host == "example.com"
    callee, caller = message.address("To"), message.address("From")
    assert callee is not None and callee.display == "BEL:\x07 NUL:\0 DEL:\x7f"
    assert caller is not None and caller.display == "token1~` token2'+_ token3*%!.-"
    assert caller.parameter("fromparam''~+*_!.-%") == "работающий"
    assert message.from_tag == "_token~1'+`*%!-."
    assert message.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert message.via.branch == "z9hG4bK-.!%66*_+`'~"


def test_escapes_mean_their_characters_once() -> None:
    message = request("esc01")
    assert parse_uri(message.uri).user == "sips:user@example.com"
    callee, caller, contact = (message.address(name) for name in ("To", "From", "Contact"))
    assert callee is not None and callee.uri.user == "user"
    assert caller is not None and caller.uri.user == "I have spaces"
    assert contact is not None and contact.uri.user == "caller"
    assert message.content_type == "application/sdp"


def test_escaped_nulls_do_not_end_a_user() -> None:
    message = request("escnull")
    callee = message.address("To")
    assert callee is not None and callee.uri.user == "null-\0-null"
    assert [parse_uri(each[1:-1]).user for each in message.values("Contact")] == ["\0", "\0\0"]


def test_percent_is_no_escape_outside_of_uris() -> None:
    message = request("esc02")
    assert message.method == "RE%47IST%45R"
    callee = message.address("To")
    assert callee is not None and callee.display == "%Z%45"
    assert message.values("Contact") == ["<sip:alias1@host1.example.com>", "<sip:alias3@host3.example.com>"]


def test_display_name_right_before_the_bracket() -> None:
    sender = request("lwsdisp").address("From")
    assert sender is not None and (sender.display, sender.uri.user) == ("caller", "caller")
    assert request("lwsdisp").from_tag == "323"


def test_long_values() -> None:
    message = request("longreq")
    assert len(message.values("Via")) == 34
    assert message.via.host == "sip33.example.com"
    assert message.from_tag == "12" + "982" * 50 + "424"
    callee = message.address("To")
    assert callee is not None and callee.uri.port == 6000
    assert callee.uri.parameter("very" + "long" * 25 + "parameternamewithnovalue") == ""


def test_octets_after_the_message_are_dropped() -> None:
    assert request("dblreq").body == b""


def test_semicolons_in_a_user() -> None:
    message = request("semiuri")
    uri = parse_uri(message.uri)
    assert (uri.user, uri.host, uri.parameters) == ("user;par=u@example.net", "example.com", ())
    assert len(message.values("Accept")) == 6


def test_unknown_transports() -> None:
    assert [each.split()[0] for each in request("transports").values("Via")] == [
        f"SIP/2.0/{name}" for name in ("UDP", "SCTP", "TLS", "UNKNOWN", "TCP")
    ]


def test_binary_bodies_are_left_alone() -> None:
    message = request("mpart01")
    assert bytes(range(256)) in message.body
    assert message.content_type == "multipart/mixed"


def test_reason_phrases() -> None:
    unusual, empty = parse_message(ALL["unreason"]), parse_message(ALL["noreason"])
    assert isinstance(unusual, Response) and isinstance(empty, Response)
    assert unusual.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"
    assert (empty.status, empty.reason) == (100, "")


def test_branch_of_nothing_but_the_magic_is_no_branch() -> None:
    """Two such requests of different calls are two transactions (RFC 4475 section 3.2.1)."""
    mirror, flow = Mirror(), Flow(Transport.UDP, ("192.0.2.254", 5060), ("192.0.2.1", 5060))
    other = ALL["badbranch"].replace(b"badbranch.", b"another.")
    assert [status_of(each) for data in (ALL["badbranch"], other) for each in mirror.hear(data, flow)] == [200] * 2
    assert len(mirror.endpoint.transactions) == 2
    assert response(mirror.hear(ALL["badbranch"], flow)[0]).call_id.startswith("badbranch")
    assert len(mirror.endpoint.transactions) == 2, "a retransmission is no new transaction"


def test_refusal_repeats_one_value_of_what_must_be_single() -> None:
    refused = parse_for_refusal(ALL["multi01"])
    assert refused is not None
    assert refused.headers["Call-ID"] == ["multi01.98asdh@192.0.2.1"]
    assert refused.headers["CSeq"] == ["5 INVITE"]


@pytest.mark.parametrize("name", [name for name, outcome in OUTCOMES.items() if outcome in (200, 481)])
def test_what_was_read_is_written_the_same(name: str) -> None:
    message = request(name)
    again = parse_message(message.encode())
    assert isinstance(again, Request)
    assert (again.method, again.uri, again.headers, again.body) == (
        message.method,
        message.uri,
        message.headers,
        message.body,
    )


# -- IPv6 (RFC 5118) --------------------------------------------------------------------------------------------


def test_ipv6_port_inside_and_outside_of_the_brackets() -> None:
    inside, outside = parse_uri(request("port-ambiguous").uri), parse_uri(request("port-unambiguous").uri)
    assert (inside.host, inside.port) == ("[2001:db8::10:5070]", None)
    assert (outside.host, outside.port) == ("[2001:db8::10]", 5070)


def test_response_to_an_ipv6_sender_goes_back_to_it() -> None:
    mirror = Mirror()
    flow = Flow(Transport.UDP, ("2001:db8::10", 5060), PEER_6)
    answer = response(mirror.hear(ALL["ipv6-good"], flow)[0])
    assert mirror.sent[0][0].remote == PEER_6
    assert answer.headers["Via"] == ["SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111"], "nothing to note"


def test_received_of_the_sender_is_replaced_by_the_truth() -> None:
    mirror = Mirror()
    flow = Flow(Transport.UDP, ("2001:db8::10", 5060), ("2001:db8::66", 5060))
    for name in ("via-received-param-with-delim", "via-received-param-no-delim"):
        answer = response(mirror.hear(ALL[name], flow)[0])
        assert "received=2001:db8::66" in answer.headers["Via"][0] and "::9:255" not in answer.headers["Via"][0]
    assert {sent.remote for sent, _ in mirror.sent} == {("2001:db8::66", 5060)}


def test_mixed_addresses_in_via() -> None:
    message = request("mult-ip-in-header")
    assert (message.via.host, message.via.port) == ("[2001:db8::9:1]", 6050)
    assert len(message.values("Via")) == 3


def test_ipv6_in_session_descriptions() -> None:
    single = parse_description(request("ipv6-in-sdp").body)
    assert [single.address_of(each) for each in single.sections] == ["2001:db8::20"] * 2
    mixed = parse_description(request("mult-ip-in-sdp").body)
    assert [mixed.address_of(each) for each in mixed.sections] == ["192.0.2.1", "2001:db8::1"]
    mapped = parse_description(request("ipv4-mapped-ipv6").body)
    assert [mapped.address_of(each) for each in mapped.sections] == ["::ffff:192.0.2.2"]


def test_ipv4_mapped_contact_with_dots_in_its_name() -> None:
    message = request("ipv4-mapped-ipv6")
    contact = message.address("Contact")
    assert contact is not None
    assert (contact.display, contact.uri.host) == ("T. desk phone", "[::ffff:192.0.2.2]")
    assert (message.via.host, message.via.port) == ("[::ffff:192.0.2.10]", 19823)
