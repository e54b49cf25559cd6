"""How the command line reaches a cluster: the data directory, the local administrator, and the running node."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.output import complain
from ringward.domain.errors import RingwardError, Unavailable

if TYPE_CHECKING:
    from ringward.administration.administration import Administration
    from ringward.administration.authorization import Actor
    from ringward.cluster.bus import Announcement
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

ServerName = Annotated[
    str | None,
    typer.Option("--server", metavar="NAME", help="The server, if the cluster has several.", show_default=False),
]


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

    The running node works by what was changed when the block has ended: whoever adds a phone can plug it in.
    """
    from ringward.administration.administration import Administration
    from ringward.administration.data_directory import DATABASE_FILE

    directory = data_directory(given)
    nothing = Unavailable(
        f"there is no cluster in {directory} yet; the first start installs one: ringward run --data {directory}"
    )
    if not (directory / DATABASE_FILE).exists():
        raise nothing
    administration = Administration.open(directory)
    changes: list[Announcement] = []
    administration.bus.subscribe(changes.append)
    try:
        if (
            not administration.installation.is_done()
        ):  # a first start that could not listen leaves an empty database
            raise nothing
        yield administration, local_actor()
    finally:
        administration.close()
        if changes:
            _have_taken_in(directory)


def _have_taken_in(directory: Path) -> None:
    """Wait until the node that runs on the data directory, if any, works by what is in its database now."""
    from ringward.services.control.messages import NoNode

    try:
        with node(directory) as client:
            client.ask("catch-up")
    except NoNode:
        pass  # it will begin with what it finds
    except RingwardError as error:
        complain(f"this is saved, but the running node has not taken it in yet: {error}")


def local_actor() -> Actor:
    """Who acts: the account of the operating system, as an administrator."""
    from ringward.administration.authorization import Actor
    from ringward.domain.rights import EVERYTHING

    return Actor(f"local:{_account()}", EVERYTHING, "command line")


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user number without a name, as in containers
        return str(os.getuid())


def server_named(administration: Administration, actor: Actor, given: str | None) -> str:
    """The server that was named, or the only one there is."""
    from ringward.domain.server import Server

    if given is not None:
        return given
    names = [record.key for record in administration.records(Server).find(actor).records]
    if len(names) == 1:
        return names[0]
    raise RingwardError(f"say which server with --server; there are: {', '.join(names)}")


def node(given: Path | None) -> ControlClient:
    """The node that runs on the data directory."""
    from ringward.services.control.client import ControlClient

    return ControlClient(data_directory(given))
