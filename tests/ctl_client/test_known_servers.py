"""Confirmed servers are remembered, and a damaged memory is an error in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringward.ctl_client.known_servers import KnownServers, default_path
from ringward.domain.errors import Unavailable


def test_what_was_confirmed_is_known_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "known.json"
    known = KnownServers(path)
    assert known.fingerprint("cm1", 2444) == ""
    known.remember("cm1", 2444, "AA:BB")
    known.remember("cm1", 3444, "CC")
    known.remember("cm1", 2444, "DD")
    assert KnownServers(path).fingerprint("cm1", 2444) == "DD"
    assert KnownServers(path).fingerprint("cm1", 3444) == "CC"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1}', b"\xff", b"[" * 100_000])
def test_a_damaged_file_is_never_taken_for_an_empty_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "known.json"
    path.write_bytes(content)
    with pytest.raises(Unavailable, match="mend it or remove it"):
        KnownServers(path).fingerprint("cm1", 2444)


def test_the_file_is_in_the_configuration_of_the_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_path() == tmp_path / "ringward" / "known-servers.json"
