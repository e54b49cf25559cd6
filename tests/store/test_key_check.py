from __future__ import annotations

import pytest

from ringward.pki.secrets import SealBroken, SecretBox
from ringward.store.database import Database
from ringward.store.key_check import has_key_check, verify_key, write_key_check

RIGHT = SecretBox({1: bytes(32)})
WRONG = SecretBox({1: bytes([1]) * 32})


def test_a_database_takes_the_key_it_was_installed_with_and_no_other(database: Database) -> None:
    with database.writing() as connection:
        assert not has_key_check(connection)
        write_key_check(connection, RIGHT)
        assert has_key_check(connection)
    with database.reading() as connection:
        verify_key(connection, RIGHT)
        with pytest.raises(SealBroken, match="another database"):
            verify_key(connection, WRONG)


def test_a_database_that_is_not_installed_takes_any_key(database: Database) -> None:
    with database.reading() as connection:
        verify_key(connection, WRONG)
