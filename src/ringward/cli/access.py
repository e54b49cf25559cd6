"""How the command line reaches a cluster: the data directory, the local administrator, and the running node."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.domain.errors import Unavailable

if TYPE_CHECKING:
    from ringward.administration.administration import Administration
    from ringward.administration.authorization import Actor
    from ringward.services.control.client import ControlClient

DATA_VARIABLE = "RINGWARD_DATA"

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar=DATA_VARIABLE,
        metavar="DIR",
        help="Data directory of the node.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]


def data_directory(given: Path | None) -> Path:
    """The data directory that was named. Raises :class:`typer.BadParameter` if none was."""
    if given is None:
        raise typer.BadParameter(f"say where the node's data is: --data DIR, or set {DATA_VARIABLE}")
    return given.absolute()


@contextmanager
def opened(given: Path | None) -> Iterator[tuple[Administration, Actor]]:
    """The cluster's use cases, and who acts: whoever may open the data directory is its administrator.

    The database and the cluster key are for their owner alone, so an account and password of our own would protect
    nothing here. The audit log names the account of the operating system: ``local:alice``.
    """
    from ringward.administration.administration import DATABASE_FILE, Administration
    from ringward.administration.authorization import Actor
    from ringward.domain.vocabulary import PermissionsRole

    directory = data_directory(given)
    if not (directory / DATABASE_FILE).exists():
        start = f"ringward run --data {directory}"
        raise Unavailable(f"there is no cluster in {directory} yet; the first start installs one: {start}")
    administration = Administration.open(directory)
    try:
        yield administration, Actor(f"local:{_account()}", PermissionsRole.ADMINISTRATOR, "command line")
    finally:
        administration.close()


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user number without a name, as in containers
        return str(os.getuid())


def node(given: Path | None) -> ControlClient:
    """The node that runs on the data directory."""
    from ringward.services.control.client import ControlClient

    return ControlClient(data_directory(given))
