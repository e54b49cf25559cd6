"""Trust lists: what phones read, and what they refuse (CTL-03, CTL-04, CTL-10, CTL-13, CTL-21)."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import vectors
from files.test_envelope import Pencil, texts
from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.vocabulary import HashAlgorithm
from ringward.files import trust_list
from ringward.files.envelope import Fault, RefusedFile, SignerId
from ringward.files.trust_list import Record, TrustList, TrustListKind, TrustListRole
from ringward.pki.listing import listed, verify_signature

LISTS = [name for name in vectors.EXPECTED if name.endswith(".tlv")]
NATIVE = "native/ctl/CTLFile.tlv"
EMPTIED = "native/ctl/CTLFile-nonsecure.tlv"

octets = st.binary(min_size=1, max_size=80)
certificates = st.builds(
    ListedCertificate, octets, texts, texts, st.binary(max_size=20), octets, st.binary(max_size=80)
)
records = st.builds(
    Record,
    role=st.sampled_from(TrustListRole),
    certificate=st.none() | certificates,
    host=st.none() | texts,
    address=st.none() | st.integers(0, 2**32 - 1).map(IPv4Address),
    certificate_hash=st.just(b"") | st.binary(min_size=20, max_size=20),
)


@given(st.lists(records, max_size=8), st.sampled_from(TrustListKind))
def test_what_is_built_is_read_again(others: list[Record], kind: TrustListKind) -> None:
    token = ListedCertificate(b"", "CN=token", "CN=maker", b"\x83\1", b"key", modulus_bits=2048)
    shown = ListedCertificate(b"der", "CN=token", "CN=maker", b"\x83\1", b"key")
    trust = TrustList((Record(TrustListRole.SAST, shown), *others))
    found = trust_list.parse(trust_list.build(kind, trust, Pencil(), token, 1_161_614_800))
    assert found.trust == trust
    assert found.timestamp == 1_161_614_800
    assert found.header.file_name == kind.value


@given(st.binary(max_size=300))
def test_any_records_are_read_or_refused(body: bytes) -> None:
    header = vectors.read(NATIVE)[:300]
    for tail in (body, b"\1\0\2" + (len(body) + 5).to_bytes(2, "big") + body):
        try:
            trust_list.parse(header + tail)
        except RefusedFile as refusal:
            assert refusal.fault is Fault.FORMAT


@pytest.mark.parametrize("name", LISTS)
def test_reads_what_others_made(name: str) -> None:
    expected = vectors.EXPECTED[name]
    found = trust_list.parse(vectors.read(name))
    signer = vectors.signer(Path(expected["signer_key"]).stem).certificate
    vouched = found.trust.list_signer(found.header.signer)
    assert vouched is not None
    assert vouched.der == signer.der
    if name.startswith("native/"):
        found.check(TrustListKind.CTL, vouched, verify_signature)
    assert len(found.trust.records) == len(expected["records"])
    for record, fields in zip(found.trust.records, expected["records"], strict=True):
        values = {field["name"]: field.get("value") for field in fields}
        assert record.role.label == {"APP-SERVER": "application server"}.get(values["role"], values["role"])
        assert record.host == values.get("dns_name")
        assert (None if record.address is None else str(record.address)) == values.get("ip_address")
        assert (record.certificate.subject if record.certificate else None) == values.get("subject_name")


@pytest.mark.parametrize("name", [NATIVE, EMPTIED])
def test_builds_octet_for_octet_what_others_built(name: str) -> None:
    data = vectors.read(name)
    found = trust_list.parse(data)
    signer = vectors.signer(Path(vectors.EXPECTED[name]["signer_key"]).stem)
    built = trust_list.build(
        TrustListKind.CTL, found.trust, signer.signer, signer.certificate, found.timestamp, HashAlgorithm.SHA1
    )
    assert built == data


def test_every_field_of_a_server_comes_from_its_certificate() -> None:
    """CTL-04: subject, issuer, serial, key and certificate, in the words of a list that was made elsewhere."""
    record = trust_list.parse(vectors.read(NATIVE)).trust.records[2]
    shown = listed(vectors.pair("ccmtftp").certificate.der)
    assert record.certificate == ListedCertificate(
        shown.der, shown.subject, shown.issuer, shown.serial, shown.public_key
    )
    assert shown.signature
    assert shown.modulus_bits == 2048


def test_the_list_of_a_nonsecure_cluster_keeps_tokens_and_servers_without_certificates() -> None:
    """CTL-13: what is emptied here is what others emptied."""
    full = trust_list.parse(vectors.read(NATIVE)).trust
    emptied = trust_list.parse(vectors.read(EMPTIED)).trust
    assert full.emptied() == emptied
    assert full.asks_for_signed_files
    assert not emptied.asks_for_signed_files


def test_who_may_sign_what() -> None:
    trust = trust_list.parse(vectors.read(NATIVE)).trust
    token, server, capf = (SignerId.of(vectors.signer(name).certificate) for name in ("sast1", "ccmtftp", "capf"))
    assert trust.list_signer(token)
    assert not trust.file_signer(token)
    assert trust.file_signer(server)
    assert not trust.list_signer(server)
    assert not trust.file_signer(capf)
    assert trust.server_is_trusted(vectors.pair("capf").certificate.der, TrustListRole.CAPF)
    assert not trust.server_is_trusted(vectors.pair("capf").certificate.der, TrustListRole.CCM_TFTP)
    assert trust.knows_host("192.0.2.10")
    assert not trust.knows_host("192.0.2.99")
    assert not trust.knows_host("")


def test_a_list_that_is_cut_off_is_refused() -> None:
    with pytest.raises(RefusedFile, match="runs past the end"):
        trust_list.parse(vectors.read("native/negative/CTLFile-truncated.tlv"))


def test_a_record_with_an_unknown_role_makes_the_list_unusable() -> None:
    data = bytearray(vectors.read(EMPTIED))
    data[2092 + 4] = 9
    with pytest.raises(RefusedFile, match="unknown role"):
        trust_list.parse(bytes(data))


def test_nobody_signs_a_list_that_does_not_name_him() -> None:
    stranger = vectors.signer("sast3-rogue")
    trust = trust_list.parse(vectors.read(NATIVE)).trust
    with pytest.raises(ValueError, match="is not in the list"):
        trust_list.build(TrustListKind.CTL, trust, stranger.signer, stranger.certificate, 0)


def test_a_changed_list_does_not_verify() -> None:
    data = bytearray(vectors.read(NATIVE))
    data[-1] ^= 1  # the address of the last server
    found = trust_list.parse(bytes(data))
    with pytest.raises(RefusedFile) as refusal:
        found.check(TrustListKind.CTL, found.trust.list_signer(found.header.signer), verify_signature)
    assert refusal.value.fault is Fault.SIGNATURE
