"""Where a request came from: which transaction it belongs to, and where its responses go."""

from __future__ import annotations

from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.header import split_unquoted
from ringward.protocols.sip.message import Request

MAGIC = "z9hG4bK"
"""Start of every branch of RFC 3261 and later."""


def transaction_key(request: Request, method: str) -> str:
    """What makes two requests one transaction (RFC 3261 section 17.2.3).

    Without a branch of that RFC, or with one that is nothing but the magic, it is what the RFC before had; the To
    tag is not in it, since an ACK has the one of the response and its INVITE has none.
    """
    via = request.via
    branch = via.branch
    if branch.startswith(MAGIC) and branch != MAGIC:
        return f"{branch} {via.host}:{via.port} {method}"
    call = f"{request.call_id} {request.from_tag} {request.cseq[0]}"
    return f"{call} {request.uri} {branch} {via.host}:{via.port} {method}"


def same_hop(one: Flow, other: Flow) -> bool:
    """Whether two requests came from the same neighbour: on one connection, or from one address."""
    return one is other if one.reliable else not other.reliable and one.remote[0] == other.remote[0]


def stamp_source(request: Request, flow: Flow) -> Flow:
    """Note where the request came from in its Via and find where responses go (RFC 3261 18.2, RFC 3581).

    Only ever to the address that it came from: ``maddr`` and a ``received`` of the sender's own are not obeyed.
    """
    if flow.transport is not Transport.UDP:
        return flow
    via = request.via
    host, port = flow.remote
    if via.has_rport or via.host.strip("[]") != host:
        lines = request.headers["Via"]
        parts = split_unquoted(lines[0], ",") if "," in lines[0] else lines
        parts[0] = _with_source(parts[0], host, port if via.has_rport else None)
        lines[0] = ",".join(parts) if parts is not lines else parts[0]
    if via.has_rport or (via.port or 5060) == port:
        return flow
    return flow.toward((host, via.port or 5060))


def _with_source(via: str, host: str, port: int | None) -> str:
    """A Via value with the address, and the port if given, that its request came from."""
    kept = []
    for part in split_unquoted(via, ";"):
        name = part.partition("=")[0].strip().lower()
        if name == "rport" and port is not None:
            kept.append(f"rport={port}")
        elif name != "received":
            kept.append(part)
    kept.append(f"received={host}")
    return ";".join(kept)
