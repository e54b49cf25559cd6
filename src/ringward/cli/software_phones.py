"""Running software phones in the foreground: one by hand or for one call, or many."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from ringward.cli.output import say
from ringward.domain.errors import Refused, Unavailable
from ringward.phone import events
from ringward.phone.console import Console, run, standard_input
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.flash import Flash
from ringward.phone.fleet import Fleet
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.retrieval import FileServer

REGISTRATION_TIMEOUT = 30.0
"""Seconds that a phone which shall call somebody may take to register."""
REPORT_INTERVAL = 5.0
"""Seconds between two lines about a fleet."""
_HIGHEST_ADDRESS = 0xFFFFFFFFFFFF


def run_phone(
    name: str,
    model: str,
    server: FileServer,
    options: Options,
    number: str | None,
    hang_up_after: float | None,
    flash: Path | None,
    *,
    identity_list: bool,
) -> None:
    """One phone, until its call is over or somebody switches it off."""
    console = Console(say)

    def told(phone: Phone, event: events.PhoneEvent) -> None:
        console.attach(phone)  # after a reset it is another one
        console.told(phone, event)

    desk_phone = DeskPhone(
        identify(name, model),
        (server,),
        told,
        options,
        flash=Flash(flash),
        identity_list=identity_list,
        tell=lambda text: say(f"CAPF: {text}"),
    )
    console.desk_phone = desk_phone
    _in_foreground(_run_phone(desk_phone, console, server, options, number, hang_up_after))


def run_fleet(name: str, model: str, count: int, server: FileServer, options: Options) -> None:
    """Many phones, until somebody switches them off."""
    _in_foreground(_run_fleet(name, model, count, server, options))


def _in_foreground(phones: Coroutine[Any, Any, None]) -> None:
    """Run until the end, Ctrl-C or SIGTERM; in each case phones sign off."""
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(phones)


async def _run_phone(
    desk_phone: DeskPhone,
    console: Console,
    server: FileServer,
    options: Options,
    number: str | None,
    hang_up_after: float | None,
) -> None:
    """One phone, by hand or for one call."""
    _stop_on_termination()
    try:
        say(f"{desk_phone.identity.device_name} boots from {server.host}:{server.port}")
        phone = await desk_phone.boot(
            on_pause=lambda pause: say(f"{pause.reason}; next try in {pause.seconds:g} s")
        )
        console.attach(phone)
        if desk_phone.booted is not None:
            file = desk_phone.booted.file
            say(f"{file}: {desk_phone.security.verdicts.get(file, 'applied')}")
            if desk_phone.booted.kept:
                say("goes on with the configuration that it has")
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
