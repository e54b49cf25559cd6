"""netascii, the text mode of TFTP (RFC 1350 section 1, RFC 764): lines end with CR LF, a lone CR is CR NUL."""

from __future__ import annotations

import re

_ENCODED = {b"\n": b"\r\n", b"\r": b"\r\0"}
_DECODED = {encoded: plain for plain, encoded in _ENCODED.items()}


def encode(content: bytes) -> bytes:
    """Local text, lines ending with LF, as it travels in netascii mode."""
    return re.sub(rb"[\r\n]", lambda found: _ENCODED[found[0]], content)


def decode(content: bytes) -> bytes:
    """The inverse of :func:`encode`; a CR followed by anything else is left as it is."""
    return re.sub(rb"\r[\n\0]", lambda found: _DECODED[found[0]], content)
