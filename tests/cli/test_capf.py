"""``ringward capf``, while no node runs."""

from __future__ import annotations

from collections.abc import Callable

Ringward = Callable[..., str]
CAPF = "Cisco Certificate Authority Proxy Function"
SEP = "SEP000000000001"


def words(text: str) -> str:
    return " ".join(text.split())


def test_what_is_not_renewed_by_itself_is_told(ringward: Ringward) -> None:
    """CAPF-09: who looks whether all is well must not read that it is."""
    assert "Nothing is renewed by itself" in words(ringward("capf", "renewals"))
    assert "No certificate ends so soon" in words(ringward("capf", "renewals", "--expires-within", "60"))
    ringward("parameter", "set", "Renew Certificates Before Their End", "60", "--service", CAPF)
    assert "No certificate ends so soon" in words(ringward("capf", "renewals"))


def test_who_orders_an_operation_is_told_while_capf_does_not_run(ringward: Ringward) -> None:
    """CAPF-03: at once, and not when two thousand phones have been reset in vain."""
    ringward("phone", "add", SEP, "--model", "7961")
    for more in ((), ("--reset",)):
        assert "CAPF does not run" in words(ringward("capf", "set", "install", SEP, *more))
    ringward("service", "activate", "capf")
    for more in ((), ("--reset",)):
        assert "CAPF does not run" not in words(ringward("capf", "set", "install", SEP, *more))
