"""What a crash leaves of a staging directory is removed by the next process; what is in use is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ringward.administration.staging import remove_left_over, staging

PREFIX = ".made-"
CRASH = f"""
import os, sys
from pathlib import Path
from ringward.administration.staging import staging
with staging(Path(sys.argv[1]), {PREFIX!r}) as made:
    (made / "half").write_text("half of a state")
    os.kill(os.getpid(), 9)
"""


def crash(directory: Path) -> Path:
    """A process that is killed while it is at it; what it leaves."""
    before = set(directory.iterdir())
    assert subprocess.run([sys.executable, "-c", CRASH, str(directory)], check=False).returncode == -9
    (left,) = set(directory.iterdir()) - before
    assert (left / "half").is_file()
    return left


def test_what_a_crash_leaves_is_removed_by_the_next_one(tmp_path: Path) -> None:
    left = crash(tmp_path)
    with staging(tmp_path, PREFIX) as made:
        assert not left.exists()
        assert made.stat().st_mode & 0o777 == 0o700
        again = crash(tmp_path)
        assert made.exists()
    assert not made.exists()
    remove_left_over(tmp_path, PREFIX)
    assert not again.exists()


def test_what_somebody_is_still_at_stays_as_do_others(tmp_path: Path) -> None:
    other, file = tmp_path / ".other-x", tmp_path / f"{PREFIX}file"
    other.mkdir()
    file.touch()
    with staging(tmp_path, PREFIX) as one, staging(tmp_path, PREFIX) as two:
        remove_left_over(tmp_path, PREFIX)
        assert one.is_dir() and two.is_dir()
    assert set(tmp_path.iterdir()) == {other, file}


def test_what_was_renamed_stays(tmp_path: Path) -> None:
    with staging(tmp_path, PREFIX) as made:
        (made / "whole").write_text("state")
        made.rename(tmp_path / "new")
    assert list(tmp_path.iterdir()) == [tmp_path / "new"]
    assert (tmp_path / "new" / "whole").is_file()


def test_an_error_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wrong"), staging(tmp_path, PREFIX):
        raise ValueError("wrong")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="No such file"), staging(tmp_path / "nowhere", PREFIX):
        pass
