"""What the names say that phones ask by: whose file, which kind, in which form.

Phones capitalise differently from model to model, so names are read without regard to case; the device name comes
out as it is configured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


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


def parse(name: str) -> FileName | None:
    """Read a requested name; None when it is none of the names of built files."""
    lowered = name.lower()
    form = next(
        form for form in (FileForm.ENCRYPTED, FileForm.SIGNED, FileForm.CLEAR) if lowered.endswith(form.value)
    )
    stem = lowered.removesuffix(form.value)
    for pattern, kind in _PATTERNS:
        found = pattern.fullmatch(stem)
        if found is not None:
            groups = found.groupdict()
            mac = groups.get("mac")
            return FileName(kind, form, f"SEP{mac.upper()}" if mac else "", groups.get("prefix") or "")
    return None
