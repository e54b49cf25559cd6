"""``ringward backup``: what is made can be restored, and what is not as it was made restores nothing (SVC-09)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Ringward
from ringward.services.node_lock import NodeLock

PASSPHRASE = "correct horse battery"
WRONG = "Correct horse battery"


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def file(cluster: Path, ringward: Ringward, tmp_path: Path) -> Path:
    """A backup of a cluster that has a region, tokens and firmware."""
    for name in ("tokens/blue.token", "tftp/CTLFile.tlv", "tftp/firmware/one.sbn", "ringward.toml"):
        (cluster / name).parent.mkdir(exist_ok=True)
        (cluster / name).write_text(f"content of {name}")
    for name in ("calls-in-progress", "trace.log.1"):
        (cluster / name).write_text("of the moment")
    ringward("region", "add", "Kept")
    file = tmp_path / "monday.backup"
    ringward("backup", "create", str(file))
    return file


def state(directory: Path) -> dict[str, str]:
    """All files with their modes, but what a running node and an open database leave."""
    return {
        f"{path.relative_to(directory)} {path.stat().st_mode:o}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name not in ("node.lock", "ringward.sqlite-wal", "ringward.sqlite-shm")
    }


def names(state: dict[str, str]) -> set[str]:
    return {each.split()[0] for each in state}


def test_a_backup_is_for_its_owner_alone_and_tells_nothing_without_its_passphrase(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    content = file.read_bytes()
    assert b"tokens/blue.token" not in content
    assert b"SQLite" not in content


def test_show_says_what_a_backup_is_and_that_it_is_whole(file: Path, ringward: Ringward) -> None:
    said = ringward("backup", "show", str(file))
    assert "node-1" in said
    assert "whole" in said


def test_a_cluster_is_restored_in_a_fresh_directory(
    file: Path, cluster: Path, ringward: Ringward, ask: Callable[..., Any], tmp_path: Path
) -> None:
    fresh = tmp_path / "elsewhere" / "data"
    said = ringward("backup", "restore", str(file), "--data", str(fresh))
    assert str(fresh) in said
    assert "former state" not in said
    assert fresh.stat().st_mode & 0o777 == 0o700
    old, new = state(cluster), state(fresh)
    assert names(old) - names(new) == {"calls-in-progress", "trace.log.1"}
    different = {name for name in new if old.get(name) != new[name]}
    assert names(dict.fromkeys(different, "")) == {"ringward.sqlite"}, "the database has one more entry in its log"
    assert [each["name"] for each in ask("region", "list", "--data", str(fresh))] == ["Default", "Kept"]


def test_a_restored_cluster_replaces_the_former_state_which_is_kept(
    file: Path, cluster: Path, ringward: Ringward, ask: Callable[..., Any]
) -> None:
    ringward("region", "add", "Later")
    said = ringward("backup", "restore", str(file))
    (kept,) = cluster.parent.glob("data.before-restore-*")
    assert str(kept) in said
    assert [each["name"] for each in ask("region", "list")] == ["Default", "Kept"]
    assert "Later" in [each["name"] for each in ask("region", "list", "--data", str(kept))]


def test_the_audit_log_tells_of_backup_and_restoration(
    file: Path, ringward: Ringward, ask: Callable[..., Any]
) -> None:
    ringward("backup", "restore", str(file))
    (restored,) = ask("audit", "list", "--noun", "backup")
    assert (restored["permission"], restored["key"]) == ("backup.restore", "monday.backup")
    (kept,) = file.parent.glob("data.before-restore-*")
    (made,) = ask("audit", "list", "--noun", "backup", "--data", str(kept))
    assert (made["permission"], made["key"]) == ("backup.create", "monday.backup")
    assert PASSPHRASE not in ringward("audit", "list", "--noun", "backup")


def test_a_running_node_is_not_replaced(file: Path, cluster: Path, ringward: Ringward) -> None:
    before = state(cluster)
    with NodeLock(cluster):
        assert "ringward stop" in ringward("backup", "restore", str(file), code=1)
    assert state(cluster) == before


def shorten(content: bytes) -> bytes:
    return content[:-1]


def halve(content: bytes) -> bytes:
    return content[: len(content) // 2]


def change(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("harm", [shorten, halve, change, lambda content: b"", lambda content: b"x" * 5000])
def test_a_file_that_is_not_as_it_was_made_restores_nothing(
    harm: Callable[[bytes], bytes], file: Path, cluster: Path, ringward: Ringward
) -> None:
    file.write_bytes(harm(file.read_bytes()))
    before = state(cluster)
    for command in ("show", "restore"):
        said = ringward("backup", command, str(file), code=1)
        assert "cut off" in said or "no file that Ringward has sealed" in said
    assert state(cluster) == before
    assert {each.name for each in cluster.parent.iterdir()} == {"data", file.name}


def test_a_wrong_passphrase_restores_nothing(
    file: Path, cluster: Path, ringward: Ringward, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text(WRONG + "\n")
    before = state(cluster)
    for command in ("show", "restore"):
        said = ringward("backup", command, str(file), "--passphrase-file", str(wrong), code=1)
        assert "passphrase is wrong" in said
        assert WRONG not in said
    assert state(cluster) == before


def test_a_restoration_that_fails_at_its_last_step_leaves_all_as_it_was(
    file: Path, cluster: Path, ringward: Ringward, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fail(source: Path, target: Path) -> Path:
        if ".restoring-" in source.name:
            raise OSError(28, "No space left on device", str(target))
        return rename(source, target)

    before = state(cluster)
    monkeypatch.setattr(Path, "rename", fail)
    assert "No space left" in ringward("backup", "restore", str(file), code=1)
    assert state(cluster) == before
    assert {each.name for each in cluster.parent.iterdir()} == {"data", file.name}


def test_a_passphrase_that_is_soon_guessed_is_refused(cluster: Path, ringward: Ringward, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert "12 characters" in ringward(
        "backup", "create", str(file), "--passphrase-file", "-", code=1, typed="eleven char\n"
    )
    assert not file.exists()


def test_no_file_is_overwritten_and_none_lies_in_what_it_is_a_backup_of(
    file: Path, cluster: Path, ringward: Ringward
) -> None:
    before = file.read_bytes()
    assert "there already" in ringward("backup", "create", str(file), code=1)
    assert file.read_bytes() == before
    assert "elsewhere" in ringward("backup", "create", str(cluster / "tftp" / "backup"), code=1)
    assert not (cluster / "tftp" / "backup").exists()


def test_a_backup_that_cannot_be_written_leaves_nothing(cluster: Path, ringward: Ringward, tmp_path: Path) -> None:
    before = names(state(cluster))
    ringward("backup", "create", str(tmp_path / "nowhere" / "backup"), code=1)
    assert names(state(cluster)) == before
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_a_missing_file_is_told(cluster: Path, ringward: Ringward, tmp_path: Path) -> None:
    assert "No such file" in ringward("backup", "show", str(tmp_path / "none"), code=1)
