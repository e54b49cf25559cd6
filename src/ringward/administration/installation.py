"""The first start of a node: everything a fresh cluster needs, in one transaction, so that it is never half
done."""

from __future__ import annotations

from dataclasses import dataclass

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations
from ringward.domain.application_user import ApplicationUser
from ringward.domain.predefined import predefined_records
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.standard_groups import SUPER_USERS
from ringward.pki.secrets import PasswordHashing, SecretBox, random_password
from ringward.store import former_passwords
from ringward.store.former_passwords import FormerPassword
from ringward.store.key_check import has_key_check, write_key_check

FIRST_ADMINISTRATOR = "administrator"
"""User ID of the account that the first start makes."""
_INSTALLATION = Actor("installation", EVERYTHING, "first start")


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """The account that the first start made; its password is known nowhere else and is shown once."""

    name: str
    password: Secret


class Installation:
    """The use case of a node's start."""

    def __init__(self, operations: Operations, hashing: PasswordHashing, secrets: SecretBox) -> None:
        self._operations = operations
        self._hashing = hashing
        self._secrets = secrets

    def is_done(self) -> bool:
        """Whether there is a cluster already."""
        with self._operations.look() as view:
            return has_key_check(view.connection)

    def run(self, server: Server, time_zone: str = "UTC") -> FirstAdministrator | None:
        """Prepare the database for this node.

        On the first start of the first node: the predefined records (PSP-02), the node's server record, and an
        administrator, who is returned. Of a further node only the server record is added. Later starts change
        nothing. Raises :class:`Invalid` when the node's name or address cannot be used.
        """
        with self._operations.change(_INSTALLATION, "cluster.install") as work:
            if has_key_check(work.connection):
                if work.find(Server, server.key) is None:
                    work.add(server)
                return None
            write_key_check(work.connection, self._secrets)
            for record in predefined_records(server, time_zone):
                work.add(record)
            password = random_password()
            hashed = self._hashing.hash(password)
            work.add(ApplicationUser(FIRST_ADMINISTRATOR, hashed, (SUPER_USERS,)))
            known = FormerPassword(hashed, self._operations.now())
            former_passwords.add(work.connection, self._secrets, ApplicationUser.noun, FIRST_ADMINISTRATOR, known)
        return FirstAdministrator(FIRST_ADMINISTRATOR, password)
