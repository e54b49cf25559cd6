"""A node for acceptance runs: its administrator types commands, its phones are software phones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from typer.testing import CliRunner, Result

from harness.waiting import PATIENCE, until
from ringward.administration.administration import Administration
from ringward.cli.application import application
from ringward.domain.change import Action
from ringward.domain.rules.call_security import SecurityIcon
from ringward.phone import events
from ringward.phone.boot_orders import Booted
from ringward.phone.call import Call, CallState
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.flash import Flash, Item
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.retrieval import FileServer, ServerSilent
from ringward.phone.sound import tone_of
from ringward.store import feed
from ringward.store.parameters import write_enterprise_texts
from services.test_node import Office, until_ready

"""Seconds; the machine may be busy, and a key takes a moment."""

BETWEEN_BOOTS = 0.5
"""Seconds."""


def _typed(office: Office, words: Sequence[str], typed: str | None = None) -> Result:
    result = CliRunner().invoke(application, [*words, "--data", str(office.directory)], input=typed)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def types(office: Office, *words: str, typed: str | None = None) -> tuple[int, str]:
    """Type a command; its exit code and what it says."""
    result = _typed(office, words, typed)
    return result.exit_code, result.stdout + result.stderr


def does(office: Office, *words: str, typed: str | None = None) -> str:
    """Type a command that must succeed."""
    code, said = types(office, *words, typed=typed)
    assert code == 0, said
    return said


def asks(office: Office, *words: str) -> Any:
    """What a command that must succeed prints as JSON; what it complains of besides is not part of it."""
    result = _typed(office, [*words, "--json"])
    assert result.exit_code == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


@contextmanager
def running(directory: Path, *, mixed: bool) -> Iterator[Office]:
    """A node that runs; in a mixed cluster with CAPF, and an identity trust list for its phones."""
    office = Office(directory)
    try:
        until_ready(office.start())
        if mixed:
            set_mixed_mode(office)
            does(office, "parameter", "set", "Identity Trust List", "true")
            does(office, "service", "activate", "capf")
        yield office
    finally:
        for process in office.processes:
            process.terminate()
            process.communicate()


def set_mixed_mode(office: Office) -> None:
    """Leave the cluster as the CTL client does (CLUSTER-04)."""
    administration = Administration.open(office.directory)
    with administration.database.writing() as connection:
        write_enterprise_texts(connection, {"cluster_security_mode": "1"})
        feed.append(connection, 0, "enterprise-parameters", "", Action.UPDATED)
    administration.close()


def refusal(office: Office, device: str) -> str:
    """Why a phone was refused last, as the administrator reads it; empty if it was not."""
    refused = office.ask("phones")["refused"]
    return next((str(each["reason"]) for each in refused if each["device"] == device), "")


def registered_mode(office: Office, device: str) -> str:
    """The mode in which a phone is registered now; empty if it is not."""
    found = office.ask("phones")["registered"]
    return next((str(each["security_mode"]) for each in found if each["device"] == device), "")


class Reachable(Protocol):
    """A node whose ports are known."""

    offset: int


class Desk:
    """A phone on a desk, and what it has to do with."""

    def __init__(
        self,
        office: Reachable,
        device: str,
        model: str = "7961",
        flash: Flash | None = None,
        *,
        only_encrypted: bool = False,
    ) -> None:
        """``flash``: what it remembers from before; without one it has just come out of its box."""
        self.device = device
        self.calls: list[Call] = []
        self.icons: list[SecurityIcon] = []
        """What it showed of its calls' security, one after the other."""
        self.refused: list[int] = []
        """The answers to registrations that were refused."""
        self.phone = DeskPhone(
            identify(device, model),
            (FileServer("127.0.0.1", 69 + office.offset),),
            self.told,
            Options(local_host="127.0.0.1", only_encrypted=only_encrypted),
            flash=flash or Flash(),
            identity_list=True,
        )

    def told(self, phone: Phone, event: events.PhoneEvent) -> None:
        match event:
            case events.Dialling(call) | events.Ringing(call):
                self.calls.append(call)
            case events.SecurityShown(_, icon):
                self.icons.append(icon)
            case events.RegistrationRefused(_, status, _):
                self.refused.append(status)
            case _:
                pass

    @property
    def active(self) -> Phone:
        assert self.phone.phone is not None
        return self.phone.phone

    @property
    def booted(self) -> Booted:
        assert self.phone.booted is not None
        return self.phone.booted

    @property
    def call(self) -> Call:
        """The call that the phone has."""
        (call,) = (each for each in self.calls if each.state is not CallState.ENDED)
        return call

    @property
    def has_call(self) -> bool:
        return any(each.state is not CallState.ENDED for each in self.calls)

    @property
    def rings(self) -> bool:
        return any(each.state is CallState.RINGING for each in self.calls)

    def hears(self, other: Desk) -> bool:
        return self.has_call and self.call.report().heard == tone_of(other.phone.identity.mac)

    async def boots(self, true: Callable[[Booted], bool], what: str) -> None:
        """Boot, with the file that the administrator wants it to have."""
        async with asyncio.timeout(PATIENCE):
            await self._boots()
        assert self.device[3:] in self.booted.file.upper(), "it has a file of its own"
        assert true(self.booted), f"not so: {what}; read: {self.booted}"

    async def boots_until(self, true: Callable[[Booted], bool], what: str) -> None:
        """Boot, again while a page that was saved has not reached the file yet."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self._boots()
                    if self.device[3:] in self.booted.file.upper() and true(self.booted):
                        return
                    await asyncio.sleep(BETWEEN_BOOTS)
        except TimeoutError:
            raise AssertionError(f"never came about: {what}; last read: {self.phone.booted}") from None

    async def boots_in_vain(self) -> None:
        """Boot, and get no configuration."""
        await self.phone.stop()
        with pytest.raises(ServerSilent):
            await self.phone.boot(attempts=1)

    async def _boots(self) -> None:
        await self.phone.stop()  # it may be about to boot by itself, as the call manager told it to
        self.refused.clear()
        await self.phone.boot()

    async def registers(self) -> None:
        """Wait until it is registered."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.active.registered()
        except TimeoutError:
            raise AssertionError(f"{self.device} never registered; refused with {self.refused}") from None

    async def boots_and_is_refused(self, status: int) -> None:
        """Boot, and be kept out by the call manager."""
        await self.boots(lambda booted: True, "a file")
        await until(lambda: self.refused or self.active.is_registered, f"{self.device} has an answer")
        assert status in self.refused
        assert not self.active.is_registered

    @property
    def file(self) -> bytes:
        """The configuration file that the phone obeys, in clear."""
        return self.phone.security.flash.read(Item.CONFIGURATION) or b""


@asynccontextmanager
async def at_desks(*desks: Desk) -> AsyncIterator[None]:
    """Phones that are put away in the end."""
    try:
        yield
    finally:
        for desk in desks:
            await desk.phone.stop()


async def connect(caller: Desk, called: Desk, number: str) -> None:
    """Call somebody who answers, and see that both hear each other."""
    caller.active.dial(number)
    await until(lambda: called.rings, "the called phone rings")
    called.call.answer()
    await until(lambda: caller.hears(called) and called.hears(caller), "both hear each other")


async def show(icon: SecurityIcon, *desks: Desk) -> None:
    """Wait until phones show this of their calls; they are told a moment after they hear each other."""
    await until(lambda: all(desk.call.icon is icon for desk in desks), f"the {icon.value} is shown")


async def hang_up(caller: Desk, called: Desk) -> None:
    caller.call.hang_up()
    await until(lambda: not (caller.has_call or called.has_call), "both have hung up")
