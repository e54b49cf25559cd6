from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ringward.domain.predefined import predefined_records
from ringward.domain.server import Server
from ringward.pki.secrets import SecretBox
from ringward.store.database import Database
from ringward.store.repository import Repositories


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ringward.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database.open(path)
    yield database
    database.close()


@pytest.fixture
def repositories() -> Repositories:
    return Repositories(SecretBox({1: bytes(range(32))}))


@pytest.fixture
def installed(database: Database, repositories: Repositories) -> Database:
    """A database with the predefined records."""
    with database.writing() as connection:
        for record in predefined_records(Server("node1", "192.0.2.1")):
            repositories.of(type(record)).add(connection, record)
    return database
