from __future__ import annotations

from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import LockedOut, NotAuthenticated
from ringward.domain.rights import Rights
from ringward.domain.rules.sign_in import FIRST_LOCK
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import SUPER_USERS
from ringward.store.audit import AuditFilter, Outcome

FREE_ATTEMPTS = EnterpriseParameters().sign_in_attempts
RIGHT, WRONG = Secret("correct horse"), Secret("wrong horse")


@pytest.fixture
def users(administration: Administration, ada: Actor) -> Administration:
    administration.application_users.add(ada, ApplicationUser("root", RIGHT, (SUPER_USERS,)))
    administration.application_users.add(ada, ApplicationUser("idle", None, (SUPER_USERS,)))
    administration.end_users.add(ada, EndUser("bob", password=RIGHT))
    return administration


def _fail(users: Administration, name: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(NotAuthenticated):
            users.authentication.administrator(name, WRONG, "192.0.2.9")


def test_the_right_password_makes_an_actor(users: Administration) -> None:
    actor = users.authentication.administrator("root", RIGHT, "192.0.2.9")
    assert actor == Actor("root", Rights(SUPER_USERS, ("*",)), "192.0.2.9")
    assert users.authentication.end_user("bob", RIGHT, "192.0.2.9").user_id == "bob"


@pytest.mark.parametrize("name", ["root", "idle", "nobody", "bob", "", "root' OR '1'='1"])
def test_every_failure_says_the_same(users: Administration, name: str) -> None:
    """Nobody learns which accounts exist."""
    with pytest.raises(NotAuthenticated) as caught:
        users.authentication.administrator(name, WRONG, "192.0.2.9")
    assert str(caught.value) == "the user ID or the password is wrong"


@pytest.mark.parametrize("name", ["root", "idle", "nobody"])
def test_every_failure_costs_one_verification(
    users: Administration, name: str, hashing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Secret | None] = []
    verify = hashing.verify

    def counted(stored: Secret | None, given: Secret) -> bool:
        calls.append(stored)
        return bool(verify(stored, given))

    monkeypatch.setattr(hashing, "verify", counted)
    _fail(users, name)
    assert len(calls) == 1


def test_end_users_are_no_administrators_and_the_reverse(users: Administration) -> None:
    with pytest.raises(NotAuthenticated):
        users.authentication.administrator("bob", RIGHT, "192.0.2.9")
    with pytest.raises(NotAuthenticated):
        users.authentication.end_user("root", RIGHT, "192.0.2.9")


@pytest.mark.parametrize("name", ["root", "nobody"])
def test_who_guesses_is_locked_out_longer_each_time(users: Administration, clock: Any, name: str) -> None:
    _fail(users, name, FREE_ATTEMPTS)
    lock = FIRST_LOCK
    for _ in range(3):
        clock.now += lock - 1
        with pytest.raises(LockedOut) as caught:
            users.authentication.administrator(name, RIGHT, "192.0.2.9")
        assert caught.value.seconds == 1
        clock.now += 1
        _fail(users, name)
        lock *= 2


def test_the_right_password_after_the_lock_forgets_the_failures(users: Administration, clock: Any) -> None:
    _fail(users, "root", FREE_ATTEMPTS)
    clock.now += FIRST_LOCK
    users.authentication.administrator("root", RIGHT, "192.0.2.9")
    _fail(users, "root", FREE_ATTEMPTS - 1)
    users.authentication.administrator("root", RIGHT, "192.0.2.9")


def test_a_locked_account_locks_nobody_else(users: Administration) -> None:
    _fail(users, "root", FREE_ATTEMPTS)
    with pytest.raises(LockedOut):
        users.authentication.administrator("root", RIGHT, "192.0.2.9")
    users.authentication.end_user("bob", RIGHT, "192.0.2.9")


def test_attempts_are_audited_but_not_those_of_the_locked(users: Administration, ada: Actor) -> None:
    users.authentication.administrator("root", RIGHT, "192.0.2.9")
    _fail(users, "root", FREE_ATTEMPTS)
    with pytest.raises(LockedOut):
        users.authentication.administrator("root", WRONG, "192.0.2.9")
    entries = users.audit.find(ada, AuditFilter(permission="application-user.log-in")).entries
    assert [entry.outcome for entry in entries] == [Outcome.DENIED] * FREE_ATTEMPTS + [Outcome.DONE]
    assert {(entry.actor, entry.key, entry.origin) for entry in entries} == {("root", "root", "192.0.2.9")}


def test_a_guesser_locks_nobody_out_who_comes_from_elsewhere(users: Administration) -> None:
    """No denial of service: the honest administrator has another address."""
    _fail(users, "root", FREE_ATTEMPTS)
    assert users.authentication.administrator("root", RIGHT, "198.51.100.7").name == "root"


def test_a_guesser_with_many_addresses_locks_out_all_browsers_but_those_known(users: Administration) -> None:
    known = users.authentication.device_of(
        users.authentication.sign_in("root", RIGHT, "192.0.2.1", is_end_user=False), is_end_user=False
    )
    for number in range(FREE_ATTEMPTS * 10):
        with pytest.raises(NotAuthenticated):
            users.authentication.administrator("root", WRONG, f"198.51.100.{number}")
    for device in ("", "made.up.thing", known.replace(known[-8:], "00000000"), "9" * 300, "\u0660.a.b"):
        with pytest.raises(LockedOut):
            users.authentication.sign_in("root", RIGHT, "203.0.113.1", is_end_user=False, device=device)
    assert users.authentication.sign_in("root", RIGHT, "203.0.113.1", is_end_user=False, device=known)


def test_a_known_browser_is_known_for_its_own_account_alone_and_not_for_ever(
    users: Administration, ada: Actor, clock: Any
) -> None:
    users.application_users.add(ada, ApplicationUser("eve", RIGHT, (SUPER_USERS,)))
    eve = users.authentication.sign_in("eve", RIGHT, "192.0.2.9", is_end_user=False)
    device = users.authentication.device_of(eve, is_end_user=False)
    _fail(users, "root", FREE_ATTEMPTS)
    with pytest.raises(LockedOut):
        users.authentication.sign_in("root", RIGHT, "192.0.2.9", is_end_user=False, device=device)
    clock.now += 91 * 24 * 3600
    _fail(users, "eve", FREE_ATTEMPTS)
    with pytest.raises(LockedOut):
        users.authentication.sign_in("eve", RIGHT, "192.0.2.9", is_end_user=False, device=device)


def test_a_known_browser_that_guesses_is_locked_as_well(users: Administration) -> None:
    root = users.authentication.sign_in("root", RIGHT, "192.0.2.9", is_end_user=False)
    device = users.authentication.device_of(root, is_end_user=False)
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(NotAuthenticated):
            users.authentication.sign_in("root", WRONG, "192.0.2.9", is_end_user=False, device=device)
    with pytest.raises(LockedOut):
        users.authentication.sign_in("root", RIGHT, "192.0.2.9", is_end_user=False, device=device)


def test_who_is_signed_in_proves_it_apart_from_strangers(users: Administration) -> None:
    root = Actor("root", Rights("x", ("*",)), "192.0.2.9")
    _fail(users, "root", FREE_ATTEMPTS)
    users.authentication.prove(root, RIGHT, is_end_user=False)
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(NotAuthenticated):
            users.authentication.prove(root, WRONG, is_end_user=False)
    with pytest.raises(LockedOut):
        users.authentication.prove(root, RIGHT, is_end_user=False)


def test_a_password_that_is_too_old_must_be_changed(users: Administration, ada: Actor, clock: Any) -> None:
    root = Actor("root", Rights("x", ("*",)), "192.0.2.9")
    clock.now += 40 * 24 * 3600

    def must_change() -> bool:
        account = users.authentication.present(root, is_end_user=False)
        assert account is not None
        return account.must_change_password

    assert not must_change()
    users.parameters.set_enterprise(ada, {"password_days": "30"})
    assert must_change()
    new = Secret("a new one now")
    users.own_account.set_password(root, RIGHT, new, new, is_end_user=False)
    assert not must_change()
