from __future__ import annotations

from harness.foreign import USAGE, authority, certificate, name
from ringward.pki.certificates import Certificate, KeyPair
from ringward.pki.chain import chain_of, intermediates

ROOT = authority("Root")
BETWEEN = authority("Between", ROOT)
LEAF = certificate(issuer=BETWEEN)


def test_the_way_to_the_root() -> None:
    chain = chain_of(LEAF, [ROOT.certificate, BETWEEN.certificate])
    assert chain == (BETWEEN.certificate, ROOT.certificate)
    assert intermediates(chain) == (BETWEEN.certificate,)
    assert chain_of(LEAF, [BETWEEN.certificate]) == (BETWEEN.certificate,)


def test_an_authority_of_the_same_name_with_another_key_vouches_for_nobody() -> None:
    assert chain_of(LEAF, [authority("Between").certificate, ROOT.certificate]) is None


def test_authorities_that_sign_each_other_do_not_keep_it_busy() -> None:
    one = authority("One")
    other = authority("Other", one)
    crossed = cross_signed("One", one, other)
    assert chain_of(certificate(issuer=one), [crossed, other.certificate]) is not None


def cross_signed(subject: str, owner: KeyPair, issuer: KeyPair) -> Certificate:
    """The same key and name, signed by another."""
    usage = USAGE | {"key_cert_sign": True}
    return certificate(name(subject), key=owner.key, issuer=issuer, ca=True, usage=usage, purposes=(), names=())
