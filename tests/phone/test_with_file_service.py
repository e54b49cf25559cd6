"""A software phone and the file service of a mixed cluster, over real sockets."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from harness.signers import pair, signer
from phone.secured import ctl
from ringward.administration.snapshot import ClusterConfiguration
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ClusterSecurityMode, Protocol
from ringward.files import envelope
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.flash import Flash, Item
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.retrieval import FileMissing, FileServer, fetch
from ringward.services.configuration import PresentConfiguration
from ringward.services.tftp.assembly import file_service
from ringward.services.tftp.service import TftpService
from ringward.services.tftp.signing_key import SigningKey
from services.tftp.test_source import DEVICE, USER, cluster, phone, profile

HOST = "127.0.0.1"


class Office:
    """One configured phone, its file service, and what the administrator changes."""

    def __init__(self, folder: Path, mode: ClusterSecurityMode = ClusterSecurityMode.MIXED) -> None:
        self.mode = mode
        self.model = "7961"
        self.security: dict[str, object] = {}
        self.phone: dict[str, object] = {}
        self.certificate: bytes | None = None
        self.identity_list = False
        self.configuration = PresentConfiguration(self._read, "pub")
        self.signing_key = SigningKey(pair("pub"))
        self.service: TftpService = file_service(
            self.configuration, self.signing_key, folder, certificate_of=lambda device: self.certificate
        )

    def _read(self, before: ClusterConfiguration | None) -> ClusterConfiguration:
        security = profile(self.model, Protocol.SIP, **self.security)
        made = cluster((phone(self.model, Protocol.SIP, **self.phone), security, USER), self.mode)
        return replace(made, enterprise=replace(made.enterprise, identity_trust_list=self.identity_list))

    def save(self) -> None:
        """What was changed is in force."""
        self.configuration.refresh()
        self.service.library.clear()

    @property
    def server(self) -> FileServer:
        return FileServer(HOST, self.service.tftp.address[1])

    def desk_phone(self, flash: Flash, *, identity_list: bool = False) -> DeskPhone:
        return DeskPhone(
            identify(DEVICE, self.model),
            (self.server,),
            lambda phone, event: None,
            Options(register=False, media=False),
            flash=flash,
            identity_list=identity_list,
        )


@asynccontextmanager
async def running(office: Office) -> AsyncIterator[Office]:
    await office.service.start_on(HOST, 0, 0)
    try:
        yield office
    finally:
        await office.service.stop()


async def boots(office: Office, flash: Flash, *, identity_list: bool = False) -> DeskPhone:
    """A boot of the phone; it is switched off at once."""
    made = office.desk_phone(flash, identity_list=identity_list)
    await made.boot(attempts=1)
    await made.stop()
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tftp").mkdir()
    return tmp_path / "tftp"


async def test_from_a_nonsecure_cluster_to_mixed_mode_and_back(folder: Path, tmp_path: Path) -> None:
    """CTL-01, CTL-10, CTL-13, TFTP-01, TFTP-02."""
    flash = Flash(tmp_path / "phone")
    async with running(Office(folder, ClusterSecurityMode.NONSECURE)) as office:
        first = await boots(office, flash)
        assert first.booted is not None
        assert first.booted.file == f"{DEVICE}.cnf.xml"
        with pytest.raises(FileMissing):
            await fetch(office.server, f"{DEVICE}.cnf.xml.sgn")
        (folder / "CTLFile.tlv").write_bytes(ctl(host=HOST))
        office.mode = ClusterSecurityMode.MIXED
        office.save()
        second = await boots(office, flash)
        assert second.booted is not None
        assert second.booted.file == f"{DEVICE}.cnf.xml.sgn"
        assert dict(second.show_security())[second.booted.file] == "verified, signed by CN=pub"
        (folder / "CTLFile.tlv").write_bytes(ctl("token two", host=HOST, now=1_700_000_100, emptied=True))
        office.mode = ClusterSecurityMode.NONSECURE
        office.save()
        third = await boots(office, flash)
        assert third.booted is not None
        assert third.booted.file == f"{DEVICE}.cnf.xml"


async def test_http_serves_the_same_octets(folder: Path) -> None:
    async with running(Office(folder)) as office:
        for name in (f"{DEVICE}.cnf.xml.sgn", "Ringlist.xml.sgn", "XMLDefault.cnf.xml.sgn"):
            by_tftp = await fetch(office.server, name)

            def get(name: str = name) -> bytes:
                with closing(http.client.HTTPConnection(HOST, office.service.http.address[1])) as connection:
                    connection.request("GET", f"/{name}")
                    return connection.getresponse().read()

            assert await asyncio.to_thread(get) == by_tftp


async def test_openssl_verifies_a_file_as_it_was_served(folder: Path, tmp_path: Path) -> None:
    async with running(Office(folder)) as office:
        found = envelope.parse(await fetch(office.server, f"{DEVICE}.cnf.xml.sgn"))
    for name, content in {
        "signed": found.signed,
        "signature": found.signature,
        "certificate": signer("pub").certificate.der,
    }.items():
        (tmp_path / name).write_bytes(content)
    for command in (
        "x509 -in certificate -inform DER -noout -pubkey -out key",
        "dgst -sha1 -verify key -signature signature signed",
    ):
        await asyncio.to_thread(
            subprocess.run, ["openssl", *command.split()], cwd=tmp_path, capture_output=True, check=True
        )


async def test_encryption_is_turned_on_and_off_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CFGENC-07, CFGENC-22 to CFGENC-31 but for CAPF: the server learns the phone's certificate in the middle."""
    (folder / "CTLFile.tlv").write_bytes(ctl(host=HOST))
    flash = Flash(tmp_path / "phone")
    async with running(Office(folder)) as office:
        office.security = {"tftp_encrypted_config": True}
        office.save()
        asked: list[str] = []

        async def enrol(order: object) -> str:
            asked.append(str(order))
            phone_at_desk.security.keys.install(Item.LSC, pair(DEVICE))
            office.certificate = pair(DEVICE).certificate.der
            office.save()
            return ""

        phone_at_desk = office.desk_phone(flash)
        monkeypatch.setattr(phone_at_desk, "_enrol_for_file", enrol)
        await phone_at_desk.boot(attempts=1)
        await phone_at_desk.stop()
        assert len(asked) == 1
        assert "public-key mismatch" in asked[0]
        assert phone_at_desk.booted is not None
        assert phone_at_desk.booted.file == f"{DEVICE}.cnf.xml.enc.sgn"
        assert phone_at_desk.booted.configuration.lines[0].auth_password == Secret("s3cret")
        clear = await fetch(office.server, f"{DEVICE}.cnf.xml")
        assert b"s3cret" not in clear
        office.security = {}
        office.save()
        later = await boots(office, flash)
        assert later.booted is not None
        assert later.booted.file == f"{DEVICE}.cnf.xml.sgn"
        reasons = [request.reason for request in office.service.record.of(DEVICE)]
        assert any("TFTP Encrypted Config is off" in reason for reason in reasons)


async def test_a_7960_reads_its_file_with_the_key_that_was_entered_on_both_sides(
    folder: Path, tmp_path: Path
) -> None:
    """CFGENC-12, CFGENC-14, CFGENC-20."""
    flash = Flash(tmp_path / "phone")
    office = Office(folder)
    office.model = "7960"
    office.security = {"tftp_encrypted_config": True, "digest_authentication": True}
    office.phone = {"symmetric_key": Secret("5a" * 16)}
    async with running(office):
        office.save()
        phone_at_desk = office.desk_phone(flash)
        phone_at_desk.menu.press("**#")
        phone_at_desk.menu.accept_symmetric_key("5A" * 16)
        await phone_at_desk.boot(attempts=1)
        await phone_at_desk.stop()
        assert phone_at_desk.booted is not None
        assert phone_at_desk.booted.file == "SIP001122334455.cnf.enc.sgn"
        assert phone_at_desk.booted.configuration.lines[0].auth_password == Secret("s3cret")


async def test_an_identity_list_makes_phones_verify_files_in_a_nonsecure_cluster(
    folder: Path, tmp_path: Path
) -> None:
    office = Office(folder, ClusterSecurityMode.NONSECURE)
    office.identity_list = True
    async with running(office):
        office.save()
        found = await boots(office, Flash(tmp_path / "phone"), identity_list=True)
        assert found.booted is not None
        assert found.booted.file == f"{DEVICE}.cnf.xml.sgn"


async def test_after_the_certificate_was_renewed_files_are_signed_by_the_new_one(folder: Path) -> None:
    async with running(Office(folder)) as office:
        name = f"{DEVICE}.cnf.xml.sgn"
        before = envelope.parse(await fetch(office.server, name))
        office.signing_key.replace(pair("pub renewed"))
        office.service.sign_anew()
        after = envelope.parse(await fetch(office.server, name))
        assert before.body == after.body
        assert after.header.signer.name == "CN=pub renewed"
        assert office.service.signing_progress is not None
        assert office.service.signing_progress.total == 1
