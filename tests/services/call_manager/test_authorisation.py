"""What a stranger learns of numbers and devices: nothing (SIPD-05, CLUSTER-05, PSP-22)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from harness.stranger import Besieged, request
from ringward.domain.vocabulary import DeviceSecurityMode, TransportType
from ringward.protocols.sip import digest
from ringward.protocols.sip.flow import Transport
from ringward.protocols.sip.message import Response

UNKNOWN, DIGEST, SHORT_NONCE, ENCRYPTED, SECURE_DIGEST, TCP_ONLY, SHARED, OPEN = map(str, range(1001, 1009))
HIDDEN = [DIGEST, SHORT_NONCE, ENCRYPTED, SECURE_DIGEST, TCP_ONLY, SHARED]
"""Every number that a stranger must not be able to tell from one that does not exist."""


@pytest.fixture
def besieged() -> Besieged:
    besieged = Besieged()
    besieged.add(DIGEST, ("alice", "right"))
    besieged.add(SHORT_NONCE, ("bob", "right"), nonce_validity=5)
    besieged.add(ENCRYPTED, security_mode=DeviceSecurityMode.ENCRYPTED, transport=TransportType.TLS)
    besieged.add(
        SECURE_DIGEST,
        ("carol", "right"),
        security_mode=DeviceSecurityMode.AUTHENTICATED,
        transport=TransportType.TLS,
    )
    besieged.add(TCP_ONLY, transport=TransportType.TCP)
    besieged.add(SHARED, ("dora", "right"))
    besieged.add(SHARED, ("eric", "right"))
    besieged.add(OPEN)
    return besieged


def look(answer: Response, number: str) -> tuple[int, str, list[str]]:
    """All that a stranger sees of an answer, without what is random in every one."""
    lines = [f"{name}: {value}" for name, values in answer.headers.items() for value in values]
    text = "\n".join(lines).replace(number, "NUMBER")
    return answer.status, answer.reason, re.sub(r'nonce="[^"]*"', "nonce", text).split("\n")


ATTEMPTS: list[tuple[str, dict[str, Any]]] = [
    ("REGISTER", {}),
    ("REGISTER", {"extra": ["Expires: 0"]}),
    ("REGISTER", {"extra": ["Expires: 1"]}),
    ("REGISTER", {"extra": ["Expires: nonsense"]}),
    ("REGISTER", {"extra": ["Contact: <sip:1001@1.2.3.4:99999>"]}),
    ("REGISTER", {"extra": ["Contact: *"]}),
    ("REGISTER", {"extra": ["Require: nonsense"]}),
    ("REGISTER", {"max_forwards": "0"}),
    ("REGISTER", {"extra": ["Authorization: Digest"]}),
    ("REGISTER", {"extra": ["Authorization: Basic abc"]}),
    (
        "REGISTER",
        {
            "extra": [
                'Authorization: Digest realm="ccmsipline", nonce="x", uri="sip:10.0.0.254", username="alice", '
                'response="0"'
            ]
        },
    ),
    ("INVITE", {}),
    ("INVITE", {"max_forwards": "0"}),
    ("INVITE", {"extra": ["Require: nonsense"]}),
    ("OPTIONS", {}),
    ("SUBSCRIBE", {}),
    ("MESSAGE", {}),
    ("BYE", {}),
    ("CANCEL", {}),
    ("NOTIFY", {}),
]


@pytest.mark.parametrize(("method", "more"), ATTEMPTS)
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TLS])
@pytest.mark.parametrize("addressed", [False, True])
def test_hidden_numbers_look_like_unknown_ones(
    besieged: Besieged, method: str, more: dict[str, Any], transport: Transport, addressed: bool
) -> None:
    seen = {}
    # By TLS a phone whose transport is TCP may come in: that one is open.
    hidden = [number for number in HIDDEN if number != TCP_ONLY or transport is Transport.UDP]
    for number in (UNKNOWN, *hidden):
        uri = f"sip:{number}@10.0.0.254" if addressed else ""
        data = request(method, number, key="same", uri=uri, transport=transport.value, **more)
        answers = besieged.send(data, transport=transport)
        seen[number] = [look(answer, number) for answer in answers]
    assert all(seen[number] == seen[UNKNOWN] for number in hidden)
    assert len(seen[UNKNOWN]) == 1


@pytest.mark.parametrize("age", [0.0, 4.0, 6.0, 599.0, 601.0])
def test_wrong_credentials_look_the_same_however_old_the_challenge(besieged: Besieged, age: float) -> None:
    """SIPD-07: the validity of a device's challenges is no sign of its existence."""
    statuses = set()
    for number in (UNKNOWN, *HIDDEN):
        (challenge,) = besieged.send(request("REGISTER", number, key=number))
        besieged.now += age
        nonce = re.search(r'nonce="([^"]*)"', challenge.headers["WWW-Authenticate"][0])
        assert nonce is not None
        answer = (
            f'Authorization: Digest realm="ccmsipline", nonce="{nonce[1]}", uri="sip:10.0.0.254", '
            f'username="alice", response="{"0" * 32}", qop=auth, nc=00000001, cnonce="c"'
        )
        (refusal,) = besieged.send(request("REGISTER", number, key=number, cseq=2, extra=[answer]))
        statuses.add((refusal.status, refusal.reason, refusal.to_tag))
    assert statuses == {(403, "Forbidden", "refused")}


def test_right_credentials_on_an_old_challenge_are_stale(besieged: Besieged) -> None:
    besieged.now = 10.0
    assert besieged.log_in(SHORT_NONCE, "bob", "right") == 200


def test_refusals_cost_the_same_work(besieged: Besieged, monkeypatch: pytest.MonkeyPatch) -> None:
    """No number is found by timing: what takes time is hashing, and it is done as often for every number.

    Work is counted rather than time measured, which would say more about the machine than about us.
    """
    done: Counter[str] = Counter()

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            done[name] += 1
            return function(*arguments, **more)

        return call

    monkeypatch.setattr(digest, "digest_hash", counted("hash", digest.digest_hash))
    monkeypatch.setattr(hashlib, "blake2s", counted("seal", hashlib.blake2s))
    monkeypatch.setattr(hmac, "compare_digest", counted("comparison", hmac.compare_digest))
    challenges, refusals = {}, {}
    for number in (UNKNOWN, *HIDDEN):
        done.clear()
        (challenge,) = besieged.send(request("REGISTER", number, key=number))
        challenges[number] = dict(done)
        nonce = re.search(r'nonce="([^"]*)"', challenge.headers["WWW-Authenticate"][0])
        assert nonce is not None
        for user in ("alice", "nobody"):
            answer = (
                f'Authorization: Digest realm="ccmsipline", nonce="{nonce[1]}", uri="sip:10.0.0.254", '
                f'username="{user}", response="{"0" * 32}", qop=auth, nc=00000001, cnonce="c"'
            )
            done.clear()
            besieged.send(request("REGISTER", number, key=number + user, cseq=2, extra=[answer]))
            refusals[number, user] = dict(done)
    assert challenges[UNKNOWN]["seal"] > 0
    assert all(work == challenges[UNKNOWN] for work in challenges.values()), challenges
    assert refusals[UNKNOWN, "alice"]["hash"] > 0
    assert all(work == refusals[UNKNOWN, "alice"] for work in refusals.values()), refusals


def test_a_phone_that_asks_for_nothing_is_open(besieged: Besieged) -> None:
    """The one thing to be found out; docs and log name digest authentication as the remedy."""
    assert besieged.ask("REGISTER", OPEN).status == 200


def test_the_reason_of_a_refusal_is_in_the_log_and_kept(
    besieged: Besieged, caplog: pytest.LogCaptureFixture
) -> None:
    besieged.ask("REGISTER", ENCRYPTED)
    besieged.ask("REGISTER", TCP_ONLY)
    reasons = {refusal.reason for refusal in besieged.side.registrations.refusals.values()}
    assert reasons == {
        "its device security mode is Encrypted, but it connected without TLS",
        "its transport type is TCP, but it connected over UDP",
    }
    assert all(any(reason in message for message in caplog.messages) for reason in reasons)


def test_right_credentials_by_the_wrong_way_are_refused(besieged: Besieged) -> None:
    assert besieged.log_in(SECURE_DIGEST, "carol", "right") == 403
    assert len(besieged.side.registrations) == 0


def test_a_non_secure_phone_may_come_over_tls(besieged: Besieged) -> None:
    """More protection than its profile asks for is not refused."""
    data = request("REGISTER", TCP_ONLY, transport="TLS")
    (answer,) = besieged.send(data, transport=Transport.TLS)
    assert answer.status == 200


def test_a_registered_phone_whose_profile_has_changed_is_refused(besieged: Besieged) -> None:
    assert besieged.ask("REGISTER", OPEN).status == 200
    invite = {"uri": f"sip:{OPEN}@10.0.0.254"}
    assert besieged.ask("OPTIONS", OPEN, **invite).status == 200
    changed = besieged.devices.pop()
    besieged.add(OPEN, transport=TransportType.TCP)
    assert besieged.devices[-1].name == changed.name
    assert besieged.ask("OPTIONS", OPEN, **invite).status == 403


def test_nobody_else_speaks_in_a_call(besieged: Besieged) -> None:
    data = request("BYE", OPEN, to=f"To: <sip:{OPEN}@10.0.0.254>;tag=nobody")
    (answer,) = besieged.send(data)
    assert answer.status == 481
    assert besieged.kept == 0
