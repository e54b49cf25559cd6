from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ringward.domain.vocabulary import ConfigurationEncryption, Protocol
from ringward.files.file_names import FileForm
from ringward.files.phone_configuration import PhoneConfiguration
from ringward.services.tftp.library import FileLibrary, Outcome, shows_at
from ringward.services.tftp.static_files import StaticFiles
from services.tftp.phones import Source

DEVICE = "SEP001122334455"
FILE = f"{DEVICE}.cnf.xml"


def test_a_file_is_built_once_and_then_at_hand(library: FileLibrary, source: Source) -> None:
    assert library.at_once(FILE) is None
    built = library.find(FILE)
    assert built.outcome is Outcome.SERVED
    assert b"<authPassword>s3cret</authPassword>" in built.content
    assert library.at_once(FILE) is built
    assert library.find(FILE.lower()).content == built.content
    assert source.asked == 1


@pytest.mark.parametrize(
    "noun", ["phone", "device-certificate", "phone-security-profile", "end-user", "server", "something new"]
)
def test_a_change_makes_it_built_anew(library: FileLibrary, source: Source, noun: str) -> None:
    before = library.find(FILE).content
    source.phones[DEVICE] = replace(source.phones[DEVICE], phone_label="Lobby")
    library.invalidate(noun, DEVICE)
    after = library.find(FILE).content
    assert before != after
    assert b"Lobby" in after


def test_changes_that_no_file_shows_leave_it(library: FileLibrary) -> None:
    library.find(FILE)
    library.invalidate("phone", "SEPFFFFFFFFFFFF")
    library.invalidate("region", "Default")
    library.invalidate("certificate", "pub/node")
    library.invalidate("device-certificate", "SEPFFFFFFFFFFFF")
    assert library.at_once(FILE) is not None
    library.clear()
    assert library.at_once(FILE) is None


def test_a_change_during_the_building_is_not_lost(folder: Path, source: Source) -> None:
    class Changing:
        def phone(self, device_name: str) -> PhoneConfiguration | None:
            found: PhoneConfiguration | None = source.phone(device_name)
            library.invalidate("phone", device_name)
            return found

        defaults = source.defaults
        knows = source.knows

    library = FileLibrary(Changing(), StaticFiles(folder))
    assert library.find(FILE).outcome is Outcome.SERVED
    assert library.at_once(FILE) is None


def test_memory_is_bounded(folder: Path, source: Source) -> None:
    size = len(FileLibrary(source, StaticFiles(folder)).find(FILE).content)
    library = FileLibrary(source, StaticFiles(folder), max_cache=size + size // 2)
    source.add("SEP00112233AAAA")
    library.find(FILE)
    library.find("SEP00112233AAAA.cnf.xml")
    assert library.at_once(FILE) is None
    assert library.at_once("SEP00112233AAAA.cnf.xml") is not None
    uncached = FileLibrary(source, StaticFiles(folder), max_cache=0)
    uncached.find(FILE)
    assert uncached.at_once(FILE) is None


def test_a_phone_that_is_not_configured(library: FileLibrary) -> None:
    answer = library.find("SEPAABBCCDDEEFF.cnf.xml")
    assert answer.outcome is Outcome.NOT_FOUND
    assert not answer.configured
    assert answer.reason == (
        "SEPAABBCCDDEEFF asked for its configuration but is not configured; add it with 'ringward phone add'"
    )


@pytest.mark.parametrize(
    ("model", "protocol", "served"),
    [
        ("7961", Protocol.SIP, {"SEP{}.cnf.xml", "SIP{}.cnf.xml"}),
        ("7970", Protocol.SCCP, {"SEP{}.cnf.xml", "SIP{}.cnf.xml"}),
        ("7960", Protocol.SIP, {"SEP{}.cnf.xml", "SIP{}.cnf.xml", "SIP{}.cnf"}),
        ("7960", Protocol.SCCP, {"SEP{}.cnf.xml", "SIP{}.cnf.xml"}),
        ("7905", Protocol.SIP, {"SEP{}.cnf.xml", "SIP{}.cnf.xml", "ld{}", "LD{}.txt"}),
        ("7912", Protocol.SIP, {"SEP{}.cnf.xml", "SIP{}.cnf.xml", "gk{}"}),
        ("7912", Protocol.SCCP, {"SEP{}.cnf.xml", "SIP{}.cnf.xml"}),
        ("Third-party SIP", Protocol.SIP, set()),
    ],
)
def test_each_model_has_the_files_of_its_family(
    library: FileLibrary,
    source: Source,
    model: str,
    protocol: Protocol,
    served: set[str],
) -> None:
    source.add("SEP00112233AAAA", model, protocol)
    names = ("SEP{}.cnf.xml", "SIP{}.cnf.xml", "SIP{}.cnf", "ld{}", "LD{}.txt", "gk{}")
    answers = {name: library.find(name.format("00112233AAAA")) for name in names}
    assert {name for name, answer in answers.items() if answer.outcome is Outcome.SERVED} == served
    missing = [answer for answer in answers.values() if answer.outcome is not Outcome.SERVED]
    assert all(answer.configured and "which has no such file" in answer.reason for answer in missing)


@pytest.mark.parametrize(
    "name", ["XMLDefault.cnf.xml", "default.cnf.xml", "SIPDefault.cnf", "lddefault.cfg", "gkdefault.cfg"]
)
def test_default_files(library: FileLibrary, name: str) -> None:
    assert b"192.0.2.10" in library.find(name).content


@pytest.mark.parametrize(
    "name",
    [
        f"{FILE}.sgn",
        f"{FILE}.enc.sgn",
        f"SIP{DEVICE[3:]}.cnf.xml.enc.sgn",
        "XMLDefault.cnf.xml.sgn",
        "Ringlist.xml.sgn",
        "firmware.sbn.sgn",
        f"CTL{DEVICE}.tlv",
        "CTLFile.tlv",
        "ITLFile.tlv",
    ],
)
def test_a_nonsecure_cluster_signs_nothing(library: FileLibrary, name: str) -> None:
    """TFTP-01, TFTP-11."""
    assert library.find(name).outcome is Outcome.NOT_FOUND


def test_the_protection_step_makes_the_other_forms(folder: Path, source: Source) -> None:
    class Stamp:
        def protect(
            self,
            requested: str,
            form: FileForm,
            clear: bytes,
            phone: PhoneConfiguration | None,
            stamp: bytes = b"",
        ) -> bytes:
            return requested.encode() + b"|" + form.value.encode() + b"|" + clear

    library = FileLibrary(source, StaticFiles(folder), protection=Stamp())
    assert library.find(f"{FILE}.sgn").content.startswith(f"{FILE}.sgn|.sgn|".encode())
    assert library.find("English/7960-tones.xml.sgn").content == b"English/7960-tones.xml.sgn|.sgn|<tones/>\n"
    assert library.find("Ringlist.xml.sgn").content.startswith(b"Ringlist.xml.sgn|.sgn|<?xml")
    assert library.find("firmware.sbn.enc.sgn").outcome is Outcome.NOT_FOUND


def test_beside_encrypted_files_nothing_confidential_goes_out(folder: Path, source: Source) -> None:
    """TFTP-10, for each family."""

    class Open:
        def protect(
            self,
            requested: str,
            form: FileForm,
            clear: bytes,
            phone: PhoneConfiguration | None,
            stamp: bytes = b"",
        ) -> bytes:
            return clear

    library = FileLibrary(source, StaticFiles(folder), protection=Open())
    for model, names in {
        "7961": ("SEP{}.cnf.xml", "SEP{}.cnf.xml.sgn"),
        "7960": ("SIP{}.cnf", "SIP{}.cnf.sgn", "SEP{}.cnf.xml"),
        "7905": ("ld{}", "SEP{}.cnf.xml"),
    }.items():
        phone = source.add("SEP00112233AAAA", model)
        common = replace(phone.common, encryption=ConfigurationEncryption.PUBLIC_KEY)
        source.phones["SEP00112233AAAA"] = replace(phone, common=common)
        library.clear()
        for name in names:
            answer = library.find(name.format("00112233AAAA"))
            assert answer.outcome is Outcome.SERVED
            assert b"s3cret" not in answer.content
    assert b"s3cret" in library.find(f"{FILE}.enc.sgn").content


def test_ring_list_and_dial_plan_are_the_administrators_or_made_up(library: FileLibrary, folder: Path) -> None:
    (folder / "Chime.raw").write_bytes(b"\xff" * 480)
    assert b"<FileName>Chime.raw</FileName>" in library.find("RINGLIST.XML").content
    assert b"<DIALTEMPLATE>" in library.find("dialplan.xml").content
    (folder / "Ringlist.xml").write_bytes(b"mine")
    (folder / "dialplan.xml").write_bytes(b"mine too")
    assert library.find("RINGLIST.XML").content == b"mine"
    assert library.find("dialplan.xml").content == b"mine too"


def test_built_files_win_over_static_ones(library: FileLibrary, folder: Path) -> None:
    (folder / FILE).write_bytes(b"left behind")
    (folder / "SEPAABBCCDDEEFF.cnf.xml").write_bytes(b"left behind")
    assert library.find(FILE).content != b"left behind"
    assert library.find("SEPAABBCCDDEEFF.cnf.xml").outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a\\b", "x" * 300, "", ".", "English"])
def test_nothing_but_files_of_the_folder(library: FileLibrary, name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    assert library.find(name).outcome is not Outcome.SERVED


def test_a_value_that_cannot_be_written_is_told_to_the_log(
    library: FileLibrary,
    source: Source,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source.phones[DEVICE] = replace(source.phones[DEVICE], phone_label="bell\x07")
    answer = library.find(FILE)
    assert answer.outcome is Outcome.NOT_FOUND
    assert "phoneLabel" in answer.reason
    assert "phoneLabel" in caplog.text


def test_which_changes_may_show_in_the_files_of_a_phone() -> None:
    assert shows_at("phone", DEVICE, DEVICE)
    assert shows_at("phone-security-profile", "Any", DEVICE)
    assert shows_at("something new", "", DEVICE)
    assert not shows_at("device-certificate", "SEP000000000000", DEVICE)
    assert not shows_at("hunt-pilot", "2000", DEVICE)
