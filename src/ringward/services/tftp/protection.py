"""Between building a file and keeping it: signs and encrypts, as the cluster and the phone have it.

What was made is remembered with a digest of what it was made of, so that a file is signed again only when its
data, its signer or its key has changed (TFTP-03); who asks again gets the same octets. Nothing of it is on disk.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from ringward.domain.errors import RingwardError
from ringward.domain.vocabulary import ConfigurationEncryption
from ringward.files import encrypted_file, profile_encryption, signed_file
from ringward.files.encrypted_file import KEY_LENGTH, Ciphers, FileKey
from ringward.files.file_names import FileForm
from ringward.files.phone_configuration import PhoneConfiguration
from ringward.files.profile_encryption import NONCE_LENGTH
from ringward.files.signed_file import FileSigner

MAX_SIGNED = 8 * 1024 * 1024
"""Octets of a file that is signed; locales and tones are far smaller, firmware is signed by its maker."""
MAX_REMEMBERED = 64 * 1024 * 1024
"""Octets of what is remembered; a signature takes some 500, an encrypted file all of its own length."""
_ENVELOPE = b"\1\0\2"
"""How a file begins that carries a signature already."""


class NoSuchForm(RingwardError):
    """The file does not exist in the form that was asked for; says why, for the administrator."""


class Protection(Protocol):
    """The step between building and keeping."""

    def protect(
        self, requested: str, form: FileForm, clear: bytes, phone: PhoneConfiguration | None, stamp: bytes = b""
    ) -> bytes:
        """The file in the form that was asked for; raises :class:`NoSuchForm`.

        ``stamp`` is known of files that have one: another for every other content of ``clear``.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Made:
    """What a name was answered with, and what that was made of."""

    origin: bytes
    content: bytes
    """Of a signed file only what stands before the clear text."""


class ClusterProtection:
    """Safe to use from several threads."""

    def __init__(
        self,
        signs: Callable[[], bool],
        signer: Callable[[], FileSigner],
        ciphers: Ciphers,
        *,
        clock: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
        max_remembered: int = MAX_REMEMBERED,
    ) -> None:
        """``signs`` tells whether files are signed now, ``signer`` who signs; its key is in memory already."""
        self._signs = signs
        self._signer = signer
        self._ciphers = ciphers
        self._clock = clock
        self._random = random
        self._max_remembered = max_remembered
        self._remembered: OrderedDict[str, _Made] = OrderedDict()
        self._octets = 0
        self._lock = threading.Lock()
        self.signatures = 0
        """Made since the start."""

    def protect(
        self, requested: str, form: FileForm, clear: bytes, phone: PhoneConfiguration | None, stamp: bytes = b""
    ) -> bytes:
        """See :class:`Protection`; which form exists when is the table of CFGENC and TFTP-01, TFTP-10, TFTP-11."""
        if form is FileForm.CLEAR:
            return clear
        if not self._signs():
            raise NoSuchForm("the cluster is nonsecure: no file is signed or encrypted")
        if form is FileForm.SIGNED:
            return self._signed(requested, clear, stamp)
        if phone is None:
            raise NoSuchForm("only the configuration of a phone is encrypted")
        return self._encrypted(requested, clear, phone)

    def names_signed_by_others(self) -> list[str]:
        """Names of the files that are remembered with the signature of a former certificate."""
        mark = self._signer_mark()
        with self._lock:
            return [name for name, made in self._remembered.items() if not made.origin.startswith(mark)]

    def _signed(self, requested: str, clear: bytes, stamp: bytes) -> bytes:
        if clear.startswith(_ENVELOPE):
            raise NoSuchForm("the file carries a signature of its own and is not signed again")
        if len(clear) > MAX_SIGNED:
            raise NoSuchForm(f"a file of more than {MAX_SIGNED // 1_048_576} MB is not signed")
        origin = self._signer_mark() + (stamp or sha256(clear).digest())
        header = self._find(requested, origin)
        if header is not None:
            return header + clear
        made = signed_file.build(requested, clear, self._signer(), int(self._clock()))
        self.signatures += 1
        self._remember(requested, origin, made[: len(made) - len(clear)])
        return made

    def _encrypted(self, requested: str, clear: bytes, phone: PhoneConfiguration) -> bytes:
        key = self._key_of(phone)
        origin = self._signer_mark() + sha256(sha256(clear).digest() + key).digest()
        return self._find(requested, origin) or self._remember(
            requested, origin, self._encrypt(requested, clear, phone.common.encryption, key)
        )

    def _key_of(self, phone: PhoneConfiguration) -> bytes:
        """The certificate whose key wraps, or the key that was typed in."""
        protection = phone.protection
        match phone.common.encryption:
            case ConfigurationEncryption.NONE:
                raise NoSuchForm(
                    f"TFTP Encrypted Config is off for {phone.device_name}; it will ask for the signed file next. "
                    "If it does not, erase the symmetric key at the phone"
                )
            case ConfigurationEncryption.PUBLIC_KEY:
                if not protection.certificate:
                    raise NoSuchForm(
                        f"no certificate of {phone.device_name} is known: it needs a certificate operation "
                        "(Install/Upgrade or Troubleshoot) first"
                    )
                return protection.certificate
            case _:
                if protection.symmetric_key is None:
                    raise NoSuchForm(
                        f"{phone.device_name} has no symmetric key: make one with 'ringward phone symmetric-key "
                        f"{phone.device_name}' and enter it at the phone"
                    )
                return bytes.fromhex(protection.symmetric_key.reveal())

    def _encrypt(self, requested: str, clear: bytes, method: ConfigurationEncryption, key: bytes) -> bytes:
        signer, now = self._signer(), int(self._clock())
        if method is ConfigurationEncryption.MANUAL_RC4:
            return profile_encryption.build(clear, self._ciphers, key, self._random(NONCE_LENGTH))
        self.signatures += 1
        iv = self._random(KEY_LENGTH)
        if method is ConfigurationEncryption.MANUAL_AES:
            file_key = FileKey(key, iv)
            return encrypted_file.build_with_typed_key(requested, clear, signer, now, self._ciphers, file_key)
        file_key = FileKey(self._random(KEY_LENGTH), iv)
        try:
            return encrypted_file.build(requested, clear, signer, now, self._ciphers, key, file_key)
        except RingwardError as error:
            raise NoSuchForm(f"the certificate of the phone cannot be used: {error}") from None

    def _signer_mark(self) -> bytes:
        return _mark(self._signer().certificate.der)

    def _find(self, name: str, origin: bytes) -> bytes | None:
        with self._lock:
            made = self._remembered.get(name)
            if made is None or made.origin != origin:
                return None
            self._remembered.move_to_end(name)
            return made.content

    def _remember(self, name: str, origin: bytes, content: bytes) -> bytes:
        with self._lock:
            before = self._remembered.pop(name, None)
            self._octets += len(content) - (len(before.content) if before is not None else 0)
            self._remembered[name] = _Made(origin, content)
            while self._octets > self._max_remembered:
                self._octets -= len(self._remembered.popitem(last=False)[1].content)
        return content


@lru_cache(maxsize=8)
def _mark(certificate: bytes) -> bytes:
    """Stands for a signer in what files were made of."""
    return sha256(certificate).digest()


class Unprotected:
    """Nothing is signed and nothing encrypted (TFTP-01)."""

    def protect(
        self, requested: str, form: FileForm, clear: bytes, phone: PhoneConfiguration | None, stamp: bytes = b""
    ) -> bytes:
        """Clear files as they are; no other form exists."""
        if form is not FileForm.CLEAR:
            raise NoSuchForm("the cluster is nonsecure: no file is signed or encrypted")
        return clear
