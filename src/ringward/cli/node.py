"""Commands about the node itself: ``ringward run``, ``stop``, ``status``, ``settings``, ``version``."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import DATA_VARIABLE, Data, Json, data_directory, node
from ringward.cli.output import print_json, print_record, print_table, say
from ringward.domain.errors import Unavailable

if TYPE_CHECKING:
    from ringward.administration.installation import FirstAdministrator
    from ringward.services.node import Node

STOP_TIMEOUT = 30.0
"""Seconds that ``ringward stop`` waits for the node to finish."""
_LOOK_INTERVAL = 0.05


def run(
    data: Data = None,
    port_offset: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", help="Added to every port; 10000 needs no privileges.", show_default=False),
    ] = None,
    bind: Annotated[
        str | None, typer.Option("--bind", metavar="ADDRESS", help="Listen on this address.", show_default=False)
    ] = None,
) -> None:
    """Run until stopped by Ctrl-C, SIGTERM or ``ringward stop``."""
    from ringward.services.log import start_logging
    from ringward.services.node import run_node
    from ringward.services.settings import load_settings

    directory = data_directory(data)
    node_settings = load_settings(directory, os.environ, {"port_offset": port_offset, "bind_address": bind})
    start_logging(node_settings.log_level, node_settings.log_format)
    say(f"Ringward {_version()} on {directory}")
    run_node(directory, node_settings, _show_first_administrator, partial(_show_ready, directory))


def _show_first_administrator(first: FirstAdministrator) -> None:
    """Show the password of the first administrator, which is kept nowhere: on the terminal, never in the log."""
    say("\nThis is the first start. A cluster is installed, with an administrator:\n")
    print_record([("    User ID", first.name), ("    Password", first.password.reveal())])
    say("\nThe password is shown this once. To choose another one:")
    say(f"    ringward application-user update {first.name} --password ask")


def _show_ready(directory: Path, running: Node) -> None:
    say("")
    print_record([(f"    {each.service}", f"{each.transport:4}{each.port}") for each in running.listeners])
    if running.serves_pages:
        say(f"\nIn a browser: {running.web_address}")
        say("    It warns that nobody vouches for the certificate. Go on only if it shows this SHA-256:")
        say(f"    {running.web_fingerprint}")
    say(f"\nThe node {running.name} is ready; phones find it at {running.address}. Ctrl-C stops it.")
    say(f"Try in another terminal:\n    export {DATA_VARIABLE}={directory}\n    ringward --help\n")
    sys.stdout.flush()


def stop(data: Data = None) -> None:
    """Ask the node to stop, and wait until it has."""
    from ringward.services.node_lock import is_locked

    directory = data_directory(data)
    with node(data) as client:
        client.ask("shutdown")
    deadline = time.monotonic() + STOP_TIMEOUT
    while is_locked(directory):
        if time.monotonic() > deadline:
            raise Unavailable(f"the node on {directory} was told to stop but still runs after {STOP_TIMEOUT:g} s")
        time.sleep(_LOOK_INTERVAL)
    say(f"The node on {directory} has stopped.")


def drain(
    seconds: Annotated[
        int, typer.Option("--for", metavar="SECONDS", min=0, max=86_400, help="Calls may go on so long at most.")
    ] = 300,
    cancel: Annotated[bool, typer.Option("--cancel", help="Take new calls again.")] = False,
    data: Data = None,
) -> None:
    """Take no new calls, let those that are up end, then stop; phones register again at the next start."""
    with node(data) as client:
        calls: int = client.ask("drain", seconds=None if cancel else seconds)
    if cancel:
        say("The node takes new calls again.")
    elif calls:
        say(
            f"The node takes no new calls. It stops when the {calls} present are over, at the latest in "
            f"{duration(seconds)}. Changed your mind: ringward drain --cancel"
        )
    else:
        say("There is no call. The node stops.")


def metrics(data: Data = None) -> None:
    """Write the node's metrics in the text format of Prometheus."""
    with node(data) as client:
        sys.stdout.write(client.ask("metrics"))


def status(as_json: Json = False, data: Data = None) -> None:
    """Show the node's address, its listeners and what it is doing."""
    with node(data) as client:
        answer: dict[str, Any] = client.ask("status")
    if as_json:
        print_json(answer)
        return
    print_record(
        [
            ("Node", f"{answer['node_name']} (Ringward {answer['version']}, process {answer['process']})"),
            ("Data", answer["data"]),
            ("Address", answer["address"]),
            ("Running for", duration(answer["uptime"])),
            ("Registered phones", answer["registered_phones"]),
            ("Calls now", answer["calls"]),
            *_signed_anew(answer["signed_anew"]),
        ]
    )
    say("")
    rows = [
        [each["service"], each["transport"], f"{each['address']}:{each['port']}"] for each in answer["listeners"]
    ]
    print_table(["Service", "Transport", "Listens on"], rows, empty="The node listens nowhere.")


def _signed_anew(progress: dict[str, int] | None) -> list[tuple[str, str]]:
    """How far the files of phones are signed by the present certificate, after a change of it."""
    if progress is None:
        return []
    return [("Files signed anew", f"{progress['done']:,} of {progress['total']:,}")]


def settings(as_json: Json = False, data: Data = None) -> None:
    """Show the settings in force for a node that is started now with this environment."""
    from ringward.services.settings import ENVIRONMENT_PREFIX, NodeSettings, load_settings

    directory = data_directory(data)
    values = load_settings(directory, os.environ).model_dump(mode="json")
    if as_json:
        print_json(values)
        return
    for name, item in NodeSettings.model_fields.items():
        say(f"{name} = {'' if values[name] is None else values[name]}")
        say(f"    {item.description} Or {ENVIRONMENT_PREFIX}{name.upper()}.")


def version() -> None:
    """Show the version."""
    say(f"Ringward {_version()}")


def _version() -> str:
    from importlib.metadata import version as installed

    return installed("ringward")


def duration(seconds: float) -> str:
    """A time span for people: ``3 d 4 h``, ``2 min 5 s``."""
    parts = []
    rest = int(seconds)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
