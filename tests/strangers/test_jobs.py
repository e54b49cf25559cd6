"""A long job on a node that is killed in the middle of it."""

from __future__ import annotations

import signal
from pathlib import Path

from strangers.node import Node, eventually

PHONES = 200
SECONDS = 120.0


def test_a_node_that_was_killed_goes_on_with_the_job_where_it_was(tmp_path: Path) -> None:
    """Each phone is there once, and each item of the job has its result."""
    node = Node(tmp_path)
    node.start()
    try:
        file = tmp_path / "phones.csv"
        file.write_text(
            "device_name,model\n" + "".join(f"SEP{number:012X},7961\n" for number in range(1, PHONES + 1))
        )
        node.administer("phone", "import", str(file), "--job")
        assert eventually(lambda: node.ask("job", "show", "1")["done"] > 5, SECONDS)
        node.stop(signal.SIGKILL)
        node.start()
        assert eventually(lambda: node.ask("job", "show", "1")["state"] == "done", SECONDS)
        job = node.ask("job", "show", "1")
        assert (job["done"], job["failed"]) == (PHONES, 0), [
            item for item in job["items"] if item["state"] == "failed"
        ]
        assert len(node.ask("phone", "list")) == PHONES
    finally:
        assert node.stop() == 0
    assert not node.tracebacks(), node.log.read_text()
