"""A node ends with calls in progress and starts again: phones come back, no ghost is left, records are true."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from strangers.baresip import Account, Baresip
from strangers.node import PATIENCE, Node, eventually
from strangers.software_phone import SoftwarePhone

pytestmark = pytest.mark.stranger

OURS = ("7961", "7961 - Standard SIP Non-Secure Profile")
THEIRS = ("Third-party SIP", "Third-party SIP - Standard SIP Non-Secure Profile")
PHONES = {"7001": OURS, "7002": OURS, "7003": THEIRS, "7004": THEIRS}
LONG = 3 * PATIENCE
"""A phone that has lost its server tries again when it thinks fit; baresip waits up to a minute."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A node of its own, with two phones of ours and two of others."""
    node = Node(tmp_path)
    node.start()
    try:
        node.add_phones(
            [
                {
                    "device_name": f"SEP00000000{number}",
                    "model": model,
                    "protocol": "SIP",
                    "security_profile": profile,
                    "line_1_directory_number": number,
                }
                for number, (model, profile) in PHONES.items()
            ]
        )
        node.administer("parameter", "set", "SIP Station KeepAlive Interval", "30")
        node.administer("parameter", "set", "SIP Registration Expires, Minimum", "20")
        yield node
    finally:
        status = node.stop()
    assert status == 0
    assert not node.tracebacks(), node.log.read_text()


def registered(node: Node) -> bool:
    return eventually(lambda: node.registered() == set(PHONES), LONG)


def live(node: Node) -> list[tuple[str, str, str]]:
    return sorted((call["calling"], call["called"], call["state"]) for call in node.ask("calls", "--live"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_calls_end_with_the_node_and_phones_come_back(node: Node, tmp_path: Path, how: signal.Signals) -> None:
    with ExitStack() as switched_on:

        def ours(number: str, *options: str) -> SoftwarePhone:
            phone = SoftwarePhone(node, tmp_path, f"SEP00000000{number}", *options)
            switched_on.callback(phone.put_away)
            return phone

        def theirs(number: str, transport: str, *, answers: bool = False) -> Baresip:
            account = Account(number, "", "", node.sip_port, transport, expires=20)
            phone = Baresip(tmp_path, account, 440, node.certificate, answers=answers)
            switched_on.callback(phone.put_away)
            return phone

        ours("7001", "--auto-answer")
        bert = ours("7002")
        carol, dave = theirs("7003", "tcp"), theirs("7004", "udp", answers=True)
        assert registered(node)
        bert.order("dial 7001")
        carol.order("dial", "7004")
        calls = [("7002", "7001", "connected"), ("7003", "7004", "connected")]
        assert eventually(lambda: live(node) == calls), live(node)
        journal = node.data / "calls-in-progress"
        assert eventually(
            lambda: journal.exists() and "7001" in journal.read_text() and "7003" in journal.read_text()
        )
        before = time.time()
        node.stop(how)
        node.start()

        assert live(node) == []
        records = {record["final_called_number"]: record for record in node.ask("calls")}
        assert set(records) == {"7001", "7004"}
        for record in records.values():
            assert record["ended_by"] == "call_manager"
            assert record["calling_cause"] == record["called_cause"] == "temporary_failure"
            assert record["answer_time"] <= record["end_time"] < before + PATIENCE
        killed = "2 calls ended with it" in node.log.read_text()
        assert killed == (how is signal.SIGKILL)

        assert registered(node)
        bert.order("hangup")
        assert live(node) == []
        carol.order("hangup")
        carol.saw("CALL_CLOSED")
        dave.order("hangup")
        dave.saw("CALL_CLOSED")
        assert bert.says("call with 7001 is over")
        bert.order("dial 7001")
        carol.order("dial", "7004")
        assert eventually(lambda: live(node) == calls), live(node)
    assert eventually(lambda: live(node) == [])
    assert eventually(lambda: node.ask("status")["counters"]["sessions"] == 0)
    assert eventually(lambda: len(node.ask("calls")) == 4)  # they are stored a moment later
