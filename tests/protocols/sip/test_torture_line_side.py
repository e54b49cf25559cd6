"""The torture messages of RFC 4475 that ask something of a registrar or a user agent, at the call manager.

Its lines have numbers, so the names that the messages call by are replaced by numbers, and nothing else is.
"""

from __future__ import annotations

import pytest

from harness.office import Office, Phone
from harness.torture import ALL
from harness.wire import Agent, Wire
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.message_parser import parse_message


class Ear(Wire):
    """A wire that remembers what the call manager sent."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[bytes] = []

    def carry(self, source: Agent, flow: Flow, data: bytes) -> None:
        if source.name == "cm":
            self.heard.append(data)
        super().carry(source, flow, data)

    def tell(self, office: Office, phone: Phone, data: bytes) -> Response:
        """The last response to bytes that come from where a phone is."""
        self.heard.clear()
        office.receive(data, self.flow(office, phone.agent), self.now)  # type: ignore[arg-type]
        assert self.heard, "not answered"
        answer = parse_message(self.heard[-1])
        assert isinstance(answer, Response)
        return answer


CALLER, CALLEE = "1001", "1002"


def office_with(*, registered: bool = True, digest: bool = False) -> tuple[Ear, Office, Phone]:
    """An office with two phones, and the one that the messages come from."""
    wire = Ear()
    office = Office(wire)
    phone = office.phone("caller", CALLER, digest=("alice", "secret") if digest else None)
    callee = office.phone("callee", CALLEE)
    if registered:
        assert phone.register() == "response 200"
    assert callee.register() == "response 200"
    return wire, office, phone


def cast(name: str, caller: str, callee: str = "user") -> bytes:
    """A message with numbers in place of the caller and the called user."""
    data = ALL[name]
    assert f":{caller}@".encode() in data
    data = data.replace(f":{caller}@".encode(), f":{CALLER}@".encode())
    return data.replace(f":{callee}@".encode(), f":{CALLEE}@".encode())


@pytest.mark.parametrize(
    ("name", "sender", "status"),
    [
        ("intmeth", "mundane", 501),
        ("esc02", "resource", 501),
        ("mpart01", "fluffy", 405),
        ("esc01", "I%20have%20spaces", 404),  # well formed; nobody has that number
        ("lwsdisp", "caller", 200),
        ("semiuri", "caller", 200),
        ("transports", "caller", 200),
        ("badaspec", "a.g.bell", 200),
        ("baddn", "a.g.bell", 400),
        ("bext01", "caller", 420),
        ("invut", "caller", 415),
        ("badbranch", "caller", 200),
        ("zeromf", "caller", 200),
        ("inv2543", "+13035551111", 400),  # without a Contact there is nowhere to send a BYE to
    ],
)
def test_answer_to_a_registered_phone(name: str, sender: str, status: int) -> None:
    wire, office, phone = office_with()
    assert wire.tell(office, phone, cast(name, sender)).status == status


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ("longreq", "amazinglylongcallername" * 5),
        ("escruri", "caller"),  # the escaped header is not obeyed
        ("baddate", "caller"),  # Date is not looked at
        ("sdp01", "caller"),  # Accept is not looked at: whoever calls takes SDP (RFC 3261 section 13.2.1)
    ],
)
def test_call_that_is_placed(name: str, sender: str) -> None:
    wire, office, phone = office_with()
    office.receive(cast(name, sender), wire.flow(office, phone.agent), wire.now)  # type: ignore[arg-type]
    invite = parse_message(wire.heard[-1])
    assert isinstance(invite, Request) and invite.uri == "sip:1002@10.0.0.2:5060"
    assert invite.get("Route") is None


def test_requests_of_strangers_are_refused_whatever_they_hold() -> None:
    wire, office, phone = office_with()
    for name in ("bext01", "invut", "esc02", "longreq", "zeromf"):
        assert wire.tell(office, phone, ALL[name]).status == 403


def test_unsupported_extensions_are_all_named() -> None:
    wire, office, phone = office_with()
    answer = wire.tell(office, phone, cast("bext01", "caller"))
    assert answer.values("Unsupported") == ["nothingSupportsThis", "nothingSupportsThisEither"]


def test_unsupported_body_is_told_what_is_supported() -> None:
    wire, office, phone = office_with()
    assert wire.tell(office, phone, cast("invut", "caller")).values("Accept") == ["application/sdp"]


def test_unknown_methods_are_told_the_known_ones() -> None:
    wire, office, phone = office_with()
    assert "INVITE" in wire.tell(office, phone, cast("esc02", "resource")).values("Allow")


def test_escaped_nulls_register_two_contacts() -> None:
    wire, office, phone = office_with(registered=False)
    answer = wire.tell(office, phone, cast("escnull", "null-%00-null"))
    assert answer.status == 200
    contacts = [each.partition(";")[0] for each in answer.values("Contact")]
    assert contacts == ["<sip:%00@host5.example.com>", "<sip:%00%00@host5.example.com>"]


def test_addresses_of_other_schemes_cannot_be_registered() -> None:
    wire, office, phone = office_with()
    assert wire.tell(office, phone, ALL["unksm2"]).status == 400


def test_unknown_authorization_scheme_is_challenged() -> None:
    wire, office, phone = office_with(registered=False, digest=True)
    answer = wire.tell(office, phone, cast("regaut01", "j.user"))
    assert answer.status == 401
    assert (answer.get("WWW-Authenticate") or "").startswith("Digest ")


def test_contact_parameters_of_the_header_and_of_the_uri() -> None:
    wire, office, phone = office_with(registered=False)
    outside = wire.tell(office, phone, cast("cparam01", "watson"))
    assert (outside.get("Contact") or "").startswith("<sip:+19725552222@gw1.example.net>;")
    wire, office, phone = office_with(registered=False)
    inside = wire.tell(office, phone, cast("cparam02", "watson"))
    assert (inside.get("Contact") or "").startswith("<sip:+19725552222@gw1.example.net;unknownparam>;")


def test_contact_that_needs_brackets_and_has_none_is_refused() -> None:
    wire, office, phone = office_with(registered=False)
    assert wire.tell(office, phone, cast("regbadct", "user")).status == 400


def test_escaped_header_of_a_contact_is_kept_and_never_obeyed() -> None:
    wire, office, phone = office_with(registered=False)
    answer = wire.tell(office, phone, ALL["regescrt"].replace(b": sip:user@", b": sip:1001@"))
    assert answer.status == 200
    assert (answer.get("Contact") or "").startswith("<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;")
    caller = office.phone("third", "1003")
    assert caller.register() == "response 200"
    wire.heard.clear()
    caller.call(CALLER)
    wire.settle()
    invite = next(each for each in map(parse_message, wire.heard) if isinstance(each, Request))
    assert invite.method == "INVITE" and invite.get("Route") is None
    assert "?" not in invite.uri
