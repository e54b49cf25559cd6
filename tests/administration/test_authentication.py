from __future__ import annotations

import threading
from typing import Any

import pytest

from ringward.administration import authentication as module
from ringward.administration.administration import Administration
from ringward.administration.authentication import FIRST_LOCK, FREE_ATTEMPTS, LONGEST_LOCK, LockOut
from ringward.administration.authorization import Actor
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import LockedOut, NotAuthenticated
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import PermissionsRole
from ringward.store.audit import AuditFilter, Outcome

RIGHT, WRONG = Secret("correct horse"), Secret("wrong horse")


@pytest.fixture
def users(administration: Administration, ada: Actor) -> Administration:
    administration.application_users.add(ada, ApplicationUser("root", RIGHT, PermissionsRole.ADMINISTRATOR))
    administration.application_users.add(ada, ApplicationUser("idle", None, PermissionsRole.ADMINISTRATOR))
    administration.end_users.add(ada, EndUser("bob", password=RIGHT))
    return administration


def _fail(users: Administration, name: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(NotAuthenticated):
            users.authentication.administrator(name, WRONG, "192.0.2.9")


def test_the_right_password_makes_an_actor(users: Administration) -> None:
    actor = users.authentication.administrator("root", RIGHT, "192.0.2.9")
    assert actor == Actor("root", PermissionsRole.ADMINISTRATOR, "192.0.2.9")
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


def test_no_lock_is_longer_than_an_hour(clock: Any) -> None:
    lock_out = LockOut(clock)
    for _ in range(40):
        lock_out.begin("root")
        clock.now += LONGEST_LOCK
    lock_out.begin("root")
    clock.now += LONGEST_LOCK - 1
    with pytest.raises(LockedOut):
        lock_out.begin("root")


def test_many_attempts_at_once_gain_nothing(clock: Any) -> None:
    lock_out = LockOut(clock)
    passed: list[bool] = []

    def attempt() -> None:
        try:
            lock_out.begin("root")
        except LockedOut:
            return
        passed.append(True)

    threads = [threading.Thread(target=attempt) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == FREE_ATTEMPTS


def test_made_up_names_do_not_fill_the_memory(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_ACCOUNTS", 10)
    lock_out = LockOut(clock)
    for number in range(100):
        lock_out.begin(f"name{number}")
    assert len(lock_out._failures) == 10
