"""Time zones as phones know them: names of the desktop system of their day, or a letter code and rules.

IANA names come in. A zone that the table does not name gets one that shows the same time: of the same distance
from Greenwich, and with daylight saving if it has that itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SAMPLE_YEAR = 2024
"""Year whose clocks are compared when a zone is not in the table."""
LAST_WEEK = 8
"""How flat files write "the last week of the month"."""


@dataclass(frozen=True, slots=True)
class DaylightSaving:
    """When clocks go forward and back: month, week of the month (Sunday of it) and hour."""

    start: tuple[int, int, int]
    stop: tuple[int, int, int]


EUROPEAN = DaylightSaving((3, LAST_WEEK, 2), (10, LAST_WEEK, 3))
BRITISH = DaylightSaving((3, LAST_WEEK, 1), (10, LAST_WEEK, 2))
EASTERN_EUROPEAN = DaylightSaving((3, LAST_WEEK, 3), (10, LAST_WEEK, 4))
NORTH_AMERICAN = DaylightSaving((3, 2, 2), (11, 1, 2))
AUSTRALIAN = DaylightSaving((10, 1, 2), (4, 1, 3))
NEW_ZEALAND = DaylightSaving((9, LAST_WEEK, 2), (4, 1, 3))


@dataclass(frozen=True, slots=True)
class PhoneZone:
    """One zone as the two kinds of files write it."""

    name: str
    """For ``timeZone`` of XML files."""
    code: str
    """For ``time_zone`` of flat files."""
    saving: DaylightSaving | None = None


GREENWICH = PhoneZone("Greenwich Standard Time", "GMT")

_ZONES: dict[PhoneZone, str] = {
    GREENWICH: "Etc/UTC UTC Etc/GMT GMT Africa/Abidjan Africa/Accra Africa/Dakar Atlantic/Reykjavik",
    PhoneZone("Samoa Standard Time", "NT"): "Pacific/Pago_Pago Pacific/Midway",
    PhoneZone("Hawaiian Standard Time", "AHST"): "Pacific/Honolulu",
    PhoneZone("Alaskan Standard/Daylight Time", "YST", NORTH_AMERICAN): "America/Anchorage",
    PhoneZone("Pacific Standard/Daylight Time", "PST", NORTH_AMERICAN): (
        "America/Los_Angeles America/Vancouver America/Tijuana"
    ),
    PhoneZone("Mountain Standard/Daylight Time", "MST", NORTH_AMERICAN): (
        "America/Denver America/Edmonton America/Boise"
    ),
    PhoneZone("US Mountain Standard Time", "MST"): "America/Phoenix",
    PhoneZone("Central Standard/Daylight Time", "CST", NORTH_AMERICAN): "America/Chicago America/Winnipeg",
    PhoneZone("Mexico Standard/Daylight Time", "CST"): "America/Mexico_City America/Monterrey",
    PhoneZone("Canada Central Standard Time", "CST"): "America/Regina America/Costa_Rica America/Guatemala",
    PhoneZone("Eastern Standard/Daylight Time", "EST", NORTH_AMERICAN): (
        "America/New_York America/Toronto America/Detroit"
    ),
    PhoneZone("US Eastern Standard Time", "EST"): "America/Jamaica America/Panama",
    PhoneZone("SA Pacific Standard Time", "EST"): "America/Bogota America/Lima America/Guayaquil",
    PhoneZone("Atlantic Standard/Daylight Time", "AST", NORTH_AMERICAN): "America/Halifax Atlantic/Bermuda",
    PhoneZone("SA Western Standard Time", "AST"): "America/Caracas America/La_Paz America/Puerto_Rico",
    PhoneZone("Newfoundland Standard/Daylight Time", "NST", NORTH_AMERICAN): "America/St_Johns",
    PhoneZone("SA Eastern Standard Time", "BST"): (
        "America/Argentina/Buenos_Aires America/Montevideo America/Sao_Paulo America/Bahia"
    ),
    PhoneZone("Azores Standard/Daylight Time", "WAT", EUROPEAN): "Atlantic/Azores",
    PhoneZone("GMT Standard/Daylight Time", "GMT", BRITISH): (
        "Europe/London Europe/Dublin Europe/Lisbon Atlantic/Canary Atlantic/Faroe"
    ),
    PhoneZone("W. Europe Standard/Daylight Time", "CET", EUROPEAN): (
        "Europe/Berlin Europe/Amsterdam Europe/Rome Europe/Stockholm Europe/Vienna Europe/Zurich Europe/Oslo "
        "Europe/Luxembourg Europe/Malta Europe/Vaduz"
    ),
    PhoneZone("Romance Standard/Daylight Time", "CET", EUROPEAN): (
        "Europe/Paris Europe/Madrid Europe/Brussels Europe/Copenhagen"
    ),
    PhoneZone("Central Europe Standard/Daylight Time", "CET", EUROPEAN): (
        "Europe/Budapest Europe/Prague Europe/Warsaw Europe/Belgrade Europe/Bratislava Europe/Ljubljana "
        "Europe/Zagreb Europe/Sarajevo Europe/Skopje Europe/Tirane"
    ),
    PhoneZone("E. Europe Standard/Daylight Time", "EET", EASTERN_EUROPEAN): (
        "Europe/Helsinki Europe/Kyiv Europe/Kiev Europe/Riga Europe/Tallinn Europe/Vilnius Europe/Sofia"
    ),
    PhoneZone("GTB Standard/Daylight Time", "EET", EASTERN_EUROPEAN): (
        "Europe/Athens Europe/Bucharest Asia/Nicosia Europe/Chisinau"
    ),
    PhoneZone("South Africa Standard Time", "EET"): "Africa/Johannesburg Africa/Harare Africa/Maputo",
    PhoneZone("Saudi Arabia Standard Time", "BT"): (
        "Asia/Riyadh Asia/Kuwait Asia/Qatar Asia/Baghdad Africa/Nairobi Europe/Istanbul Europe/Minsk"
    ),
    PhoneZone("Russian Standard Time", "BT"): "Europe/Moscow",
    PhoneZone("Arabian Standard Time", "ZP4"): "Asia/Dubai Asia/Muscat",
    PhoneZone("West Asia Standard Time", "ZP5"): "Asia/Karachi Asia/Tashkent",
    PhoneZone("India Standard Time", "IST"): "Asia/Kolkata Asia/Calcutta Asia/Colombo",
    PhoneZone("Central Asia Standard Time", "ZP6"): "Asia/Dhaka Asia/Bishkek",
    PhoneZone("SE Asia Standard Time", "WAST"): "Asia/Bangkok Asia/Jakarta Asia/Ho_Chi_Minh",
    PhoneZone("China Standard Time", "CCT"): "Asia/Shanghai Asia/Hong_Kong Asia/Macau",
    PhoneZone("Singapore Standard Time", "CCT"): "Asia/Singapore Asia/Kuala_Lumpur Asia/Manila",
    PhoneZone("Taipei Standard Time", "CCT"): "Asia/Taipei",
    PhoneZone("W. Australia Standard Time", "CCT"): "Australia/Perth",
    PhoneZone("Tokyo Standard Time", "JST"): "Asia/Tokyo",
    PhoneZone("Korea Standard Time", "JST"): "Asia/Seoul",
    PhoneZone("E. Australia Standard Time", "EAST"): "Australia/Brisbane",
    PhoneZone("AUS Eastern Standard/Daylight Time", "EAST", AUSTRALIAN): "Australia/Sydney Australia/Melbourne",
    PhoneZone("Tasmania Standard/Daylight Time", "EAST", AUSTRALIAN): "Australia/Hobart",
    PhoneZone("New Zealand Standard/Daylight Time", "NZST", NEW_ZEALAND): "Pacific/Auckland",
    PhoneZone("Fiji Standard Time", "NZST"): "Pacific/Fiji",
}

PHONE_ZONES: dict[str, PhoneZone] = {name: zone for zone, names in _ZONES.items() for name in names.split()}
"""IANA name to the phones' zone."""


@cache
def phone_zone(iana_name: str) -> PhoneZone:
    """The phones' zone for an IANA name; Greenwich for what is no zone at all or like none in the table."""
    if iana_name in PHONE_ZONES:
        return PHONE_ZONES[iana_name]
    try:
        wanted = _clock(iana_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return GREENWICH
    alike = (zone for name, zone in PHONE_ZONES.items() if _clock(name) == wanted)
    return next(alike, GREENWICH)


@cache
def _clock(iana_name: str) -> tuple[timedelta | None, timedelta | None]:
    """Distance from Greenwich in the middle of the northern winter and summer."""
    zone = ZoneInfo(iana_name)
    winter, summer = (datetime(_SAMPLE_YEAR, month, 15, tzinfo=zone).utcoffset() for month in (1, 7))
    return winter, summer
