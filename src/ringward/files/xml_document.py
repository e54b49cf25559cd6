"""XML as phones read it: small trees of named elements, written the same way every time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from lxml import etree

from ringward.files.phone_configuration import Unwritable

MAX_TEXT = 4096
"""Characters of one value; far above anything a phone can hold, so a runaway value is noticed here."""
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
BLANK = "\ufdd0"
"""The text of an element that a :class:`Form` leaves open; a character that no value can hold."""
_WRITABLE = re.compile("[ -~\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]*")
"""Characters of XML 1.0 without control characters and those that Unicode keeps for a program's own use
(U+FDD0 to U+FDEF): no phone can show them."""
_PLAIN = re.compile("[ -%'-;=?-~\u00a0-\ud7ff]*")
"""Those of them that are written as they are, as nearly all values are made of."""
_STAMP_NAME, _STAMP_BEGIN = "versionStamp", b"<versionStamp>"
_STAMP_LENGTH = 38


def add(
    parent: etree._Element, name: str, value: str | int | bool | None = None, **attributes: str | int
) -> etree._Element:
    """Append an element, with a value if there is one; raises :class:`Unwritable` for text that XML cannot hold.

    Booleans are written as the exact lower-case words that the phones' SIP stack compares with. :data:`BLANK`
    leaves the text to :meth:`Form.filled`.
    """
    element = etree.SubElement(parent, name)
    if value is not None:
        element.text = BLANK if value is BLANK else _text(name, value)
    for key, attribute in attributes.items():
        element.set(key, _text(f"{name} {key}", attribute))
    return element


class Form:
    """A document with blanks, written once for all phones that have the rest in common.

    Thousands of phones differ in a handful of texts; only these are written for each. One blank is for the version
    stamp, which changes exactly when the content does: it is derived from form and texts and not from the clock,
    so that building twice gives the same file (TFTP-03).
    """

    def __init__(self, root: etree._Element) -> None:
        """Every element with the text :data:`BLANK` is to be filled in; one of them is called ``versionStamp``."""
        blanks = [str(element.tag) for element in root.iter() if element.text == BLANK]
        whole = write(root)
        self._digest = hashlib.sha256(whole)
        self._pieces = [each for piece in whole.split(BLANK.encode()) for each in (piece, b"")][:-1]
        self._stamp = blanks.index(_STAMP_NAME)
        blanks.remove(_STAMP_NAME)
        self._blanks = tuple(blanks)

    def filled(self, texts: Sequence[str]) -> bytes:
        """The document with a text for each other blank, in their order. Raises :class:`Unwritable`."""
        if len(texts) != len(self._blanks):
            raise ValueError(f"{len(texts)} texts for {len(self._blanks)} blanks")
        together = "".join(texts)
        if len(together) > MAX_TEXT or not _PLAIN.fullmatch(together):  # then each is looked at
            texts = [_escaped(_text(name, text)) for name, text in zip(self._blanks, texts, strict=True)]
        lines = "\n".join(texts).encode()  # no text holds a line's end
        digest = self._digest.copy()
        digest.update(lines)
        written = lines.split(b"\n")
        written.insert(self._stamp, _stamp(digest.hexdigest()))
        document = self._pieces.copy()
        document[1::2] = written
        return b"".join(document)


def stamp_of(document: bytes) -> bytes:
    """The version stamp of a document that a :class:`Form` gave; empty if it has none."""
    place = document.rfind(_STAMP_BEGIN)  # no text can hold this: in texts < is written &lt;
    return document[place + len(_STAMP_BEGIN) : place + len(_STAMP_BEGIN) + _STAMP_LENGTH] if place >= 0 else b""


def write(root: etree._Element) -> bytes:
    """The document as bytes: UTF-8 with declaration, a line for each element, same tree same bytes."""
    etree.indent(root, space="")
    return DECLARATION + bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=False)) + b"\n"


def _stamp(digits: str) -> bytes:
    """In the braces-and-UUID form that phones are used to."""
    return f"{{{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}}}".encode()


def _word(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(name: str, value: str | int | bool) -> str:
    text = _word(value)
    if len(text) > MAX_TEXT:
        raise Unwritable(name, f"it is longer than {MAX_TEXT} characters")
    if not _WRITABLE.fullmatch(text):
        raise Unwritable(name, "it holds characters that XML does not allow")
    return text


def _escaped(text: str) -> str:
    """A text between two tags, as the tree writes it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
