"""What a command does besides its own: the running node works by what was changed when the command has ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from ringward.administration.administration import Administration
from ringward.cli.application import application
from ringward.domain.errors import Unavailable
from ringward.domain.region import Region
from ringward.services.control.messages import socket_path
from ringward.services.control.server import ControlServer

Ringward = Callable[..., str]


@contextmanager
def node(directory: Path, catch_up: Callable[[], None]) -> Iterator[None]:
    """Something that answers on the control socket, in a thread of its own."""
    listens, ended = threading.Event(), threading.Event()

    def answer(arguments: dict[str, Any]) -> None:
        catch_up()

    async def serve() -> None:
        control = ControlServer(directory)
        control.answer("catch-up", answer)
        await control.start()
        listens.set()
        await asyncio.to_thread(ended.wait)
        await control.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert listens.wait(60)
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_the_running_node_takes_in_what_was_changed_before_the_command_ends(
    ringward: Ringward, cluster: Path
) -> None:
    seen: list[set[str]] = []

    def look() -> None:
        administration = Administration.open(cluster)
        seen.append(set(administration.configuration().of(Region)))
        administration.close()

    with node(cluster, look):
        ringward("region", "list")
        assert seen == []
        ringward("region", "add", "North", "--description", "")
        assert len(seen) == 1
        assert "North" in seen[0]
        ringward("region", "add", "North", code=1)
        assert len(seen) == 1


def test_a_change_that_the_node_cannot_take_in_is_saved_all_the_same(ringward: Ringward, cluster: Path) -> None:
    def fail() -> None:
        raise Unavailable("the disk is gone")

    with node(cluster, fail):
        result = CliRunner().invoke(application, ["region", "add", "North"])
    assert result.exit_code == 0
    assert "North is added" in result.stdout
    assert "this is saved, but the running node has not taken it in yet: the disk is gone" in " ".join(
        result.stderr.split()
    )
    assert "North" in ringward("region", "list")


def test_nothing_is_said_where_no_node_runs(cluster: Path) -> None:
    assert CliRunner().invoke(application, ["region", "add", "North"]).stderr == ""
    # What a node leaves that was killed.
    socket_path(cluster).touch()
    assert CliRunner().invoke(application, ["region", "add", "South"]).stderr == ""
