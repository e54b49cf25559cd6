"""Messages between CTL client and CTL Provider: written, read, and refused."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.ctl_provider import messages
from ringward.protocols.ctl_provider.messages import (
    MAX_ENTRIES,
    MAX_TEXT,
    LogIn,
    MalformedMessage,
    PlanChange,
    ServerEntry,
    StrandedPhone,
    encode,
    new_token_proof,
    parse_reply,
    parse_request,
    token_proof,
)

_SIMPLE = {
    str: st.text(st.characters(codec="utf-8"), max_size=40),
    int: st.integers(0, 2**32 - 1),
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
}


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if get_args(kind):
        return st.lists(of_type(get_args(kind)[0]), max_size=3).map(tuple)
    return st.builds(kind, **{name: of_type(each) for name, each in messages._MEMBERS[kind].items()})


requests = st.one_of(*(of_type(kind) for kind in messages.REQUESTS.values()))
replies = st.one_of(*(of_type(kind) for kind in messages.REPLIES.values()))


@given(requests)
def test_every_request_is_read_as_it_was_written(request: messages.Request) -> None:
    assert parse_request(encode(request)) == request


@given(replies)
def test_every_reply_is_read_as_it_was_written(reply: messages.Reply) -> None:
    assert parse_reply(encode(reply)) == reply


@given(st.binary(max_size=200))
def test_any_octets_are_a_message_or_malformed(content: bytes) -> None:
    for parse in (parse_request, parse_reply):
        with suppress(MalformedMessage):
            parse(content)


@given(requests, st.data())
def test_a_member_that_is_missing_or_of_another_kind_is_malformed(
    request: messages.Request, data: st.DataObject
) -> None:
    members = json.loads(encode(request))
    name = data.draw(st.sampled_from(sorted(members)))
    other = data.draw(st.one_of(st.none(), st.floats(), st.just({"a": 1}), st.just([None])))
    for changed in ({**members, name: other}, {k: v for k, v in members.items() if k != name}):
        with pytest.raises(MalformedMessage):
            parse_request(json.dumps(changed).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type":"become-root"}',
        b'{"type":["hello"]}',
        b'{"type":"hello","versions":[1],"more":1}',
        b'{"type":"hello","versions":[true]}',
        b'{"type":"hello","versions":[-1]}',
        b'{"type":"hello","versions":[4294967296]}',
        b'{"type":"log-in","user":"\\ud800","password":"","code":""}',
        b'{"type":"prove-token","certificate":"%","signature":""}',
        b'{"type":"prove-token","certificate":"AA==","signature":1}',
        b"[" * 100_000,
        b'{"type":"hello","versions":[' + b"9" * 5000 + b"]}",
    ],
)
def test_what_is_no_request_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_request(content)


def test_texts_and_lists_have_bounds() -> None:
    with pytest.raises(MalformedMessage, match="too long"):
        parse_request(encode(LogIn("x" * (MAX_TEXT + 1), "")))
    with pytest.raises(MalformedMessage, match="at most"):
        parse_request(encode(PlanChange((b"",) * (MAX_ENTRIES + 1), b"")))


def test_a_password_does_not_show_itself() -> None:
    assert "secret" not in repr(LogIn("alice", "secret"))


def test_every_record_has_known_members() -> None:
    assert messages._MEMBERS.keys() >= {ServerEntry, StrandedPhone, *messages.REQUESTS.values()}


def test_proofs_are_bound_to_purpose_connection_and_server() -> None:
    proofs = {
        token_proof(b"c1", b"h1"),
        token_proof(b"c2", b"h1"),
        token_proof(b"c1", b"h2"),
        new_token_proof(b"c1", b"h1", "n", b"k"),
    }
    assert len(proofs) == 4
