"""Certificates for every kind of key that some model can make, and for no other (PSP-26, SYS-10)."""

from __future__ import annotations

import subprocess
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import CapfAuthenticationMode, KeySize, Protocol
from ringward.phone.enrolment import Result, generate_key
from ringward.pki.certificates import Certificate, PrivateKey, key_size_of, public_key_of
from ringward.protocols.capf.values import KeyWanted
from services.capf.conftest import Site, SoftPhone

LSC_FIRST = CapfAuthenticationMode.EXISTING_LSC
MAC = "001122334499"
RECENT = f"SEP{MAC}"
NEWER = capability_of("8841", Protocol.SIP)
assert NEWER is not None
SIZES = NEWER.key_sizes


@pytest.fixture
def parameters() -> CapfParameters:
    return CapfParameters(smallest_key_size=512)


@cache
def short_key() -> PrivateKey:
    """A key of 512 bits; our own library makes none so short."""
    command = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512"]
    key = load_pem_private_key(subprocess.run(command, capture_output=True, check=True).stdout, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def make_key(wanted: KeyWanted) -> PrivateKey | None:
    """What the software phone makes, and what only real phones can."""
    return generate_key(wanted) or short_key()


def add_phone(site: Site, device: str, model: str) -> SoftPhone:
    profile = nonsecure_profile_name(model, Protocol.SIP)
    site.administration.phones.add(site.actor, Phone(device, model, Protocol.SIP, profile))
    phone = site.phone(device.removeprefix("SEP"))
    phone.make_key = make_key  # type: ignore[method-assign]
    return phone


def kind_of(certificate: Certificate) -> KeySize | None:
    return key_size_of(public_key_of(certificate.parsed()))


@pytest.mark.parametrize("model", ["7961", "8841"])
async def test_a_phone_gets_a_certificate_for_every_key_that_its_model_can_make(site: Site, model: str) -> None:
    """PSP-26, CAPF-13, CAPF-06: the wire asks for the key of the profile, and its certificate says so."""
    row = capability_of(model, Protocol.SIP)
    assert row is not None
    phone = add_phone(site, RECENT, model)
    site.administration.parameters.set_service(
        site.actor, "node1", CapfParameters.title, {"smallest_key_size": "512"}
    )
    for size in row.key_sizes:
        site.give(device=RECENT, key_size=size)
        assert (await phone.enrol()).result is Result.INSTALLED, size
        lsc = phone.keys.lsc
        assert lsc is not None and kind_of(lsc.certificate) is size
        assert lsc.certificate.is_issued_by(Certificate(site.capf_certificate))
        assert site.status(RECENT) == "Upgrade Success"


async def test_a_certificate_with_an_ec_key_proves_its_phone_when_it_is_upgraded(site: Site) -> None:
    """CAPF-16: by ECDSA over SHA-1 and SHA-512."""
    phone = add_phone(site, RECENT, "8841")
    site.give(device=RECENT, key_size=KeySize.EC_384)
    assert (await phone.enrol()).result is Result.INSTALLED
    site.give(device=RECENT, mode=LSC_FIRST, key_size=KeySize.RSA_2048)
    assert (await phone.enrol(LSC_FIRST)).result is Result.INSTALLED
    assert phone.keys.lsc is not None and kind_of(phone.keys.lsc.certificate) is KeySize.RSA_2048
    site.give(device=RECENT, mode=LSC_FIRST, key_size=KeySize.EC_256)
    assert (await phone.enrol(LSC_FIRST)).result is Result.INSTALLED


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        (KeySize.EC_256, ec.generate_private_key(ec.SECP384R1())),
        (KeySize.EC_256, ec.generate_private_key(ec.SECP256K1())),
        (KeySize.EC_384, rsa.generate_private_key(65537, 1024)),
        (KeySize.RSA_2048, ec.generate_private_key(ec.SECP256R1())),
        (KeySize.RSA_2048, rsa.generate_private_key(65537, 1024)),
    ],
)
async def test_another_key_than_was_asked_for_gets_no_certificate(
    site: Site, wanted: KeySize, made: PrivateKey
) -> None:
    """PSP-26: also one of the right length on a curve that nobody asked for."""
    phone = add_phone(site, RECENT, "8841")
    phone.make_key = lambda _: made  # type: ignore[method-assign,assignment]
    site.give(device=RECENT, key_size=wanted)
    assert (await phone.enrol()).result is Result.REFUSED
    assert site.status(RECENT) == "Upgrade Failed: Key Generation Failed/Timeout"
    assert f"instead of {wanted.words}" in site.service.calls[-1].outcome
    assert not site.administration.device_certificates.find(site.actor, device=RECENT)


@pytest.mark.parametrize("version", [1, 2])
async def test_an_old_client_is_not_asked_for_a_key_that_it_knows_nothing_of(site: Site, version: int) -> None:
    """PSP-26: elements above 16 are for version 3 and later; the operation has failed, and says why."""
    phone = add_phone(site, RECENT, "8841")
    phone.version = version
    site.give(device=RECENT, key_size=KeySize.EC_256)
    assert (await phone.enrol()).result is Result.REFUSED
    assert site.status(RECENT) == "Upgrade Failed: No Support for EC Keys"
    assert not site.is_pending(RECENT)
    assert site.service.calls[-1].outcome == f"its version {version} of the protocol knows no EC 256 keys"
    site.give(device=RECENT, key_size=KeySize.RSA_2048)
    assert (await phone.enrol()).result is Result.INSTALLED, "RSA it can do"


class TestOnlyLongKeys:
    """The smallest size is a parameter of the service."""

    @pytest.fixture
    def parameters(self) -> CapfParameters:
        return CapfParameters(smallest_key_size=2048)

    async def test_it_is_a_matter_of_rsa_alone(self, site: Site) -> None:
        """CAPF-13: an EC key is never too short."""
        phone = add_phone(site, RECENT, "8841")
        site.give(device=RECENT, key_size=KeySize.EC_256)
        assert (await phone.enrol()).result is Result.INSTALLED
