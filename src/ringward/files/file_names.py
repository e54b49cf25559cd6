"""What the names say that phones ask by: whose file, which kind, in which form.

Phones capitalise differently from model to model, so names are read without regard to case; the device name comes
out as it is configured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache


class FileKind(Enum):
    """Kinds of files that are built on request; everything else is a static file."""

    PHONE_XML = "configuration in XML"
    PHONE_FLAT_SIP = "flat SIP configuration"
    PHONE_PROFILE = "profile"
    DEFAULT_XML = "default configuration in XML"
    DEFAULT_FLAT_SIP = "default flat SIP configuration"
    DEFAULT_PROFILE = "default profile"
    RING_LIST = "ring list"
    DIAL_PLAN = "dial plan"
    TRUST_LIST = "trust list"


class FileForm(Enum):
    """How a file is protected; the suffix says which the phone wants (phone-file flags, TFTP-01, TFTP-11)."""

    CLEAR = ""
    SIGNED = ".sgn"
    ENCRYPTED = ".enc.sgn"


@dataclass(frozen=True, slots=True)
class FileName:
    """A name that was understood."""

    kind: FileKind
    form: FileForm
    device_name: str = ""
    """The phone it belongs to; empty for files that all share."""
    prefix: str = ""
    """``ld`` or ``gk`` for profiles."""


_MAC = r"(?P<mac>[0-9a-f]{12})"
_PATTERNS: tuple[tuple[re.Pattern[str], FileKind], ...] = (
    (re.compile(rf"(?:sep|sip){_MAC}\.cnf\.xml"), FileKind.PHONE_XML),
    (re.compile(rf"sip{_MAC}\.cnf"), FileKind.PHONE_FLAT_SIP),
    (re.compile(rf"(?P<prefix>ld|gk){_MAC}(?:\.txt)?"), FileKind.PHONE_PROFILE),
    (re.compile(r"(?:xml)?default\.cnf\.xml"), FileKind.DEFAULT_XML),
    (re.compile(r"sipdefault\.cnf"), FileKind.DEFAULT_FLAT_SIP),
    (re.compile(r"(?P<prefix>ld|gk)default\.cfg"), FileKind.DEFAULT_PROFILE),
    (re.compile(r"(?:distinctive)?ringlist\.xml"), FileKind.RING_LIST),
    (re.compile(r"dialplan\.xml"), FileKind.DIAL_PLAN),
    (re.compile(rf"(?:ctl|itl)(?:sep{_MAC}|file)\.tlv"), FileKind.TRUST_LIST),
)


_REMEMBERED = 256
"""Names that were asked for last: every step on the way to a file asks what its name means."""
_ENCRYPTED_PROFILE = ".x"
"""Ends the name of an encrypted profile, which is not signed (CFGENC-11)."""


def form_of(lowered: str) -> FileForm:
    """The form that the end of a name in lower case asks for."""
    if not lowered.endswith(".sgn"):
        return FileForm.CLEAR
    return FileForm.ENCRYPTED if lowered.endswith(".enc.sgn") else FileForm.SIGNED


@lru_cache(_REMEMBERED)
def parse(name: str) -> FileName | None:
    """Read a requested name; None when it is none of the names of built files."""
    lowered = name.lower()
    form = form_of(lowered)
    stem = lowered[: len(lowered) - len(form.value)]
    if form is FileForm.CLEAR and stem.endswith(_ENCRYPTED_PROFILE):
        profile = parse(stem.removesuffix(_ENCRYPTED_PROFILE))
        is_profile = profile is not None and profile.kind is FileKind.PHONE_PROFILE and "." not in stem[:-2]
        return replace(profile, form=FileForm.ENCRYPTED) if profile is not None and is_profile else None
    for pattern, kind in _PATTERNS:
        found = pattern.fullmatch(stem)
        if found is not None:
            mac = found["mac"] if "mac" in pattern.groupindex else None
            prefix = found["prefix"] if "prefix" in pattern.groupindex else ""
            return FileName(kind, form, f"SEP{mac.upper()}" if mac else "", prefix)
    return None
