"""The watch over the CTL file on the disk: each change by somebody else is in the audit log, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from administration.conftest import Time
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.cluster.bus import LocalBus
from ringward.domain.alarm import AlarmEvent
from ringward.domain.alarm_catalogue import TRUST_LIST_TAMPERED
from ringward.pki.key_store import KeyStore
from ringward.pki.secrets import PasswordHashing, SecretBox
from ringward.store.audit import AuditFilter
from ringward.store.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tftp" / "CTLFile.tlv"
    path.parent.mkdir(exist_ok=True)
    return path


@pytest.fixture
def after_a_restart(
    administration: Administration, database: Database, clock: Time, hashing: PasswordHashing, tmp_path: Path
) -> Administration:
    """What a node has of the same data that begins anew, or a command beside it."""
    box = SecretBox({1: bytes(range(32))})
    key_store = KeyStore(tmp_path / "certificates", box)
    return Administration(database, box, LocalBus(), clock, hashing, key_store=key_store)


def told(administration: Administration, actor: Actor) -> int:
    return administration.audit.find(actor, AuditFilter(actor="unknown")).total


def test_a_change_that_is_in_the_log_is_not_told_again_after_a_restart(
    administration: Administration, after_a_restart: Administration, path: Path, ada: Actor
) -> None:
    path.write_bytes(b"rubbish")
    assert "put there by no CTL client" in administration.ctl_file.tampering()
    assert "put there by no CTL client" in after_a_restart.ctl_file.tampering()
    assert told(administration, ada) == 1


def test_another_change_is_told_after_a_restart(
    administration: Administration, after_a_restart: Administration, path: Path, ada: Actor
) -> None:
    path.write_bytes(b"rubbish")
    assert administration.ctl_file.tampering()
    path.write_bytes(b"other rubbish")
    assert after_a_restart.ctl_file.tampering()
    assert told(administration, ada) == 2


def test_the_same_change_is_told_again_once_it_was_undone(
    administration: Administration, path: Path, ada: Actor
) -> None:
    for _ in range(2):
        path.write_bytes(b"rubbish")
        assert administration.ctl_file.tampering()
        path.unlink()
        assert not administration.ctl_file.tampering()
    assert told(administration, ada) == 2


def test_the_alarm_is_raised_when_a_phone_asks_for_the_file_and_not_only_when_it_is_looked_at(
    administration: Administration, path: Path, ada: Actor
) -> None:
    """At once, and once for each change."""
    heard: list[AlarmEvent] = []
    administration.alarms.hand_to(heard.append)
    assert administration.ctl_file.is_in_force(b"") and not heard
    for content in (b"rubbish", b"rubbish", b"other rubbish"):
        path.write_bytes(content)
        assert not administration.ctl_file.is_in_force(content)
    (event,) = heard
    assert (event.name, event.raised) == (TRUST_LIST_TAMPERED, True)
    assert "put there by no CTL client" in event.text
    path.unlink()
    assert administration.ctl_file.is_in_force(b"")
    path.write_bytes(b"rubbish")
    assert not administration.ctl_file.is_in_force(b"rubbish")
    assert len(heard) == 2, "it was undone in between"
