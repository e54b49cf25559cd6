"""Lock-outs, and the administrators' look at them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.application_user import ApplicationUser
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import LockedOut, NotAllowed, NotFound, Refused
from ringward.domain.rights import Rights
from ringward.domain.rules.sign_in import EVERYWHERE, FIRST_LOCK, places_of
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import SUPER_USERS
from ringward.store import lock_outs as rows
from ringward.store.audit import AuditFilter

NOUN = ApplicationUser.noun
ATTEMPTS = EnterpriseParameters().sign_in_attempts
LONGEST = EnterpriseParameters().longest_lock_out * 60
HERE = ("192.0.2.9",)


def _fail(administration: Administration, name: str, times: int = ATTEMPTS) -> None:
    for _ in range(times):
        administration.lock_outs.begin(NOUN, name, HERE)


def test_no_lock_is_longer_than_the_parameter_says(administration: Administration, clock: Any) -> None:
    for _ in range(40):
        _fail(administration, "root", 1)
        clock.now += LONGEST
    _fail(administration, "root", 1)
    clock.now += LONGEST - 1
    with pytest.raises(LockedOut):
        _fail(administration, "root", 1)


def test_the_parameters_count_at_once(administration: Administration, ada: Actor) -> None:
    administration.parameters.set_enterprise(ada, {"sign_in_attempts": "2", "longest_lock_out": "1"})
    _fail(administration, "root", 2)
    with pytest.raises(LockedOut) as caught:
        _fail(administration, "root", 1)
    assert caught.value.seconds == FIRST_LOCK


def test_many_attempts_at_once_gain_nothing(administration: Administration) -> None:
    passed: list[bool] = []

    def attempt() -> None:
        try:
            _fail(administration, "root", 1)
        except LockedOut:
            return
        passed.append(True)

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == ATTEMPTS


def test_made_up_names_do_not_fill_the_disk(
    administration: Administration, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_KEPT", 10)
    for number in range(30):
        clock.now += 1
        _fail(administration, f"name{number}", 1)
    with administration.database.reading() as connection:
        kept = [number for number in range(30) if rows.of_account(connection, NOUN, f"name{number}")]
    assert 10 <= len(kept) <= 11
    assert kept[-1] == 29


def test_attempts_of_the_day_before_count_no_more(administration: Administration, clock: Any) -> None:
    _fail(administration, "root", ATTEMPTS - 1)
    clock.now += 25 * 3600
    _fail(administration, "root", ATTEMPTS - 1)


def test_a_lock_out_outlives_a_restart_and_is_seen_and_ended(
    administration: Administration, ada: Actor, clock: Any
) -> None:
    administration.application_users.add(ada, ApplicationUser("root", Secret("correct horse"), (SUPER_USERS,)))
    _fail(administration, "root")
    _fail(administration, "nobody")
    clock.now += 1
    seen = {each.failures.name: each for each in administration.lock_outs.find(ada)}
    assert {name: each.exists for name, each in seen.items()} == {"root": True, "nobody": False}
    assert seen["root"].failures.locked_until == int((clock.now - 1 + FIRST_LOCK) * 1000)

    administration.lock_outs.unlock(ada, NOUN, "root")
    _fail(administration, "root", 1)
    assert [each.failures.name for each in administration.lock_outs.find(ada)] == ["nobody"]
    entry = administration.audit.find(ada, AuditFilter(permission="lock-out.unlock")).entries[0]
    assert (entry.actor, entry.noun, entry.key) == ("ada", NOUN, "root")
    with pytest.raises(NotFound):
        administration.lock_outs.unlock(ada, NOUN, "root")


def test_nobody_unlocks_who_may_do_more_than_himself(administration: Administration, ada: Actor) -> None:
    administration.application_users.add(ada, ApplicationUser("root", Secret("correct horse"), (SUPER_USERS,)))
    _fail(administration, "root")
    desk = Actor("desk", Rights("help desk", ("lock-out.*",)), "192.0.2.4")
    with pytest.raises(Refused):
        administration.lock_outs.unlock(desk, NOUN, "root")
    with pytest.raises(NotAllowed):
        administration.lock_outs.unlock(Actor("x", Rights("x", ("lock-out.read",)), "test"), NOUN, "root")


def test_addresses_of_one_network_of_ipv6_count_as_one() -> None:
    assert places_of("2001:db8::1", None) == places_of("2001:db8::ffff", None) == ("2001:db8::/64", EVERYWHERE)
    assert places_of("192.0.2.9", None) == ("192.0.2.9", EVERYWHERE)
    assert places_of("command line", None) == ("command line", EVERYWHERE)
