"""Which core works for whom: what is measured has one for itself, and its load the others."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from benchmarks import process

_NICENESS = 10  # that of the process of the pages


@contextlib.contextmanager
def apart(server: int) -> Iterator[bool]:
    """For the time of the block a server's own process has the first core, and its children, this process and
    whatever it starts meanwhile have the others; yields whether there were cores enough for that."""
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        yield False
        return
    _, *children = process.tree(server)
    _pin(server, {first})
    for each in children:
        _pin(each, others)
    os.sched_setaffinity(0, others)
    try:
        yield True
    finally:
        os.sched_setaffinity(0, {first, *others})


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """For the time of the block all cores that this process may use count, for whoever wants nothing else."""
    counting = (sys.executable, "-c", f"import os; os.nice({_NICENESS})\nwhile True: pass")
    loads = [subprocess.Popen(counting) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for each in loads:
            each.kill()
            each.wait()


def _pin(pid: int, cores: Collection[int]) -> None:
    """All threads of a process; those that they make inherit it."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # a thread that has just ended
            os.sched_setaffinity(int(task.name), cores)
