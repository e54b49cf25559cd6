"""Secrets at rest: sealing with the cluster key, hashing of passwords, and making of new passwords.

A sealed secret can be opened again (a digest credential must be: it goes into the phone's file, CFGENC-06). A
password is only ever compared, so it is hashed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ringward.domain.errors import RingwardError
from ringward.domain.secret import Secret

_KEY_LENGTH = 32
"""Bytes: AES-256."""
_STAMPING = b"Ringward: stamps of records"
"""Derives the key of stamps from the cluster key, so that no key serves two purposes."""
_NONCE_LENGTH = 12
"""Bytes: the length for which GCM is defined without extra hashing (NIST SP 800-38D 8.2)."""
_TAG_LENGTH = 16
_HIGHEST_KEY_VERSION = 255
"""The version is one byte in front of every sealed secret."""
_PASSWORD_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105 (not a password)
"""Letters and digits without those that look alike, as people have to type these passwords."""
_PASSWORD_LENGTH = 20
"""Characters: with 56 to choose from, 116 bits."""


class SealBroken(RingwardError):
    """A sealed secret cannot be opened: the key is another one, or the stored bytes were changed or moved."""


class SecretBox:
    """Seals and opens secrets with AES-256-GCM.

    The associated data is the place where the secret is kept (table, column, key), so that a sealed secret copied
    to another record does not open there. Keys have versions: the newest seals, all open.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not keys or any(not 1 <= version <= _HIGHEST_KEY_VERSION for version in keys):
            raise ValueError("key versions go from 1 to 255 and there must be one")
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}
        self._stamping = {version: hmac.digest(key, _STAMPING, "sha256") for version, key in keys.items()}
        self._version = max(keys)

    def __repr__(self) -> str:
        return f"SecretBox(version={self._version})"

    def seal(self, secret: Secret, place: tuple[str, ...]) -> bytes:
        """Encrypt a secret for one place: version byte, nonce, ciphertext with tag."""
        version = bytes([self._version])
        nonce = os.urandom(_NONCE_LENGTH)
        text = secret.reveal().encode()
        return version + nonce + self._ciphers[self._version].encrypt(nonce, text, version + _context(place))

    def open(self, sealed: bytes, place: tuple[str, ...]) -> Secret:
        """Decrypt what :meth:`seal` made for the same place; raises :class:`SealBroken` otherwise."""
        if len(sealed) < 1 + _NONCE_LENGTH + _TAG_LENGTH:
            raise SealBroken(f"the secret of {_where(place)} is cut off")
        version, nonce, ciphertext = sealed[:1], sealed[1 : 1 + _NONCE_LENGTH], sealed[1 + _NONCE_LENGTH :]
        cipher = self._ciphers.get(version[0])
        if cipher is None:
            raise SealBroken(f"the secret of {_where(place)} needs version {version[0]} of the cluster key")
        try:
            return Secret(cipher.decrypt(nonce, ciphertext, version + _context(place)).decode())
        except (InvalidTag, UnicodeDecodeError):
            raise SealBroken(
                f"the secret of {_where(place)} does not open: the cluster key belongs to another database, "
                "or the stored value was tampered with"
            ) from None

    def stamp(self, content: bytes) -> str:
        """Vouch for some bytes: nobody without the cluster key can stamp others (HMAC-SHA256, RFC 2104)."""
        return f"{self._version}:{hmac.digest(self._stamping[self._version], content, 'sha256').hex()}"

    def is_stamp(self, stamp: str, content: bytes) -> bool:
        """Whether :meth:`stamp` made this of the same bytes, with any version of the key."""
        version, _, digest = stamp.partition(":")
        key = self._stamping.get(int(version)) if version.isascii() and version.isdigit() else None
        return key is not None and hmac.compare_digest(
            hmac.digest(key, content, "sha256").hex().encode(), digest.encode()
        )


def _context(place: tuple[str, ...]) -> bytes:
    """Length before each part, so that no two places give the same bytes."""
    encoded = [part.encode() for part in place]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _where(place: tuple[str, ...]) -> str:
    return " ".join(place)


# --- The key file
# ---------------------------------------------------------------------------------------------------


def create_key_file(path: Path) -> None:
    """Make the file of a new cluster key, whole or not at all, for its owner only.

    A key that is there already is kept, also when another process makes one at the same moment.
    """
    line = f"1 {base64.b64encode(os.urandom(_KEY_LENGTH)).decode()}\n"
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        _sync_directory(path.parent)
    finally:
        draft.unlink()


def read_key_file(path: Path) -> SecretBox:
    """Read the cluster key: one line per version, ``<version> <key in base64>``.

    Raises :class:`SealBroken` when the file is missing, can be read by others than its owner, or holds no valid
    key: without the right key nothing that needs a secret may go on.
    """
    try:
        with path.open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            lines = file.read().splitlines()
    except FileNotFoundError:
        raise SealBroken(
            f"the cluster key {path} is missing: restore it from a backup; the secrets in the database need it"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SealBroken(f"the cluster key {path} cannot be read: {error}") from error
    if mode & 0o077:
        raise SealBroken(f"the cluster key {path} is open to others than its owner: run chmod 600 on it")
    keys: dict[int, bytes] = {}
    for line in lines:
        try:
            version, encoded = line.split()
            key = base64.b64decode(encoded, validate=True)
            number = int(version)
        except (ValueError, binascii.Error):
            raise SealBroken(f"the cluster key {path} is damaged: restore it from a backup") from None
        if len(key) != _KEY_LENGTH or not 1 <= number <= _HIGHEST_KEY_VERSION or number in keys:
            raise SealBroken(f"the cluster key {path} is damaged: restore it from a backup")
        keys[number] = key
    if not keys:
        raise SealBroken(f"the cluster key {path} is empty: restore it from a backup")
    return SecretBox(keys)


def _sync_directory(path: Path) -> None:
    """Make the file's name durable, not only its content."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- Passwords
# ------------------------------------------------------------------------------------------------------


class PasswordHashing:
    """Hashes passwords with Argon2id; the costs are those RFC 9106 section 4 names for limited memory (64 MiB)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        """A hash that no password has."""
        return self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: Secret) -> Secret:
        """Return what is stored instead of the password."""
        return Secret(self._hasher.hash(password.reveal()))

    def verify(self, stored: Secret | None, password: Secret) -> bool:
        """Whether this is the password.

        Without a stored hash (an unknown user, or one without a password) the answer is no, after the same work,
        so that the time does not tell who exists.
        """
        known = stored is not None and bool(stored)
        against = stored.reveal() if stored is not None and known else self._nobody
        try:
            return self._hasher.verify(against, password.reveal()) and known
        except (VerificationError, InvalidHashError):
            return False


def random_password() -> Secret:
    """Make a password for a person to write down and type (the first administrator's)."""
    return Secret("".join(secrets.choice(_PASSWORD_ALPHABET) for _ in range(_PASSWORD_LENGTH)))


def random_symmetric_key(bits: int) -> Secret:
    """Make a key for a phone's configuration file, as hexadecimal digits (CFGENC-18)."""
    return Secret(secrets.token_hex(bits // 8).upper())
