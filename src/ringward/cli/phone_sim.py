"""``ringward phone-sim``: software phones on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.access import Data, node

if TYPE_CHECKING:
    from ringward.phone.retrieval import FileServer


def phone_sim(
    name: Annotated[
        str, typer.Argument(metavar="DEVICE_NAME", help="SEP and a hardware address, or the address alone.")
    ],
    server: Annotated[
        str | None,
        typer.Option(metavar="HOST[:PORT]", help="TFTP server; without it the node on the data directory."),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="Model to play; it decides which files are read.")
    ] = "7961",
    call: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Call it once registered; end when the call is over.")
    ] = None,
    hang_up_after: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0, help="With --call: end the call after this time.")
    ] = None,
    auto_answer: Annotated[bool, typer.Option("--auto-answer", help="Pick up every call.")] = False,
    count: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, max=10_000, help="So many phones, with consecutive addresses.")
    ] = 1,
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificates trusted for TLS, in PEM form.")
    ] = None,
    flash: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for what the phone remembers: trust lists, keys, configuration."),
    ] = None,
    identity_list: Annotated[
        bool, typer.Option("--identity-list", help="Play firmware that asks for an ITL.")
    ] = False,
    data: Data = None,
) -> None:
    """Boot phones from the TFTP server, register them, and let them be used by typed commands (try help)."""
    from ringward.cli.software_phones import run_fleet, run_phone
    from ringward.phone.connection import client_context
    from ringward.phone.options import Options

    where = _file_server(server, data)
    options = Options(
        answer_after=0.0 if auto_answer else None, tls=client_context(trust) if trust is not None else None
    )
    if count > 1:
        run_fleet(name, model, count, where, options)
    else:
        run_phone(name, model, where, options, call, hang_up_after, flash, identity_list=identity_list)


def _file_server(given: str | None, data: Path | None) -> FileServer:
    from ringward.phone.retrieval import TFTP_PORT, FileServer

    if given is None:
        with node(data) as client:
            status = client.ask("status")
        (tftp,) = [each for each in status["listeners"] if "TFTP" in each["service"]]
        # Of all addresses the one in the trust list is right: phones that have one ask no other server (PHONE-17).
        host = status["address"] if tftp["address"] == "0.0.0.0" else tftp["address"]  # noqa: S104  (compared)
        return FileServer(host, tftp["port"])
    host, separator, port = given.rpartition(":")
    if not separator or host.endswith(":"):  # no port, or an IPv6 address without brackets
        return FileServer(given, TFTP_PORT)
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise typer.BadParameter(f"{given!r} is no HOST or HOST:PORT")
    return FileServer(host.strip("[]"), int(port))
