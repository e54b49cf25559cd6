"""Tokens behind a PKCS#11 module: smart cards, USB keys, hardware security modules, SoftHSM2.

The signing key is made on the token, cannot be read out of it, and is found by the ID that its certificate has
too; a token that comes with key and certificate from its maker is used as it is (TOK-02).
"""

from __future__ import annotations

import ctypes
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, Session, Slot, Token, TokenFlag
from pkcs11.constants import CertificateType
from pkcs11.exceptions import (
    NoSuchKey,
    PinExpired,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PinTooWeak,
    PKCS11Error,
)
from pkcs11.util.rsa import encode_rsa_public_key

from ringward.domain.secret import Secret
from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.certificates import BadCertificate, Certificate
from ringward.pki.issuing import load_rsa_public_key
from ringward.pki.tokens.token import (
    LABEL_LIMIT,
    Issue,
    Retries,
    TokenDescription,
    TokenError,
    TokenGone,
    TokenLocked,
    TokenSigner,
    WeakTokenPassword,
    WrongTokenPassword,
    check_label,
    check_new_password,
    refuse_default,
)

KEY_BITS = 2048
"""The longest that phones of the guide's time verify (phone files, 1.2)."""
_OBJECT_LABEL = "Ringward trust list signer"
_OBJECT_ID_LENGTH = 8
_MECHANISMS = MappingProxyType(
    {
        HashAlgorithm.SHA1: Mechanism.SHA1_RSA_PKCS,
        HashAlgorithm.SHA256: Mechanism.SHA256_RSA_PKCS,
        HashAlgorithm.SHA384: Mechanism.SHA384_RSA_PKCS,
        HashAlgorithm.SHA512: Mechanism.SHA512_RSA_PKCS,
    }
)


class TokenModule:
    """A PKCS#11 module, which knows readers and the tokens in them."""

    def __init__(self, path: Path) -> None:
        """Load the module. Raises :class:`TokenError` when it is none."""
        self._path = path
        if not path.is_file():
            raise TokenError(f"there is no PKCS#11 module {path}")
        try:
            self._library = pkcs11.lib(str(path))
            self._library.reinitialize()  # reads the slots anew: tokens come and go
        except (PKCS11Error, RuntimeError, OSError) as error:
            raise TokenError(f"{path} cannot be used as a PKCS#11 module: {_reason(error)}") from None
        _clear_error_queue()

    def tokens(self) -> list[HardwareToken]:
        """The initialised tokens in the readers, by label."""
        found = [HardwareToken(self, token) for token in self._present() if _is_initialised(token)]
        return sorted(found, key=lambda each: each.label)

    def token(self, name: str) -> HardwareToken:
        """The token with this label or serial number. Raises :class:`TokenGone`, or if two have the label."""
        found = [each for each in self.tokens() if name in (each.label, each.serial)]
        if not found:
            raise TokenGone(name)
        if len(found) > 1:
            numbers = ", ".join(each.serial for each in found)
            raise TokenError(
                f"{len(found)} tokens are labelled {name!r}: name one by its serial number ({numbers})"
            )
        return found[0]

    def only_token(self) -> HardwareToken:
        """The one token that is inserted. Raises :class:`TokenGone`, or if there are two (CTL-39)."""
        found = self.tokens()
        if not found:
            raise TokenError("no token is inserted: insert one and begin again")
        if len(found) > 1:
            labels = ", ".join(each.label for each in found)
            raise TokenError(
                f"{len(found)} tokens are inserted ({labels}): leave one, or name it; nothing changed"
            )
        return found[0]

    def initialise(self, label: str, password: Secret, officer_password: Secret, issue: Issue) -> HardwareToken:
        """Initialise an empty token, make a key on it, and store the certificate that ``issue`` gets for it.

        ``officer_password`` is that of the security officer, who alone can unlock the token again. A token that
        has been initialised before is never touched. Raises :class:`TokenError`.
        """
        check_label(label)
        check_new_password(password)
        check_new_password(officer_password)
        if any(each.label == label for each in self.tokens()):
            raise TokenError(f"there is already a token {label!r}")
        empty = [
            slot for slot in self._library.get_slots(token_present=True) if not _is_initialised(slot.get_token())
        ]
        if not empty:
            raise TokenError("no token that is empty is inserted; one that is in use is never overwritten")
        self._initialise_slot(empty[0], label, officer_password)
        self._library.reinitialize()
        _clear_error_queue()
        token = self.token(label)
        token.prepare(password, officer_password, issue)
        return token

    def _initialise_slot(self, slot: Slot, label: str, officer_password: Secret) -> None:
        """C_InitToken, the one function of PKCS#11 that our library leaves out."""
        module = ctypes.CDLL(str(self._path))
        secret = officer_password.reveal().encode()
        padded = label.encode().ljust(LABEL_LIMIT)
        code = module.C_InitToken(ctypes.c_ulong(slot.slot_id), secret, ctypes.c_ulong(len(secret)), padded)
        if code:
            raise TokenError(f"the token could not be initialised (PKCS#11 error {code & 0xFFFFFFFF:#x})")

    def _present(self) -> list[Token]:
        try:
            return [slot.get_token() for slot in self._library.get_slots(token_present=True)]
        except PKCS11Error as error:
            raise TokenError(f"the readers of {self._path} cannot be asked: {_reason(error)}") from None


class HardwareToken:
    """A token in a reader."""

    def __init__(self, module: TokenModule, token: Token) -> None:
        self._module = module
        self._token = token
        self.label = token.label.strip()
        self.serial = _text(token.serial)

    def describe(self) -> TokenDescription:
        """What can be seen without the password."""
        token = self._present()
        with self._session(token) as session:
            certificate = _certificate_of(session)
        return TokenDescription(
            place=f"slot {token.slot.slot_id}, {_text(token.slot.slot_description)}",
            kind=" ".join(filter(None, (_text(token.manufacturer_id), _text(token.model)))),
            label=self.label,
            serial=self.serial,
            certificate=certificate,
            retries=_retries(token),
        )

    @contextmanager
    def unlock(self, password: Secret) -> Iterator[TokenSigner]:
        """Enter the password; sign until the context ends."""
        with self._session(self._present(), password) as session:
            refuse_default(self.label, password)
            yield self._signer(session)

    def _signer(self, session: Session) -> _Signer:
        certificate = _certificate_of(session)
        if certificate is None:
            raise TokenError(f"the token {self.label!r} holds no certificate: initialise it first")
        try:
            key = session.get_key(ObjectClass.PRIVATE_KEY, KeyType.RSA, id=_identity_of(session))
        except PKCS11Error:
            raise TokenError(f"the token {self.label!r} has a certificate, but not its RSA key") from None
        return _Signer(self.label, key, certificate)

    def change_password(self, current: Secret, new: Secret) -> None:
        """Have the token take a new password."""
        check_new_password(new)
        with self._session(self._present(), current, write=True) as session:
            try:
                session.set_pin(current.reveal(), new.reveal())
            except (PinInvalid, PinLenRange, PinTooWeak):
                raise WeakTokenPassword("the token itself does not take it") from None
            except PKCS11Error as error:
                raise TokenError(f"the token {self.label!r} keeps its password: {_reason(error)}") from None

    def prepare(self, password: Secret, officer_password: Secret, issue: Issue) -> None:
        """Give a token that was initialised just now its password, its key and its certificate."""
        try:
            with self._token.open(rw=True, so_pin=officer_password.reveal()) as session:
                session.init_pin(password.reveal())
            with self._token.open(rw=True, user_pin=password.reveal()) as session:
                self._make_key(session, issue)
        except PKCS11Error as error:
            raise TokenError(f"the token {self.label!r} could not be prepared: {_reason(error)}") from None

    def _make_key(self, session: Session, issue: Issue) -> None:
        identity = os.urandom(_OBJECT_ID_LENGTH)
        public, private = session.generate_keypair(
            KeyType.RSA, KEY_BITS, id=identity, label=_OBJECT_LABEL, store=True
        )
        number = load_rsa_public_key(encode_rsa_public_key(public))
        _clear_error_queue()
        certificate = issue(_NewKey(self.label, number, private))
        parsed = certificate.parsed()
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.ID: identity,
                Attribute.LABEL: _OBJECT_LABEL,
                Attribute.SUBJECT: parsed.subject.public_bytes(),
                Attribute.ISSUER: parsed.issuer.public_bytes(),
                Attribute.VALUE: certificate.der,
            }
        )

    def _present(self) -> Token:
        """The token as it is now; its flags change with every attempt."""
        with suppress(TokenError):  # some modules cannot even tell what is left when a token was pulled out
            for each in self._module.tokens():
                if each.serial == self.serial and each.label == self.label:
                    return each._token
        raise TokenGone(self.label)

    @contextmanager
    def _session(self, token: Token, password: Secret | None = None, *, write: bool = False) -> Iterator[Session]:
        try:
            session = token.open(rw=write, user_pin=password.reveal()) if password else token.open(rw=write)
        except PinLocked:
            raise TokenLocked(self.label) from None
        except (PinIncorrect, PinInvalid, PinLenRange):
            retries = _retries(self._present())
            if retries.locked:
                raise TokenLocked(self.label) from None
            raise WrongTokenPassword(self.label, retries) from None
        except PinExpired:
            raise TokenError(f"the password of the token {self.label!r} has expired: change it") from None
        except PKCS11Error:
            raise TokenGone(self.label) from None
        try:
            yield session
        finally:
            with suppress(PKCS11Error):  # a token that was pulled out took its session along
                session.close()
            _clear_error_queue()


class _Signer:
    """An unlocked token; every failure after the password means that the token is no longer there."""

    def __init__(self, label: str, key: pkcs11.Key, certificate: Certificate) -> None:
        self._label = label
        self._key = key
        self._certificate = certificate

    @property
    def certificate(self) -> bytes:
        return self._certificate.der

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        return _sign(self._label, self._key, data, digest)


class _NewKey:
    def __init__(self, label: str, public_key: bytes, key: pkcs11.Key) -> None:
        self._label = label
        self.public_key = public_key
        self._key = key

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        return _sign(self._label, self._key, data, digest)


def _sign(label: str, key: pkcs11.Key, data: bytes, digest: HashAlgorithm) -> bytes:
    try:
        return bytes(key.sign(data, mechanism=_MECHANISMS[digest]))  # type: ignore[attr-defined]
    except PKCS11Error:
        raise TokenGone(label) from None
    finally:
        _clear_error_queue()


def _certificate_object(session: Session) -> pkcs11.Object | None:
    """Ours if there is one, else the only one of another maker."""
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509}
    ours = list(session.get_objects({**wanted, Attribute.LABEL: _OBJECT_LABEL}))
    found = ours or list(session.get_objects(wanted))
    if len(found) > 1:
        raise TokenError(f"the token holds {len(found)} certificates, and none is labelled {_OBJECT_LABEL!r}")
    return found[0] if found else None


def _certificate_of(session: Session) -> Certificate | None:
    try:
        found = _certificate_object(session)
        return None if found is None else Certificate(bytes(found[Attribute.VALUE]))
    except BadCertificate:
        raise TokenError("the certificate on the token cannot be read") from None
    except PKCS11Error as error:
        raise TokenError(f"the certificate on the token cannot be read: {_reason(error)}") from None


def _identity_of(session: Session) -> bytes:
    found = _certificate_object(session)
    if found is None:
        raise NoSuchKey
    return bytes(found[Attribute.ID])


def _clear_error_queue() -> None:
    """Forget what a module has left in OpenSSL's queue of errors: SoftHSM2 shares OpenSSL with us, and the next
    read from a TLS connection would take such an error for its own.
    """
    with suppress(ssl.SSLError):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers("none-such")  # clears the queue before it complains


def _is_initialised(token: Token) -> bool:
    return bool(token.flags & TokenFlag.TOKEN_INITIALIZED)


def _retries(token: Token) -> Retries:
    flags = token.flags
    return Retries(
        locked=bool(flags & TokenFlag.USER_PIN_LOCKED),
        last=bool(flags & TokenFlag.USER_PIN_FINAL_TRY),
        few=bool(flags & TokenFlag.USER_PIN_COUNT_LOW),
    )


def _text(value: bytes | str | None) -> str:
    if value is None:
        return ""
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else value).strip(" \0")


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
