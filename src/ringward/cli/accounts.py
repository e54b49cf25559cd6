"""What the commands of end users and application users have of their own: a forgotten password set anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ringward.cli.access import Data, opened
from ringward.cli.lazy import command
from ringward.cli.output import say
from ringward.cli.records import Particulars
from ringward.cli.secret_input import read_secret

_VARIABLE = "NEW_PASSWORD"


def particulars(noun: str) -> Particulars:
    """Those of one kind of account."""

    def set_password(
        name: Annotated[str, typer.Argument(metavar="USER_ID", help="The account.", show_default=False)],
        password_file: Annotated[
            Path | None,
            typer.Option(
                "--password-file",
                metavar="FILE",
                help=f"File whose first line is the password; - for standard input. Else {_VARIABLE}, else typed.",
                show_default=False,
            ),
        ] = None,
        data: Data = None,
    ) -> None:
        """Set a password; its owner must choose another."""
        password = read_secret(f"the new password of {name}", password_file, _VARIABLE, confirm=True)
        with opened(data) as (administration, actor):
            administration.accounts(noun).set_password(actor, name, password, password)
        say(f"{name} has the new password, and must choose another one at the next sign-in.")

    help_text = "Set a forgotten password; at the next sign-in another one must be chosen."
    return Particulars(commands={"set-password": lambda: command(set_password, help_text)})
