"""Messages between CTL client and CTL Provider, and how they are written: JSON objects with a ``type``.

Reading is strict: an unknown or missing member, a value of another kind or beyond its bound is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from types import MappingProxyType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

VERSION = 1
"""The one version of the protocol there is."""
MAX_TEXT = 2048
"""Characters of any text."""
MAX_OCTETS = 256 * 1024
"""Octets of any content: the largest trust list that is read."""
MAX_ENTRIES = 1000
"""Entries of any list. More phones than that are counted, but not all named."""


class MalformedMessage(Exception):
    """Bytes that are no message of this protocol; the text says what is wrong with them."""


class RefusalCode(Enum):
    """Why a request was not carried out; programs decide by it."""

    BAD_REQUEST = "bad-request"
    VERSION = "version"
    NOT_LOGGED_IN = "not-logged-in"
    WRONG_CREDENTIALS = "wrong-credentials"
    CODE_WANTED = "code-wanted"
    LOCKED_OUT = "locked-out"
    NOT_ALLOWED = "not-allowed"
    TOO_MANY = "too-many"
    BUSY = "busy"
    CHANGED = "changed-meanwhile"
    WOULD_STRAND = "would-strand"
    REFUSED = "refused"
    FAILED = "failed"


# -- requests -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """First of all: the versions that the client speaks."""

    type: ClassVar[str] = "hello"
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LogIn:
    """Who the administrator is (CTLP-08)."""

    type: ClassVar[str] = "log-in"
    user: str
    password: str
    code: str = ""
    """Of the second factor; empty until it is asked for."""

    def __repr__(self) -> str:
        return f"LogIn({self.user!r})"


@dataclass(frozen=True, slots=True)
class DescribeCluster:
    """Which servers and certificates are there (CTLP-03)."""

    type: ClassVar[str] = "describe-cluster"


@dataclass(frozen=True, slots=True)
class GetTrustList:
    """The CTL file in force (CTLP-03)."""

    type: ClassVar[str] = "get-trust-list"


@dataclass(frozen=True, slots=True)
class IssueTokenCertificate:
    """A certificate of the cluster's token CA for a new key; the signature is over :func:`new_token_proof`."""

    type: ClassVar[str] = "issue-token-certificate"
    name: str
    public_key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class PlanChange:
    """Which phones would lose trust if a list with these tokens were signed by one of them."""

    type: ClassVar[str] = "plan-change"
    tokens: tuple[bytes, ...]
    signer: bytes


@dataclass(frozen=True, slots=True)
class ForgetPhone:
    """The CTL file was erased at this phone by hand: it will trust the next one that it gets (CTL-19)."""

    type: ClassVar[str] = "forget-phone"
    device: str


@dataclass(frozen=True, slots=True)
class ReportFailure:
    """A change came to nothing at the client: wrong token password, token pulled out, another server not there."""

    type: ClassVar[str] = "report-failure"
    reason: str


@dataclass(frozen=True, slots=True)
class ProveToken:
    """Who holds the token (CTL-45): a signature over :func:`token_proof`."""

    type: ClassVar[str] = "prove-token"
    certificate: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SetClusterMode:
    """The mode that the next list to be saved brings (CTLP-03): 0 nonsecure, 1 mixed."""

    type: ClassVar[str] = "set-cluster-mode"
    mode: int


@dataclass(frozen=True, slots=True)
class SaveTrustList:
    """Check a new CTL file and lay it beside the old one (CTLP-03); it counts once it is committed."""

    type: ClassVar[str] = "save-trust-list"
    content: bytes
    base: str
    """SHA-256 (hexadecimal) of the file that it replaces; empty if there is none."""
    override: bool
    """Also if phones are left behind."""
    start_over: bool
    """Signed by none of the former tokens, since all are lost (TOK-04)."""
    capf_certificate: bytes
    """For subsequent nodes (CTL-08); empty if CAPF has none."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Let what was saved take the place of the old file."""

    type: ClassVar[str] = "commit"


@dataclass(frozen=True, slots=True)
class Abort:
    """Forget what was saved."""

    type: ClassVar[str] = "abort"


@dataclass(frozen=True, slots=True)
class LogOut:
    """The end."""

    type: ClassVar[str] = "log-out"


# -- replies --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Welcome:
    """The version that is spoken from here on, and a challenge that only this connection has."""

    type: ClassVar[str] = "welcome"
    version: int
    software: str
    server: str
    challenge: bytes


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The administrator is known."""

    type: ClassVar[str] = "logged-in"


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """A server of the cluster, as its first node knows it."""

    name: str
    address: str
    ctl_port: int
    is_local: bool
    """The one that is being talked to."""
    is_first: bool
    runs_call_manager: bool
    runs_tftp: bool
    runs_provider: bool
    certificate: bytes
    """DER of the local server's node certificate; empty for others, which are asked themselves."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Servers, certificates and mode."""

    type: ClassVar[str] = "cluster"
    mode: int
    servers: tuple[ServerEntry, ...]
    capf_certificate: bytes
    """Empty while CAPF is not active (CTL-15)."""
    token_authorities: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TrustListReply:
    """The CTL file; empty if there is none."""

    type: ClassVar[str] = "trust-list"
    content: bytes
    location: str
    warning: str
    """Empty, or that the file was changed or removed by somebody else."""


@dataclass(frozen=True, slots=True)
class TokenCertificate:
    """The certificate of a new token."""

    type: ClassVar[str] = "token-certificate"
    certificate: bytes


@dataclass(frozen=True, slots=True)
class StrandedPhone:
    """A phone that would not take the new list, and why."""

    device: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All phones that would be left behind; at most :data:`MAX_ENTRIES` of them by name."""

    type: ClassVar[str] = "plan"
    known: int
    """Phones of which the list they hold is known."""
    stranded: int
    phones: tuple[StrandedPhone, ...]


@dataclass(frozen=True, slots=True)
class PhoneForgotten:
    """The phone counts as one without a CTL file."""

    type: ClassVar[str] = "phone-forgotten"


@dataclass(frozen=True, slots=True)
class FailureNoted:
    """The audit log tells it."""

    type: ClassVar[str] = "failure-noted"


@dataclass(frozen=True, slots=True)
class TokenProved:
    """The token is the one it says."""

    type: ClassVar[str] = "token-proved"


@dataclass(frozen=True, slots=True)
class ModeNoted:
    """The mode waits for a list."""

    type: ClassVar[str] = "mode-noted"


@dataclass(frozen=True, slots=True)
class Saved:
    """The new file is whole on this server, beside the old one."""

    type: ClassVar[str] = "saved"
    location: str


@dataclass(frozen=True, slots=True)
class Committed:
    """The new file is in force."""

    type: ClassVar[str] = "committed"
    location: str
    next_steps: tuple[str, ...]
    """What the administrator has to do now (CTL-41)."""


@dataclass(frozen=True, slots=True)
class Aborted:
    """Nothing was changed."""

    type: ClassVar[str] = "aborted"


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The connection ends."""

    type: ClassVar[str] = "goodbye"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The request was not carried out."""

    type: ClassVar[str] = "refusal"
    code: str
    """A value of :class:`RefusalCode`."""
    message: str


Request = (
    Hello
    | LogIn
    | DescribeCluster
    | GetTrustList
    | IssueTokenCertificate
    | PlanChange
    | ForgetPhone
    | ReportFailure
    | ProveToken
    | SetClusterMode
    | SaveTrustList
    | Commit
    | Abort
    | LogOut
)
Reply = (
    Welcome
    | LoggedIn
    | Cluster
    | TrustListReply
    | TokenCertificate
    | Plan
    | PhoneForgotten
    | FailureNoted
    | TokenProved
    | ModeNoted
    | Saved
    | Committed
    | Aborted
    | Goodbye
    | Refusal
)

REQUESTS: Mapping[str, type[Any]] = MappingProxyType({kind.type: kind for kind in get_args(Request)})
REPLIES: Mapping[str, type[Any]] = MappingProxyType({kind.type: kind for kind in get_args(Reply)})

_TOKEN_PROOF = b"ringward ctl-provider 1: token of this connection\0"
_NEW_TOKEN_PROOF = b"ringward ctl-provider 1: key of a new token\0"


def token_proof(challenge: bytes, server_certificate_hash: bytes) -> bytes:
    """What a token signs to prove its presence: worth nothing on another connection or with another server."""
    return _TOKEN_PROOF + challenge + server_certificate_hash


def new_token_proof(challenge: bytes, server_certificate_hash: bytes, name: str, public_key: bytes) -> bytes:
    """What a new key signs to prove that whoever asks for its certificate holds it."""
    return _NEW_TOKEN_PROOF + challenge + server_certificate_hash + name.encode() + b"\0" + public_key


# -- writing and reading --------------------------------------------------------------------------------------


def encode(message: Request | Reply) -> bytes:
    """A message as JSON."""
    return json.dumps({"type": message.type, **_written(message)}, separators=(",", ":")).encode()


def parse_request(content: bytes) -> Request:
    """Raises :class:`MalformedMessage`."""
    request: Request = _parse(content, REQUESTS)
    return request


def parse_reply(content: bytes) -> Reply:
    """Raises :class:`MalformedMessage`."""
    reply: Reply = _parse(content, REPLIES)
    return reply


def _written(value: Any) -> dict[str, Any]:
    return {each.name: _write(getattr(value, each.name)) for each in fields(value)}


def _write(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, tuple):
        return [_write(each) for each in value]
    return value if isinstance(value, str | int) else _written(value)


def _parse(content: bytes, kinds: Mapping[str, type[Any]]) -> Any:
    try:
        members = json.loads(content)
    except (ValueError, RecursionError):
        raise MalformedMessage("this is not JSON") from None
    if not isinstance(members, dict):
        raise MalformedMessage("a message is a JSON object")
    kind = members.pop("type", None)
    if not isinstance(kind, str) or kind not in kinds:
        raise MalformedMessage("the type of the message is missing or unknown")
    return _read_record(kinds[kind], members)


def _read_record(kind: type[Any], members: Any) -> Any:
    types = _MEMBERS[kind]
    if not isinstance(members, dict) or members.keys() != types.keys():
        raise MalformedMessage(f"{kind.__name__}: members are missing or unknown")
    return kind(**{name: _read(f"{kind.__name__}.{name}", of, members[name]) for name, of in types.items()})


def _members(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


_MEMBERS = {kind: _members(kind) for kind in (*get_args(Request), *get_args(Reply), ServerEntry, StrandedPhone)}
"""The members of each record and their types."""


def _read(name: str, kind: Any, value: Any) -> Any:
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or len(value) > MAX_ENTRIES:
            raise MalformedMessage(f"{name}: a list of at most {MAX_ENTRIES} is wanted")
        return tuple(_read(name, get_args(kind)[0], each) for each in value)
    if kind is bytes:
        return _octets(name, value)
    if kind in (str, int, bool):
        if type(value) is not kind:
            raise MalformedMessage(f"{name}: the value is of the wrong kind")
        if kind is str and (len(value) > MAX_TEXT or not _is_text(value)):
            raise MalformedMessage(f"{name}: the text is too long or no text")
        if kind is int and not 0 <= value < 2**32:
            raise MalformedMessage(f"{name}: the number is out of bounds")
        return value
    return _read_record(kind, value)


def _octets(name: str, value: Any) -> bytes:
    try:
        content = base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        content = None
    if content is None or len(content) > MAX_OCTETS:
        raise MalformedMessage(f"{name}: base64 of at most {MAX_OCTETS} octets is wanted")
    return content


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
