"""The control socket, both ends, over a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.waiting import until
from ringward.domain.errors import Refused, RingwardError, Unavailable
from ringward.services.control import answers as control_answers
from ringward.services.control import server as control_server
from ringward.services.control.client import ControlClient
from ringward.services.control.messages import MAX_REQUEST_BYTES, BadRequest, Reply, Request, socket_path
from ringward.services.control.server import ControlServer


class Node:
    """What a node would put behind the socket."""

    def __init__(self) -> None:
        self.phones: list[str] = []

    async def slow_echo(self, arguments: dict[str, Any]) -> Any:
        await asyncio.sleep(0)
        return arguments

    def refuse(self, arguments: dict[str, Any]) -> Any:
        raise Refused("this is forbidden")

    def break_down(self, arguments: dict[str, Any]) -> Any:
        raise KeyError("hidden detail")


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def server(tmp_path: Path, node: Node) -> AsyncIterator[ControlServer]:
    server = ControlServer(tmp_path)
    server.answer("echo", node.slow_echo)
    server.answer("refuse", node.refuse)
    server.answer("break", node.break_down)
    server.show("phones", lambda: list(node.phones))
    await server.start()
    yield server
    await server.stop()


async def ask(directory: Path, command: str, **arguments: Any) -> Any:
    def run() -> Any:
        with ControlClient(directory) as client:
            return client.ask(command, **arguments)

    return await asyncio.to_thread(run)


async def test_a_question_is_answered(server: ControlServer, tmp_path: Path) -> None:
    assert await ask(tmp_path, "echo", name="Jürgen", number=[1, None]) == {"name": "Jürgen", "number": [1, None]}


async def test_one_connection_takes_several_questions(server: ControlServer, tmp_path: Path) -> None:
    def run() -> list[Any]:
        with ControlClient(tmp_path) as client:
            return [client.ask("echo", n=n) for n in range(3)]

    assert await asyncio.to_thread(run) == [{"n": 0}, {"n": 1}, {"n": 2}]


async def test_several_questions_are_one_exchange(server: ControlServer, tmp_path: Path) -> None:
    requests = [Request("echo", {"n": 1}), Request("refuse", {}), Request("nothing", {}), Request("echo", {})]
    with ControlClient(tmp_path) as client:
        one, refused, unknown, other = await asyncio.to_thread(client.replies, requests)
    assert (one.answer, other.answer) == ({"n": 1}, {})
    assert isinstance(refused.as_error(), Refused) and refused.error == "this is forbidden"
    assert "there is no command 'nothing'" in unknown.error


@pytest.mark.parametrize(
    ("requests", "sentence"),
    [
        (None, "a list of objects"),
        ([1], "a list of objects"),
        ([{"command": 1}], "a text 'command'"),
        ([{"command": "echo", "more": 1}], "not 'more'"),
        ([{"command": "echo"}] * 17, "at most 16"),
        ([{"command": "together", "arguments": {}}], "not among others"),
    ],
)
async def test_what_is_no_list_of_questions_is_refused(
    server: ControlServer, tmp_path: Path, requests: Any, sentence: str
) -> None:
    with ControlClient(tmp_path) as client, pytest.raises(RingwardError, match=sentence):
        await asyncio.to_thread(client.ask, "together", requests=requests)


async def test_refusals_and_failures_are_sentences(
    server: ControlServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Refused, match="this is forbidden"):
        await ask(tmp_path, "refuse")
    with pytest.raises(
        Refused, match="there is no command 'dance'; known are: break, echo, follow-phones, phones"
    ):
        await ask(tmp_path, "dance")
    with pytest.raises(Refused, match="its log says more") as caught:
        await ask(tmp_path, "break")
    assert "hidden detail" not in str(caught.value)
    assert "hidden detail" in caplog.text


async def test_the_socket_is_for_its_owner_only(server: ControlServer, tmp_path: Path) -> None:
    assert stat.S_IMODE(socket_path(tmp_path).stat().st_mode) == 0o600


async def test_strangers_are_told_to_leave(
    server: ControlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_server, "_is_owner", lambda connection: False)
    with pytest.raises(Refused, match="only the owner"):
        await ask(tmp_path, "echo")


async def test_following_shows_each_change_once(
    server: ControlServer, tmp_path: Path, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_answers, "FOLLOW_INTERVAL", 0.02)
    seen: list[Any] = []

    def run() -> None:
        with ControlClient(tmp_path) as client:
            for picture in client.follow("phones"):
                seen.append(picture)
                if len(seen) == 2:
                    return

    following = asyncio.create_task(asyncio.to_thread(run))
    await until(lambda: bool(seen))
    await asyncio.sleep(0.1)
    assert seen == [[]]
    node.phones.append("SEP001122334455")
    await asyncio.wait_for(following, 60)
    assert seen == [[], ["SEP001122334455"]]


async def test_followers_are_let_go_at_the_end(server: ControlServer, tmp_path: Path) -> None:
    def run() -> list[Any]:
        with ControlClient(tmp_path) as client:
            return list(client.follow("phones"))

    following = asyncio.create_task(asyncio.to_thread(run))
    await until(lambda: bool(server._connections))
    await server.stop()
    with pytest.raises(Unavailable, match="has hung up"):
        await asyncio.wait_for(following, 60)
    assert not socket_path(tmp_path).exists()


async def test_a_dead_nodes_socket_is_replaced(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(socket_path(tmp_path)))
    dead.close()
    with pytest.raises(
        Unavailable, match=f"no node runs on {tmp_path}; start it with: ringward run --data {tmp_path}"
    ):
        await ask(tmp_path, "ping")
    server = ControlServer(tmp_path)
    server.answer("ping", lambda arguments: "pong")
    await server.start()
    assert await ask(tmp_path, "ping") == "pong"
    await server.stop()


def test_no_node_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no node runs on"):
        ControlClient(tmp_path).ask("ping")


def test_a_path_too_long_for_a_socket_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RingwardError, match="shorter path"):
        ControlServer(tmp_path / ("x" * 120))


async def test_too_many_connections_are_refused(
    server: ControlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_server, "MAX_CONNECTIONS", 1)
    _, writer = await asyncio.open_unix_connection(socket_path(tmp_path))
    await until(lambda: bool(server._connections))
    with pytest.raises(Refused, match="already 1 connections"):
        await ask(tmp_path, "echo")
    writer.close()
    await writer.wait_closed()


async def talk(directory: Path, *chunks: bytes) -> bytes:
    """Send bytes as they are, end our side, and read all that comes back."""
    reader, writer = await asyncio.open_unix_connection(socket_path(directory))
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_line_without_end_is_cut_off(server: ControlServer, tmp_path: Path) -> None:
    answer = await talk(tmp_path, b"x" * (MAX_REQUEST_BYTES + 1))
    assert b"at most 65536 bytes" in answer


async def test_deep_nesting_is_refused(server: ControlServer, tmp_path: Path) -> None:
    assert b"not JSON" in await talk(tmp_path, b"[" * 60000 + b"\n")


async def test_bad_lines_do_not_end_the_conversation(server: ControlServer, tmp_path: Path) -> None:
    good = Request("echo", {"still": "here"}).encode()
    lines = (await talk(tmp_path, b"\xff\n{}\n[]\n", b'{"command":"echo","more":1}\n', good)).splitlines()
    assert ["error" in json.loads(line) for line in lines] == [True, True, True, True, False]
    assert Reply.parse(lines[-1]).answer == {"still": "here"}


async def test_noise_from_anyone_leaves_the_node_answering(server: ControlServer, tmp_path: Path) -> None:
    for noise in (
        b"\0" * 100,
        b"{" * 500 + b"\n",
        b'{"command": 5}\n',
        b'{"command":"echo","arguments":[]}\n',
        b"",
    ):
        await talk(tmp_path, noise)
    assert await ask(tmp_path, "echo") == {}


@given(st.binary(max_size=300))
def test_any_line_is_a_request_or_refused(line: bytes) -> None:
    for kind in (Request, Reply):
        try:
            kind.parse(line)
        except BadRequest as error:
            assert str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(), st.dictionaries(st.text(), JSON, max_size=3))
def test_requests_round_trip(command: str, arguments: dict[str, Any]) -> None:
    line = Request(command, arguments).encode()
    assert line.count(b"\n") == 1
    assert Request.parse(line) == Request(command, arguments)
