"""Digest authentication: RFC 2617 and 7616 vectors, nonce validity, replay (SIPD-05 to SIPD-15)."""

from __future__ import annotations

from itertools import count

import pytest

from ringward.protocols.sip.digest import (
    MAX_REMEMBERED_NONCES,
    Algorithm,
    DigestCredentials,
    DigestVerifier,
    Verdict,
    credentials_hash,
    parse_digest,
    response_hash,
)
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.message import Request, Response

REALM = "ccmsipline"


def test_rfc_2617_vector() -> None:
    checksum = credentials_hash(Algorithm.MD5, "Mufasa", "testrealm@host.com", "Circle Of Life")
    assert (
        response_hash(
            Algorithm.MD5,
            checksum,
            "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            "GET",
            "/dir/index.html",
            "auth",
            "00000001",
            "0a4f113b",
        )
        == "6629fae49393a05397450978507c4ef1"
    )


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        (Algorithm.MD5, "8ca523f5e9506fed4657c9700eebdbec"),
        (Algorithm.SHA_256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616_vectors(algorithm: Algorithm, expected: str) -> None:
    checksum = credentials_hash(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life")
    nonce, client_nonce = (
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    found = response_hash(algorithm, checksum, nonce, "GET", "/dir/index.html", "auth", "00000001", client_nonce)
    assert found == expected


class Exchange:
    """A verifier and a user agent that answers its challenges."""

    def __init__(self, algorithm: Algorithm = Algorithm.MD5) -> None:
        tokens = count(1)
        self.algorithm = algorithm
        self.verifier = DigestVerifier(b"k" * 32, lambda: f"n{next(tokens)}")
        self.checksum = credentials_hash(algorithm, "alice", REALM, "secret")
        self.agent = DigestCredentials("alice", "secret", lambda: "cnonce")

    def challenge(self, now: float = 0.0) -> str:
        return self.verifier.challenges(REALM, [self.algorithm], now, stale=False)[0]

    def answer(self, challenge: str, method: str = "REGISTER", uri: str = "sip:cm") -> Request:
        request = Request(method, uri, {})
        header = self.agent.answer(request, Response(401, "", {"WWW-Authenticate": [challenge]}))
        assert header is not None
        request.headers[header[0]] = [header[1]]
        return request

    def verify(self, request: Request, now: float = 1.0) -> Verdict:
        return self.verifier.verify(
            request,
            REALM,
            lambda user, algorithm: self.checksum if (user, algorithm) == ("alice", self.algorithm) else None,
            now,
            600,
            [self.algorithm],
        ).verdict


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_right_answer(algorithm: Algorithm) -> None:
    exchange = Exchange(algorithm)
    assert exchange.verify(exchange.answer(exchange.challenge())) is Verdict.ACCEPTED


def test_each_challenge_has_its_own_nonce() -> None:
    """SIPD-06."""
    exchange = Exchange()
    assert exchange.challenge() != exchange.challenge()


@pytest.mark.parametrize(("now", "verdict"), [(599.0, Verdict.ACCEPTED), (601.0, Verdict.STALE)])
def test_nonce_validity(now: float, verdict: Verdict) -> None:
    """SIPD-07."""
    exchange = Exchange()
    assert exchange.verify(exchange.answer(exchange.challenge()), now) is verdict


@pytest.mark.parametrize("now", [599.0, 601.0])
def test_wrong_answer_is_wrong_however_old_its_challenge(now: float) -> None:
    """RFC 7616 section 3.3: stale is only what would have been right."""
    exchange = Exchange()
    exchange.agent = DigestCredentials("alice", "guess", lambda: "c")
    assert exchange.verify(exchange.answer(exchange.challenge()), now) is Verdict.WRONG_PASSWORD


def test_challenge_is_answered_from_the_place_that_it_went_to() -> None:
    exchange = Exchange()
    challenge = exchange.verifier.challenges(REALM, [Algorithm.MD5], 0.0, stale=False, place="192.0.2.1")[0]
    request = exchange.answer(challenge)
    for place, verdict in (("192.0.2.2", Verdict.STALE), ("", Verdict.STALE), ("192.0.2.1", Verdict.ACCEPTED)):
        found = exchange.verifier.verify(
            request, REALM, lambda user, algorithm: exchange.checksum, 1.0, place=place
        )
        assert found.verdict is verdict


def test_replay_is_refused() -> None:
    """SIPD-15."""
    exchange = Exchange()
    request = exchange.answer(exchange.challenge())
    assert exchange.verify(request) is Verdict.ACCEPTED
    assert exchange.verify(request) is Verdict.REPLAYED


def test_nonce_serves_again_with_a_higher_count() -> None:
    exchange = Exchange()
    challenge = exchange.challenge()
    assert exchange.verify(exchange.answer(challenge)) is Verdict.ACCEPTED
    assert exchange.verify(exchange.answer(challenge)) is Verdict.ACCEPTED


def test_nonce_without_qop_serves_once() -> None:
    exchange = Exchange()
    challenge = exchange.challenge().replace(', qop="auth"', "")
    assert exchange.verify(exchange.answer(challenge)) is Verdict.ACCEPTED
    assert exchange.verify(exchange.answer(challenge)) is Verdict.REPLAYED


@pytest.mark.parametrize(("method", "uri"), [("INVITE", "sip:cm"), ("REGISTER", "sip:1001@other")])
def test_answer_is_for_one_method_and_uri(method: str, uri: str) -> None:
    """SIPD-15."""
    exchange = Exchange()
    request = exchange.answer(exchange.challenge())
    stolen = Request(method, uri, request.headers)
    assert exchange.verify(stolen) in (Verdict.WRONG_PASSWORD, Verdict.MALFORMED)


def test_forged_nonce_is_stale() -> None:
    exchange = Exchange()
    challenge = exchange.challenge()
    nonce = parse_digest(challenge)["nonce"]
    for forged in (nonce[:-1] + ("0" if nonce[-1] != "0" else "1"), "", "x", "0.n1."):
        assert exchange.verify(exchange.answer(challenge.replace(nonce, forged or "-"))) is Verdict.STALE


def test_wrong_user_and_wrong_password() -> None:
    exchange = Exchange()
    exchange.agent = DigestCredentials("alice", "guess", lambda: "c")
    assert exchange.verify(exchange.answer(exchange.challenge())) is Verdict.WRONG_PASSWORD
    exchange.agent = DigestCredentials("bob", "secret", lambda: "c")
    assert exchange.verify(exchange.answer(exchange.challenge())) is Verdict.WRONG_USER


def test_no_credentials_for_this_realm() -> None:
    exchange = Exchange()
    assert exchange.verify(Request("REGISTER", "sip:cm", {})) is Verdict.MISSING
    other = exchange.answer(exchange.challenge().replace(REALM, "elsewhere"))
    assert exchange.verify(other) is Verdict.MISSING


@pytest.mark.parametrize(
    "value",
    [
        'Digest realm="ccmsipline", qop=auth-int, nonce="x", uri="sip:cm", username="a", response="b"',
        'Digest realm="ccmsipline", qop=auth, nonce="x", uri="sip:cm", username="a", response="b"',
        'Digest realm="ccmsipline", algorithm=SHA-1, nonce="x", uri="sip:cm", username="a", response="b"',
        'Digest realm="ccmsipline", realm="x"',
        "Basic dTpw",
        'Digest realm="ccmsipline',
    ],
)
def test_malformed_credentials(value: str) -> None:
    request = Request("REGISTER", "sip:cm", {"Authorization": [value]})
    assert Exchange().verify(request) in (Verdict.MALFORMED, Verdict.MISSING)


def test_weaker_algorithm_than_offered_is_refused() -> None:
    """RFC 8760 section 2.4: what is not offered is not accepted."""
    exchange = Exchange(Algorithm.SHA_256)
    challenge = exchange.challenge().replace("SHA-256", "MD5")
    assert exchange.verify(exchange.answer(challenge)) is Verdict.MALFORMED


def test_memory_of_used_nonces_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringward.protocols.sip.digest.MAX_REMEMBERED_NONCES", 10)
    assert MAX_REMEMBERED_NONCES > 1000
    exchange = Exchange()
    first = exchange.answer(exchange.challenge(0.0))
    assert exchange.verify(first, 1.0) is Verdict.ACCEPTED
    for number in range(20):
        now = 2.0 + number
        assert exchange.verify(exchange.answer(exchange.challenge(now)), now) is Verdict.ACCEPTED
    assert len(exchange.verifier._used) <= 10
    assert exchange.verify(first, 30.0) is not Verdict.ACCEPTED


def test_parse_digest_refuses_other_schemes() -> None:
    with pytest.raises(MalformedMessage):
        parse_digest("Bearer x")
