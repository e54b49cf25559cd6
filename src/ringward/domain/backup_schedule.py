"""Backup schedule: when backups are made by themselves, where they lie, and for whom they are sealed."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from ringward.domain.setting import Noun, name_setting, setting

_KEY_BEGINS = bytes.fromhex("302a300506032b656e032100")
"""SubjectPublicKeyInfo of X25519 (RFC 8410 section 4) up to the key itself."""
_KEY_LENGTH = len(_KEY_BEGINS) + 32


class Frequency(Enum):
    """How often."""

    DAILY = "Daily"
    WEEKLY = "Weekly"


class Weekday(Enum):
    """In the order of the week."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"

    @property
    def number(self) -> int:
        """Monday is 0."""
        return list(Weekday).index(self)


def is_backup_key(text: str) -> bool:
    """Whether a text is a public key for backups, as ``ringward backup new-key`` shows it."""
    try:
        key = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return False
    return key.startswith(_KEY_BEGINS) and len(key) == _KEY_LENGTH


def is_directory(text: str) -> bool:
    """Whether a text names one directory, from the root on."""
    parts = text.split("/")
    return text.startswith("/") and ".." not in parts and text.isprintable()


@dataclass(frozen=True, slots=True)
class BackupSchedule(Noun):
    """When backups are made by themselves (SVC-09)."""

    noun: ClassVar[str] = "backup-schedule"
    title: ClassVar[str] = "Backup Schedule"

    name: str = name_setting(
        "Name of the schedule; the files begin with it.", pattern=r"[A-Za-z0-9][A-Za-z0-9_-]*"
    )
    enabled: bool = setting("Enabled", "Whether backups are made by it now.", default=True, listed=True)
    frequency: Frequency = setting("How Often", "Every day, or once a week.", default=Frequency.DAILY, listed=True)
    weekday: Weekday = setting(
        "Day",
        "On which day of the week, if it is once a week.",
        default=Weekday.SUNDAY,
    )
    hour: int = setting(
        "Hour",
        "At which hour of the server's own clock. One missed while the node was stopped is made when it runs.",
        default=2,
        minimum=0,
        maximum=23,
        listed=True,
    )
    directory: str = setting(
        "Directory",
        "Where the backups lie on the server: another disk or a mounted share, outside of the data directory. It "
        "must be there, and the account of the node must be allowed to write in it.",
        default="",
        required=True,
        listed=True,
        max_length=512,
        check=is_directory,
        pattern_help="a directory from the root on, such as /var/backups/ringward",
    )
    kept: int = setting(
        "Kept",
        "How many of its backups are kept: once a new one is made, older ones are deleted.",
        default=7,
        minimum=1,
        maximum=366,
        listed=True,
    )
    public_key: str = setting(
        "Public Key",
        "For whom the backups are sealed. Make the pair at your own desk (ringward backup new-key FILE), enter "
        "the public half here and keep the private one away from the server: it alone opens the backups.",
        default="",
        required=True,
        check=is_backup_key,
        pattern_help="one line, as ringward backup new-key shows it",
    )
