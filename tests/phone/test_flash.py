from __future__ import annotations

from pathlib import Path

import pytest

from harness.signers import pair
from ringward.domain.errors import Unavailable
from ringward.domain.rules.configuration_encryption import certificate_hash
from ringward.phone.flash import Flash, Item
from ringward.phone.own_keys import OwnKeys


def test_what_is_written_is_there_after_a_power_cut(tmp_path: Path) -> None:
    """CFGENC-14: the moment it is accepted, and for the owner alone."""
    folder = tmp_path / "phone"
    Flash(folder).write(Item.SYMMETRIC_KEY, b"5A")
    assert Flash(folder).read(Item.SYMMETRIC_KEY) == b"5A"
    assert (folder / Item.SYMMETRIC_KEY.value).stat().st_mode & 0o777 == 0o600
    again = Flash(folder)
    again.erase(Item.SYMMETRIC_KEY, Item.CTL)
    assert again.read(Item.SYMMETRIC_KEY) is None
    assert Flash(folder).read(Item.SYMMETRIC_KEY) is None


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be used"):
        Flash(tmp_path / "file" / "phone")


def test_the_lsc_comes_before_the_mic(tmp_path: Path) -> None:
    keys = OwnKeys(Flash(tmp_path))
    hashes = [keys.certificate_hash]
    keys.install(Item.MIC, pair("mic"))
    hashes.append(keys.certificate_hash)
    keys.install(Item.LSC, pair("lsc"))
    hashes.append(OwnKeys(Flash(tmp_path)).certificate_hash)
    assert hashes == ["", *(certificate_hash(pair(name).certificate.der) for name in ("mic", "lsc"))]
