"""All use cases in one place, by subject."""

from __future__ import annotations

import time
from typing import Any, TypeVar

from ringward.administration.operation import Clock, Operations
from ringward.administration.records import Records
from ringward.cluster.bus import Bus
from ringward.domain.nouns import NOUNS
from ringward.domain.setting import Noun
from ringward.pki.secrets import SecretBox
from ringward.store.database import Database
from ringward.store.repository import Repositories

N = TypeVar("N", bound=Noun)


class Administration:
    """What an administrator or user can do; the shells parse, call one of these methods and print."""

    def __init__(self, database: Database, secrets: SecretBox, bus: Bus, clock: Clock = time.time) -> None:
        repositories = Repositories(secrets)
        operations = Operations(database, repositories, bus, clock)
        self._records: dict[str, Records[Any]] = {
            noun: Records(operations, repositories, kind) for noun, kind in NOUNS.items()
        }

    def records(self, kind: type[N]) -> Records[N]:
        """The use cases of a noun, with the rules it has of its own."""
        return self._records[kind.noun]
