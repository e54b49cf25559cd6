"""End users and application users."""

from __future__ import annotations

from typing import Any

import pytest

from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, record_errors, settings_of


def broken(record: Noun) -> list[str]:
    return [error.field for error in record_errors(record)]


@pytest.mark.parametrize("user_id", ["ann", "ann.lee", "a-1_b", "ann@example.com", "7"])
def test_user_ids(user_id: str) -> None:
    assert broken(EndUser(user_id)) == []
    assert broken(ApplicationUser(user_id)) == []


@pytest.mark.parametrize("user_id", ["", "ann lee", 'a"b', "a/b", "a\\b", "ä", "a" * 65, "-a", ".a"])
def test_texts_that_would_need_quoting_are_no_user_ids(user_id: str) -> None:
    assert broken(EndUser(user_id)) == ["user_id"]
    assert broken(ApplicationUser(user_id)) == ["name"]


@pytest.mark.parametrize(
    ("credentials", "valid"),
    [("abc123", True), ("A" * 128, True), ("A" * 129, False), ("a b", False), ("a-b", False)],
)
def test_digest_credentials_are_alphanumeric(credentials: str, valid: bool) -> None:
    """SIPD-18."""
    user = EndUser("ann", digest_credentials=Secret(credentials))
    assert (broken(user) == []) is valid
    assert credentials not in str(record_errors(user))


@pytest.mark.parametrize("kind", [EndUser, ApplicationUser])
def test_secrets_are_entered_as_secrets(kind: type[Noun]) -> None:
    """ADMIN-13."""
    by_name: dict[str, Any] = {item.name: item for item in settings_of(kind)}
    assert by_name["password"].setting.secret
    assert not by_name["password"].setting.listed
    if kind is EndUser:
        assert by_name["digest_credentials"].setting.secret


def test_a_new_account_may_do_nothing() -> None:
    """AUTHZ-19: nobody becomes an administrator by forgetting a field."""
    assert ApplicationUser("ann").user_groups == ()
