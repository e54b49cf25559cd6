"""The key with which this server signs files: loaded once, and replaced when its certificate is renewed."""

from __future__ import annotations

from ringward.files.signed_file import FileSigner
from ringward.pki.certificates import KeyPair
from ringward.pki.listing import listed
from ringward.pki.signing import KeySigner


class SigningKey:
    """Called, it tells who signs now; each file is signed by one who was in force when it was begun."""

    def __init__(self, pair: KeyPair) -> None:
        self._signer = _signer(pair)

    def __call__(self) -> FileSigner:
        return self._signer

    def replace(self, pair: KeyPair) -> None:
        """Sign with another key from now on; see :meth:`ringward.services.tftp.service.TftpService.sign_anew`."""
        self._signer = _signer(pair)


def _signer(pair: KeyPair) -> FileSigner:
    return FileSigner(KeySigner(pair), listed(pair.certificate.der))
