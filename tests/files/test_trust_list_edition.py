"""The next edition of the CTL file: what it is composed of, and what is objected to."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.vocabulary import ClusterSecurityMode, HashAlgorithm
from ringward.files import trust_list
from ringward.files.envelope import SignerId
from ringward.files.trust_list import TrustList, TrustListFile, TrustListKind, TrustListRole
from ringward.files.trust_list_edition import (
    ListedServer,
    compose,
    left_behind,
    objections,
    server_role,
    tokens_of,
)

NOW = 1_161_614_800
SAST, CCM_TFTP, CAPF = TrustListRole.SAST, TrustListRole.CCM_TFTP, TrustListRole.CAPF


def certificate(name: str) -> ListedCertificate:
    shown = name.encode()
    return ListedCertificate(shown, f"CN={name}", "CN=maker", shown, b"key of " + shown, modulus_bits=512)


class Stamp:
    """Signs with what its certificate is called."""

    def __init__(self, name: str) -> None:
        self.certificate = name.encode()

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        return self.certificate.ljust(64, b".")


def verify(der: bytes, data: bytes, signature: bytes, digest: HashAlgorithm) -> bool:
    return signature == der.ljust(64, b".")


ONE, TWO, THREE = map(certificate, ("one", "two", "three"))
SERVER = ListedServer("cm1", IPv4Address("192.0.2.1"), CCM_TFTP, certificate("cm1"))
PROXY = ListedServer("cm1", IPv4Address("192.0.2.1"), CAPF, certificate("capf"))
REQUIRED = compose([], [SERVER], PROXY, ClusterSecurityMode.MIXED)


def edition(*tokens: ListedCertificate, signer: str = "one", at: int = NOW) -> TrustListFile:
    trust = compose(tokens, [SERVER], PROXY, ClusterSecurityMode.MIXED)
    return signed(trust, signer, at)


def signed(trust: TrustList, signer: str = "one", at: int = NOW) -> TrustListFile:
    content = trust_list.build(TrustListKind.CTL, trust, Stamp(signer), certificate(signer), at)
    return trust_list.parse(content)


def found(new: TrustListFile, former: TrustListFile | None = None, *, start_over: bool = False) -> list[str]:
    return list(objections(new, former, REQUIRED, verify, NOW, start_over=start_over))


def test_tokens_come_first_then_servers_then_capf() -> None:
    """CTL-03"""
    assert [record.role for record in edition(ONE, TWO).trust.records] == [SAST, SAST, CCM_TFTP, CAPF]
    assert [token.subject for token in tokens_of(edition(ONE, TWO).trust)] == ["CN=one", "CN=two"]


def test_in_nonsecure_mode_servers_have_no_certificate() -> None:
    """CTL-13"""
    trust = compose([ONE, TWO], [SERVER], PROXY, ClusterSecurityMode.NONSECURE)
    assert [record.certificate is None for record in trust.records] == [False, False, True, False]


@pytest.mark.parametrize(
    ("call_manager", "tftp", "role"),
    [
        (True, True, CCM_TFTP),
        (True, False, TrustListRole.CCM),
        (False, True, TrustListRole.TFTP),
        (False, False, None),
    ],
)
def test_a_server_is_listed_by_its_services(call_manager: bool, tftp: bool, role: TrustListRole | None) -> None:
    """CTL-03"""
    assert server_role(call_manager=call_manager, tftp=tftp) is role


def test_a_good_edition_is_not_objected_to() -> None:
    assert found(edition(ONE, TWO)) == []
    assert found(edition(ONE, TWO, THREE, signer="two", at=NOW + 1), edition(ONE, TWO)) == []


def test_two_different_tokens_are_needed() -> None:
    """CTL-11: the same key twice is one token."""
    assert "at least 2" in found(edition(ONE))[0]
    assert "at least 2" in found(edition(ONE, replace(ONE, serial=b"other")))[0]


def test_a_token_that_phones_do_not_know_cannot_sign() -> None:
    """CTL-16"""
    new = edition(ONE, TWO, THREE, signer="three", at=NOW + 1)
    assert found(new, edition(ONE, TWO)) == [
        "it is not signed by a security token that is in the present CTL file"
    ]
    assert found(new, edition(ONE, TWO), start_over=True) == []


def test_editions_follow_each_other_in_time() -> None:
    assert "not newer" in found(edition(ONE, TWO), edition(ONE, TWO))[0]
    assert "future" in found(edition(ONE, TWO, at=NOW + 4000))[0]


def test_servers_and_capf_can_be_neither_deleted_nor_edited_nor_invented() -> None:
    """CTL-12, CTL-17"""
    whole = edition(ONE, TWO).trust.records
    assert "CAPF cm1 is missing" in found(signed(TrustList(whole[:3])))[0]
    moved = replace(whole[2], address=IPv4Address("192.0.2.9"))
    assert "has the address 192.0.2.9" in found(signed(TrustList((*whole[:2], moved, whole[3]))))[0]
    other = replace(whole[2], certificate=THREE)
    assert "does not have the certificate" in found(signed(TrustList((*whole[:2], other, whole[3]))))[0]
    assert "of no server" in found(signed(TrustList((*whole, replace(whole[2], host="evil")))))[0]
    assert "twice" in found(signed(TrustList((*whole, whole[2]))))[0]


def test_a_phone_is_left_behind_if_it_does_not_know_the_signer() -> None:
    held = edition(ONE, TWO).trust
    assert left_behind(held, SignerId.of(TWO)) == ""
    assert left_behind(held, SignerId.of(THREE)) == (
        "it does not know the token CN=three; the tokens in its CTL file: CN=one, CN=two"
    )
