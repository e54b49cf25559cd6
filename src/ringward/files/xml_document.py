"""XML as phones read it: small trees of named elements, written the same way every time."""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

from lxml import etree

from ringward.files.phone_configuration import Unwritable

MAX_TEXT = 4096
"""Characters of one value; far above anything a phone can hold, so a runaway value is noticed here."""
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'

_WRITABLE = re.compile("[ -~\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
"""Characters of XML 1.0 without control characters, which no phone can show."""


def add(
    parent: etree._Element, name: str, value: str | int | bool | None = None, **attributes: str | int
) -> etree._Element:
    """Append an element, with a value if there is one; raises :class:`Unwritable` for text that XML cannot hold.

    Booleans are written as the exact lower-case words that the phones' SIP stack compares with.
    """
    element = etree.SubElement(parent, name)
    if value is not None:
        element.text = _text(name, value)
    for key, attribute in attributes.items():
        element.set(key, _text(f"{name} {key}", attribute))
    return element


def write(root: etree._Element) -> bytes:
    """The document as bytes: UTF-8 with declaration, indented, same tree same bytes."""
    etree.indent(root)
    return DECLARATION + bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=False)) + b"\n"


def version_stamp(content: bytes) -> str:
    """A stamp that changes exactly when the content does, in the braces-and-UUID form phones are used to.

    Derived from the content, not from the clock, so that building twice gives the same file (TFTP-03).
    """
    return "{" + str(UUID(bytes=hashlib.sha256(content).digest()[:16])) + "}"


def _text(name: str, value: str | int | bool) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) > MAX_TEXT:
        raise Unwritable(name, f"it is longer than {MAX_TEXT} characters")
    if not _WRITABLE.fullmatch(text):
        raise Unwritable(name, "it holds characters that XML does not allow")
    return text
