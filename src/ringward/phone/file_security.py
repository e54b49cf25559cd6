"""What a phone does about the protection of its files: in which form it asks, and what it takes.

Signatures are checked before anything is decrypted (CFGENC-26). What is refused is never used, and the phone goes
on with what it had (PHONE-04, PHONE-16).
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable

from ringward.domain.errors import Refused
from ringward.domain.phone_models import capability_of
from ringward.domain.rules.configuration_encryption import deletes_symmetric_key, has_manual_key, is_symmetric_key
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ConfigurationEncryption, DigestSource, Protocol
from ringward.files import encrypted_file, envelope, profile_encryption, signed_file
from ringward.files.envelope import Fault, RefusedFile, Version
from ringward.files.file_names import FileForm
from ringward.phone.configuration import Configuration, LineConfiguration
from ringward.phone.flash import Flash, Item
from ringward.phone.own_keys import OwnKeys
from ringward.phone.trust_store import TrustStore
from ringward.pki.file_ciphers import FileCiphers, unwrap
from ringward.pki.listing import verify_signature

MAX_VERDICTS = 20
"""Files whose verdict is remembered for the security menu."""


class FileSecurity:
    """The flash of one phone and what follows from it."""

    def __init__(self, flash: Flash | None = None) -> None:
        self.flash = flash or Flash()
        self.trust = TrustStore(self.flash, verify_signature)
        self.keys = OwnKeys(self.flash)
        self.verdicts: OrderedDict[str, str] = OrderedDict()
        """What was made of the last files, by name."""

    # -- asking -------------------------------------------------------------------------------------------

    @property
    def form(self) -> FileForm:
        """In which form the configuration is asked for (CTL-10, CFGENC-28)."""
        if not self.trust.asks_for_signed_files:
            return FileForm.CLEAR
        if self.flash.read(Item.ENCRYPTED_WANTED) is not None and self.keys.used is not None:
            return FileForm.ENCRYPTED
        return FileForm.SIGNED

    def note_encryption(self, wanted: bool) -> None:
        """The last file said whether the next one is to be asked for encrypted (CFGENC-28)."""
        if wanted:
            self.flash.write(Item.ENCRYPTED_WANTED, b"")
        else:
            self.flash.erase(Item.ENCRYPTED_WANTED)

    # -- taking -------------------------------------------------------------------------------------------

    def open(self, name: str, data: bytes) -> bytes:
        """The clear content of a file; raises :class:`~ringward.files.envelope.RefusedFile`."""
        try:
            if name.endswith(FileForm.ENCRYPTED.value):
                clear, verdict = self._decrypt(name, data), "verified and decrypted"
            elif name.endswith(FileForm.SIGNED.value):
                found = signed_file.open_signed(data, name, self.trust.trust, verify_signature)
                clear, verdict = found.body, f"verified, signed by {found.header.signer.name}"
            else:
                clear, verdict = data, "not signed"
        except RefusedFile as refusal:
            self._note(name, f"refused: {refusal}")
            raise
        self._note(name, verdict)
        return clear

    def open_with_symmetric_key(self, name: str, data: bytes) -> bytes:
        """The clear content of a file for a phone with a symmetric key, whoever signed it (CFGENC-15); raises
        :class:`~ringward.files.envelope.RefusedFile`.
        """
        try:
            key = self.symmetric_key
            if key is None:
                raise RefusedFile(Fault.ENCRYPTION, "there is no symmetric key")
            octets = bytes.fromhex(key.reveal())
            if name.endswith(FileForm.ENCRYPTED.value):
                found = envelope.parse(data)
                if not encrypted_file.needs_typed_key(found):
                    raise RefusedFile(Fault.ENCRYPTION, "it is not encrypted with a symmetric key")
                clear = encrypted_file.decrypt(found, FileCiphers(), octets)
            else:
                clear = profile_encryption.decrypt(data, FileCiphers(), octets)
        except RefusedFile as refusal:
            self._note(name, f"refused: {refusal}")
            raise
        self._note(name, "decrypted with the symmetric key")
        return clear

    def _decrypt(self, name: str, data: bytes) -> bytes:
        found = signed_file.open_signed(data, name, self.trust.trust, verify_signature, Version.ENCRYPTED_FILE)
        pair, info = self.keys.used, found.header.encryption
        key = unwrap(pair, info.encrypted_key) if pair is not None and info is not None else None
        if key is None:
            raise RefusedFile(Fault.ENCRYPTION, "the key of the file is not for this phone")
        return encrypted_file.decrypt(found, FileCiphers(), key)

    def _note(self, name: str, verdict: str) -> None:
        self.verdicts[name] = verdict
        self.verdicts.move_to_end(name)
        while len(self.verdicts) > MAX_VERDICTS:
            self.verdicts.popitem(last=False)

    # -- the symmetric key --------------------------------------------------------------------------------

    @property
    def symmetric_key(self) -> Secret | None:
        """The key that was entered; with one the phone asks for nothing but the encrypted file (CFGENC-14)."""
        kept = self.flash.read(Item.SYMMETRIC_KEY)
        return None if kept is None else Secret(kept.decode("ascii"))

    def accept_symmetric_key(self, model: str, text: str) -> None:
        """Accept is pressed: the key is in flash from that moment on; zeros erase it (PHONE-11, CFGENC-21).

        Raises :class:`Refused`.
        """
        row = capability_of(model, Protocol.SIP)
        if row is None or not has_manual_key(row):
            raise Refused(f"a {model} takes no symmetric key: its files are encrypted for its own key")
        if not is_symmetric_key(row, text):
            raise Refused(f"a symmetric key of a {model} has {row.key_bits // 4} hexadecimal digits")
        if deletes_symmetric_key(text):
            self.flash.erase(Item.SYMMETRIC_KEY)
        else:
            self.flash.write(Item.SYMMETRIC_KEY, text.encode("ascii"))

    def delete_symmetric_key(self, model: str) -> None:
        """Delete it, which the 7905 and 7912 can (CFGENC-21). Raises :class:`Refused`."""
        row = capability_of(model, Protocol.SIP)
        if row is None or row.configuration_encryption is not ConfigurationEncryption.MANUAL_RC4:
            raise Refused(f"a {model} deletes no key; enter one of zeros to be without")
        self.flash.erase(Item.SYMMETRIC_KEY)

    # -- the configuration --------------------------------------------------------------------------------

    def keep(self, own: bytes, default: bytes, configuration: Configuration) -> None:
        """The configuration that is obeyed from now on, as the clear files it was read from."""
        self.flash.write(Item.CONFIGURATION, own)
        self.flash.write(Item.DEFAULT_CONFIGURATION, default)
        self._keep_credentials(
            [line.button, line.auth_name, None if line.auth_password is None else line.auth_password.reveal()]
            for line in configuration.lines
        )

    def enter_digest_credentials(self, model: str, user: str, password: Secret) -> None:
        """Enter user name and password for all lines; a file that carries others replaces them (PHONE-12, R-26).

        Raises :class:`Refused`.
        """
        row = capability_of(model, Protocol.SIP)
        if row is None or row.digest_source is not DigestSource.FILE_OR_TYPED:
            raise Refused(f"a {model} has no entry for digest credentials: they come with its file")
        self._keep_credentials([button, user, password.reveal()] for button in range(1, row.max_lines + 1))

    def _keep_credentials(self, credentials: Iterable[list[int | str | None]]) -> None:
        self.flash.write(Item.CREDENTIALS, json.dumps(list(credentials)).encode())

    def with_kept_credentials(self, configuration: Configuration) -> Configuration:
        """A configuration with the credentials that were typed in or that an earlier file carried, where it names
        none (PHONE-12, PHONE-13).
        """
        kept = self.flash.read(Item.CREDENTIALS)
        if kept is None:
            return configuration
        lines = tuple(
            LineConfiguration(button, "", auth_name=name, auth_password=None if text is None else Secret(text))
            for button, name, text in json.loads(kept)
        )
        return configuration.keeping_credentials(Configuration((), configuration.transport, lines))
