"""The page about the command line names every command that there is."""

from __future__ import annotations

import re
from pathlib import Path

from typer.main import get_command

from ringward.cli.application import application

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"


def test_every_command_is_in_the_table() -> None:
    table = "\n".join(line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `"))
    named = {words.split()[0] for words in re.findall(r"`([^`]+)`", table)}
    commands = get_command(application).commands  # type: ignore[attr-defined]  # it is a group of commands
    assert set(commands) - named == set()
