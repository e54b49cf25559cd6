from __future__ import annotations

import pytest

from ringward.protocols.tftp.client import LINGER, MAX_REPETITIONS, FetchState, ReadClient
from ringward.protocols.tftp.packets import (
    Acknowledgement,
    Address,
    Data,
    Error,
    Mode,
    OptionAcknowledgement,
    Packet,
    ReadRequest,
    encode,
    parse,
)

SERVER: Address = ("192.0.2.10", 69)
TID: Address = ("192.0.2.10", 40000)


def give(
    client: ReadClient, packet: Packet, source: Address = TID, now: float = 0.0
) -> list[tuple[Address, Packet]]:
    return [(to, parse(datagram)) for to, datagram in client.receive(encode(packet), source, now)]


def started(**asked: int | bool) -> ReadClient:
    client = ReadClient(SERVER, "f", **asked)  # type: ignore[arg-type]
    client.start(0.0)
    return client


def test_ladder_with_options() -> None:
    client = ReadClient(SERVER, "f", block_size=8, timeout=2, ask_size=True)
    [(to, datagram)] = client.start(0.0)
    assert (to, parse(datagram)) == (
        SERVER,
        ReadRequest("f", Mode.OCTET, (("blksize", "8"), ("timeout", "2"), ("tsize", "0"))),
    )
    answer = OptionAcknowledgement((("blksize", "8"), ("timeout", "2"), ("tsize", "9")))
    assert give(client, answer) == [(TID, Acknowledgement(0))]
    assert client.announced_size == 9
    assert give(client, Data(1, b"12345678")) == [(TID, Acknowledgement(1))]
    assert give(client, Data(2, b"9")) == [(TID, Acknowledgement(2))]
    assert client.finished
    assert client.content() == b"123456789"


def test_the_last_acknowledgement_is_repeated_while_lingering() -> None:
    client = started()
    give(client, Data(1, b"x"))
    assert give(client, Data(1, b"x"), now=1.0) == [(TID, Acknowledgement(1))]
    assert client.advance(LINGER) == []
    assert client.next_deadline is None
    assert give(client, Data(1, b"x"), now=3.0) == []


def test_a_server_without_options_is_taken_as_it_is() -> None:
    client = started(block_size=1024)
    give(client, Data(1, b"x" * 512))
    give(client, Data(2, b"y"))
    assert client.content() == b"x" * 512 + b"y"


def test_netascii_is_decoded() -> None:
    client = ReadClient(SERVER, "f", mode=Mode.NETASCII)
    client.start(0.0)
    give(client, Data(1, b"a\r\nb"))
    assert client.content() == b"a\nb"


def test_file_not_found() -> None:
    client = started()
    assert give(client, Error(1, "File not found")) == []
    assert client.state is FetchState.FAILED
    assert client.error == Error(1, "File not found")
    assert client.failure == "the server refused: error 1 File not found"
    with pytest.raises(RuntimeError):
        client.content()


@pytest.mark.parametrize(
    "options",
    [
        (("blksize", "9"),),
        (("blksize", "7"),),
        (("timeout", "3"),),
        (("tsize", "many"),),
        (("multicast", "1"),),
    ],
)
def test_options_that_were_not_asked_for_are_refused(options: tuple[tuple[str, str], ...]) -> None:
    client = started(block_size=8, timeout=2, ask_size=True)
    [(to, answer)] = give(client, OptionAcknowledgement(options))
    assert to == TID
    assert isinstance(answer, Error)
    assert answer.code == 8
    assert client.state is FetchState.FAILED


def test_too_long_files_are_refused_early_and_late() -> None:
    client = started(ask_size=True, max_size=100)
    [(_, answer)] = give(client, OptionAcknowledgement((("tsize", "101"),)))
    assert isinstance(answer, Error)
    client = started(max_size=100)
    [(_, answer)] = give(client, Data(1, bytes(101)))
    assert isinstance(answer, Error)
    assert client.state is FetchState.FAILED


def test_a_block_longer_than_agreed_is_refused() -> None:
    client = started(block_size=8)
    give(client, OptionAcknowledgement((("blksize", "8"),)))
    [(_, answer)] = give(client, Data(1, bytes(9)))
    assert isinstance(answer, Error)
    assert answer.code == 4


def test_strangers_change_nothing() -> None:
    client = started()
    assert give(client, Data(1, b"forged"), ("198.51.100.1", 40000)) == []
    give(client, Data(1, b"x" * 512))
    [(to, answer)] = give(client, Data(2, b"forged"), ("192.0.2.10", 40001))
    assert to == ("192.0.2.10", 40001)
    assert isinstance(answer, Error)
    assert answer.code == 5
    assert client.receive(b"junk", TID, 0.0) == []
    give(client, Data(2, b"y"))
    assert client.content() == b"x" * 512 + b"y"


def test_a_silent_server_is_asked_again_and_given_up() -> None:
    client = ReadClient(SERVER, "f")
    first = client.start(0.0)
    repeats = 0
    while client.next_deadline is not None:
        repeats += client.advance(client.next_deadline) == first
    assert repeats == MAX_REPETITIONS
    assert client.failure == "the server does not answer"


def test_requests_have_no_place_in_a_transfer() -> None:
    client = started()
    [(_, answer)] = give(client, ReadRequest("g"))
    assert isinstance(answer, Error)
    assert client.state is FetchState.FAILED
