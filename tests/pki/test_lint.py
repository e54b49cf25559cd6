"""The linter: one thing wrong at a time, and what it says of it."""

from __future__ import annotations

from datetime import timedelta
from math import prod

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from harness import foreign
from harness.foreign import NOW, USAGE, authority, certificate, name, rsa_key
from ringward.pki.certificates import BadCertificate, Certificate
from ringward.pki.lint import Finding, Level, LintErrors, Role, check, lint


def found(made: Certificate, role: Role = Role.SERVER, issuer: Certificate | None = None) -> dict[str, Level]:
    """The rules that were broken."""
    return {each.rule: each.level for each in lint(made, role, NOW, issuer)}


def test_nothing_is_wrong_with_a_right_one() -> None:
    assert found(certificate()) == {}
    assert found(authority("CA").certificate, Role.AUTHORITY) == {}
    assert found(certificate(name("SEP001122334455"), names=()), Role.DEVICE) == {}
    assert found(certificate(name("Token"), names=(), purposes=()), Role.TOKEN) == {}


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ("key-size", lambda: certificate(key=rsa_key(1024))),
        ("key-curve", lambda: certificate(key=ec.generate_private_key(ec.SECP224R1()))),
        ("validity-expired", lambda: certificate(end=NOW - timedelta(seconds=1))),
        ("validity-future", lambda: certificate(begin=NOW + timedelta(hours=1))),
        ("name-common", lambda: certificate(name("one", "two"))),
        ("name-common", lambda: certificate(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "o")]))),
        ("name-characters", lambda: certificate(name("a\x00b"))),
        ("name-subject", lambda: certificate(x509.Name([]))),
        ("name-alternative", lambda: certificate(names=())),
        ("basic-constraints", lambda: certificate(ca=True)),
        ("key-usage", lambda: certificate(usage=None)),
        ("key-usage", lambda: certificate(usage=USAGE | {"digital_signature": False})),
        ("key-usage", lambda: certificate(usage=USAGE | {"key_cert_sign": True})),
        ("extended-key-usage", lambda: certificate(purposes=())),
        ("extended-key-usage", lambda: certificate(purposes=(ExtendedKeyUsageOID.CODE_SIGNING,))),
        (
            "critical-extension",
            lambda: certificate(
                extra=((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"), True),)
            ),
        ),
    ],
)
def test_a_server_is_not_served_with_it(rule: str, made: object) -> None:
    assert found(made())[rule] is Level.ERROR  # type: ignore[operator]


def test_an_authority_must_say_so_and_be_allowed_to() -> None:
    assert found(certificate(), Role.AUTHORITY)["basic-constraints"] is Level.ERROR
    usage = USAGE | {"key_cert_sign": True}
    assert found(certificate(ca=True, ca_critical=False, usage=usage), Role.AUTHORITY) == {
        "basic-constraints": Level.ERROR
    }
    assert found(certificate(ca=True), Role.AUTHORITY)["key-usage"] is Level.ERROR


def test_old_keys_are_taken_from_devices_with_a_warning() -> None:
    """PSP-26: phones of the guide have 512, 1024 or 2048 bits."""
    assert found(certificate(key=rsa_key(1024)), Role.DEVICE) == {"key-size": Level.WARNING}
    assert found(certificate(key=rsa_key(2048, 3)), Role.DEVICE) == {"key-exponent": Level.WARNING}


class Numbers:
    """A key of which there are only the numbers: what a bad generator has made."""

    def __init__(self, modulus: int) -> None:
        self._public = rsa.RSAPublicNumbers(65537, modulus).public_key()

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public


@pytest.mark.parametrize(
    "factors", [(751, (1 << 2039) - 1), ((1 << 1023) + 1155, (1 << 1023) + 1157), (3, 5, (1 << 2044) + 1)]
)
@pytest.mark.parametrize("role", Role)
def test_a_key_that_can_be_taken_apart_is_none(factors: tuple[int, ...], role: Role) -> None:
    """CAPF-39: whoever takes it apart can pass for the phone."""
    weak = certificate(key=Numbers(prod(factors)), issuer=authority("CA"))
    assert found(weak, role)["key-factors"] is Level.ERROR


def test_a_key_of_another_kind_is_none_for_us() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    issuer = authority("CA")
    assert found(certificate(key=key, issuer=issuer))["key-kind"] is Level.ERROR


def test_what_is_signed_must_not_outlive_its_issuer() -> None:
    issuer = authority("CA").certificate
    late = certificate(end=issuer.valid_to + timedelta(seconds=1))
    assert found(late, issuer=issuer) == {"validity-issuer": Level.ERROR}


def test_all_errors_are_told_at_once() -> None:
    bad = certificate(
        name("node-1"), begin=NOW - timedelta(days=9), end=NOW - timedelta(hours=12), names=(), usage=None
    )
    with pytest.raises(LintErrors) as caught:
        check(bad, Role.SERVER, NOW)
    assert {each.rule for each in caught.value.findings} == {"validity-expired", "name-alternative", "key-usage"}
    assert "CN=node-1 cannot serve as server: it expired on 2026-05-04; " in str(caught.value)
    assert check(certificate(key=rsa_key(1024)), Role.TRUSTED, NOW) == [
        Finding(Level.WARNING, "key-size", "its key is RSA 1024, which is weak today")
    ]


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_changed_bytes_are_refused_or_judged_but_never_a_traceback(place: int, flip: int) -> None:
    content = bytearray(foreign.certificate().der)
    content[place % len(content)] ^= flip
    try:
        changed = Certificate(bytes(content))
    except BadCertificate:
        return
    for role in Role:
        list(lint(changed, role, NOW))
