"""Reads SIPDefault.cnf and SIP<MAC>.cnf, the flat files of the SIP 7940 and 7960.

One ``name : value`` on a line; a comment is a line that begins with ``#``, or what follows a ``;``; a value may be
quoted. The device's file wins over the default one. The format knows no security at all (MODEL-09).
"""

from __future__ import annotations

import re

from ringward.domain.secret import Secret
from ringward.phone.configuration import (
    MAX_FILE,
    MAX_MEMBERS,
    MAX_TEXT,
    Configuration,
    LineConfiguration,
    Media,
    Member,
    Timers,
    UnusableConfiguration,
    checked,
)
from ringward.protocols.sip.flow import Transport

MAX_FLAT_LINES = 6
"""Lines of a 7960."""
UNPROVISIONED = "UNPROVISIONED"
"""The factory's text for a value that nobody entered."""

_ENTRY = re.compile(
    r"\s*(?P<name>[A-Za-z0-9_]{1,64})\s*:\s*(?:\"(?P<quoted>[^\"]*)\"|(?P<plain>[^;\"]*))\s*(?:;.*)?"
)
_NUMBER = re.compile(r"\d{1,9}")
_HARDENING = ("telnet_level", "phone_prompt", "user_info")

Values = dict[str, str]


def read_values(data: bytes) -> Values:
    """The entries of one flat file by lower-case name; a line that is none makes the file unusable."""
    if len(data) > MAX_FILE:
        raise UnusableConfiguration(f"the file is longer than {MAX_FILE} octets")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("iso-8859-1")
    values: Values = {}
    for place, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        match = _ENTRY.fullmatch(line)
        if match is None or len(line) > MAX_TEXT:
            raise UnusableConfiguration(f"line {place} of the file is not of the form name: value")
        quoted = match["quoted"]
        values[match["name"].lower()] = quoted if quoted is not None else match["plain"].strip()
    return values


def read_flat(data: bytes, defaults: bytes = b"") -> Configuration:
    """Read a device's file over the default file; raises :class:`UnusableConfiguration`."""
    values = read_values(defaults) | read_values(data)
    timers, media = Timers(), Media()
    digit_type = _number(values, "dtmf_avt_payload", media.digit_type)
    return checked(
        Configuration(
            members=_members(values),
            transport=Transport.UDP,
            lines=_lines(values),
            phone_label=values.get("phone_label", ""),
            timers=Timers(
                register_expires=_number(values, "timer_register_expires", timers.register_expires),
                invite_expires=_number(values, "timer_invite_expires", timers.invite_expires),
                t1=_number(values, "timer_t1", 500) / 1000 or timers.t1,
                t2=_number(values, "timer_t2", 4000) / 1000 or timers.t2,
            ),
            media=Media(
                first_port=_port(values, "start_media_port", media.first_port),
                last_port=_port(values, "end_media_port", media.last_port),
                preferred_codec=values.get("preferred_codec", ""),
                digit_type=digit_type if 96 <= digit_type <= 127 else media.digit_type,
                digits_in_media=values.get("dtmf_outofband", "avt").lower() != "none",
            ),
            signalling_port=_port(values, "voip_control_port", 0),
            hardening=tuple((name, values[name]) for name in _HARDENING if name in values),
            load_information=values.get("image_version", ""),
        )
    )


def _number(values: Values, name: str, default: int) -> int:
    match = _NUMBER.match(values.get(name, ""))
    return int(match[0]) if match else default


def _port(values: Values, name: str, default: int) -> int:
    port = _number(values, name, default)
    if port > 65535:
        raise UnusableConfiguration(f"{name} is {port}, which is no port")
    return port


def _provisioned(values: Values, name: str) -> str | None:
    value = values.get(name)
    return None if value is None or value.upper() == UNPROVISIONED else value


def _members(values: Values) -> tuple[Member, ...]:
    hosts = ((place, _provisioned(values, f"proxy{place}_address")) for place in range(1, MAX_FLAT_LINES + 1))
    members = [Member(host, _port(values, f"proxy{place}_port", 5060)) for place, host in hosts if host]
    backup = _provisioned(values, "proxy_backup")
    if backup:
        members.append(Member(backup, _port(values, "proxy_backup_port", 5060)))
    return tuple(dict.fromkeys(members))[:MAX_MEMBERS]


def _lines(values: Values) -> tuple[LineConfiguration, ...]:
    lines = []
    for place in range(1, MAX_FLAT_LINES + 1):
        number = _provisioned(values, f"line{place}_name")
        if not number:
            continue
        password = _provisioned(values, f"line{place}_password")
        lines.append(
            LineConfiguration(
                button=place,
                number=number,
                label=values.get(f"line{place}_shortname", ""),
                display_name=values.get(f"line{place}_displayname", ""),
                contact=_provisioned(values, f"line{place}_contact") or "",
                auth_name=_provisioned(values, f"line{place}_authname"),
                auth_password=None if password is None else Secret(password),
                auto_answer=values.get("auto_answer", "0") == "1",
            )
        )
    return tuple(lines)
