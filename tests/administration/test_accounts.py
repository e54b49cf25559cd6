from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.installation import FIRST_ADMINISTRATOR
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Invalid, NotFound, Refused
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import PermissionsRole
from ringward.pki.secrets import PasswordHashing

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
    with pytest.raises(Invalid, match="8 to 128") as caught:
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
    accounts.add(ada, ApplicationUser("idle", None, PermissionsRole.ADMINISTRATOR))
    accounts.add(ada, ApplicationUser("guest", PASSWORD, PermissionsRole.READ_ONLY))
    for change in ({"permissions_role": PermissionsRole.READ_ONLY}, {"password": None}):
        with pytest.raises(Refused, match="only administrator"):
            accounts.update(ada, FIRST_ADMINISTRATOR, change)
    with pytest.raises(Refused, match="only administrator"):
        accounts.remove(ada, FIRST_ADMINISTRATOR)
    accounts.rename(ada, FIRST_ADMINISTRATOR, "root")
    accounts.set_password(ada, "root", PASSWORD, PASSWORD)
    accounts.add(ada, ApplicationUser("second", PASSWORD, PermissionsRole.ADMINISTRATOR))
    accounts.remove(ada, "root")
    with pytest.raises(Refused, match="only administrator"):
        accounts.remove(ada, "second", "idle")


def test_a_password_of_nobody_cannot_be_set(administration: Administration, ada: Actor) -> None:
    with pytest.raises(NotFound):
        administration.end_users.set_password(ada, "nobody", PASSWORD, PASSWORD)
