"""linphone beside baresip: transfers, a shared line, keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strangers.baresip import Account, Baresip
from strangers.conftest import DIGEST_USERS
from strangers.linphone import Linphone
from strangers.node import Node, eventually

pytestmark = pytest.mark.stranger

MakePhone = Callable[..., Baresip]
MakeLinphone = Callable[..., Linphone]


@pytest.fixture
def linphone(node: Node, tmp_path: Path) -> Iterator[MakeLinphone]:
    """Makes registered phones that linphone is."""
    phones: list[Linphone] = []

    def make(number: str, user: str, tone: int, *, transport: str = "udp", **more: bool) -> Linphone:
        begun = time.time()
        account = Account(number, user, DIGEST_USERS[user], node.sip_port, transport)
        phones.append(Linphone(tmp_path, account, tone, **more))
        assert eventually(lambda: is_registered(node, number, begun)), phones[-1].log.read_text()
        return phones[-1]

    yield make
    for phone in phones:
        phone.put_away()


def is_registered(node: Node, number: str, begun: float) -> bool:
    """Whether a linphone has registered with this number since then."""
    return any(
        each["number"] == number
        and each["user_agent"].startswith("Linphone")
        and each["registered_since"] >= begun
        for each in node.ask("phones")["registered"]
    )


def live(node: Node) -> list[tuple[str, str, str]]:
    return sorted((call["calling"], call["called"], call["state"]) for call in node.ask("calls", "--live"))


def nothing_left(node: Node) -> bool:
    return eventually(lambda: live(node) == [])


def talk(alice: Linphone, bob: Baresip) -> None:
    """Connect the two, and wait until Bob hears Alice."""
    alice.order(f"call {bob.account.number}")
    bob.saw("CALL_ESTABLISHED")
    assert alice.says("Media streams established")
    assert eventually(lambda: bob.hears(alice.tone))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_transfer_after_asking(node: Node, desk_phone: MakePhone, linphone: MakeLinphone, transport: str) -> None:
    """RFC 5589: Alice has Bob wait, asks Carol, and connects the two."""
    alice = linphone("2301", "alice", 440, transport=transport)
    bob = desk_phone("2302", "udp", tone=1000, answers=True)
    carol = linphone("2303", "carol", 1600, transport=transport, answers=True)
    talk(alice, bob)
    alice.order("pause")
    assert alice.says("is now paused")
    alice.order("call 2303")
    assert carol.says("connected")
    assert alice.says("Media streams established with sip:2303@")
    alice.order("transfer 1 --to-call 2")
    assert eventually(lambda: live(node) == [("2302", "2303", "connected")]), live(node)
    assert alice.says("ended (No error)")
    bob.order("hangup")
    assert carol.says("ended (No error)")
    assert nothing_left(node)


def test_blind_transfer(node: Node, desk_phone: MakePhone, linphone: MakeLinphone) -> None:
    alice = linphone("2301", "alice", 440)
    bob = desk_phone("2302", "udp", tone=1000, answers=True)
    carol = desk_phone("2303", "udp", tone=1600, answers=True)
    talk(alice, bob)
    alice.order(f"transfer sip:2303@127.0.0.1:{node.sip_port}")
    carol.saw("CALL_ESTABLISHED")
    assert eventually(lambda: bob.hears(1600)) and eventually(lambda: carol.hears(1000))
    assert alice.says("ended (No error)")
    assert live(node) == [("2302", "2303", "connected")]
    carol.order("hangup")
    bob.saw("CALL_CLOSED")
    assert nothing_left(node)


def test_keys_from_phone_to_phone(node: Node, desk_phone: MakePhone, linphone: MakeLinphone) -> None:
    """RFC 4733: as events in the media."""
    alice = linphone("2301", "alice", 440)
    bob = desk_phone("2302", "udp", tone=1000, answers=True)
    talk(alice, bob)
    alice.order("5")
    assert bob.saw("CALL_DTMF_START")["param"] == "5"
    bob.order("sndcode", "7")
    assert alice.says("Receiving tone 7")
    bob.order("hangup")
    assert alice.says("ended (No error)")
    assert nothing_left(node)


def test_keys_through_the_call_manager(node: Node, desk_phone: MakePhone, linphone: MakeLinphone) -> None:
    """As INFO; this baresip only takes them and sends none."""
    alice = linphone("2301", "alice", 440, keys_by_info=True)
    bob = desk_phone("2302", "udp", tone=1000, answers=True)
    talk(alice, bob)
    alice.order("5")
    assert bob.saw("CALL_DTMF_START")["param"] == "5"
    alice.order("terminate")
    bob.saw("CALL_CLOSED")
    assert nothing_left(node)


@pytest.mark.parametrize("answers", ["linphone", "baresip"])
def test_two_phones_share_a_line(node: Node, desk_phone: MakePhone, linphone: MakeLinphone, answers: str) -> None:
    """Both ring, one answers, the other one falls silent, and either can call while the other one talks."""
    caller = desk_phone("2303", "udp", tone=440)
    one = linphone("2400", "alice", 1000)
    other = desk_phone("2400", "udp", tone=1600, user="bob")
    caller.order("dial", "2400")
    assert one.says("Receiving new incoming call")
    other.saw("CALL_INCOMING")
    if answers == "linphone":
        one.order("answer 1")
        other.saw("CALL_CLOSED")
    else:
        other.order("accept")
        assert one.says("ended")
    caller.saw("CALL_ESTABLISHED")
    assert eventually(lambda: caller.hears(1000 if answers == "linphone" else 1600))
    assert live(node) == [("2303", "2400", "connected")]
    (call,) = node.ask("calls", "--live")
    assert call["called_device"] == ("SEP000000002401" if answers == "linphone" else "SEP000000002402")
    caller.order("hangup")
    assert nothing_left(node)
