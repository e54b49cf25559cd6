"""The how-to pages do what they say: their commands are run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.ports import free_offset, free_ports
from strangers.node import eventually

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"

pytestmark = pytest.mark.stranger


@contextmanager
def running(
    command: str, directory: Path, environment: dict[str, str], name: str
) -> Iterator[subprocess.Popen[str]]:
    """A command of the page in a terminal of its own."""
    with (directory / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=60)


def test_two_baresip_phones_call_each_other(tmp_path: Path) -> None:
    page = (HOW_TO / "two-baresip-phones.md").read_text()
    run, configure, configuration, account, *_ = re.findall(
        r"^```\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE
    )
    differences = re.findall(r"^\| `\w+` \| `([^`]+)` \| `([^`]+)` \|", page, flags=re.MULTILINE)
    assert len(differences) == 3, "the table of what differs between the two phones"

    # Other nodes and phones may be running on this machine: other ports and directory, nothing else is changed.
    offset, ports = free_offset(), {"15070": free_ports(), "15080": free_ports()}
    run = run.replace("--port-offset 20000", f"--port-offset {offset}").replace("~/ringward", "ringward")
    account = account.replace(":25060", f":{5060 + offset}")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "RINGWARD_DATA": str(tmp_path / "ringward"),
        "TERM": "dumb",
    }

    def shell(block: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", block], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def set_up_phone(name: str, own: str, account: str) -> None:
        text = own.replace("snd_path          /tmp", f"snd_path          {tmp_path}")
        for documented, port in ports.items():
            text = text.replace(f":{documented}", f":{port}")
        (tmp_path / name).mkdir()
        (tmp_path / name / "config").write_text(text)
        (tmp_path / name / "accounts").write_text(account)

    def log_of(name: str) -> str:
        return (tmp_path / f"{name}.log").read_text()

    with running(run.strip(), tmp_path, environment, "node"):
        assert eventually(lambda: "is ready" in log_of("node")), log_of("node")
        # Nobody types here: the same passwords come from standard input, one line each.
        for user in ("alice", "bob"):
            typed = f"add {user} --digest-credentials - <<<open4{user}"
            assert f"add {user} --digest-credentials ask" in configure
            configure = configure.replace(f"add {user} --digest-credentials ask", typed)
        shell(configure)

        bobs_configuration = configuration
        for alices, bobs in differences:
            assert alices in configuration
            bobs_configuration = bobs_configuration.replace(alices, bobs)
        bobs_account = (
            account.replace("sip:1011", "sip:1012").replace("=alice", "=bob").replace("PASSWORD", "open4bob")
        )
        set_up_phone("alice", configuration, account.replace("PASSWORD", "open4alice"))
        set_up_phone("bob", bobs_configuration, bobs_account.strip() + ";answermode=auto\n")
        with (
            running("baresip -f bob", tmp_path, environment, "bob"),
            running("baresip -f alice", tmp_path, environment, "alice") as alice,
        ):
            for name in ("alice", "bob"):
                assert eventually(lambda name=name: "200 OK" in log_of(name)), log_of(name)  # type: ignore[misc]
            assert alice.stdin
            alice.stdin.write("/dial 1012\n")
            alice.stdin.flush()
            for name in ("alice", "bob"):
                assert eventually(lambda name=name: "incoming rtp" in log_of(name)), log_of(name)  # type: ignore[misc]
            assert re.search(r"connected +1011 +1012", shell("ringward calls --live"))
            alice.stdin.write("b")
            alice.stdin.flush()
            assert eventually(lambda: "connected" not in shell("ringward calls --live"))
        assert "1012" in shell("ringward calls")
