"""One node per data directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ringward.domain.errors import Unavailable
from ringward.services.node_lock import NodeLock

HOLD = """
import sys, time, pathlib
from ringward.services.node_lock import NodeLock
with NodeLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_node_is_told_who_is_first(tmp_path: Path) -> None:
    with NodeLock(tmp_path), pytest.raises(Unavailable, match=rf"already runs on .*\(process {os.getpid()}\)"):
        NodeLock(tmp_path).__enter__()
    with NodeLock(tmp_path):
        pass


def test_a_killed_node_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(Unavailable, match=f"process {holder.pid}"):
            NodeLock(tmp_path).__enter__()
        holder.kill()
    with NodeLock(tmp_path):
        pass


def test_a_directory_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"node\.lock cannot be opened: No such file"):
        NodeLock(tmp_path / "none").__enter__()
