"""The command as a whole: how it starts, where it finds its data, and what it says when there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ringward.administration.administration import Administration
from ringward.cli.application import application

Ringward = Callable[..., str]


def test_help_is_quick_and_loads_neither_database_nor_crypto() -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from ringward.cli.application import application\n"
        "assert CliRunner().invoke(application, ['--help']).exit_code == 0\n"
        "print([name for name in ('sqlalchemy', 'cryptography', 'asyncio', 'lxml') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_help_names_every_command_once(ringward: Ringward) -> None:
    text = ringward("--help")
    for name in ("run", "stop", "status", "phones", "calls", "phone", "parameter", "audit", "version"):
        assert sum(line.startswith(f"│ {name} ") for line in text.splitlines()) == 1
    assert max(map(len, text.splitlines())) <= 80


def test_the_data_directory_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RINGWARD_DATA", raising=False)
    result = CliRunner().invoke(application, ["region", "list"])
    assert result.exit_code == 2
    assert "RINGWARD_DATA" in result.stderr


def test_a_directory_without_cluster_is_a_sentence(ringward: Ringward, tmp_path: Path) -> None:
    complaint = ringward("region", "list", "--data", str(tmp_path / "none"), code=1)
    assert f"the first start installs one: ringward run --data {tmp_path}/none" in complaint


@pytest.mark.parametrize("words", ["status", "phones", "calls --live", "phone reset SEP001122334455", "stop"])
def test_without_a_node_live_commands_say_how_to_start_one(words: str, ringward: Ringward, cluster: Path) -> None:
    complaint = ringward(*words.split(), code=1)
    assert complaint == f"ringward: no node runs on {cluster}; start it with: ringward run --data {cluster}\n"


def test_call_records_need_no_node(ringward: Ringward) -> None:
    assert ringward("calls") == "There are no call records.\n"
    assert ringward("calls", "--json") == "[]\n"


def test_settings_show_what_is_in_force(
    ringward: Ringward, cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cluster / "ringward.toml").write_text("tftp_port = 1069\n")
    monkeypatch.setenv("RINGWARD_LOG_FORMAT", "json")
    text = ringward("settings")
    assert "tftp_port = 1069" in text
    assert "log_format = json" in text
    monkeypatch.setenv("RINGWARD_LOG_FROMAT", "json")
    assert "did you mean RINGWARD_LOG_FORMAT?" in ringward("settings", code=1)


def test_version(ringward: Ringward) -> None:
    assert ringward("version").startswith("Ringward ")


def test_misspelt_commands_get_a_suggestion(ringward: Ringward) -> None:
    assert "Did you mean 'region'" in ringward("regoin", "list", code=2)


def test_a_reader_that_goes_away_is_no_error(cluster: Path) -> None:
    command = (
        f"{sys.executable} -c 'from ringward.cli import main; main()' phone-security-profile list --json | head -1"
    )
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=True, env=dict(os.environ), timeout=60
    )
    assert done.stdout == "[\n"
    assert "Traceback" not in done.stderr


def test_a_first_start_that_could_not_listen_is_no_cluster_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its port was taken: the database is there, and nothing in it."""
    Administration.open(tmp_path / "data", create=True).close()
    result = CliRunner().invoke(application, ["phone", "list", "--data", str(tmp_path / "data")])
    assert result.exit_code == 1
    assert "there is no cluster" in result.stderr and "ringward run --data" in result.stderr
