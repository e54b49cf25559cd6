"""``.sgn``: a file as it is, behind a header that says who signed it (TFTP-15)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.vocabulary import HashAlgorithm
from ringward.files import envelope
from ringward.files.envelope import Envelope, Header, RefusedFile, Signer, SignerId, Verifier, Version
from ringward.files.trust_list import TrustList


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A signer together with its certificate as files show it; made once, used for every file."""

    signer: Signer
    certificate: ListedCertificate
    identity: SignerId = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", SignerId.of(self.certificate))
        if self.signer.certificate != self.certificate.der:
            raise ValueError("the description is that of another certificate")

    def seal(self, header: Header, body: bytes) -> bytes:
        """The whole file."""
        return envelope.seal(header, body, self.signer)

    def header(self, version: Version, name: str, now: int, digest: HashAlgorithm = HashAlgorithm.SHA1) -> Header:
        """The header of a file of this name; ``now`` in seconds since 1970."""
        return Header(version, self.identity, self.certificate.modulus_bits, name, now, digest)


def build(
    name: str, content: bytes, signer: FileSigner, now: int, digest: HashAlgorithm = HashAlgorithm.SHA1
) -> bytes:
    """Sign a file; ``name`` is the one that is asked for, with folder and ``.sgn``."""
    return signer.seal(signer.header(Version.SIGNED_FILE, name, now, digest), content)


def open_signed(
    data: bytes, name: str, trusted: TrustList, verify: Verifier, version: Version = Version.SIGNED_FILE
) -> Envelope:
    """A file that a TFTP server of the trust list signed under this name (PHONE-04); else raises
    :class:`~ringward.files.envelope.RefusedFile`.
    """
    found = envelope.parse(data)
    envelope.check(found, version, name, trusted.file_signer(found.header.signer), verify)
    return found


__all__ = ["FileSigner", "RefusedFile", "build", "open_signed"]
