"""SIPVicious as the attacker: it finds the server and nothing else, and does not guess a password unnoticed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from strangers.node import LONG, Node, eventually

pytestmark = pytest.mark.stranger

EVIL = "127.0.0.66"
DIGEST = ("Third-party SIP", "Third-party SIP with digest")
SECURE = ("7961", "7961 - Standard SIP Non-Secure Profile")
RIGHT = "4711"
"""The password: the attacker tries it, but after he has been locked out."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of its own: its phones are locked out now and then. 6001 to 6003 ask for digest credentials."""
    node = Node(tmp_path_factory.mktemp("attacked"))
    node.start()
    try:
        words = ("end-user", "add", "alice", "--last-name", "Alice", "--digest-credentials", "-")
        node.administer(*words, typed=RIGHT + "\n")
        words = ("phone-security-profile", "add", DIGEST[1], "--model", DIGEST[0], "--protocol", "SIP")
        node.administer(*words, "--digest-authentication", "true")
        node.add_phones(
            [
                {
                    "device_name": f"SEP00000000{number}",
                    "model": DIGEST[0],
                    "protocol": "SIP",
                    "security_profile": DIGEST[1],
                    "digest_user": "alice",
                    "line_1_directory_number": str(number),
                }
                for number in (6001, 6002, 6003)
            ]
        )
        yield node
    finally:
        status = node.stop()
    assert status == 0
    assert not node.tracebacks(), node.log.read_text()


def attack(
    node: Node, home: Path, tool: str, *options: str, target: str = "127.0.0.1", seconds: float = LONG
) -> str:
    """What an attacker's tool tells when it is done."""
    port = str(node.sip_port)
    done = subprocess.run(
        [str(Path(sys.executable).with_name(f"sipvicious_{tool}")), "-b", EVIL, "-p", port, *options, target],
        capture_output=True,
        text=True,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(home)},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def found(output: str, number: int) -> bool:
    return any(str(number) in line.split("|")[1] for line in output.splitlines() if line.count("|") >= 3)


def guessed(output: str) -> bool:
    """Whether the right password stands in a cell of a table."""
    return any(cell.strip() == RIGHT for line in output.splitlines() for cell in line.split("|")[1:-1])


def test_the_server_is_found(node: Node, tmp_path: Path) -> None:
    """It answers pings, also those of attackers; this shows that the tool works here at all."""
    output = attack(node, tmp_path, "svmap")
    assert f"127.0.0.1:{node.sip_port}" in output


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "OPTIONS"])
def test_no_number_is_found(node: Node, tmp_path: Path, method: str) -> None:
    output = attack(node, tmp_path, "svwar", "-m", method, "-e", "5990-6010", "--force")
    assert not any(found(output, number) for number in range(5990, 6011)), output


def test_no_password_is_found_and_the_attempt_raises_an_alarm(node: Node, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("".join(f"guess{number}\n" for number in range(20)) + RIGHT + "\n")
    output = attack(node, tmp_path, "svcrack", "-u", "alice", "-e", "6001", "-d", str(passwords))
    assert not guessed(output), output

    def alarm() -> bool:
        return any("ALARM" in line and "SEP000000006001 from 127.0.0." in line for line in node.warnings())

    assert eventually(alarm), node.log.read_text()
    assert "6001" not in node.registered()
    counters = node.ask("status")["counters"]
    assert counters["locked_out"] >= 1
    assert counters["transactions"] < 100  # who is refused leaves nothing behind


def test_the_tool_does_find_a_password_that_is_guessed_at_once(node: Node, tmp_path: Path) -> None:
    """So that its silence above means something."""
    passwords = tmp_path / "passwords"
    passwords.write_text(f"guess\n{RIGHT}\n")
    output = attack(node, tmp_path, "svcrack", "-u", "alice", "-e", "6002", "-d", str(passwords))
    assert guessed(output), output
