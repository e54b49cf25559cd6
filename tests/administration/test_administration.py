from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.data_directory import DATABASE_FILE, KEY_FILE
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Unavailable
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.region import Region
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.standard_groups import SUPER_USERS
from ringward.domain.vocabulary import Protocol
from ringward.pki.secrets import SealBroken, create_key_file

NODE = Server("node1", "192.0.2.1")
SECRETS = ("pa55-of-the-user", "d1gestOfTheUser", "pa55-of-the-administrator", "*unlock-code#")


def _opened(directory: Path, *, create: bool = False) -> Administration:
    return Administration.open(directory, create=create)


def test_a_data_directory_is_made_once_and_opened_again(tmp_path: Path, ada: Actor) -> None:
    """CLUSTER-23."""
    directory = tmp_path / "var" / "ringward"
    previous = os.umask(0)
    try:
        administration = _opened(directory, create=True)
    finally:
        os.umask(previous)
    assert administration.installation.run(NODE) is not None
    administration.records(Region).add(ada, Region("North"))
    administration.close()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((directory / DATABASE_FILE).stat().st_mode) == 0o600
    again = _opened(directory, create=True)
    assert again.installation.run(NODE) is None
    assert again.records(Region).get(ada, "North")
    again.close()


def test_a_directory_without_database_is_not_filled_by_a_look(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no database"):
        _opened(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_without_the_key_nothing_goes_on(tmp_path: Path) -> None:
    """A lost key is never replaced silently: the secrets in the database would be lost with it."""
    administration = _opened(tmp_path, create=True)
    administration.installation.run(NODE)
    administration.close()
    (tmp_path / KEY_FILE).unlink()
    for create in (False, True):
        with pytest.raises(SealBroken, match="missing"):
            _opened(tmp_path, create=create)
    create_key_file(tmp_path / KEY_FILE)
    with pytest.raises(SealBroken, match="another database"):
        _opened(tmp_path)


def test_no_secret_can_be_found_in_any_file_log_or_representation(tmp_path: Path) -> None:
    """CFGENC-06, ADMIN-13."""
    administration = _opened(tmp_path, create=True)
    first = administration.installation.run(NODE)
    assert first is not None
    ada = Actor("ada", EVERYTHING, "here")
    user, digest, administrator, code = map(Secret, SECRETS)
    administration.end_users.add(ada, EndUser("bob", password=user, digest_credentials=digest))
    administration.end_users.set_digest_credentials(ada, "bob", digest, digest)
    administration.application_users.add(ada, ApplicationUser("root", administrator, (SUPER_USERS,)))
    profile = nonsecure_profile_name("7905", Protocol.SIP)
    key = "SEP001122AABBCC"
    administration.phones.add(
        ada, Phone(key, "7905", Protocol.SIP, profile, digest_user="bob", phone_password=code)
    )
    administration.phones.update(ada, key, {"phone_password": None})
    administration.phones.update(ada, key, {"phone_password": code})
    administration.authentication.administrator("root", administrator, "here")
    shown = repr(
        (
            administration.audit.find(ada, limit=10_000),
            administration.configuration(),
            administration.end_users.find(ada),
            administration.application_users.find(ada),
            administration.phones.find(ada),
            administration.bulk.export_phones(ada),
            first,
        )
    )
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    administration.close()
    files += b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"SEP001122AABBCC" in files
    for secret in (*SECRETS, first.password.reveal()):
        assert secret.encode() not in files
        assert secret.encode("utf-16-le") not in files
        assert secret not in shown


_STARTER = """
import sys
from pathlib import Path
from ringward.administration.administration import Administration
from ringward.domain.server import Server
sys.stdin.read()
administration = Administration.open(Path(sys.argv[1]), create=True)
print(administration.installation.run(Server("node1", "192.0.2.1")) is not None)
administration.close()
"""


def test_processes_that_start_a_new_node_at_once_install_it_once(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _STARTER, str(tmp_path / "data")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    outputs = [process.communicate() for process in processes]
    assert sorted(outputs) == [("False\n", ""), ("False\n", ""), ("True\n", "")]
