"""The guided dialogue: one token at a time, two at least, none twice; and where passwords come from."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from harness.tokens import PASSWORD, issued_by, token_authority
from ringward.cli import ctl_access, ctl_dialogue
from ringward.cli.ctl_access import find_token, token_certificate
from ringward.cli.secret_input import read_secret
from ringward.domain.errors import RingwardError
from ringward.pki.certificates import Certificate
from ringward.pki.tokens.software import SoftwareToken


@pytest.fixture
def drawer(tmp_path: Path) -> Path:
    authority = token_authority()
    for name in ("one", "two", "three"):
        path = tmp_path / f"{name}.token"
        SoftwareToken.initialise(path, name, PASSWORD, issued_by(authority, f"Token {name}"))
    return tmp_path


def test_tokens_are_gathered_one_by_one(
    drawer: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CTL-38, TOK-08: each is shown and then added; the last one signs (CTL-05)."""
    typed = [f"{drawer}/{name}.token" for name in ("one", "missing", "one", "three", "two")]
    answers = iter([True, False, True, False])  # add one; not three; add two; no more
    asked: list[str] = []

    def confirm(question: str, **more: object) -> bool:
        asked.append(question)
        return next(answers)

    names = iter(typed)
    monkeypatch.setattr("typer.prompt", lambda question, **more: next(names))
    monkeypatch.setattr("typer.confirm", confirm)
    added: list[str] = []
    last = ctl_dialogue.gather_tokens(added, None)
    assert added == [typed[0], typed[4]]
    assert last == typed[4]
    assert asked == ["Add this token?", "Add this token?", "Add this token?", "Add another token?"]
    said = capsys.readouterr()
    assert "CN=Token one" in said.out
    assert "is not there" in said.err
    assert "added already" in said.err


def test_the_token_that_signs_is_asked_for(
    drawer: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CTL-42: until there is one; its data is shown."""
    typed = iter(["", f"{drawer}/missing.token", f"{drawer}/two.token"])
    monkeypatch.setattr("typer.prompt", lambda question, **more: next(typed))
    assert ctl_dialogue.insert_signer(None) == f"{drawer}/two.token"
    said = capsys.readouterr()
    assert "CN=Token two" in said.out
    assert "the token in the reader" in said.err
    assert "is not there" in said.err


def test_a_hardware_token_needs_its_module_named() -> None:
    with pytest.raises(RingwardError, match="--module or CTL_PKCS11_MODULE"):
        find_token("blue", None)


def test_a_certificate_in_a_file_stands_for_a_token_that_is_elsewhere(drawer: Path) -> None:
    certificate = SoftwareToken(drawer / "one.token").describe().certificate
    assert certificate is not None
    (drawer / "one.pem").write_bytes(certificate.pem)
    assert token_certificate(str(drawer / "one.pem"), None) == certificate.der
    with pytest.raises(RingwardError, match="cannot be read"):
        token_certificate(str(drawer / "none.pem"), None)


def test_passwords_come_from_file_standard_input_or_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("typed in\nmore\n"))
    monkeypatch.setenv("SOME_PASSWORD", "of the environment")
    file = tmp_path / "password"
    file.write_text("of the file\n")
    assert read_secret("the password", file, "SOME_PASSWORD").reveal() == "of the file"
    assert read_secret("the password", Path("-"), "SOME_PASSWORD").reveal() == "typed in"
    assert read_secret("the password", None, "SOME_PASSWORD").reveal() == "of the environment"
    with pytest.raises(RingwardError, match="set OTHER_PASSWORD"):
        read_secret("the password", None, "OTHER_PASSWORD")
    file.write_text("\n")
    with pytest.raises(RingwardError, match="holds no line"):
        read_secret("the password", file, "SOME_PASSWORD")
    with pytest.raises(RingwardError, match="cannot be read"):
        read_secret("the password", tmp_path / "none", "SOME_PASSWORD")


def test_without_a_terminal_nobody_is_asked_about_a_server_that_is_not_known(
    drawer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CTL-29: a script is told how to name the certificate, not that another one was expected."""
    monkeypatch.setenv("HOME", str(drawer))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(drawer))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    certificate = Certificate(token_certificate(f"{drawer}/one.token", None))
    confirm = ctl_access.confirmation(None)
    with pytest.raises(RingwardError, match=r"cm1:2444 is not known yet\. .* give it by --fingerprint") as refused:
        confirm("cm1", 2444, certificate)
    assert certificate.fingerprint_sha256 in str(refused.value)
