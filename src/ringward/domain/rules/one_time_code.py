"""Time-based one-time codes (TOTP, RFC 6238): SHA-1, six digits, thirty seconds, as all authenticators know."""

from __future__ import annotations

import hmac
import struct
from base64 import b32encode
from urllib.parse import quote

KEY_LENGTH = 20
"""Bytes: the length of the hash, as RFC 4226 section 4 (R6) recommends."""
DIGITS = 6
STEP = 30
"""Seconds for which one code is shown (RFC 6238 section 5.2)."""
_DRIFT = 1
"""Steps that a clock may be off: a code is taken 30 seconds before and after it is shown (RFC 6238 section 6)."""
_TEXT_GROUP = 4


def step_at(moment: int) -> int:
    """The step of a moment in milliseconds since 1970."""
    return moment // (STEP * 1000)


def code_of(key: bytes, step: int) -> str:
    """The code of a step (RFC 4226 section 5.3)."""
    digest = hmac.digest(key, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return str((number & 0x7FFFFFFF) % 10**DIGITS).zfill(DIGITS)


def is_code(text: str) -> bool:
    """Whether it has the form of a code."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def accepted_step(key: bytes, code: str, moment: int, last: int) -> int | None:
    """The step that a code belongs to, None for a wrong one; whoever takes it must never take an older one again.

    Codes of the step ``last`` or before were used, or may have been seen, and are refused (RFC 6238 section 5.2).
    All steps are compared, whatever is found, so the time tells nothing.
    """
    now, found = step_at(moment), None
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        is_right = hmac.compare_digest(code_of(key, max(step, 0)).encode(), code.encode())
        if is_right and step > last:
            found = step
    return found


def key_text(key: bytes) -> str:
    """A key as people type it into an authenticator: base32 in groups of four."""
    text = b32encode(key).decode()
    return " ".join(text[at : at + _TEXT_GROUP] for at in range(0, len(text), _TEXT_GROUP))


def key_address(key: bytes, account: str, issuer: str) -> str:
    """A key as the address that authenticators read from a picture (``otpauth``, as Google's made it usual)."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    return f"otpauth://totp/{label}?secret={b32encode(key).decode()}&issuer={quote(issuer, safe='')}"
