"""Files as phones read them, made by others: see the README beside them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ringward.files.signed_file import FileSigner
from ringward.pki.certificates import Certificate, KeyPair
from ringward.pki.listing import listed
from ringward.pki.signing import KeySigner

FOLDER = Path(__file__).parent / "phone_file_vectors"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())["files"]


def read(name: str) -> bytes:
    """One file of the vectors."""
    return (FOLDER / name).read_bytes()


@cache
def pair(name: str) -> KeyPair:
    """Key and certificate of ``keys/NAME.pem``."""
    content = read(f"keys/{name}.pem")
    key = serialization.load_pem_private_key(content, password=None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return KeyPair(Certificate.load(content[content.index(b"-----BEGIN CERTIFICATE") :]), key)


def signer(name: str) -> FileSigner:
    """One who signs with that key."""
    return FileSigner(KeySigner(pair(name)), listed(pair(name).certificate.der))
