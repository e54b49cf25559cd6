"""Scenes of files in a mixed cluster: one that is signed, one that was tampered with, one that is encrypted."""

from __future__ import annotations

import asyncio

from ringward.demo.observation import require, until
from ringward.demo.office import Office
from ringward.demo.steps import NotObserved, Scene
from ringward.files.file_names import FileForm
from ringward.phone.boot import Boot
from ringward.phone.boot_orders import Booted, Fetch
from ringward.phone.file_security import FileSecurity
from ringward.phone.retrieval import FileMissing, boot, fetch


async def signed_file(office: Office) -> str:
    """Alice's phone gets a trust list and from then on asks for its file signed, and verifies it."""
    alice = office.desk("alice")
    alice.security = FileSecurity()
    booted = await boot(alice.identity, (office.file_server,), security=alice.security, attempts=1)
    verdict = alice.security.verdicts[booted.file]
    require(booted.file.endswith(FileForm.SIGNED.value), f"the phone read {booted.file}, which is not signed")
    require(verdict.startswith("verified"), f"{booted.file}: {verdict}")
    return f"Alice's phone took the trust list as its first; {booted.file}: {verdict}"


async def tampered_refused(office: Office) -> str:
    """Her file is changed on the way: the phone refuses it and goes on with what it had."""
    alice = office.desk("alice")
    server = office.file_server
    machine = Boot(alice.identity, (f"{server.host}:{server.port}",), None, alice.security)
    order = machine.start()
    while isinstance(order, Fetch):
        try:
            content = await fetch(server, order.name)
        except FileMissing:
            order = machine.missing()
            continue
        if order.name.endswith(FileForm.SIGNED.value):
            content = _tampered(content)
        order = machine.found(content)
    if not isinstance(order, Booted):
        raise NotObserved("the phone lost its configuration")
    require(order.kept, f"the phone took {order.file} although it was changed on the way")
    line = order.configuration.lines[0].number
    require(line == alice.person.number, "the phone lost its line")
    verdict = alice.security.verdicts[order.file]
    return f"{order.file}, one digit changed on the way: {verdict}; the phone goes on with line {line}"


def _tampered(content: bytes) -> bytes:
    """What somebody on the way would do: the phone is to be registered with the number of another."""
    changed = content.replace(b"<name>1001</name>", b"<name>1002</name>")
    require(changed != content, "the file has no line 1001 to tamper with")
    return changed


async def config_encrypted(office: Office) -> str:
    """A symmetric key is made for Dave's 7960 and entered there: only with it the file can be read."""
    dave = office.desk("dave")
    clear, encrypted = f"SIP{dave.identity.mac}.cnf", f"SIP{dave.identity.mac}.cnf.enc.sgn"
    password = dave.person.digest_credentials.reveal().encode()
    require(password in await fetch(office.file_server, clear), "the clear file holds no digest credentials")
    key = await asyncio.to_thread(office.encrypt_files, dave)

    async def is_hidden() -> bool:
        try:
            await fetch(office.file_server, encrypted)
        except FileMissing:  # the node has seen the new profile, but not yet the key
            return False
        return password not in await fetch(office.file_server, clear)

    await until(is_hidden, "the clear file still holds the digest credentials, or there is no encrypted one")
    require(password not in await fetch(office.file_server, encrypted), "the credentials can be read in the file")
    dave.security = FileSecurity()
    dave.security.accept_symmetric_key(dave.person.model, key.reveal())
    booted = await boot(dave.identity, (office.file_server,), security=dave.security, attempts=1)
    require(booted.file == encrypted and not booted.kept, f"the phone read {booted.file}")
    line = booted.configuration.lines[0]
    require(line.auth_password == dave.person.digest_credentials, "the phone found no credentials in the file")
    return f"{clear} has no credentials any more; {encrypted}: {dave.security.verdicts[encrypted]}, they are in it"


SECURED_FILES = (
    Scene("signed-file", "Alice's phone verifies the signature of its configuration file", signed_file),
    Scene("tampered-refused", "A file that was tampered with is refused", tampered_refused),
    Scene(
        "config-encrypted", "Dave's phone reads its encrypted file with the key that was entered", config_encrypted
    ),
)
