"""CAPF's port and its certificates, as OpenSSL's own programs see them."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from harness.foreign import certificate, name
from harness.testssl import offered_at
from ringward.domain.certificate import CertificateKind
from ringward.domain.rules.obstacles import NO_COMMON_CIPHER, OLD_TLS, TRUSTS_NOT_US
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import CapfAuthenticationMode
from ringward.phone.enrolment import Result
from ringward.pki.certificates import Certificate, KeyPair
from ringward.pki.issuing import make_authority
from ringward.pki.tls import Suites
from services.capf.conftest import SEP, Site
from services.capf.wire import settled

pytestmark = pytest.mark.stranger


async def openssl(*words: str | Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "openssl",
        *map(str, words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode("utf-8", "replace")


async def connects(site: Site, *options: str) -> bool:
    address = f"127.0.0.1:{site.port}"
    code, out = await openssl("s_client", "-connect", address, *options)
    return code == 0 and "Cipher is (NONE)" not in out


async def test_an_issued_certificate_verifies_with_the_root_of_capf_and_nothing_else(
    site: Site, tmp_path: Path
) -> None:
    """CERT-02, CAPF-39."""
    site.give()
    phone = site.phone()
    assert (await phone.enrol()).result is Result.INSTALLED
    assert phone.keys.lsc is not None
    lsc, root, other = tmp_path / "lsc.pem", tmp_path / "capf.pem", tmp_path / "other.pem"
    lsc.write_bytes(phone.keys.lsc.certificate.pem)
    root.write_bytes(Certificate(site.capf_certificate).pem)
    other.write_bytes(site.manufacturer.certificate.pem)
    purpose = ("verify", "-purpose", "sslclient", "-auth_level", "1")
    assert (await openssl(*purpose, "-CAfile", root, lsc))[0] == 0
    assert (await openssl(*purpose, "-CAfile", other, lsc))[0] != 0
    _, text = await openssl("x509", "-in", lsc, "-noout", "-subject", "-nameopt", "RFC2253")
    assert text.strip() == f"subject=CN={phone.identity.device_name}"


async def test_the_suite_of_old_phones_is_open_and_old_versions_are_not(site: Site) -> None:
    """SYS-18: AES128-SHA, but TLS 1.2 and above, unless an administrator allows more."""
    assert await connects(site, "-tls1_3")
    assert await connects(site, "-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0")
    assert not await connects(site, "-tls1_2", "-cipher", "NULL-SHA:@SECLEVEL=0")
    assert not await connects(site, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert not await connects(site, "-tls1", "-cipher", "ALL:@SECLEVEL=0")


async def test_why_no_connection_came_about_is_said_in_plain_words(site: Site, tmp_path: Path) -> None:
    """For ``ringward why``, which has it by the address."""
    another = make_authority("Another CAPF", now=datetime.now(UTC)).save(tmp_path, "another").certificate
    for options, reason in (
        (("-tls1_2", "-cipher", "NULL-SHA:@SECLEVEL=0"), NO_COMMON_CIPHER),
        (("-tls1", "-cipher", "ALL:@SECLEVEL=0"), OLD_TLS),
        (("-tls1_2", "-verify_return_error", "-CAfile", str(another)), TRUSTS_NOT_US),
    ):
        await connects(site, *options)
        await settled(site)
        call = site.service.calls[-1]
        assert (call.device, call.failure) == ("", None)
        assert call.outcome.startswith(f"no TLS connection: {reason}")


class TestOfOldPhones:
    @pytest.fixture
    def parameters(self) -> CapfParameters:
        return replace(CapfParameters(), old_tls=True)

    async def test_tls_1_0_is_opened_where_an_administrator_allows_it(self, site: Site) -> None:
        assert await connects(site, "-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0")
        assert await connects(site, "-tls1_2")


@pytest.mark.parametrize(
    ("common", "issuer", "days"),
    [(SEP, "capf", 9), ("SEP001122334456", "capf", 9), (SEP, "capf", -1), (SEP, "foreign", 9), ("", "", 0)],
    ids=["right", "of another phone", "expired", "foreign", "none"],
)
async def test_a_certificate_in_the_handshake_says_nothing_here(
    site: Site, tmp_path: Path, common: str, issuer: str, days: int
) -> None:
    """CAPF-16, CAPF-39: none is asked for. Who a phone is, it proves within the conversation, or gets nothing."""
    shown: list[str | Path] = []
    now = datetime.now(UTC)
    if common:
        signers = {"capf": site.administration.key_store.load(CertificateKind.CAPF)}
        signer = signers.get(issuer) or make_authority("Another CAPF", now=now)
        key = ec.generate_private_key(ec.SECP256R1())
        own = certificate(
            name(common), key=key, issuer=signer, begin=now - timedelta(days=9), end=now + timedelta(days=days),
            names=(),
        )  # fmt: skip
        files = KeyPair(own, key).save(tmp_path, "phone")
        shown = ["-cert", files.certificate, "-key", files.key]
    site.give(mode=CapfAuthenticationMode.EXISTING_LSC)
    code, out = await openssl("s_client", "-connect", f"127.0.0.1:{site.port}", "-tls1_2", *shown)
    assert code == 0 and "No client certificate CA names sent" in out
    await settled(site)
    assert site.status() == "Operation Pending"
    assert site.service.calls[-1].device == ""
    assert not site.administration.device_certificates.find(site.actor)


async def test_testssl_finds_what_we_claim(site: Site, tmp_path: Path) -> None:
    """CAPF-13: TLS 1.2 and above, the suites of encrypted phones and no other."""
    versions, suites = await offered_at(site.port, tmp_path)
    assert versions == {"TLS1_2", "TLS1_3"}
    # CAPF has an RSA key, so the suites for EC keys cannot be had.
    assert suites == {each for each in Suites.ENCRYPTED.value if "ECDSA" not in each}
