from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.cluster.bus import Announcement, LocalBus
from ringward.domain.rights import EVERYTHING, LOOKING
from ringward.domain.server import Server
from ringward.pki.key_store import KeyStore
from ringward.pki.secrets import PasswordHashing, SecretBox
from ringward.store.database import Database


class Time:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def hashing() -> PasswordHashing:
    """As cheap as Argon2 can be; its costs are tested with the hashing itself."""
    return PasswordHashing(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def bus() -> LocalBus:
    return LocalBus()


@pytest.fixture
def announced(bus: LocalBus) -> list[Announcement]:
    """What was announced so far."""
    heard: list[Announcement] = []
    bus.subscribe(heard.append)
    return heard


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "ringward.sqlite")
    yield database
    database.close()


@pytest.fixture
def empty(
    database: Database, bus: LocalBus, clock: Time, hashing: PasswordHashing, tmp_path: Path
) -> Administration:
    """A database before its first start."""
    box = SecretBox({1: bytes(range(32))})
    key_store = KeyStore(tmp_path / "certificates", box)
    return Administration(database, box, bus, clock, hashing, key_store=key_store)


@pytest.fixture
def administration(empty: Administration, announced: list[Announcement]) -> Administration:
    """An installed cluster of one node."""
    empty.installation.run(Server("node1", "192.0.2.1"))
    announced.clear()
    return empty


@pytest.fixture
def ada() -> Actor:
    return Actor("ada", EVERYTHING, "192.0.2.9")


@pytest.fixture
def guest() -> Actor:
    return Actor("guest", LOOKING, "192.0.2.10")
