"""The ``ringward`` command as a part of the demonstration: it ends when that is gone, however it ended.

    python -m ringward.demo.bound_node PROCESS run --data DIR ...

PROCESS is the demonstration's. Killed, it cannot stop its node any more; so the kernel is asked to do it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when its parent ends."""


def bind_to(parent: int) -> None:
    """Be told to end when the parent ends; raises ``SystemExit`` if it already has."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise SystemExit(f"the node cannot be bound to the demonstration: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        raise SystemExit("the demonstration is gone already")


if __name__ == "__main__":
    bind_to(int(sys.argv.pop(1)))

    from ringward.cli import main

    main()
