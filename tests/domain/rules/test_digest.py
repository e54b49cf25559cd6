"""Which requests are challenged (SIPD-05)."""

from __future__ import annotations

import pytest

from ringward.domain.rules.digest import is_challenged

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
    assert is_challenged(True, method, refresh) is not spared


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_without_digest_nothing_is_challenged(method: str, refresh: bool) -> None:
    assert not is_challenged(False, method, refresh)
