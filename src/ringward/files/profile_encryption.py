"""``LD<MAC>.x``: the encrypted profile of the 7905 and 7912, RC4 with the 256-bit key typed into the phone.

The makers' layout is not published, so this one is ours; phones with factory firmware cannot read it, as they
cannot read the clear profile that is in it (see :mod:`ringward.files.ld_profile`). Whoever learns the true layout
replaces the two functions here and nothing else.

``RWX1``, a nonce of 16 octets, an HMAC-SHA-256 of 32 octets over nonce and cipher text, the cipher text. RC4 must
never use a key twice and begins with weak octets; therefore each file has a key of its own, made of the phone's
key and the nonce, and the first 3072 octets of key stream are dropped.
"""

from __future__ import annotations

import hmac

from ringward.files.encrypted_file import Ciphers
from ringward.files.envelope import Fault, RefusedFile

NONCE_LENGTH = 16
_MARK = b"RWX1"
_TAG_LENGTH = 32
_DROPPED = 3072
"""Octets of key stream: twice what RFC 4345 drops for the same reason."""
_CONTENT, _INTEGRITY = b"content", b"integrity"


def build(clear: bytes, ciphers: Ciphers, key: bytes, nonce: bytes) -> bytes:
    """Encrypt a profile; ``nonce`` is new for each file."""
    content = _crypt(clear, ciphers, key, nonce)
    return _MARK + nonce + _tag(key, nonce, content) + content


def decrypt(data: bytes, ciphers: Ciphers, key: bytes) -> bytes:
    """The profile; raises :class:`~ringward.files.envelope.RefusedFile` for another key or a changed file."""
    start = len(_MARK) + NONCE_LENGTH
    nonce, tag, content = data[len(_MARK) : start], data[start : start + _TAG_LENGTH], data[start + _TAG_LENGTH :]
    if not data.startswith(_MARK) or len(tag) != _TAG_LENGTH:
        raise RefusedFile(Fault.FORMAT, "this is not an encrypted profile")
    if not hmac.compare_digest(tag, _tag(key, nonce, content)):
        raise RefusedFile(Fault.ENCRYPTION, "the key is another one, or the file was changed")
    return _crypt(content, ciphers, key, nonce)


def _crypt(text: bytes, ciphers: Ciphers, key: bytes, nonce: bytes) -> bytes:
    file_key = hmac.digest(key, _CONTENT + nonce, "sha256")
    return ciphers.rc4(file_key, bytes(_DROPPED) + text)[_DROPPED:]


def _tag(key: bytes, nonce: bytes, content: bytes) -> bytes:
    return hmac.digest(key, _INTEGRITY + nonce + content, "sha256")
