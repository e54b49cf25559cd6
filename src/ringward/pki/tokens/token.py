"""What every security token is, whatever it is made of (TOK-01): a key that never leaves it, and its certificate.

The certificate can be read by anybody; signing needs the token's password, and wrong passwords lock it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ringward.domain.errors import RingwardError
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.certificates import Certificate

DEFAULT_PASSWORD = Secret("Cisco123")
"""With this password tokens of the guide's time come (TOK-05, case-sensitive). Nothing is signed with it."""
LABEL_LIMIT = 32
"""Octets of a token's label (PKCS#11, CK_TOKEN_INFO)."""
_SHORTEST_PASSWORD = 8
_LONGEST_PASSWORD = 64
TIPS = (
    f"use {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} letters, digits and signs without accents, at least four "
    f"different ones, and not the password that tokens come with"
)
"""Advice for whoever had a new password refused (TOK-06, Show Tips)."""


class TokenError(RingwardError):
    """A security token cannot do what it is asked for."""


class WrongTokenPassword(TokenError):
    """The password is not the token's; says how many attempts are left, if the token tells."""

    def __init__(self, label: str, retries: Retries) -> None:
        self.retries = retries
        super().__init__(f"the password is not that of the token {label!r}; attempts left: {retries}")


class TokenLocked(TokenError):
    """Too many wrong passwords: the token signs no more."""

    def __init__(self, label: str) -> None:
        super().__init__(
            f"the token {label!r} is locked after too many wrong passwords: initialise it anew, "
            "and use another token of the trust list meanwhile"
        )


class PasswordMustChange(TokenError):
    """The token still has the password that it came with (TOK-07)."""

    def __init__(self, label: str) -> None:
        super().__init__(
            f"the token {label!r} still has the default password: change it first "
            "(ringward token change-password); nothing was signed"
        )


class WeakTokenPassword(TokenError):
    """A new password that is refused, with advice."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the new password is refused, since {reason}; {TIPS}")


class TokenGone(TokenError):
    """The token is not there, or no longer."""

    def __init__(self, label: str) -> None:
        super().__init__(f"the token {label!r} is not there (any more): insert it and begin again")


@dataclass(frozen=True, slots=True)
class Retries:
    """What a token tells about the wrong passwords that it still bears."""

    left: int | None = None
    """None: it does not count aloud."""
    locked: bool = False
    last: bool = False
    """One more wrong password locks it."""
    few: bool = False
    """There was a wrong password since the last right one."""

    def __str__(self) -> str:
        if self.locked:
            return "none, it is locked"
        if self.left is not None:
            return str(self.left)
        if self.last:
            return "one, the last"
        return "fewer than at first (the token does not tell how many)" if self.few else "all"


@dataclass(frozen=True, slots=True)
class TokenDescription:
    """What can be seen of a token without its password (TOK-08)."""

    place: str
    """Where it is: the file, or the slot of a PKCS#11 module."""
    kind: str
    """Manufacturer and model, or "software token"."""
    label: str
    serial: str
    certificate: Certificate | None
    """None: it was never initialised, or holds no certificate."""
    retries: Retries


class TokenKey(Protocol):
    """A new key on a token, which has no certificate yet; it signs to prove that it is there."""

    @property
    def public_key(self) -> bytes:
        """DER of SubjectPublicKeyInfo."""
        ...

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        """RSA PKCS#1 v1.5. Raises :class:`TokenGone`."""
        ...


Issue = Callable[[TokenKey], Certificate]
"""Gets a certificate for a new key."""


class TokenSigner(Protocol):
    """An unlocked token."""

    @property
    def certificate(self) -> bytes:
        """DER."""
        ...

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        """RSA PKCS#1 v1.5. Raises :class:`TokenGone`."""
        ...


class SecurityToken(Protocol):
    """A token in reach."""

    def describe(self) -> TokenDescription:
        """What can be seen without the password. Raises :class:`TokenGone` and :class:`TokenError`."""
        ...

    def unlock(self, password: Secret) -> AbstractContextManager[TokenSigner]:
        """Enter the password; the token signs until the context ends (CTL-37).

        Raises :class:`WrongTokenPassword`, :class:`TokenLocked`, :class:`PasswordMustChange`, :class:`TokenGone`.
        """
        ...

    def change_password(self, current: Secret, new: Secret) -> None:
        """Raises :class:`WeakTokenPassword` and what :meth:`unlock` raises (TOK-06)."""
        ...


def check_label(label: str) -> None:
    """Raise :class:`TokenError` unless this can be a token's label."""
    if not label.strip() or len(label.encode()) > LABEL_LIMIT or not label.isprintable():
        raise TokenError(f"{label!r} cannot be a token's label: it must have 1 to {LABEL_LIMIT} characters")


def check_new_password(password: Secret) -> None:
    """Raise :class:`WeakTokenPassword` unless this may become a token's password."""
    text = password.reveal()
    if not _SHORTEST_PASSWORD <= len(text) <= _LONGEST_PASSWORD:
        raise WeakTokenPassword(f"it has {len(text)} characters")
    if not (text.isascii() and text.isprintable()):
        raise WeakTokenPassword("it has characters that not every token takes")
    if len(set(text)) < 4:
        raise WeakTokenPassword("it repeats too few characters")
    if text.lower() == DEFAULT_PASSWORD.reveal().lower():
        raise WeakTokenPassword("tokens come with it, so everybody knows it")


def refuse_default(label: str, password: Secret) -> None:
    """Raise :class:`PasswordMustChange` if a password that proved right is the one tokens come with."""
    if password == DEFAULT_PASSWORD:
        raise PasswordMustChange(label)
