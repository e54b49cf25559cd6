"""``ringward sign-in`` while no node runs: who is locked out, and letting him in again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.domain.application_user import ApplicationUser
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import LockedOut
from ringward.domain.secret import Secret

Ringward = Callable[..., str]
Ask = Callable[..., Any]
ATTEMPTS = EnterpriseParameters().sign_in_attempts


def fail(cluster: Path, name: str, times: int) -> None:
    administration = Administration.open(cluster)
    try:
        for _ in range(times):
            administration.lock_outs.begin(ApplicationUser.noun, name, ("192.0.2.9",))
    finally:
        administration.close()


def test_who_is_locked_out_is_listed_and_unlocked(ringward: Ringward, ask: Ask, cluster: Path) -> None:
    assert "Nobody is locked out" in ringward("sign-in", "locked")
    fail(cluster, "administrator", ATTEMPTS)
    with pytest.raises(LockedOut):
        fail(cluster, "administrator", 1)
    (locked,) = ask("sign-in", "locked")
    assert (locked["name"], locked["place"], locked["exists"]) == ("administrator", "192.0.2.9", True)
    assert "administrator" in ringward("sign-in", "locked")
    assert "can try again" in ringward("sign-in", "unlock", "administrator")
    assert ask("sign-in", "locked") == []
    fail(cluster, "administrator", 1)


def test_names_that_nobody_has_are_told_apart_for_the_administrator_alone(
    ringward: Ringward, ask: Ask, cluster: Path
) -> None:
    fail(cluster, "root", ATTEMPTS)
    (locked,) = ask("sign-in", "locked")
    assert locked["exists"] is False
    assert "no such account" in " ".join(ringward("sign-in", "locked").split())


def test_sessions_are_those_of_a_running_node(ringward: Ringward) -> None:
    assert "no node runs" in ringward("sign-in", "list", code=1).lower().replace("\n", " ")


def test_a_forgotten_password_is_set_and_must_be_replaced(ringward: Ringward, cluster: Path) -> None:
    ringward("end-user", "add", "bob", "--last-name", "Baker")
    said = ringward("end-user", "set-password", "bob", "--password-file", "-", typed="a fresh long password\n")
    assert "must choose another" in " ".join(said.split())
    administration = Administration.open(cluster)
    try:
        account = administration.authentication.sign_in(
            "bob", Secret("a fresh long password"), "192.0.2.9", is_end_user=True
        )
        assert account.must_change_password
    finally:
        administration.close()
    assert "characters" in ringward("end-user", "set-password", "bob", "--password-file", "-", code=1, typed="x\n")
    assert "there is no" in ringward(
        "application-user", "set-password", "nobody", "--password-file", "-", code=1, typed="a fresh long one\n"
    )
