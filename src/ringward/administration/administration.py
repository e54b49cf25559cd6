"""All use cases in one place, by subject."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, TypeVar

from ringward.administration.accounts import ApplicationUsers, EndUsers
from ringward.administration.audit_log import AuditLog
from ringward.administration.authentication import Authentication
from ringward.administration.bulk import Bulk
from ringward.administration.call_records import CallRecords
from ringward.administration.installation import Installation
from ringward.administration.operation import Clock, Operations
from ringward.administration.parameters import Parameters
from ringward.administration.phones import Phones
from ringward.administration.records import Records
from ringward.administration.snapshot import ClusterConfiguration, read_configuration
from ringward.cluster.bus import Bus, LocalBus
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Unavailable
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.setting import Noun
from ringward.pki.secrets import PasswordHashing, SecretBox, create_key_file, read_key_file
from ringward.store.database import Database
from ringward.store.key_check import verify_key
from ringward.store.repository import Repositories

N = TypeVar("N", bound=Noun)

DATABASE_FILE = "ringward.sqlite"
KEY_FILE = "cluster.key"
_DIRECTORY_MODE = 0o700


class Administration:
    """What an administrator or user can do; the shells parse, call one of these methods and print.

    Every method takes the :class:`Actor` on whose behalf it works, and raises members of the family in
    :mod:`ringward.domain.errors` only.
    """

    def __init__(
        self,
        database: Database,
        secrets: SecretBox,
        bus: Bus,
        clock: Clock = time.time,
        hashing: PasswordHashing | None = None,
    ) -> None:
        hashing = hashing or PasswordHashing()
        repositories = Repositories(secrets)
        operations = Operations(database, repositories, bus, clock)
        self.database = database
        self.bus = bus
        self._operations = operations
        self.phones = Phones(operations, repositories, Phone)
        self.end_users = EndUsers(operations, repositories, EndUser, hashing)
        self.application_users = ApplicationUsers(operations, repositories, ApplicationUser, hashing)
        self.parameters = Parameters(operations)
        self.audit = AuditLog(operations)
        self.bulk = Bulk(operations, self.phones)
        self.call_records = CallRecords(operations)
        self.installation = Installation(operations, hashing, secrets)
        self.authentication = Authentication(operations, hashing, clock)
        own: dict[str, Records[Any]] = {
            each.kind.noun: each for each in (self.phones, self.end_users, self.application_users)
        }
        self._records = {
            noun: own.get(noun) or Records(operations, repositories, kind) for noun, kind in NOUNS.items()
        }

    @classmethod
    def open(
        cls, directory: Path, bus: Bus | None = None, clock: Clock = time.time, *, create: bool = False
    ) -> Administration:
        """Open the data directory of a node; with ``create`` make what is missing of it.

        Raises :class:`Unavailable` when there is no database or it cannot be used, and :class:`SealBroken` when
        the cluster key is missing or another database's: a new key is made only together with a new database.
        """
        path, key = directory / DATABASE_FILE, directory / KEY_FILE
        if not path.exists():
            if not create:
                raise Unavailable(
                    f"there is no database in {directory}: start the node once, or name its directory"
                )
            directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
            create_key_file(key)
        secrets = read_key_file(key)
        database = Database.open(path)
        try:
            with database.reading() as connection:
                verify_key(connection, secrets)
        except BaseException:
            database.close()
            raise
        return cls(database, secrets, bus or LocalBus(), clock)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def records(self, kind: type[N]) -> Records[N]:
        """The use cases of a noun, with the rules it has of its own."""
        return self._records[kind.noun]

    def configuration(self) -> ClusterConfiguration:
        """The whole configuration as it is now, for the services of this node."""
        with self._operations.look() as view:
            return read_configuration(view)
