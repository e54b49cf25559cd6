"""Signatures of CAPF clients, held against recorded ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from protocols.capf.conversations import VECTORS, conversation
from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.bare_digest import is_bare_signature, sign_bare
from ringward.pki.certificates import Certificate, KeyPair
from ringward.pki.issuing import make_authority
from ringward.protocols.capf.message import Message
from ringward.protocols.capf.values import Introduction

SIGNATURES = json.loads((VECTORS / "signatures.json").read_text())
DIGESTS = {"sha1": HashAlgorithm.SHA1, "sha512": HashAlgorithm.SHA512}


def certificate_of(entry: dict[str, str]) -> Certificate:
    """The certificate that made the signature, out of the same message."""
    introduction = Introduction.parse(Message.parse(conversation(entry["session"][:2])[1].octets))
    if "SUDI" in entry["element"]:
        assert introduction.factory_proof is not None
        return Certificate(introduction.factory_proof.certificate)
    assert introduction.certificate is not None
    return Certificate(introduction.certificate)


@pytest.mark.parametrize("entry", SIGNATURES, ids=lambda each: f"{each['session'][:2]} {each['element']}")
def test_recorded_signatures_hold_and_hold_for_nothing_else(entry: dict[str, str]) -> None:
    data, signature = bytes.fromhex(entry["signed_octets_hex"]), bytes.fromhex(entry["signature_hex"])
    certificate, digest = certificate_of(entry), DIGESTS[entry["digest"]]
    assert is_bare_signature(certificate, data, signature, digest)
    assert not is_bare_signature(certificate, data + b"\0", signature, digest)
    assert not is_bare_signature(certificate, data, signature[:-1] + bytes([signature[-1] ^ 1]), digest)


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return make_authority("someone", now=datetime.now(UTC))


@pytest.mark.parametrize("digest", [HashAlgorithm.SHA1, HashAlgorithm.SHA512])
def test_what_is_signed_verifies(pair: KeyPair, digest: HashAlgorithm) -> None:
    assert is_bare_signature(pair.certificate, b"data", sign_bare(pair.key, b"data", digest), digest)


def test_an_ordinary_signature_is_none_of_these(pair: KeyPair) -> None:
    assert isinstance(pair.key, rsa.RSAPrivateKey)
    ordinary = pair.key.sign(b"data", padding.PKCS1v15(), hashes.SHA1())
    assert not is_bare_signature(pair.certificate, b"data", ordinary, HashAlgorithm.SHA1)


def test_padding_is_checked_whole(pair: KeyPair) -> None:
    """A block that ends with the digest but is padded with something else must not pass."""
    key = pair.key
    assert isinstance(key, rsa.RSAPrivateKey)
    numbers, size = key.private_numbers(), key.key_size // 8
    hashing = hashes.Hash(hashes.SHA1())
    hashing.update(b"data")
    digest = hashing.finalize()

    def raw(block: bytes) -> bytes:
        power = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
        return power.to_bytes(size, "big")

    good = b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest
    forged = b"\x00\x01" + b"\xff" * 8 + b"\x00" + b"\xaa" * (size - 11 - len(digest)) + digest
    assert is_bare_signature(pair.certificate, b"data", raw(good), HashAlgorithm.SHA1)
    assert not is_bare_signature(pair.certificate, b"data", raw(forged), HashAlgorithm.SHA1)


def test_the_largest_curve_signs_too() -> None:
    key = ec.generate_private_key(ec.SECP521R1())
    assert sign_bare(key, b"data", HashAlgorithm.SHA512)
