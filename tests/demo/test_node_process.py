"""The node of the demonstration: it does not outlive it, and answers many at the same time."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from harness.ports import free_offset
from ringward.demo.node_process import NodeProcess

DEMONSTRATION = """
import asyncio, sys
from pathlib import Path
from ringward.demo.node_process import NodeProcess

async def main():
    async with NodeProcess(Path(sys.argv[1]), int(sys.argv[2])) as node:
        print((await node.ask("status"))["process"], flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_killed_demonstration_leaves_no_node_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DEMONSTRATION, str(tmp_path / "data"), str(free_offset())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demonstration:
        assert demonstration.stdout is not None
        node = int(demonstration.stdout.readline())
        os.kill(node, 0)
        demonstration.send_signal(signal.SIGKILL)
        demonstration.wait(60)
        deadline = time.monotonic() + 60
        while _is_running(node):
            assert time.monotonic() < deadline, "the node still runs"
            time.sleep(0.05)


async def test_who_asks_at_the_same_time_gets_his_own_answer(tmp_path: Path) -> None:
    async with NodeProcess(tmp_path / "data", free_offset()) as node:
        answers = await asyncio.gather(*(node.ask(command) for command in ("ping", "calls", "phones") * 50))
    assert answers == ["pong", [], {"registered": [], "refused": [], "failed_handshakes": []}] * 50


def _is_running(process: int) -> bool:
    """Whether there is such a process and it has not ended; nobody may be there to wait for it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
