"""The ciphers of encrypted configuration files, and the wrapping of their keys for a phone."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES128

from ringward.pki.certificates import BadCertificate, KeyPair, describe_key, parse_der, public_key_of


class FileCiphers:
    """What :mod:`ringward.files` may do with keys without touching the crypto library."""

    def encrypt_aes_128(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        """CBC mode; ``data`` is padded already."""
        encryptor = Cipher(AES128(key), modes.CBC(iv)).encryptor()
        return encryptor.update(data) + encryptor.finalize()

    def decrypt_aes_128(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        """The other way round, padding and all."""
        decryptor = Cipher(AES128(key), modes.CBC(iv)).decryptor()
        return decryptor.update(data) + decryptor.finalize()

    def rc4(self, key: bytes, data: bytes) -> bytes:
        """Encrypts and decrypts (7905 and 7912 know no other cipher)."""
        return Cipher(ARC4(key), None).encryptor().update(data)

    def wrap(self, certificate: bytes, key: bytes) -> bytes:
        """A key that only the holder of the certificate (DER) can read: RSA, PKCS#1 v1.5.

        Raises :class:`BadCertificate` when the certificate cannot be read or its key is not RSA.
        """
        public = public_key_of(parse_der(certificate))
        if not isinstance(public, rsa.RSAPublicKey):
            found = describe_key(public)
            raise BadCertificate(f"its key is {found}, and only with an RSA key can a phone open its file")
        return public.encrypt(key, padding.PKCS1v15())


def unwrap(pair: KeyPair, wrapped: bytes) -> bytes | None:
    """The key that was wrapped for this pair; None if it was for another."""
    if not isinstance(pair.key, rsa.RSAPrivateKey):
        return None
    try:
        return pair.key.decrypt(wrapped, padding.PKCS1v15())
    except ValueError:
        return None
