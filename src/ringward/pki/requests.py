"""Certificate signing requests (PKCS#10, RFC 2986): how a certificate of ours comes to be signed elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ringward.pki.certificates import BadCertificate, PrivateKey, name_text
from ringward.pki.issuing import end_entity_usage, server_names, server_purposes, server_subject, signing_hash


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """One signing request; equal when its bytes are."""

    der: bytes

    @classmethod
    def load(cls, content: bytes) -> SigningRequest:
        """Read a request in PEM form, whatever else is in the text. Raises :class:`BadCertificate`."""
        try:
            return cls(x509.load_pem_x509_csr(content).public_bytes(Encoding.DER))
        except ValueError:
            raise BadCertificate("this is not a readable signing request in PEM form") from None

    @property
    def pem(self) -> bytes:
        """The request in PEM form, as authorities want it."""
        return self._parsed().public_bytes(Encoding.PEM)

    @property
    def subject(self) -> str:
        """The distinguished name that is asked for (RFC 4514)."""
        return name_text(self._parsed().subject)

    def _parsed(self) -> x509.CertificateSigningRequest:
        return x509.load_der_x509_csr(self.der)


def make_request(
    name: str, key: PrivateKey, *, dns: Iterable[str] = (), addresses: Iterable[str] = ()
) -> SigningRequest:
    """Ask for a certificate of the server ``name``, with what a self-signed one would say too."""
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(server_subject(name))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(end_entity_usage(key.public_key()), critical=True)
        .add_extension(server_purposes(), critical=False)
        .add_extension(server_names(name, dns, addresses), critical=False)
    )
    request = builder.sign(key, signing_hash(key))  # type: ignore[arg-type]  # SHA-256 or SHA-384, which it takes
    return SigningRequest(request.public_bytes(Encoding.DER))
