"""Ladders of the serving side, and both machines against each other over a bad network."""

from __future__ import annotations

import heapq
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringward.protocols.tftp.client import FetchState, ReadClient
from ringward.protocols.tftp.packets import (
    Acknowledgement,
    Address,
    Data,
    Error,
    Mode,
    OptionAcknowledgement,
    Options,
    Packet,
    ReadRequest,
    encode,
    parse,
)
from ringward.protocols.tftp.transfer import (
    BASE_PATIENCE,
    MAX_FOREIGN_ANSWERS,
    ReadTransfer,
    Retransmission,
    Strangers,
    TransferState,
    negotiate,
)

PHONE: Address = ("192.0.2.7", 49152)
STRANGER: Address = ("192.0.2.66", 1024)
SERVER: Address = ("192.0.2.10", 69)
TID: Address = ("192.0.2.10", 40000)


def sent(outgoing: list[tuple[Address, bytes]]) -> list[Packet]:
    assert all(destination == PHONE for destination, _ in outgoing)
    return [parse(datagram) for _, datagram in outgoing]


def transfer(content: bytes, options: Options = (), mode: Mode = Mode.OCTET) -> ReadTransfer:
    return ReadTransfer(ReadRequest("f", mode, options), content, PHONE)


def ack(machine: ReadTransfer, block: int, now: float = 0.0) -> list[Packet]:
    return sent(machine.receive(encode(Acknowledgement(block)), now))


def test_ladder_of_a_plain_read() -> None:
    machine = transfer(b"a" * 512 + b"b")
    assert sent(machine.start(0.0)) == [Data(1, b"a" * 512)]
    assert ack(machine, 1) == [Data(2, b"b")]
    assert ack(machine, 2) == []
    assert machine.state is TransferState.DONE
    assert machine.over


@pytest.mark.parametrize(
    ("size", "blocks"), [(0, [0]), (1, [1]), (511, [511]), (512, [512, 0]), (1024, [512, 512, 0])]
)
def test_the_last_block_is_shorter_than_the_block_size_even_if_empty(size: int, blocks: list[int]) -> None:
    machine = transfer(bytes(size))
    packets = sent(machine.start(0.0))
    for block in range(1, len(blocks) + 1):
        packets += ack(machine, block)
    assert [len(packet.payload) for packet in packets if isinstance(packet, Data)] == blocks
    assert machine.state is TransferState.DONE


def test_ladder_with_options() -> None:
    machine = transfer(b"x" * 10, (("tsize", "0"), ("blksize", "8"), ("timeout", "3"), ("multicast", "")))
    assert sent(machine.start(0.0)) == [
        OptionAcknowledgement((("tsize", "10"), ("blksize", "8"), ("timeout", "3")))
    ]
    assert machine.next_deadline == 3.0
    assert ack(machine, 0) == [Data(1, b"x" * 8)]
    assert ack(machine, 1) == [Data(2, b"xx")]
    assert ack(machine, 2) == []
    assert machine.state is TransferState.DONE


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ((("blksize", "7"),), ()),
        ((("blksize", "65465"),), ()),
        ((("blksize", "x"),), ()),
        ((("timeout", "0"),), ()),
        ((("timeout", "256"),), ()),
        ((("tsize", "-1"),), ()),
        ((("rollover", "0"),), ()),
        ((("blksize", "9000"),), (("blksize", "1468"),)),
    ],
)
def test_what_cannot_be_agreed_is_left_out_of_the_answer(options: Options, answer: Options) -> None:
    acknowledgement = encode(OptionAcknowledgement(answer)) if answer else b""
    assert negotiate(options, 100, largest_block=1468).acknowledgement == acknowledgement


def test_netascii_counts_its_own_octets() -> None:
    machine = transfer(b"a\n", (("tsize", "0"),), Mode.NETASCII)
    assert sent(machine.start(0.0)) == [OptionAcknowledgement((("tsize", "3"),))]
    assert ack(machine, 0) == [Data(1, b"a\r\n")]


def test_repeated_and_wrong_acknowledgements_send_nothing() -> None:
    machine = transfer(bytes(2000))
    machine.start(0.0)
    assert ack(machine, 1) != []
    assert ack(machine, 1) == ack(machine, 0) == ack(machine, 7) == []
    assert machine.receive(b"junk", 0.0) == []


def test_retransmission_backs_off_and_ends() -> None:
    machine = transfer(b"x")
    first = machine.start(0.0)
    now, waits = 0.0, []
    while not machine.over:
        assert machine.next_deadline is not None
        waits.append(machine.next_deadline - now)
        now = machine.next_deadline
        assert machine.advance(now - 0.01) == []
        assert machine.advance(now) in (first, [])
    assert waits == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
    assert len(waits) == Retransmission().limit + 1
    assert machine.state is TransferState.FAILED
    assert machine.failure == "the peer does not answer"


def test_the_agreed_timeout_is_kept() -> None:
    machine = transfer(b"x", (("timeout", "5"),))
    machine.start(0.0)
    machine.advance(5.0)
    assert machine.next_deadline == 10.0


def test_the_servers_own_wishes_for_repetition() -> None:
    machine = ReadTransfer(ReadRequest("f"), b"x", PHONE, retransmission=Retransmission(timeout=20.0, limit=1))
    machine.start(0.0)
    assert len(machine.advance(20.0)) == 1
    assert machine.next_deadline == 40.0
    assert machine.advance(40.0) == []
    assert machine.over


def test_a_peer_that_acknowledges_as_late_as_it_can_is_given_up() -> None:
    machine = transfer(bytes(512 * 20))
    now = 0.0
    machine.start(now)
    block = 0
    while not machine.over:
        block, now = block + 1, now + 30.0
        ack(machine, block, now)
    assert machine.state is TransferState.FAILED
    assert now <= BASE_PATIENCE + 21 + 30


def test_strangers_get_error_5_a_few_times() -> None:
    strangers = Strangers()
    stray = encode(Acknowledgement(1))
    [(destination, datagram)] = strangers.receive(stray, STRANGER)
    answer = parse(datagram)
    assert destination == STRANGER
    assert isinstance(answer, Error)
    assert answer.code == 5
    assert strangers.receive(encode(Error(0)), STRANGER) == strangers.receive(b"junk", STRANGER) == []
    answers = sum(len(strangers.receive(stray, STRANGER)) for _ in range(100))
    assert answers == MAX_FOREIGN_ANSWERS - 1


def test_an_error_from_the_peer_ends_it_without_an_answer() -> None:
    machine = transfer(bytes(600))
    machine.start(0.0)
    assert machine.receive(encode(Error(3, "full")), 0.0) == []
    assert machine.state is TransferState.FAILED
    assert machine.failure == "the peer ended it: error 3 full"
    assert machine.receive(encode(Acknowledgement(1)), 0.0) == []
    assert machine.advance(99.0) == machine.repeat() == []


def test_data_from_the_peer_is_illegal() -> None:
    machine = transfer(bytes(600))
    machine.start(0.0)
    [answer] = sent(machine.receive(encode(Data(1, b"")), 0.0))
    assert isinstance(answer, Error)
    assert answer.code == 4
    assert machine.state is TransferState.FAILED


def test_a_repeated_request_is_answered_with_the_same_packet() -> None:
    machine = transfer(b"x")
    assert machine.repeat() == []
    first = machine.start(0.0)
    assert machine.repeat() == first


class BadNetwork:
    """Carries datagrams between a client and a server as a list of fates says, in simulated time."""

    def __init__(self, fates: list[str], content: bytes, **asked: int) -> None:
        self.client = ReadClient(SERVER, "f", block_size=asked.get("block_size"), timeout=asked.get("timeout"))
        self.content = content
        self.server: ReadTransfer | None = None
        self.fates = iter(fates)
        self.now = 0.0
        self.order = count()
        self.flying: list[tuple[float, int, Address, bytes]] = []
        self.data_packets = 0

    def run(self) -> None:
        self.send(self.client.start(self.now))
        while self.step():
            pass

    def step(self) -> bool:
        deadlines = [self.client.next_deadline, self.server.next_deadline if self.server else None]
        times = [moment for moment in deadlines if moment is not None] + [item[0] for item in self.flying[:1]]
        if not times:
            return False
        self.now = max(self.now, min(times))
        if self.flying and self.flying[0][0] <= self.now:
            _, _, destination, datagram = heapq.heappop(self.flying)
            self.deliver(destination, datagram)
        self.send(self.client.advance(self.now))
        if self.server is not None:
            self.send(self.server.advance(self.now))
        return True

    def deliver(self, destination: Address, datagram: bytes) -> None:
        if destination == SERVER:
            request = parse(datagram)
            assert isinstance(request, ReadRequest)
            if self.server is None:
                self.server = ReadTransfer(request, self.content, PHONE)
                self.send(self.server.start(self.now))
            else:
                self.send(self.server.repeat())
        elif destination == TID and self.server is not None:
            self.send(self.server.receive(datagram, self.now))
        elif destination == PHONE:
            self.send(self.client.receive(datagram, TID, self.now))

    def send(self, outgoing: list[tuple[Address, bytes]]) -> None:
        for destination, datagram in outgoing:
            self.data_packets += datagram[1] == 3
            fate = next(self.fates, "deliver")
            delays = {"deliver": [0.01], "lose": [], "double": [0.01, 0.02], "delay": [1.5]}[fate]
            for delay in delays:
                heapq.heappush(self.flying, (self.now + delay, next(self.order), destination, datagram))


FATES = st.lists(st.sampled_from(["deliver", "deliver", "lose", "double", "delay"]), max_size=60)


@given(FATES, st.integers(0, 200), st.sampled_from([None, 8, 16, 512]), st.sampled_from([None, 1, 4]))
@settings(deadline=None)
def test_over_a_bad_network_the_file_arrives_whole_or_both_ends_stop(
    fates: list[str], size: int, block_size: int | None, timeout: int | None
) -> None:
    content = bytes(index % 251 for index in range(size))
    asked = {"block_size": block_size, "timeout": timeout}
    network = BadNetwork(fates, content, **{name: value for name, value in asked.items() if value is not None})
    network.run()
    assert network.client.next_deadline is None
    if network.client.state is FetchState.DONE:
        assert network.client.content() == content
    else:
        assert network.client.state is FetchState.FAILED
        assert fates.count("lose") >= 1, "nothing was lost, yet the fetch failed"


def test_a_network_that_doubles_everything_does_not_double_the_traffic() -> None:
    network = BadNetwork(["double"] * 10_000, bytes(8 * 100), block_size=8)
    network.run()
    assert network.client.state is FetchState.DONE
    assert network.data_packets == 101


def test_block_numbers_roll_over() -> None:
    content = bytes(range(256)) * (8 * 65_600 // 256)
    network = BadNetwork([], content, block_size=8)
    network.run()
    assert network.client.state is FetchState.DONE
    assert network.client.content() == content
    assert network.data_packets == 65_601
