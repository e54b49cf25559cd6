"""All tables of the database: those of the nouns, and the few that are written out here."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from ringward.domain.nouns import NOUNS
from ringward.store.noun_tables import noun_tables

SCHEMA_REVISION = "0001"
"""The migration that makes exactly these tables; a test holds the two together."""

_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts only in columns of exactly the type INTEGER."""

METADATA = MetaData(naming_convention=_CONVENTION)
TABLES = noun_tables(NOUNS, METADATA)
"""The tables of every noun, by noun."""

changes = Table(
    "changes",
    METADATA,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("noun", String, nullable=False),
    Column("key", String, nullable=False),
    Column("action", String, nullable=False),
    sqlite_autoincrement=True,
)
"""The change feed. AUTOINCREMENT: a sequence is never used twice, also when old entries are removed."""

audit = Table(
    "audit",
    METADATA,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("permission", String, nullable=False),
    Column("noun", String, nullable=False),
    Column("key", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    Column("stamp", String, nullable=False),
    sqlite_autoincrement=True,
)
"""Who did what; ``before`` and ``after`` are JSON objects of the fields that changed. ``stamp`` vouches for the
entry and, through the stamp before it, for all before it."""

enterprise_parameter = Table(
    "enterprise_parameter",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""Enterprise parameters that are not at their default (ADMIN-15)."""

service_parameter = Table(
    "service_parameter",
    METADATA,
    Column("server", String, nullable=False),
    Column("service", String, nullable=False),
    Column("name", String, nullable=False),
    Column("value", String, nullable=False),
    PrimaryKeyConstraint("server", "service", "name"),
    ForeignKeyConstraint(["server"], ["server.name"], onupdate="CASCADE", ondelete="CASCADE"),
)
"""Service parameters that are not at their default, per server (ADMIN-09, CLUSTER-21)."""

service_state = Table(
    "service_state",
    METADATA,
    Column("server", String, nullable=False),
    Column("service", String, nullable=False),
    Column("activated", Boolean, nullable=False),
    Column("started", Boolean, nullable=False),
    Column("restarts", Integer, nullable=False),
    PrimaryKeyConstraint("server", "service"),
    ForeignKeyConstraint(["server"], ["server.name"], onupdate="CASCADE", ondelete="CASCADE"),
)
"""What is wanted of services, where it is not what the installation left (SVC-01, SVC-02)."""

key_check = Table(
    "key_check", METADATA, Column("name", String, primary_key=True), Column("sealed", LargeBinary, nullable=False)
)
"""A sealed value by which a start notices at once that the cluster key is not this database's."""

trusted_certificate = Table(
    "trusted_certificate",
    METADATA,
    Column("purpose", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("purpose", "fingerprint"),
)
"""The trust stores: DER certificates by purpose and SHA-256 fingerprint (CERT-18)."""

revoked_certificate = Table(
    "revoked_certificate",
    METADATA,
    Column("fingerprint", String, primary_key=True),
    Column("subject", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=False),
)
"""Certificates of devices that are refused from now on, by SHA-256 fingerprint."""

access_token = Table(
    "access_token",
    METADATA,
    Column("name", String, primary_key=True),
    Column("user", String, nullable=False),
    Column("digest", String, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["user"], ["application_user.name"], onupdate="CASCADE", ondelete="CASCADE"),
)
"""By what programs prove who they are: of each token only its hash; times in milliseconds since 1970."""

former_password = Table(
    "former_password",
    METADATA,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("application_user", String, index=True),
    Column("end_user", String, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("set_by_another", Boolean, nullable=False),
    ForeignKeyConstraint(["application_user"], ["application_user.name"], onupdate="CASCADE", ondelete="CASCADE"),
    ForeignKeyConstraint(["end_user"], ["end_user.user_id"], onupdate="CASCADE", ondelete="CASCADE"),
    sqlite_autoincrement=True,
)
"""The last passwords of each account as sealed hashes, the present one last, and when each was set. One of the two
columns names the account. A password that somebody else has set must be replaced."""

kept_backup = Table(
    "kept_backup",
    METADATA,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("job", BigInteger, nullable=False),
    Column("schedule", String, nullable=False),
    Column("directory", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sealed_for", String, nullable=False),
    Column("ordered_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("reason", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("files", Integer, nullable=False),
    Column("sha256", String, nullable=False),
    sqlite_autoincrement=True,
)
"""Backups that jobs have made, or tried to. A schedule and a job may be gone, so it refers to no other table."""

second_factor = Table(
    "second_factor",
    METADATA,
    Column("user", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["user"], ["application_user.name"], onupdate="CASCADE", ondelete="CASCADE"),
)
"""Second factors: the sealed key of each authenticator, and the step of the last code that was taken: an older one
is never taken again (RFC 6238 section 5.2). Time of enrolment in milliseconds since 1970."""

recovery_code = Table(
    "recovery_code",
    METADATA,
    Column("user", String, nullable=False),
    Column("stamp", String, nullable=False),
    PrimaryKeyConstraint("user", "stamp"),
    ForeignKeyConstraint(["user"], ["second_factor.user"], onupdate="CASCADE", ondelete="CASCADE"),
)
"""Codes for whoever has lost the authenticator, those that are left: of each only a hash that is keyed with the
cluster key."""

lock_out = Table(
    "lock_out",
    METADATA,
    Column("noun", String, nullable=False),
    Column("name", String, nullable=False),
    Column("place", String, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False, index=True),
    PrimaryKeyConstraint("noun", "name", "place"),
)
"""Wrong attempts to sign in by account and by where they came from. Names that strangers make up are counted too,
so it refers to no other table; times in milliseconds since 1970."""

device_certificate = Table(
    "device_certificate",
    METADATA,
    Column("fingerprint", String, primary_key=True),
    Column("device", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("serial_number", String, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("status", String, nullable=False),
    Column("status_at", BigInteger, nullable=False),
)
"""Certificates of phones: every one that CAPF has signed, and those of the factory that phones have shown. It
names devices as they were and outlives them, so it refers to no other table."""

trust_list = Table(
    "trust_list",
    METADATA,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("hash", String, nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
    Column("signer", String, nullable=False),
    Column("mode", Integer, nullable=False),
    sqlite_autoincrement=True,
)
"""Every CTL file that was ever in force, the newest last: phones may still hold an older one (CTL-16)."""

held_trust_list = Table(
    "held_trust_list",
    METADATA,
    Column("device", String, primary_key=True),
    Column("hash", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    ForeignKeyConstraint(["device"], ["phone.device_name"], onupdate="CASCADE", ondelete="CASCADE"),
)
"""Which CTL file each phone holds, by the SHA-256 of the file, as far as its fetches tell."""

job = Table(
    "job",
    METADATA,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("title", String, nullable=False),
    Column("ordered_by", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("user", String),
    Column("arguments", LargeBinary, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("reason", String, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("ordered_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("follows", Integer),
    sqlite_autoincrement=True,
)
"""Long jobs. ``arguments`` is JSON, sealed, as there may be secrets in it, and emptied at the end. ``user`` is the
application user whose rights count while it runs; none for the owner of the data directory."""

job_item = Table(
    "job_item",
    METADATA,
    Column("job", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("key", String, nullable=False),
    Column("state", String, nullable=False),
    Column("said", String, nullable=False),
    Column("at", BigInteger),
    PrimaryKeyConstraint("job", "position"),
    ForeignKeyConstraint(["job"], ["job.number"], ondelete="CASCADE"),
)
"""The records of a job and what came of each, in the order in which they are done."""

alarm = Table(
    "alarm",
    METADATA,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False),
    Column("server", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("text", String, nullable=False),
    Column("is_raised", Boolean, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
    Column("acknowledged_by", String, nullable=False),
    Column("acknowledged_at", BigInteger),
    UniqueConstraint("name", "server", "subject"),
    sqlite_autoincrement=True,
)
"""Alarms as they are now, one row for each subject; times in milliseconds since 1970. A subject is a name as it
was, or what a stranger made up, so it refers to no other table."""

alarm_entry = Table(
    "alarm_entry",
    METADATA,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("alarm", BigInteger, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("act", String, nullable=False),
    Column("text", String, nullable=False),
    Column("by", String, nullable=False),
    ForeignKeyConstraint(["alarm"], ["alarm.number"], ondelete="CASCADE"),
    sqlite_autoincrement=True,
)
"""What happened to alarms: raised, cleared, acknowledged; how often they were repeated is counted only."""

alarm_setting = Table(
    "alarm_setting",
    METADATA,
    Column("name", String, primary_key=True),
    Column("severity", Integer, nullable=False),
    Column("to_log", Boolean, nullable=False),
    Column("to_syslog", Boolean, nullable=False),
)
"""What an administrator wants of alarms, where it is not what the catalogue says."""

message_waiting = Table(
    "message_waiting",
    METADATA,
    Column("number", String, nullable=False),
    Column("partition", String, nullable=False),
    Column("new_messages", Integer, nullable=False),
    Column("old_messages", Integer, nullable=False),
    PrimaryKeyConstraint("number", "partition"),
    ForeignKeyConstraint(
        ["number", "partition"],
        ["directory_number.number", "directory_number.partition"],
        onupdate="CASCADE",
        ondelete="CASCADE",
    ),
)
"""The messages of directory numbers that have any; no field of theirs, since it changes with every message."""

call_detail_record = Table(
    "call_detail_record",
    METADATA,
    Column("record", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("call_id", BigInteger, nullable=False),
    Column("origination_time", BigInteger, nullable=False, index=True),
    Column("answer_time", BigInteger),
    Column("end_time", BigInteger, nullable=False),
    Column("calling_number", String, nullable=False, index=True),
    Column("calling_name", String, nullable=False),
    Column("calling_device", String, nullable=False),
    Column("originally_called_number", String, nullable=False, index=True),
    Column("partition", String, nullable=False),
    Column("final_called_number", String, nullable=False, index=True),
    Column("final_called_device", String, nullable=False),
    Column("ended_by", String, nullable=False),
    Column("calling_cause", Integer),
    Column("called_cause", Integer),
    Column("security_class", Integer, nullable=False),
    Column("security_reason", String, nullable=False),
    Column("transferred_from", BigInteger),
    Column("transferred_to", BigInteger),
    Column("redirecting_number", String, nullable=False),
    Column("redirect_reason", String, nullable=False),
    Column("features", String, nullable=False),
    Column("calling_mode", Integer),
    Column("called_mode", Integer),
    sqlite_autoincrement=True,
)
"""One row per call that ended, times in milliseconds since 1970. It names devices and numbers as they were, so it
refers to no other table (SVC-11)."""
