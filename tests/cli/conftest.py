"""A cluster that is installed once, and given to each test as a copy of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ringward.administration.administration import Administration
from ringward.administration.certificates import ServerNames
from ringward.cli.application import application
from ringward.domain.certificate import MADE_AT_INSTALLATION
from ringward.domain.server import Server

Ringward = Callable[..., str]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("installed") / "data"
    administration = Administration.open(directory, create=True)
    assert administration.installation.run(Server("node-1", "192.0.2.1")) is not None
    administration.certificates.make_missing(MADE_AT_INSTALLATION, ServerNames("node-1", (), ("192.0.2.1",)))
    administration.close()
    return directory


@pytest.fixture
def cluster(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory, named in the environment."""
    directory = tmp_path / "data"
    shutil.copytree(installed, directory)
    monkeypatch.setenv("RINGWARD_DATA", str(directory))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LOGNAME", "alice")
    return directory


@pytest.fixture
def ringward(cluster: Path) -> Ringward:
    """Run a command, expect an exit code, and return what it wrote: its output, or its complaint."""

    def run(*words: str, code: int = 0, typed: str | None = None) -> str:
        result = CliRunner().invoke(application, list(words), input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.stderr

    return run


@pytest.fixture
def ask(ringward: Ringward) -> Callable[..., Any]:
    """Run a command with --json and return what it tells."""
    return lambda *words: json.loads(ringward(*words, "--json"))
