"""Second factors of administrators: nobody signs in without the code, and no code signs in twice (HTTPS-13)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from ringward.administration.administration import Administration
from ringward.administration.authentication import Account
from ringward.administration.authorization import Actor
from ringward.administration.second_factors import RECOVERY_CODES, OfferedKey
from ringward.domain.application_user import ApplicationUser
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import (
    CodeWanted,
    Invalid,
    LockedOut,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Refused,
    WrongCode,
)
from ringward.domain.rights import Rights
from ringward.domain.rules.one_time_code import STEP, code_of
from ringward.domain.rules.sign_in import FIRST_LOCK
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import HELP_DESK, READ_ONLY, SUPER_USERS
from ringward.store.audit import AuditFilter

PASSWORD, HERE, ELSEWHERE = Secret("correct horse"), "192.0.2.9", "198.51.100.7"
FREE_ATTEMPTS = EnterpriseParameters().sign_in_attempts


class Authenticator:
    """The application on somebody's telephone."""

    def __init__(self, offered: OfferedKey, clock: Any) -> None:
        self.key, self.clock = bytes.fromhex(offered.key.reveal()), clock

    def code(self) -> str:
        """What it shows now."""
        return code_of(self.key, int(self.clock.now) // STEP)

    def early_code(self) -> str:
        """What a clock shows that is a little fast."""
        return code_of(self.key, int(self.clock.now) // STEP + 1)

    def wrong_code(self) -> str:
        """What it shows neither now nor just before or after."""
        now = int(self.clock.now) // STEP
        shown = {code_of(self.key, step) for step in range(now - 3, now + 4)}
        return next(code for code in map("{:06}".format, range(10)) if code not in shown)

    def next_code(self) -> str:
        """What it shows once the present code is over."""
        self.clock.now += STEP
        return self.code()


class World:
    """Two administrators, of whom ``root`` has a second factor."""

    def __init__(self, administration: Administration, clock: Any) -> None:
        self.administration, self.clock = administration, clock
        someone = Actor("installer", Rights("all", ("*",)), "test")
        for name, group in (
            ("root", SUPER_USERS),
            ("eve", SUPER_USERS),
            ("guest", READ_ONLY),
            ("desk", HELP_DESK),
        ):
            administration.application_users.add(someone, ApplicationUser(name, PASSWORD, (group,)))
        offered = administration.own_second_factor.offer(self.actor())
        self.authenticator = Authenticator(offered, clock)
        self.codes: Sequence[Secret] = administration.own_second_factor.turn_on(
            self.actor(), PASSWORD, offered, self.authenticator.code()
        )

    def actor(self, name: str = "root") -> Actor:
        account = self.administration.authentication.present(Actor(name, Rights("", ()), HERE), is_end_user=False)
        assert account is not None
        return account.actor

    def sign_in(self, code: str, origin: str = HERE, device: str = "") -> Account:
        """The pages' way: the password first, then the code."""
        with pytest.raises(CodeWanted) as caught:
            self.administration.authentication.sign_in("root", PASSWORD, origin, is_end_user=False, device=device)
        return self.administration.authentication.finish("root", caught.value, code, origin)

    def log(self) -> list[tuple[str, str, dict[str, str]]]:
        """What the audit log says of signing in, the oldest first."""
        entries = self.administration.audit.find(self.actor(), AuditFilter(noun="application-user")).entries
        steps = [each for each in entries if each.permission.endswith(("log-in", "prove-password"))]
        return [(each.permission.split(".")[1], each.outcome.value, dict(each.after)) for each in reversed(steps)]


@pytest.fixture
def world(administration: Administration, clock: Any) -> World:
    clock.now = 1_700_000_000.0
    return World(administration, clock)


def test_the_password_alone_signs_nobody_in(world: World) -> None:
    authentication = world.administration.authentication
    with pytest.raises(CodeWanted):
        authentication.sign_in("root", PASSWORD, HERE, is_end_user=False)
    with pytest.raises(CodeWanted):
        authentication.administrator("root", PASSWORD, HERE)
    assert authentication.sign_in("eve", PASSWORD, HERE, is_end_user=False).actor.name == "eve"


def test_a_wrong_password_does_not_tell_that_there_is_a_second_factor(world: World) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        world.administration.authentication.administrator(
            "root", Secret("wrong"), HERE, world.authenticator.code()
        )
    assert str(caught.value) == "the user ID or the password is wrong"


def test_password_and_code_sign_in_by_either_way(world: World) -> None:
    assert world.sign_in(world.authenticator.next_code()).actor.rights.permissions == ("*",)
    actor = world.administration.authentication.administrator(
        "root", PASSWORD, HERE, world.authenticator.next_code()
    )
    assert actor.rights.permissions == ("*",)
    assert world.log()[-3:] == [
        ("prove-password", "done", {}),
        ("log-in", "done", {"second_factor": "code"}),
        ("log-in", "done", {"second_factor": "code"}),
    ]


def test_a_code_is_good_once_also_the_one_that_confirmed_the_key(world: World) -> None:
    with pytest.raises(WrongCode):
        world.sign_in(world.authenticator.code())
    code = world.authenticator.next_code()
    assert world.sign_in(code)
    with pytest.raises(WrongCode):
        world.sign_in(code)
    with pytest.raises(WrongCode):
        world.administration.authentication.administrator("root", PASSWORD, ELSEWHERE, code)


def test_of_many_at_once_with_one_code_only_one_comes_in(world: World) -> None:
    code = world.authenticator.next_code()
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: world.administration.second_factors.take("root", code), range(4)))
    assert sorted(each or "" for each in taken) == ["", "", "", "code"]


def test_each_recovery_code_is_good_once_however_it_is_typed(world: World) -> None:
    assert len({each.reveal() for each in world.codes}) == RECOVERY_CODES
    code = world.codes[0].reveal()
    assert world.sign_in(f" {code.upper().replace('-', ' ')} ")
    with pytest.raises(WrongCode):
        world.sign_in(code)
    assert world.administration.own_second_factor.look(world.actor()).codes_left == RECOVERY_CODES - 1
    assert world.log()[-3][2] == {"second_factor": f"recovery code, {RECOVERY_CODES - 1} left"}


def test_who_guesses_codes_is_locked_out_and_a_new_password_step_gives_no_new_guesses(world: World) -> None:
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(WrongCode):
            world.sign_in(world.authenticator.wrong_code())
    with pytest.raises(LockedOut):
        world.sign_in(world.authenticator.early_code())
    (locked,) = world.administration.lock_outs.find(world.actor())
    assert locked.failures.name == "root"
    assert world.log()[-2][2] == {"second_factor": "wrong code", "locked_for": f"{FIRST_LOCK} seconds"}
    assert world.sign_in(world.authenticator.early_code(), ELSEWHERE), "nobody elsewhere is locked out"
    world.clock.now += FIRST_LOCK
    assert world.sign_in(world.authenticator.next_code())


def test_who_mistypes_the_password_has_all_attempts_for_the_code(world: World) -> None:
    for _ in range(FREE_ATTEMPTS - 1):
        with pytest.raises(NotAuthenticated):
            world.administration.authentication.administrator("root", Secret("wrong"), HERE)
    assert world.sign_in(world.authenticator.next_code())


def test_strangers_without_the_password_lock_no_code(world: World) -> None:
    code = world.authenticator.code()
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(NotAuthenticated):
            world.administration.authentication.administrator("root", Secret("wrong"), HERE, code)
    world.clock.now += FIRST_LOCK
    assert world.sign_in(world.authenticator.next_code())


def test_who_has_shown_the_password_comes_in_no_more_once_the_account_has_changed(world: World) -> None:
    authentication = world.administration.authentication
    with pytest.raises(CodeWanted) as caught:
        authentication.sign_in("root", PASSWORD, HERE, is_end_user=False)
    again = Secret("another horse")
    world.administration.application_users.set_password(world.actor(), "root", again, again)
    with pytest.raises(NotAuthenticated):
        authentication.finish("root", caught.value, world.authenticator.next_code(), HERE)


def test_setting_it_up_needs_password_and_code_and_ends_other_sessions(world: World) -> None:
    own, eve = world.administration.own_second_factor, world.actor("eve")
    before = world.administration.authentication.present(eve, is_end_user=False)
    offered = own.offer(eve)
    authenticator = Authenticator(offered, world.clock)
    right, wrong = authenticator.code(), authenticator.wrong_code()
    for password, code, field in ((Secret("wrong"), right, "present"), (PASSWORD, wrong, "code")):
        with pytest.raises(Invalid) as caught:
            own.turn_on(eve, password, offered, code)
        assert [each.field for each in caught.value.errors] == [field]
        assert right not in str(caught.value)
    assert own.look(eve).enrolled_at is None
    own.turn_on(eve, PASSWORD, offered, right)
    after = world.administration.authentication.present(eve, is_end_user=False)
    assert before is not None and after is not None and before.credential != after.credential
    with pytest.raises(Refused):
        own.turn_on(eve, PASSWORD, own.offer(eve), right)


def test_turning_it_off_and_new_recovery_codes_need_password_and_code(world: World) -> None:
    own, root = world.administration.own_second_factor, world.actor()
    with pytest.raises(Invalid):
        own.turn_off(root, PASSWORD, world.authenticator.code())  # used already
    with pytest.raises(Invalid):
        own.renew_codes(root, Secret("wrong"), world.authenticator.next_code())
    made = own.renew_codes(root, PASSWORD, world.authenticator.next_code())
    with pytest.raises(WrongCode):
        world.sign_in(world.codes[1].reveal())
    own.turn_off(root, PASSWORD, made[0].reveal())
    assert world.administration.authentication.sign_in("root", PASSWORD, HERE, is_end_user=False)
    entries = world.administration.audit.find(root, AuditFilter(noun="second-factor")).entries
    assert [(each.actor, each.key, each.outcome.value) for each in entries] == [
        ("root", "root", "removed"),
        ("root", "root", "updated"),
        ("root", "root", "added"),
    ]


def test_another_administrator_takes_it_away_and_nobody_with_less_rights(world: World) -> None:
    factors = world.administration.second_factors
    with pytest.raises(Refused):
        factors.remove(world.actor(), "root")
    for name in ("guest", "desk"):
        with pytest.raises(NotAllowed):
            factors.remove(world.actor(name), "root")
    with pytest.raises(Refused):
        factors.remove(Actor("half", Rights("half", ("second-factor.*",)), HERE), "root")
    factors.remove(world.actor("eve"), "root")
    with pytest.raises(NotFound):
        factors.remove(world.actor("eve"), "root")
    assert world.administration.authentication.sign_in("root", PASSWORD, HERE, is_end_user=False)
    (removed,) = world.administration.audit.find(
        world.actor(), AuditFilter(permission="second-factor.remove", actor="eve")
    ).entries
    assert removed.key == "root"


def test_who_may_look_sees_who_has_one(world: World) -> None:
    found = {each.user: each for each in world.administration.second_factors.find(world.actor("guest"))}
    assert found["root"].codes_left == RECOVERY_CODES
    assert found["eve"].enrolled_at is None
    with pytest.raises(NotAllowed):
        world.administration.second_factors.find(world.actor("desk"))


def test_where_it_is_demanded_an_account_without_one_must_set_it_up(world: World) -> None:
    world.administration.parameters.set_enterprise(world.actor(), {"second_factor_demanded": "true"})
    authentication = world.administration.authentication
    assert authentication.sign_in("eve", PASSWORD, HERE, is_end_user=False).must_enrol
    assert not world.sign_in(world.authenticator.next_code()).must_enrol
    with pytest.raises(Refused, match="second factor is demanded"):
        authentication.administrator("eve", PASSWORD, HERE)
    assert world.log()[-1][:2] == ("log-in", "denied")


def test_a_renamed_account_keeps_it_and_a_removed_one_leaves_nothing(world: World) -> None:
    world.administration.application_users.update(world.actor("eve"), "root", {"name": "ruth"})
    assert world.administration.second_factors.of("ruth").codes_left == RECOVERY_CODES
    with pytest.raises(CodeWanted):
        world.administration.authentication.administrator("ruth", PASSWORD, HERE)
    world.administration.application_users.remove(world.actor("eve"), "ruth")
    with world.administration.database.reading() as connection:
        for table in ("second_factor", "recovery_code"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


def test_neither_key_nor_codes_are_in_the_database_or_the_log(world: World) -> None:
    world.sign_in(world.authenticator.next_code())
    with world.administration.database.reading() as connection:
        everything = "\n".join(
            repr(tuple(row))
            for table in ("second_factor", "recovery_code", "audit")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        )
    key = world.authenticator.key
    for secret in (
        key.hex(),
        key.decode("latin-1"),
        world.authenticator.code(),
        *(c.reveal() for c in world.codes),
    ):
        assert secret not in everything
