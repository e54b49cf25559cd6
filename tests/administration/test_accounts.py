from __future__ import annotations

import pytest
from sqlalchemy import select

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.installation import FIRST_ADMINISTRATOR
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Invalid, NotFound, Refused
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import READ_ONLY, SUPER_USERS
from ringward.pki.secrets import PasswordHashing
from ringward.store.tables import former_password

PASSWORD = Secret("correct horse")


@pytest.fixture
def users(administration: Administration, ada: Actor) -> Administration:
    administration.end_users.add(ada, EndUser("bob", password=PASSWORD, digest_credentials=Secret("d1gest")))
    return administration


def test_of_a_password_only_a_hash_is_kept(users: Administration, ada: Actor, hashing: PasswordHashing) -> None:
    stored = users.end_users.get(ada, "bob").password
    assert stored is not None
    assert stored.reveal().startswith("$argon2id$")
    assert hashing.verify(stored, PASSWORD)


def test_other_changes_keep_the_password(users: Administration, ada: Actor, hashing: PasswordHashing) -> None:
    users.end_users.update(ada, "bob", {"last_name": "Builder"})
    users.end_users.rename(ada, "bob", "robert")
    stored = users.end_users.get(ada, "robert").password
    assert hashing.verify(stored, PASSWORD)


def test_a_password_is_entered_twice(users: Administration, ada: Actor, hashing: PasswordHashing) -> None:
    """ADMIN-13."""
    with pytest.raises(Invalid, match="both fields") as caught:
        users.end_users.set_password(ada, "bob", Secret("new password"), Secret("new passw0rd"))
    assert "new passw" not in str(caught.value)
    users.end_users.set_password(ada, "bob", Secret("new password"), Secret("new password"))
    assert hashing.verify(users.end_users.get(ada, "bob").password, Secret("new password"))


def test_digest_credentials_are_entered_twice(users: Administration, ada: Actor) -> None:
    """SIPD-18: unequal fields are refused, and so is what is not alphanumeric."""
    with pytest.raises(Invalid, match="both fields"):
        users.end_users.set_digest_credentials(ada, "bob", Secret("abc1"), Secret("abc2"))
    with pytest.raises(Invalid, match="letters and digits") as caught:
        users.end_users.set_digest_credentials(ada, "bob", Secret("abc-1"), Secret("abc-1"))
    assert "abc" not in str(caught.value)
    assert users.end_users.get(ada, "bob").digest_credentials == Secret("d1gest")
    saved = users.end_users.set_digest_credentials(ada, "bob", Secret("abc1"), Secret("abc1"))
    assert saved.record.digest_credentials == Secret("abc1")
    assert any("digest user" in note for note in saved.notes)


@pytest.mark.parametrize("password", ["", "short", "x" * 129])
def test_too_short_and_too_long_passwords_are_refused_unseen(
    users: Administration, ada: Actor, password: str
) -> None:
    with pytest.raises(Invalid, match="12 to 128") as caught:
        users.end_users.set_password(ada, "bob", Secret(password), Secret(password))
    assert not password or password not in str(caught.value)


def test_a_copy_has_no_secrets(users: Administration, ada: Actor) -> None:
    copy = users.end_users.copy(ada, "bob", {"user_id": "eve"}).record
    assert copy.password is None
    assert copy.digest_credentials is None


def test_secrets_are_audited_without_their_text(users: Administration, ada: Actor) -> None:
    users.end_users.set_digest_credentials(ada, "bob", Secret("abc1"), Secret("abc1"))
    users.end_users.update(ada, "bob", {"digest_credentials": None})
    removed, changed, added = users.audit.find(ada).entries[:3]
    assert added.after["digest_credentials"] == added.after["password"] == "(set)"
    assert (changed.before["digest_credentials"], changed.after["digest_credentials"]) == ("(set)", "(changed)")
    assert (removed.before["digest_credentials"], removed.after["digest_credentials"]) == ("(set)", "")


def test_the_last_administrator_who_can_log_in_stays_one(administration: Administration, ada: Actor) -> None:
    accounts = administration.application_users
    accounts.add(ada, ApplicationUser("idle", None, (SUPER_USERS,)))
    accounts.add(ada, ApplicationUser("guest", PASSWORD, (READ_ONLY,)))
    for change in ({"user_groups": (READ_ONLY,)}, {"password": None}):
        with pytest.raises(Refused, match="only administrator"):
            accounts.update(ada, FIRST_ADMINISTRATOR, change)
    with pytest.raises(Refused, match="only administrator"):
        accounts.remove(ada, FIRST_ADMINISTRATOR)
    accounts.rename(ada, FIRST_ADMINISTRATOR, "root")
    accounts.set_password(ada, "root", PASSWORD, PASSWORD)
    accounts.add(ada, ApplicationUser("second", PASSWORD, (SUPER_USERS,)))
    accounts.remove(ada, "root")
    with pytest.raises(Refused, match="only administrator"):
        accounts.remove(ada, "second", "idle")


def test_a_password_of_nobody_cannot_be_set(administration: Administration, ada: Actor) -> None:
    with pytest.raises(NotFound):
        administration.end_users.set_password(ada, "nobody", PASSWORD, PASSWORD)


def _set(users: Administration, ada: Actor, password: str) -> None:
    users.end_users.set_password(ada, "bob", Secret(password), Secret(password))


@pytest.mark.parametrize(
    ("parameter", "value", "refused", "allowed"),
    [
        ("password_shortest", "16", "fifteen letters", "sixteen letters!"),
        ("password_kinds", "3", "all small letters", "Small, CAPITALS"),
        ("password_kinds", "4", "Small, CAPITALS", "Small, CAPITALS, 5"),
        ("password_without_user_id", "true", "I am BOB, believe me", "I am somebody else"),
        ("password_without_user_id", "false", "too short", "I am BOB, believe me"),
    ],
)
def test_a_password_must_be_as_the_parameters_say(
    users: Administration, ada: Actor, parameter: str, value: str, refused: str, allowed: str
) -> None:
    users.parameters.set_enterprise(ada, {parameter: value})
    with pytest.raises(Invalid) as caught:
        _set(users, ada, refused)
    assert refused not in str(caught.value)
    _set(users, ada, allowed)


def test_former_passwords_are_refused_also_after_the_account_was_renamed(
    users: Administration, ada: Actor
) -> None:
    users.parameters.set_enterprise(ada, {"password_history": "3"})
    for number in range(3):
        _set(users, ada, f"password number {number}")
    for number in range(3):
        with pytest.raises(Invalid, match="none of the last 3 passwords"):
            _set(users, ada, f"password number {number}")
    users.end_users.rename(ada, "bob", "robert")
    with pytest.raises(Invalid):
        users.end_users.update(ada, "robert", {"password": Secret("password number 2")})
    users.parameters.set_enterprise(ada, {"password_history": "2"})
    users.end_users.update(ada, "robert", {"password": Secret("password number 0")})


def test_an_account_that_is_removed_takes_its_former_passwords_along(users: Administration, ada: Actor) -> None:
    _set(users, ada, "password number 1")
    users.end_users.remove(ada, "bob")
    users.end_users.add(ada, EndUser("bob", password=Secret("password number 1")))
    with users.database.reading() as connection:
        assert len(connection.execute(select(former_password)).all()) == 2  # the administrator's, and this one


def test_former_passwords_are_sealed_in_the_database(users: Administration, ada: Actor) -> None:
    _set(users, ada, "password number 1")
    with users.database.reading() as connection:
        stored = [row.sealed for row in connection.execute(select(former_password))]
    assert stored and not any(b"argon2" in each for each in stored)
