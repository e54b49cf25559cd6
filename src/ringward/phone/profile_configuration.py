"""Reads the profile of a 7905 or 7912 in its text form, ``name:value`` on each line.

There is one line, one server and no security but the encryption of the file itself (MODEL-05, MODEL-06).
"""

from __future__ import annotations

from ringward.domain.secret import Secret
from ringward.files.ld_profile import FIRST_LINE
from ringward.phone.configuration import (
    MAX_FILE,
    MAX_TEXT,
    Configuration,
    LineConfiguration,
    Member,
    UnusableConfiguration,
    checked,
)
from ringward.protocols.sip.flow import Transport


def read_profile(data: bytes) -> Configuration:
    """Read a profile; raises :class:`UnusableConfiguration`."""
    values = _values(data)
    password = values.get("PWD")
    number = values.get("UID", "")
    line = LineConfiguration(
        1,
        number,
        auth_name=values.get("LoginID"),
        auth_password=None if password is None else Secret(password),
    )
    host, _, port = values.get("Proxy", "").rpartition(":")
    return checked(
        Configuration(
            members=(Member(host, _port(port, "Proxy")),) if host else (),
            transport=Transport.UDP,
            lines=(line,) if number else (),
            signalling_port=_port(values.get("SIPPort", "5060"), "SIPPort"),
        )
    )


def _values(data: bytes) -> dict[str, str]:
    if len(data) > MAX_FILE:
        raise UnusableConfiguration(f"the profile is longer than {MAX_FILE} octets")
    try:
        first, *rest = data.decode("ascii").splitlines() or [""]
    except UnicodeDecodeError:
        raise UnusableConfiguration("the profile is not in ASCII") from None
    if first != FIRST_LINE:
        raise UnusableConfiguration(f"the profile does not begin with {FIRST_LINE}")
    values = {}
    for place, line in enumerate(rest, 2):
        name, colon, value = line.partition(":")
        if line.startswith("#") or not line:
            continue
        if not colon or len(value) > MAX_TEXT:
            raise UnusableConfiguration(f"line {place} of the profile is not of the form name:value")
        values[name] = value
    return values


def _port(text: str, name: str) -> int:
    if not text.isdigit() or len(text) > 5 or not 0 < int(text) < 65536:
        raise UnusableConfiguration(f"{name} is {text[:20]}, which has no port")
    return int(text)
