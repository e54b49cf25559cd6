"""Tokens behind PKCS#11, with SoftHSM2; ``pkcs11-tool`` of OpenSC looks at the same slots."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.tokens import OFFICER_PASSWORD, PASSWORD, issued_by, pull_out, softhsm, softhsm_path, token_authority
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.certificates import Certificate, KeyPair
from ringward.pki.signing import is_signed_by
from ringward.pki.tokens.hardware import TokenModule
from ringward.pki.tokens.token import (
    PasswordMustChange,
    TokenError,
    TokenGone,
    WeakTokenPassword,
    WrongTokenPassword,
)

WRONG = Secret("green lamp 42")
Open = Callable[[], TokenModule]


@pytest.fixture(scope="module")
def authority() -> KeyPair:
    return token_authority()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    with softhsm(tmp_path) as module:
        yield module


@pytest.fixture
def module(opened: Open, authority: KeyPair) -> TokenModule:
    module = opened()
    module.initialise("blue", PASSWORD, OFFICER_PASSWORD, issued_by(authority, "Token blue"))
    return module


def pkcs11_tool(*arguments: str) -> str:
    command = ["pkcs11-tool", "--module", str(softhsm_path()), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("digest", list(HashAlgorithm))
def test_an_unlocked_token_signs_with_the_key_of_its_certificate(
    module: TokenModule, digest: HashAlgorithm
) -> None:
    """TOK-01"""
    with module.token("blue").unlock(PASSWORD) as signer:
        signature = signer.sign(b"a trust list", digest)
    assert is_signed_by(Certificate(signer.certificate), b"a trust list", signature, digest)


def test_what_can_be_seen_without_the_password(module: TokenModule, authority: KeyPair) -> None:
    """TOK-08"""
    seen = module.token("blue").describe()
    assert seen.label == "blue"
    assert "SoftHSM" in seen.kind
    assert seen.certificate is not None
    assert (seen.certificate.subject, seen.certificate.issuer) == ("CN=Token blue", authority.certificate.subject)
    assert module.token(seen.serial).label == "blue"


def test_pkcs11_tool_sees_the_same_objects_and_signs_with_the_same_key(
    module: TokenModule, tmp_path: Path
) -> None:
    seen = module.token("blue").describe()
    assert seen.certificate is not None
    assert seen.serial in pkcs11_tool("--list-slots")
    objects = pkcs11_tool("--token-label", "blue", "--login", "--pin", PASSWORD.reveal(), "--list-objects")
    assert objects.count("Ringward trust list signer") == 3  # certificate, public key, private key
    assert "never extractable" in objects
    (tmp_path / "data").write_bytes(b"a trust list")
    pkcs11_tool(
        "--token-label", "blue", "--login", "--pin", PASSWORD.reveal(),
        "--sign", "--mechanism", "SHA1-RSA-PKCS",
        "--input-file", str(tmp_path / "data"), "--output-file", str(tmp_path / "signature"),
    )  # fmt: skip
    signature = (tmp_path / "signature").read_bytes()
    assert is_signed_by(seen.certificate, b"a trust list", signature, HashAlgorithm.SHA1)


def test_a_wrong_password_is_refused_and_noticed(module: TokenModule) -> None:
    token = module.token("blue")
    with pytest.raises(WrongTokenPassword, match="attempts left: fewer"), token.unlock(WRONG):
        raise AssertionError("it opened")
    assert token.describe().retries.few
    with token.unlock(PASSWORD):
        pass
    assert str(token.describe().retries) == "all"


def test_the_password_can_be_changed_by_whoever_knows_it(module: TokenModule) -> None:
    """TOK-06"""
    token = module.token("blue")
    with pytest.raises(WrongTokenPassword):
        token.change_password(WRONG, Secret("another one 7"))
    with pytest.raises(WeakTokenPassword):
        token.change_password(PASSWORD, Secret("cisco123"))
    token.change_password(PASSWORD, WRONG)
    with token.unlock(WRONG):
        pass


def test_nothing_is_signed_with_the_default_password(module: TokenModule) -> None:
    """TOK-05, TOK-07"""
    pkcs11_tool(
        "--token-label", "blue", "--login", "--pin", PASSWORD.reveal(), "--change-pin", "--new-pin", "Cisco123"
    )
    token = TokenModule(softhsm_path()).token("blue")
    with pytest.raises(WrongTokenPassword), token.unlock(Secret("cisco123")):
        raise AssertionError("case does not matter to it")
    with pytest.raises(PasswordMustChange), token.unlock(Secret("Cisco123")):
        raise AssertionError("it signs")


def test_a_token_that_is_pulled_out_signs_no_more(module: TokenModule, tmp_path: Path) -> None:
    token = module.token("blue")
    with token.unlock(PASSWORD) as signer:
        pull_out(tmp_path)
        with pytest.raises(TokenGone):
            signer.sign(b"a trust list", HashAlgorithm.SHA1)
    with pytest.raises(TokenGone):
        TokenModule(softhsm_path()).token("blue")


def test_two_tokens_at_the_prompt_are_an_error(module: TokenModule, authority: KeyPair) -> None:
    """CTL-39"""
    assert module.only_token().label == "blue"
    module.initialise("red", PASSWORD, OFFICER_PASSWORD, issued_by(authority, "Token red"))
    with pytest.raises(TokenError, match=r"2 tokens are inserted \(blue, red\)"):
        module.only_token()
    assert [each.label for each in module.tokens()] == ["blue", "red"]


def test_no_token_is_initialised_twice(module: TokenModule, authority: KeyPair) -> None:
    with pytest.raises(TokenError, match="already a token 'blue'"):
        module.initialise("blue", PASSWORD, OFFICER_PASSWORD, issued_by(authority, "Token blue"))


def test_without_a_token_the_prompt_says_so(opened: Open) -> None:
    with pytest.raises(TokenError, match="no token is inserted"):
        opened().only_token()


def test_a_file_that_is_no_module_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="there is no PKCS#11 module"):
        TokenModule(tmp_path / "missing.so")
    (tmp_path / "text.so").write_text("no module")
    with pytest.raises(TokenError, match="cannot be used as a PKCS#11 module"):
        TokenModule(tmp_path / "text.so")
