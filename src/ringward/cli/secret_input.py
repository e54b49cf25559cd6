"""Passwords from where nobody else sees them: a file, standard input, the environment, or the terminal. Never from
the command line, which everybody on the machine can read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from ringward.domain.errors import RingwardError
from ringward.domain.secret import Secret

_MAX_LINE = 1024


def read_secret(what: str, file: Path | None, variable: str, *, confirm: bool = False) -> Secret:
    """The first line of the file (``-``: of standard input), else the variable, else what is typed.

    Raises :class:`RingwardError` when it is nowhere to be had.
    """
    if file is not None:
        return Secret(_line(what, file))
    if variable in os.environ:
        return Secret(os.environ[variable])
    if not sys.stdin.isatty():
        raise RingwardError(
            f"{what} is wanted: set {variable}, name a file that holds it (--help), or use a terminal"
        )
    return Secret(
        typer.prompt(what[:1].upper() + what[1:], hide_input=True, confirmation_prompt=confirm, err=True)
    )


def _line(what: str, file: Path) -> str:
    try:
        if str(file) == "-":
            line = sys.stdin.readline(_MAX_LINE)
        else:
            with file.open(encoding="utf-8") as opened:
                line = opened.readline(_MAX_LINE)
    except (OSError, UnicodeDecodeError) as error:
        raise RingwardError(f"{what} cannot be read from {file}: {error}") from None
    line = line.rstrip("\r\n")
    if not line:
        raise RingwardError(f"{file} holds no line with {what}")
    return line
