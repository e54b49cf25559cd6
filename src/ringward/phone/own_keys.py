"""A phone's own key pairs: the one from its factory (MIC) and the one that CAPF certified (LSC)."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization

from ringward.domain.rules.configuration_encryption import certificate_hash
from ringward.domain.vocabulary import CapfAuthenticationMode
from ringward.phone.flash import Flash, Item
from ringward.pki.certificates import Certificate, KeyPair, load_private_key


class OwnKeys:
    """Reads and writes them in the phone's flash, each as key and certificate in PEM form."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash

    @property
    def mic(self) -> KeyPair | None:
        """The one from the factory."""
        return self._read(Item.MIC)

    @property
    def lsc(self) -> KeyPair | None:
        """The one that CAPF certified."""
        return self._read(Item.LSC)

    @property
    def used(self) -> KeyPair | None:
        """The one that is used: the LSC before the MIC."""
        return self.lsc or self.mic

    @property
    def certificate_hash(self) -> str:
        """Of the certificate that is used, as in configuration files; empty if there is none (CFGENC-22)."""
        used = self.used
        return certificate_hash(used.certificate.der) if used is not None else ""

    def install(self, item: Item, pair: KeyPair) -> None:
        """Keep a key pair as MIC or LSC; the private key never leaves the phone (PHONE-08)."""
        key = pair.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._flash.write(item, key + pair.certificate.pem)

    def remove(self, item: Item) -> None:
        """Keep a key pair no longer."""
        self._flash.erase(item)

    # -- an enrolment that the power may end ----------------------------------------------------------------

    @property
    def unfinished_enrolment(self) -> CapfAuthenticationMode | None:
        """The authentication mode of an enrolment that began and did not end (CAPF-08)."""
        content = self._flash.read(Item.CAPF_MODE)
        modes = {str(mode.number).encode(): mode for mode in CapfAuthenticationMode}
        return modes.get(content) if content is not None else None

    def note_enrolment(self, mode: CapfAuthenticationMode) -> None:
        """An enrolment begins."""
        self._flash.write(Item.CAPF_MODE, str(mode.number).encode())

    def forget_enrolment(self) -> None:
        """It has ended."""
        self._flash.erase(Item.CAPF_MODE)

    def _read(self, item: Item) -> KeyPair | None:
        content = self._flash.read(item)
        if content is None:
            return None
        return KeyPair(Certificate.load_chain(content)[0], load_private_key(content, None, Path(item.value)))
