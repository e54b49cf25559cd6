"""Which requests are challenged, and for how long a challenge can be answered (SIPD-05, SIPD-07)."""

from __future__ import annotations

import pytest

from ringward.domain.rules.digest import RequestFacts, is_challenged, nonce_is_valid

METHODS = [
    "INVITE",
    "ACK",
    "CANCEL",
    "BYE",
    "REGISTER",
    "OPTIONS",
    "SUBSCRIBE",
    "NOTIFY",
    "REFER",
    "INFO",
    "UPDATE",
    "PRACK",
    "MESSAGE",
    "PUBLISH",
    "NEWMETHOD",
]


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_with_digest_everything_is_challenged_but_keepalives(method: str, refresh: bool) -> None:
    """SIPD-05, R-31."""
    spared = method in ("ACK", "CANCEL") or (method == "REGISTER" and refresh)
    assert is_challenged(True, RequestFacts(method, refresh)) is not spared


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_without_digest_nothing_is_challenged(method: str, refresh: bool) -> None:
    assert not is_challenged(False, RequestFacts(method, refresh))


@pytest.mark.parametrize(
    ("age", "valid"), [(0, True), (599, True), (600, True), (600.001, False), (601, False), (-0.001, False)]
)
def test_a_nonce_lives_as_long_as_the_profile_says(age: float, valid: bool) -> None:
    """SIPD-07."""
    assert nonce_is_valid(1000.0, 1000.0 + age, 600) is valid
