"""SVC-09, CAPF-36: a mixed cluster that comes back from its backup is the same one for its phones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.office import Desk, at_desks, does, registered_mode, running
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.software_tokens import NewToken
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode
from ringward.phone.boot_orders import Booted
from ringward.phone.flash import Item
from services.test_node import Office, until_ready

DEVICE = "SEP00AA00000901"
TOKENS = (NewToken("blue", Secret("blue lamp 42")), NewToken("red", Secret("red lamp 4711")))
ENCRYPTED = DeviceSecurityMode.ENCRYPTED


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A mixed cluster whose CTL file two tokens in the data directory have signed."""
    with running(tmp_path / "old", mixed=True) as office:
        administration, ada = Administration.open(office.directory), Actor("ada", EVERYTHING, "test")
        administration.software_tokens.make(ada, TOKENS)
        blue = TOKENS[0]
        administration.software_tokens.sign(ada, blue.label, blue.password, ClusterSecurityMode.MIXED)
        administration.close()
        stop(office)
        until_ready(office.start())
        yield office


@pytest.fixture
def restored(office: Office, tmp_path: Path) -> Iterator[Office]:
    """A machine with the old one's name and address, and nothing on it yet."""
    restored = Office(tmp_path / "new")
    restored.offset = office.offset
    yield restored
    for process in restored.processes:
        process.terminate()
        process.communicate()


def stop(office: Office) -> None:
    office.processes[-1].terminate()
    office.processes[-1].communicate()


def is_encrypted(booted: Booted) -> bool:
    return booted.configuration.security_mode is ENCRYPTED


async def test_a_phone_goes_on_as_before_when_its_cluster_comes_back_from_a_backup(
    office: Office, restored: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made while the node runs and the phone is registered, and restored where nothing was."""
    monkeypatch.setenv("BACKUP_PASSPHRASE", "correct horse battery")
    file = tmp_path / "office.backup"
    desk = Desk(office, DEVICE)
    async with at_desks(desk):
        does(office, "phone-security-profile", "add", ENCRYPTED.label, "--model", "7961", "--protocol", "SIP",
             "--device-security-mode", ENCRYPTED.label)  # fmt: skip
        does(office, "phone", "add", DEVICE, "--model", "7961", "--line", "1=0901")
        does(office, "capf", "set", "install", DEVICE, "--mode", "null")
        await desk.boots(lambda booted: booted.configuration.capf_authentication_mode == 2, "its turn")
        await desk.phone.enrolment_over()
        does(office, "phone", "update", DEVICE, "--security-profile", ENCRYPTED.label)
        await desk.boots(is_encrypted, "its mode")
        await desk.registers()
        trusted = desk.phone.security.flash.read(Item.CTL)
        assert trusted

        does(office, "backup", "create", str(file))
        assert registered_mode(office, DEVICE) == ENCRYPTED.label, "calls and registrations go on meanwhile"
        does(office, "phone", "remove", DEVICE, "--yes")
        stop(office)

        does(restored, "backup", "restore", str(file))
        until_ready(restored.start())
        await desk.boots(is_encrypted, "its mode again, in a file that it verifies by its old trust list")
        await desk.registers()
        assert registered_mode(restored, DEVICE) == ENCRYPTED.label
        assert desk.phone.security.flash.read(Item.CTL) == trusted
