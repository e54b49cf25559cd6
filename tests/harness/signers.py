"""Who signs files in tests."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from ringward.domain.vocabulary import HashAlgorithm
from ringward.files.signed_file import FileSigner
from ringward.files.trust_list import Record, TrustList, TrustListRole
from ringward.pki.certificates import KeyPair
from ringward.pki.issuing import make_self_signed
from ringward.pki.listing import listed
from ringward.pki.signing import KeySigner


@cache
def pair(name: str) -> KeyPair:
    """The key pair of a server or phone of this name."""
    return make_self_signed(name, now=datetime.now(UTC))


class CountingSigner(KeySigner):
    """Counts what it signs."""

    def __init__(self, pair: KeyPair) -> None:
        super().__init__(pair)
        self.count = 0

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        self.count += 1
        return super().sign(data, digest)


def signer(name: str) -> FileSigner:
    """One who signs as the server of this name."""
    return FileSigner(CountingSigner(pair(name)), listed(pair(name).certificate.der))


def trusting(*names: str) -> TrustList:
    """What a phone knows that trusts these file servers."""
    return TrustList(tuple(Record(TrustListRole.CCM_TFTP, listed(pair(name).certificate.der)) for name in names))
