"""All use cases in one place, by subject."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, TypeVar

from ringward.administration.access_tokens import AccessTokens
from ringward.administration.accounts import ApplicationUsers, EndUsers
from ringward.administration.alarms import Alarms
from ringward.administration.audit_log import AuditLog
from ringward.administration.authentication import Authentication
from ringward.administration.auto_registrations import AutoRegistrations
from ringward.administration.backup import Backups
from ringward.administration.bulk import Bulk
from ringward.administration.call_records import CallRecords
from ringward.administration.certificate_operations import CertificateOperations
from ringward.administration.certificate_renewals import CertificateRenewals
from ringward.administration.certificates import Certificates
from ringward.administration.data_directory import CERTIFICATES, DATABASE_FILE, KEY_FILE
from ringward.administration.device_certificates import DeviceCertificates
from ringward.administration.due_resets import DueResets
from ringward.administration.enrolment import Enrolment
from ringward.administration.file_encryption import FileEncryption
from ringward.administration.installation import Installation
from ringward.administration.job_kinds import job_kinds
from ringward.administration.jobs import Jobs
from ringward.administration.kept_backups import KeptBackups
from ringward.administration.lock_outs import LockOuts
from ringward.administration.message_waiting import MessageWaitingStates
from ringward.administration.onboarding import Onboarding
from ringward.administration.operation import Clock, Operations
from ringward.administration.own_account import OwnAccount
from ringward.administration.own_second_factor import OwnSecondFactor
from ringward.administration.parameters import Parameters
from ringward.administration.pending_changes import PendingLog
from ringward.administration.phone_security_profiles import PhoneSecurityProfiles
from ringward.administration.phone_sets import PhoneSets
from ringward.administration.phones import Phones
from ringward.administration.readiness import ReadinessReport
from ringward.administration.records import Records
from ringward.administration.roles import Roles, UserGroups
from ringward.administration.scheduled_backups import BackupClock
from ringward.administration.second_factors import SecondFactors
from ringward.administration.service_control import ServiceControl
from ringward.administration.sign_ins import SignIns
from ringward.administration.snapshot import ClusterConfiguration, read_configuration
from ringward.administration.software_tokens import SoftwareTokens
from ringward.administration.to_do import ToDos
from ringward.administration.trust_list import CtlFile
from ringward.administration.trust_stores import TrustStores
from ringward.administration.user_options import UserOptions
from ringward.administration.why import Why
from ringward.cluster.bus import Bus, LocalBus
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import NotFound, Unavailable
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.role import Role
from ringward.domain.setting import Noun
from ringward.domain.user_group import UserGroup
from ringward.pki.key_store import KeyStore
from ringward.pki.secrets import PasswordHashing, SecretBox, create_key_file, read_key_file
from ringward.store.database import Database
from ringward.store.key_check import verify_key
from ringward.store.repository import Repositories

N = TypeVar("N", bound=Noun)

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
        *,
        key_store: KeyStore,
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
        self.auto_registrations = AutoRegistrations(operations, repositories, self.phones)
        self.parameters = Parameters(operations)
        self.access_tokens = AccessTokens(operations)
        self.key_store = key_store
        """The key pairs of this server, for the services that work with them."""
        self.certificates = Certificates(operations, key_store)
        self.alarms = Alarms(operations, lambda: self.certificates.server_name)
        self.audit = AuditLog(operations, self.alarms.report)
        self.bulk = Bulk(operations, self.phones)
        self.call_records = CallRecords(operations)
        self.message_waiting = MessageWaitingStates(operations)
        self.installation = Installation(operations, hashing, secrets)
        self.trust_stores = TrustStores(operations, key_store)
        self.certificate_operations = CertificateOperations(operations, self.phones)
        self.backups = Backups(operations, database, key_store)
        self.kept_backups = KeptBackups(operations, self.backups, self.alarms.report)
        kinds = job_kinds(self.phones, self.certificate_operations, self.bulk, self.kept_backups)
        self.jobs = Jobs(operations, kinds, self.alarms.report)
        self.backup_clock = BackupClock(operations, self.jobs, self.alarms.report)
        self.device_certificates = DeviceCertificates(operations)
        self.enrolment = Enrolment(operations)
        self.certificate_renewals = CertificateRenewals(operations, self.jobs)
        pending_log = PendingLog()
        self.service_control = ServiceControl(operations, pending_log)
        self.due_resets = DueResets(operations, pending_log)
        self.file_encryption = FileEncryption(operations)
        self.phone_sets = PhoneSets(operations)
        self.to_do = ToDos(operations, self.service_control, self.due_resets)
        self.why = Why(operations)
        directory = key_store.directory.parent
        self.ctl_file = CtlFile(operations, key_store, self.certificates, directory, self.alarms.report)
        self.software_tokens = SoftwareTokens(self.ctl_file, directory)
        self.onboarding = Onboarding(operations, self.phones)
        self.readiness = ReadinessReport(operations)
        self.lock_outs = LockOuts(operations, self.alarms.report)
        self.sign_ins = SignIns(operations)
        self.second_factors = SecondFactors(operations)
        self.authentication = Authentication(operations, hashing, self.lock_outs, self.second_factors)
        self.own_account = OwnAccount(operations, self.end_users, self.application_users, self.authentication)
        self.own_second_factor = OwnSecondFactor(
            operations, self.own_account, self.authentication, self.second_factors
        )
        self.user_options = UserOptions(operations, self.end_users, self.own_account)
        own: dict[str, Records[Any]] = {
            each.kind.noun: each
            for each in (
                self.phones,
                self.auto_registrations,
                self.end_users,
                self.application_users,
                PhoneSecurityProfiles(operations, repositories, PhoneSecurityProfile),
                Roles(operations, repositories, Role),
                UserGroups(operations, repositories, UserGroup),
            )
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
        key_store = KeyStore(directory / CERTIFICATES, secrets)
        return cls(database, secrets, bus or LocalBus(), clock, key_store=key_store)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def records(self, kind: type[N]) -> Records[N]:
        """The use cases of a noun, with the rules it has of its own."""
        return self._records[kind.noun]

    def accounts(self, noun: str) -> EndUsers | ApplicationUsers:
        """The use cases of one kind of account; raises :class:`NotFound`."""
        for each in (self.end_users, self.application_users):
            if each.kind.noun == noun:
                return each
        raise NotFound("kind of account", noun)

    def configuration(self, before: ClusterConfiguration | None = None) -> ClusterConfiguration:
        """The whole configuration as it is now, for the services of this node.

        ``before`` is what they have: it spares reading what has not changed since.
        """
        with self._operations.look() as view:
            return read_configuration(view, before)
