from __future__ import annotations

import os
from pathlib import Path

import pytest

from ringward.services.tftp import static_files
from ringward.services.tftp.static_files import StaticFiles


def test_files_are_found_without_regard_to_case_the_exact_name_first(folder: Path) -> None:
    static = StaticFiles(folder)
    assert static.read("ENGLISH/7960-Tones.XML") == b"<tones/>\n"
    (folder / "FIRMWARE.SBN").write_bytes(b"capitals")
    assert static.read("FIRMWARE.SBN") == b"capitals"
    assert static.read("firmware.sbn") == bytes(range(256)) * 300


def test_a_replaced_file_is_seen_at_once_and_an_unchanged_one_is_shared(folder: Path) -> None:
    static = StaticFiles(folder)
    first = static.read("firmware.sbn")
    assert static.read("firmware.sbn") is first
    (folder / "new").write_bytes(b"new firmware")
    (folder / "new").rename(folder / "firmware.sbn")
    assert static.read("firmware.sbn") == b"new firmware"


def test_no_link_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "within").symlink_to(folder / "firmware.sbn")
    (folder / "out").symlink_to(tmp_path)
    static = StaticFiles(folder)
    assert static.read("link") is None
    assert static.read("within") is None
    assert static.read("out/secret") is None
    assert "link" not in static.names()


def test_only_regular_files(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    static = StaticFiles(folder)
    assert static.read("pipe") is None
    assert static.read("English") is None
    assert static.read("firmware.sbn/x") is None
    assert static.read("nothing") is None


def test_too_large_files_are_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_files, "MAX_FILE", 1000)
    assert StaticFiles(folder).read("firmware.sbn") is None


def test_memory_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_files, "MAX_KEPT", 100_000)
    static = StaticFiles(folder)
    first = static.read("firmware.sbn")
    (folder / "other.sbn").write_bytes(bytes(90_000))
    static.read("other.sbn")
    again = static.read("firmware.sbn")
    assert again == first
    assert again is not first


def test_a_missing_folder_is_an_empty_one(tmp_path: Path) -> None:
    static = StaticFiles(tmp_path / "none")
    assert static.read("x") is None
    assert static.names() == []


def test_no_descriptor_is_left_open(folder: Path) -> None:
    static = StaticFiles(folder)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in ("firmware.sbn", "English/7960-tones.xml", "English/none", "none/none", "firmware.sbn/x"):
        static.read(name)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
