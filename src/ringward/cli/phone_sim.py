"""``ringward phone-sim``: software phones on the command line."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.access import Data, node
from ringward.cli.output import say
from ringward.domain.errors import Refused, Unavailable

if TYPE_CHECKING:
    from ringward.phone import events
    from ringward.phone.options import Options
    from ringward.phone.phone import Phone
    from ringward.phone.retrieval import FileServer

REGISTRATION_TIMEOUT = 30.0
"""Seconds that a phone which shall call somebody may take to register."""
REPORT_INTERVAL = 5.0
"""Seconds between two lines about a fleet."""
_HIGHEST_ADDRESS = 0xFFFFFFFFFFFF


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
    data: Data = None,
) -> None:
    """Boot phones from the TFTP server, register them, and let them be used by typed commands (try help)."""
    from ringward.phone.connection import client_context
    from ringward.phone.options import Options

    where = _file_server(server, data)
    options = Options(
        answer_after=0.0 if auto_answer else None, tls=client_context(trust) if trust is not None else None
    )
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        if count > 1:
            asyncio.run(_run_fleet(name, model, count, where, options))
        else:
            asyncio.run(_run_phone(name, model, where, options, call, hang_up_after))


def _file_server(given: str | None, data: Path | None) -> FileServer:
    from ringward.phone.retrieval import TFTP_PORT, FileServer

    if given is None:
        with node(data) as client:
            listeners = client.ask("status")["listeners"]
        (tftp,) = [each for each in listeners if "TFTP" in each["service"]]
        host = "127.0.0.1" if tftp["address"] == "0.0.0.0" else tftp["address"]  # noqa: S104  (compared, not bound)
        return FileServer(host, tftp["port"])
    host, separator, port = given.rpartition(":")
    if not separator or host.endswith(":"):  # no port, or an IPv6 address without brackets
        return FileServer(given, TFTP_PORT)
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise typer.BadParameter(f"{given!r} is no HOST or HOST:PORT")
    return FileServer(host.strip("[]"), int(port))


async def _run_phone(
    name: str, model: str, server: FileServer, options: Options, number: str | None, hang_up_after: float | None
) -> None:
    """One phone, by hand or for one call."""
    from ringward.phone.console import Console, run, standard_input
    from ringward.phone.desk_phone import DeskPhone
    from ringward.phone.identity import identify

    console = Console(say)

    def told(phone: Phone, event: events.PhoneEvent) -> None:
        console.attach(phone)  # after a reset it is another one
        console.told(phone, event)

    desk_phone = DeskPhone(identify(name, model), (server,), told, options)
    _stop_on_termination()
    try:
        say(f"{desk_phone.identity.device_name} boots from {server.host}:{server.port}")
        phone = await desk_phone.boot(
            on_pause=lambda pause: say(f"{pause.reason}; next try in {pause.seconds:g} s")
        )
        console.attach(phone)
        if number is not None:
            await _call(phone, number, hang_up_after)
        elif options.answer_after is not None and not sys.stdin.isatty():
            await asyncio.Event().wait()
        else:
            await run(console, standard_input())
    finally:
        await desk_phone.stop()


async def _call(phone: Phone, number: str, hang_up_after: float | None) -> None:
    """Call somebody and stay until the call is over. Raises :class:`Refused` if it never came about."""
    from ringward.phone import events

    try:
        async with asyncio.timeout(REGISTRATION_TIMEOUT):
            await phone.registered()
    except TimeoutError:
        raise Unavailable(f"the phone was not registered within {REGISTRATION_TIMEOUT:g} s") from None
    call = phone.dial(number)
    over = asyncio.ensure_future(phone.event(lambda event: isinstance(event, events.Ended) and event.call is call))
    if hang_up_after is not None:
        asyncio.get_running_loop().call_later(hang_up_after, call.hang_up)
    ended = await over
    if isinstance(ended, events.Ended) and call.connected_at is None:
        raise Refused(f"{number} was not reached: {ended.status} {ended.reason}")


async def _run_fleet(name: str, model: str, count: int, server: FileServer, options: Options) -> None:
    """Many phones, and a line about them now and then."""
    from ringward.phone.fleet import Fleet
    from ringward.phone.identity import identify

    first = int(identify(name, model).mac, 16)
    if first + count - 1 > _HIGHEST_ADDRESS:
        raise Refused(f"there are not {count} hardware addresses from {name} on")
    identities = [identify(f"{first + number:012X}", model) for number in range(count)]
    fleet = Fleet(options)
    _stop_on_termination()
    try:
        await fleet.boot(identities, (server,))
        for identity, reason in list(fleet.boots_failed.items())[:5]:
            say(f"{identity.device_name} did not boot: {reason}")
        while True:
            calls = sum(len(phone.calls) for phone in fleet.phones)
            failed = f", {len(fleet.boots_failed)} did not boot" if fleet.boots_failed else ""
            say(f"{fleet.registered_count} of {count} phones are registered{failed}; {calls} calls")
            await asyncio.sleep(REPORT_INTERVAL)
    finally:
        await fleet.stop()


def _stop_on_termination() -> None:
    """Have SIGTERM end the phones as Ctrl-C does: they sign off."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
