"""The signed envelope (TFTP-15, CTL-05): against files that others made, and against bad ones."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import vectors
from ringward.domain.vocabulary import HashAlgorithm
from ringward.files import envelope
from ringward.files.envelope import EncryptionInfo, Fault, Header, RefusedFile, SignerId, Version
from ringward.pki.listing import verify_signature

SIGNED = [name for name in vectors.EXPECTED if not name.startswith("native/fw")]


class Pencil:
    """Signs with nothing; for tests of the form alone."""

    certificate = b""

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        return hashlib.sha512(data).digest() * 4


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
encryptions = st.builds(
    EncryptionInfo,
    iv=st.binary(min_size=16, max_size=16),
    pad_length=st.integers(0, 65535),
    content_hash=st.binary(max_size=64),
    encrypted_key=st.binary(max_size=256),
    key_usage=st.integers(0, 255),
    key_size=st.integers(0, 65535),
    key_source=st.integers(0, 255),
    content_digest=st.sampled_from(list(envelope.DIGEST_CODES)),
)
headers = st.sampled_from([Version.SIGNED_FILE, Version.TRUST_LIST, Version.ENCRYPTED_FILE]).flatmap(
    lambda version: st.builds(
        Header,
        version=st.just(version),
        signer=st.builds(SignerId, texts, st.binary(max_size=20), texts),
        modulus_bits=st.just(2048),
        file_name=texts,
        timestamp=st.integers(0, 2**32 - 1),
        digest=st.sampled_from(list(envelope.DIGEST_CODES)),
        signer_version=st.none() | st.tuples(st.integers(0, 255), st.integers(0, 255)),
        encryption=encryptions if version is Version.ENCRYPTED_FILE else st.none(),
    )
)


@given(headers, st.binary(max_size=300))
def test_what_is_sealed_is_read_again(header: Header, body: bytes) -> None:
    data = envelope.seal(header, body, Pencil())
    found = envelope.parse(data)
    assert (found.header, found.body) == (header, body)
    assert found.signature == Pencil().sign(found.signed, header.digest)
    assert (len(data) - len(body)) % 4 == 0, "older phones want headers that end on a multiple of four"


@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda rest: b"\1\0\2\1\2\2\0\2\1\0" + rest))
def test_any_octets_are_read_or_refused(data: bytes) -> None:
    try:
        envelope.parse(data)
    except RefusedFile as refusal:
        assert refusal.fault in Fault


@pytest.mark.parametrize("name", list(vectors.EXPECTED))
def test_reads_what_others_made(name: str) -> None:
    expected = vectors.EXPECTED[name]
    found = envelope.parse(vectors.read(name))
    assert hashlib.sha1(found.signed).hexdigest() == expected["signed_bytes_sha1"]
    assert len(found.signed) == expected["signed_bytes_length"]
    if "body_length" in expected:
        assert hashlib.sha1(found.body).hexdigest() == expected["body_sha1"]
    values = {field["name"]: field.get("value") for field in expected["header"]}
    header = found.header
    assert "{}.{}".format(*header.version.value) == values["version"]
    assert (header.signer.name, header.signer.issuer) == (values["signer_name"], values["issuer_name"])
    assert header.signer.serial.hex() == values["serial"]
    assert header.file_name == values["filename"]
    assert header.timestamp == values.get("timestamp")


@pytest.mark.parametrize("name", SIGNED)
def test_verifies_as_the_makers_say(name: str) -> None:
    expected, found = vectors.EXPECTED[name], envelope.parse(vectors.read(name))
    key = vectors.pair(Path(expected["signer_key"]).stem)
    verified = verify_signature(key.certificate.der, found.signed, found.signature, found.header.digest)
    assert verified is expected["signature_valid"]


@pytest.mark.parametrize("name", [name for name in SIGNED if name.startswith("native/")])
def test_seals_octet_for_octet_what_others_sealed(name: str) -> None:
    data = vectors.read(name)
    found = envelope.parse(data)
    signer = vectors.signer(Path(vectors.EXPECTED[name]["signer_key"]).stem)
    if vectors.EXPECTED[name]["signature_valid"]:
        assert signer.seal(found.header, found.body) == data


def test_openssl_verifies_the_signature_cut_out_of_a_file(tmp_path: Path) -> None:
    signer = vectors.signer("ccmtftp")
    for digest in envelope.DIGEST_CODES:
        header = signer.header(Version.SIGNED_FILE, "Ringlist.xml.sgn", 1_161_614_801, digest)
        found = envelope.parse(signer.seal(header, b"<list/>"))
        (tmp_path / "signed").write_bytes(found.signed)
        (tmp_path / "signature").write_bytes(found.signature)
        (tmp_path / "certificate").write_bytes(vectors.pair("ccmtftp").certificate.pem)
        name = f"-{digest.value.lower().replace('-', '')}"
        for command in (
            "x509 -in certificate -noout -pubkey -out key",
            f"dgst {name} -verify key -signature signature signed",
        ):
            subprocess.run(["openssl", *command.split()], cwd=tmp_path, capture_output=True, check=True)


def _good() -> bytes:
    return vectors.read("native/enc/SEP001122334455.cnf.xml.sgn")


@pytest.mark.parametrize(
    ("place", "octets", "fault"),
    [
        (3, b"\x09", Fault.VERSION),
        (0, b"\x02", Fault.FORMAT),
        (8, b"\x01\xc7", Fault.FORMAT),  # a header that ends off the boundary
        (8, b"\xff\xfc", Fault.FORMAT),  # a header longer than the file
        (11, b"\x00\x7e", Fault.FORMAT),  # the signer field one octet too long
        (139, b"\x00\x0e", Fault.FORMAT),  # the signature information one octet too short
        (144, b"\x09", Fault.DIGEST),
        (151, b"\x01", Fault.SIGNATURE_ALGORITHM),
        (155, b"\x09", Fault.MODULUS),
        (155, b"\x01", Fault.MODULUS),  # says 1024 bits, has a signature of 2048
        (64, b"\x00", Fault.FORMAT),  # a text with two ends
        (453, b"\x0d\x0d\x00", Fault.FORMAT),  # something behind the padding
    ],
)
def test_a_bad_header_is_refused(place: int, octets: bytes, fault: Fault) -> None:
    data = bytearray(_good())
    data[place : place + len(octets)] = octets
    with pytest.raises(RefusedFile) as refusal:
        envelope.parse(bytes(data))
    assert refusal.value.fault is fault


@given(st.integers(0, len(_good()) - 1))
def test_a_file_cut_off_in_its_header_is_refused(length: int) -> None:
    with pytest.raises(RefusedFile):
        envelope.parse(_good()[: min(length, 455)])


def test_an_encrypted_body_needs_the_version_that_allows_it() -> None:
    data = bytearray(vectors.read("native/enc/SEP001122334455.cnf.xml.enc.sgn"))
    data[3] = 1
    with pytest.raises(RefusedFile, match="do not go together"):
        envelope.parse(bytes(data))
