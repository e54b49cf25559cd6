"""What a phone is before it has read anything: its MAC address and its model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from ringward.domain.errors import FieldError, Invalid
from ringward.domain.phone_models import capability_of
from ringward.domain.vocabulary import Protocol

PRODUCT = "Ringward-Phone/0.1"
"""Name and version in the User-Agent of a phone (RFC 3261 section 20.41)."""
DEFAULT_MODEL = "7961"

_MAC = re.compile(r"[0-9A-F]{12}")
_MODEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{0,30}")


class FileFamily(Enum):
    """How the configuration of a phone is written."""

    XML = "SEP<MAC>.cnf.xml"
    FLAT = "SIP<MAC>.cnf"
    PROFILE = "ld<mac>"


_FAMILIES = {
    "7905": FileFamily.PROFILE,
    "7912": FileFamily.PROFILE,
    "7940": FileFamily.FLAT,
    "7960": FileFamily.FLAT,
}
"""SIP models with a configuration of an older kind; all others read XML (MODEL-08)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A phone's hardware. Make it with :func:`identify`, which checks and cleans what people type."""

    mac: str
    """Twelve upper-case hexadecimal digits."""
    model: str = DEFAULT_MODEL

    @property
    def device_name(self) -> str:
        """The name under which call manager and certificates know the phone."""
        return f"SEP{self.mac}"

    @property
    def user_agent(self) -> str:
        """The User-Agent header."""
        return f"{PRODUCT} ({self.model})"

    @property
    def station_type(self) -> int | None:
        """The number by which the model announces itself; None if it has none."""
        row = capability_of(self.model, Protocol.SIP)
        return row.station_type if row is not None else None

    @property
    def instance(self) -> str:
        """The instance identifier of a registration (RFC 5626 section 4.1), made of the MAC address."""
        return f"urn:uuid:00000000-0000-0000-0000-{self.mac.lower()}"

    @property
    def file_family(self) -> FileFamily:
        """Which kind of configuration file this model reads."""
        return _FAMILIES.get(self.model, FileFamily.XML)


def identify(name: str, model: str = DEFAULT_MODEL) -> Identity:
    """The identity for a MAC address or device name (``SEP0011...``, ``00:11:...``); raises :class:`Invalid`."""
    mac = re.sub(r"[:.\-]", "", name.strip()).upper().removeprefix("SEP")
    errors = []
    if not _MAC.fullmatch(mac):
        errors.append(FieldError("name", name, "SEP and the 12 hexadecimal digits of the MAC address"))
    if not _MODEL.fullmatch(model):
        errors.append(FieldError("model", model, "a model number such as 7961"))
    if errors:
        raise Invalid("phone", name, errors)
    return Identity(mac, model)
