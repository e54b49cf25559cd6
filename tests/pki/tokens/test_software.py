"""Software tokens: an encrypted file that signs, counts wrong passwords, and locks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.tokens import PASSWORD, issued_by, token_authority
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.certificates import BadCertificate, Certificate, KeyPair
from ringward.pki.signing import is_signed_by
from ringward.pki.tokens.software import ATTEMPTS, KIND, SoftwareToken, software_tokens
from ringward.pki.tokens.token import (
    DEFAULT_PASSWORD,
    PasswordMustChange,
    TokenError,
    TokenGone,
    TokenLocked,
    WeakTokenPassword,
    WrongTokenPassword,
)

WRONG = Secret("green lamp 42")


@pytest.fixture(scope="module")
def authority() -> KeyPair:
    return token_authority()


@pytest.fixture(scope="module")
def made(authority: KeyPair, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("tokens") / "one.token"
    SoftwareToken.initialise(path, "one", PASSWORD, issued_by(authority, "Token one"))
    return path.read_bytes()


@pytest.fixture
def path(made: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "one.token"
    path.write_bytes(made)
    return path


@pytest.mark.parametrize("digest", list(HashAlgorithm))
def test_an_unlocked_token_signs_with_the_key_of_its_certificate(path: Path, digest: HashAlgorithm) -> None:
    """TOK-01"""
    with SoftwareToken(path).unlock(PASSWORD) as signer:
        signature = signer.sign(b"a trust list", digest)
    assert is_signed_by(Certificate(signer.certificate), b"a trust list", signature, digest)


def test_what_can_be_seen_without_the_password(path: Path, authority: KeyPair) -> None:
    """TOK-08"""
    seen = SoftwareToken(path).describe()
    assert (seen.label, seen.kind, seen.place) == ("one", KIND, str(path))
    assert seen.certificate is not None
    assert seen.certificate.subject == "CN=Token one"
    assert seen.certificate.issuer == authority.certificate.subject
    assert str(seen.retries) == str(ATTEMPTS)


def test_the_file_is_for_its_owner_and_shows_neither_key_nor_password(authority: KeyPair, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "two.token"
    SoftwareToken.initialise(path, "two", PASSWORD, issued_by(authority, "Token two"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE KEY" not in path.read_bytes()
    assert PASSWORD.reveal().encode() not in path.read_bytes()
    assert [each.describe().label for each in software_tokens(path.parent)] == ["two"]


def test_wrong_passwords_are_counted_and_the_right_one_starts_anew(path: Path) -> None:
    token = SoftwareToken(path)
    for left in (ATTEMPTS - 1, ATTEMPTS - 2):
        with pytest.raises(WrongTokenPassword, match=f"attempts left: {left}"), token.unlock(WRONG):
            raise AssertionError("it opened")
        assert token.describe().retries.left == left
    with token.unlock(PASSWORD):
        pass
    assert token.describe().retries.left == ATTEMPTS


def test_a_token_locks_and_then_refuses_the_right_password_too(path: Path) -> None:
    token = SoftwareToken(path)
    document = json.loads(path.read_text())
    document["attempts_left"] = 1
    path.write_text(json.dumps(document))
    assert token.describe().retries.last
    with pytest.raises(TokenLocked), token.unlock(WRONG):
        raise AssertionError("it opened")
    with pytest.raises(TokenLocked), token.unlock(PASSWORD):
        raise AssertionError("it opened")
    with pytest.raises(TokenLocked):
        token.change_password(PASSWORD, WRONG)
    assert str(token.describe().retries) == "none, it is locked"


def test_the_password_can_be_changed_by_whoever_knows_it(path: Path) -> None:
    """TOK-06"""
    token = SoftwareToken(path)
    with pytest.raises(WrongTokenPassword):
        token.change_password(WRONG, Secret("another one 7"))
    token.change_password(PASSWORD, WRONG)
    with pytest.raises(WrongTokenPassword), token.unlock(PASSWORD):
        raise AssertionError("it opened")
    with token.unlock(WRONG):
        pass


@pytest.mark.parametrize("password", ["short", "x" * 65, "aaaaaaaaaa", "päßwörter 12", "cisco123", "Cisco123", ""])
def test_weak_passwords_are_refused_with_advice(path: Path, password: str) -> None:
    """TOK-06"""
    before = path.read_bytes()
    with pytest.raises(WeakTokenPassword, match="use 8 to 64"):
        SoftwareToken(path).change_password(PASSWORD, Secret(password))
    assert path.read_bytes() == before


def test_nothing_is_signed_with_the_default_password(
    authority: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CTL-37, TOK-05, TOK-07"""
    monkeypatch.setattr("ringward.pki.tokens.software.check_new_password", lambda password: None)
    token = SoftwareToken.initialise(
        tmp_path / "old.token", "old", DEFAULT_PASSWORD, issued_by(authority, "Old token")
    )
    with pytest.raises(WrongTokenPassword), token.unlock(Secret("cisco123")):
        raise AssertionError("case does not matter to it")
    with pytest.raises(PasswordMustChange), token.unlock(DEFAULT_PASSWORD):
        raise AssertionError("it signs")
    token.change_password(DEFAULT_PASSWORD, PASSWORD)
    with token.unlock(PASSWORD):
        pass


def test_a_token_is_never_overwritten(path: Path, authority: KeyPair) -> None:
    before = path.read_bytes()
    with pytest.raises(TokenError, match="never overwritten"):
        SoftwareToken.initialise(path, "one", PASSWORD, issued_by(authority, "Token one"))
    assert path.read_bytes() == before


def test_a_refused_certificate_leaves_no_token(tmp_path: Path) -> None:
    def refuse(key: object) -> Certificate:
        raise BadCertificate("no")

    with pytest.raises(BadCertificate):
        SoftwareToken.initialise(tmp_path / "one.token", "one", PASSWORD, refuse)
    assert list(tmp_path.iterdir()) == []


def test_a_token_that_is_taken_away_signs_no_more(path: Path) -> None:
    with SoftwareToken(path).unlock(PASSWORD) as signer:
        path.unlink()
        with pytest.raises(TokenGone):
            signer.sign(b"a trust list", HashAlgorithm.SHA1)
    with pytest.raises(TokenGone):
        SoftwareToken(path).describe()
    with pytest.raises(TokenGone), SoftwareToken(path).unlock(PASSWORD):
        raise AssertionError("it opened")


@pytest.mark.parametrize("field", ["label", "serial"])
def test_a_changed_file_does_not_open(path: Path, field: str) -> None:
    document = json.loads(path.read_text())
    document[field] = "another"
    path.write_text(json.dumps(document))
    with pytest.raises(WrongTokenPassword), SoftwareToken(path).unlock(PASSWORD):
        raise AssertionError("it opened")


@given(
    change=st.dictionaries(
        st.sampled_from(["format", "attempts_left", "certificate", "salt", "nonce", "sealed_key"]),
        st.one_of(st.none(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=2)),
        min_size=1,
    )
)
@settings(max_examples=50, deadline=None)
def test_any_other_content_is_an_error_in_words(
    made: bytes, tmp_path_factory: pytest.TempPathFactory, change: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "one.token"
    path.write_text(json.dumps(json.loads(made) | change))
    try:
        SoftwareToken(path).describe()
    except TokenError as error:
        assert "damaged" in str(error)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\x00", b"[" * 60000, b"x" * 70000])
def test_a_file_that_is_no_token_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.token"
    path.write_bytes(content)
    with pytest.raises(TokenError, match="no software token"):
        SoftwareToken(path).describe()


@pytest.mark.parametrize("label", ["", " ", "x" * 33, "a\nb"])
def test_labels_that_hardware_could_not_hold_are_refused(tmp_path: Path, authority: KeyPair, label: str) -> None:
    with pytest.raises(TokenError, match="label"):
        SoftwareToken.initialise(tmp_path / "one.token", label, PASSWORD, issued_by(authority, "Token"))
