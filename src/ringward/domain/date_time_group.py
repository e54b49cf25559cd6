"""Date/time group: the time zone of phones and how they show the date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringward.domain.address import HOST_HELP, is_host
from ringward.domain.setting import Noun, name_setting, setting

DATE_TEMPLATES = tuple(
    order.replace("/", separator) + clock
    for order in ("M/D/Y", "D/M/Y", "Y/M/D")
    for separator in ("/", "-", ".")
    for clock in ("", "A")
)
"""Order and separator of day, month and year; a final A asks for the twelve-hour clock."""
_MAX_NTP_SERVERS = 4
"""More would not make a phone's clock any better, only its configuration file longer."""


def is_time_zone(name: str) -> bool:
    """Whether this machine's time zone data has a zone of this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class DateTimeGroup(Noun):
    """What the clock of the phones in a device pool shows."""

    noun: ClassVar[str] = "date-time-group"
    title: ClassVar[str] = "Date/Time Group"

    name: str = name_setting("Name of the group.")
    time_zone: str = setting(
        "Time Zone",
        "Time zone of the place where the phones are.",
        default="UTC",
        required=True,
        check=is_time_zone,
        pattern_help="the name of a time zone as in the IANA database, for instance Europe/Vienna",
        listed=True,
    )
    date_template: str = setting(
        "Date Format",
        "Order and separator of day (D), month (M) and year (Y); a final A asks for the twelve-hour clock.",
        default="M/D/Y",
        choices=DATE_TEMPLATES,
        listed=True,
    )
    ntp_servers: tuple[str, ...] = setting(
        "NTP Servers",
        "Time servers for phones that keep their clock by NTP, best first; without one phones take the node's "
        "time.",
        default=(),
        check=is_host,
        pattern_help=HOST_HELP,
        max_items=_MAX_NTP_SERVERS,
    )
