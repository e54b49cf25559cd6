"""The work of a CTL client: find out, compose, have it planned, sign, and bring it onto all servers.

The first node knows the cluster; every server is logged in to. A new CTL file is saved on all of them before it is
committed on any, so either all get it or all keep the old one.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import AddressValueError, IPv4Address

from ringward.ctl_client.connection import Confirm, ProviderConnection, ProviderRefusal, RefusalCode
from ringward.domain.errors import Refused, RingwardError, Unavailable
from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ClusterSecurityMode, HashAlgorithm
from ringward.files import trust_list
from ringward.files.envelope import RefusedFile
from ringward.files.trust_list import Record, TrustList, TrustListFile, TrustListKind, TrustListRole
from ringward.files.trust_list_edition import (
    MINIMUM_TOKENS,
    ListedServer,
    compose,
    server_role,
    tokens_of,
    without_signatures,
)
from ringward.pki.certificates import Certificate
from ringward.pki.listing import listed, verify_signature
from ringward.pki.tokens.token import TokenKey, TokenSigner
from ringward.protocols.ctl_provider.messages import (
    MAX_TEXT,
    Abort,
    Aborted,
    Cluster,
    Commit,
    Committed,
    DescribeCluster,
    FailureNoted,
    ForgetPhone,
    GetTrustList,
    IssueTokenCertificate,
    LoggedIn,
    LogIn,
    ModeNoted,
    PhoneForgotten,
    Plan,
    PlanChange,
    ProveToken,
    ReportFailure,
    Saved,
    SaveTrustList,
    ServerEntry,
    SetClusterMode,
    TokenCertificate,
    TokenProved,
    TrustListReply,
    new_token_proof,
    token_proof,
)

Progress = Callable[[str], None]
"""Told each step as it is begun."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who logs in (CTL-32)."""

    user: str
    password: Secret
    ask_code: Callable[[str], Secret] | None = None
    """Asked, with the name of a server, where the account has a second factor; without it the server refuses."""


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be different in the next edition."""

    mode: ClusterSecurityMode | None = None
    """None keeps it (CTL-18)."""
    add: tuple[bytes, ...] = ()
    """Certificates of tokens to be added."""
    remove: tuple[bytes, ...] = ()
    override: bool = False
    start_over: bool = False
    digest: HashAlgorithm = HashAlgorithm.SHA1


@dataclass(frozen=True, slots=True)
class ServerResult:
    """A line of the result window (CTL-40)."""

    server: str
    location: str
    status: str
    written: bool


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended."""

    servers: tuple[ServerResult, ...]
    next_steps: tuple[str, ...] = ()
    problem: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether every server has the new file."""
        return all(each.written for each in self.servers) and not self.problem


@dataclass(slots=True)
class _Server:
    """A server of the cluster and the connection to it."""

    entry: ServerEntry
    connection: ProviderConnection
    certificate: bytes
    capf: bytes = b""


@dataclass(slots=True)
class CtlClient:
    """Logged in at every server of a cluster. Close it when done."""

    account: Account
    confirm: Confirm
    progress: Progress = lambda step: None
    clock: Callable[[], float] = time.time
    cluster: Cluster = field(init=False)
    content: bytes = field(init=False, default=b"")
    """The CTL file in force on the first server."""
    warnings: list[str] = field(init=False, default_factory=list)
    location: str = field(init=False, default="")
    _servers: list[_Server] = field(init=False, default_factory=list)

    def log_in(self, address: str, port: int) -> None:
        """Log in at the first node, and see what is there (CTL-30 to CTL-32)."""
        self.progress(f"Logging in at {address}:{port}")
        first = self._logged_in(address, port)
        self.cluster = first.ask(DescribeCluster(), Cluster)
        local = next((each for each in self.cluster.servers if each.is_local), None)
        if local is None:
            first.close()
            raise Refused(f"{first.name} does not know itself; is its server record there?")
        self._servers.append(_Server(local, first, local.certificate, self.cluster.capf_certificate))
        if not local.is_first:
            name = next((each.address for each in self.cluster.servers if each.is_first), "?")
            raise Refused(f"{first.name} is not the first node of the cluster; log in at {name}")
        present = first.ask(GetTrustList(), TrustListReply)
        self.content, self.location = present.content, present.location
        if present.warning:
            self.warnings.append(present.warning)

    def log_in_everywhere(self) -> None:
        """Log in at the other servers. Raises for the first that is not there; nothing is changed then."""
        inactive = [each.name for each in self.cluster.servers if not each.runs_provider]
        if inactive:
            raise Refused(f"the CTL Provider is not active on {', '.join(inactive)}: activate it there first")
        reached = {each.entry.name for each in self._servers}
        for entry in self.cluster.servers:
            if entry.name in reached or not (entry.runs_call_manager or entry.runs_tftp):
                continue
            self.progress(f"Logging in at {entry.name} ({entry.address}:{entry.ctl_port})")
            _resolved(entry.address)
            connection = self._logged_in(entry.address, entry.ctl_port)
            own = next(each for each in connection.ask(DescribeCluster(), Cluster).servers if each.is_local)
            self._servers.append(_Server(entry, connection, own.certificate))

    def close(self) -> None:
        """Log out everywhere."""
        for server in self._servers:
            server.connection.close()
        self._servers.clear()

    # -- looking ------------------------------------------------------------------------------------------

    @property
    def first(self) -> ProviderConnection:
        """The connection to the first node."""
        return self._servers[0].connection

    @property
    def mode(self) -> ClusterSecurityMode:
        """The present cluster security mode."""
        return ClusterSecurityMode(self.cluster.mode)

    def present(self) -> TrustListFile | None:
        """The CTL file in force. Raises :class:`Refused` if it cannot be read."""
        if not self.content:
            return None
        try:
            return trust_list.parse(self.content)
        except RefusedFile as refusal:
            raise Refused(f"the CTL file in force cannot be read: {refusal}") from None

    def outdated(self) -> list[str]:
        """What in the present file is no longer so: servers, addresses, certificates (CTL-14)."""
        present = self.present()
        if present is None or self.mode is ClusterSecurityMode.NONSECURE:
            return []
        have = {_identity(record) for record in present.trust.records if not record.role.signs_lists}
        want = {_identity(record) for record in self._compose((), self.mode).records}
        missing = [
            f"{role.label} {host} is missing, or its address or certificate has changed"
            for role, host, *_ in want - have
        ]
        wanted = {each[:2] for each in want}
        gone = [
            f"{role.label} {host} is no server any more" for role, host, *_ in have if (role, host) not in wanted
        ]
        return sorted(missing + gone)

    def next_tokens(self, change: Change) -> tuple[bytes, ...]:
        """The tokens of the next edition. Raises :class:`Refused` by the rules of CTL-11."""
        present = self.present()
        kept = () if change.start_over or present is None else tuple(each.der for each in tokens_of(present.trust))
        for der in change.remove:
            if der not in kept:
                raise Refused(f"the token {Certificate(der).subject} is not in the CTL file")
        tokens = tuple(dict.fromkeys((*(der for der in kept if der not in change.remove), *change.add)))
        if len(tokens) < MINIMUM_TOKENS:
            raise Refused(
                f"{MINIMUM_TOKENS} security tokens at least must be in the CTL file at all times, but only "
                f"{len(tokens)} would be"
            )
        return tokens

    def plan(self, change: Change, signer: bytes) -> Plan:
        """Which phones the next edition would leave behind."""
        return self.first.ask(PlanChange(self.next_tokens(change), signer), Plan)

    def check_signer(self, change: Change, signer: bytes) -> None:
        """Raise :class:`Refused` unless this token may sign the next edition (CTL-16)."""
        present = self.present()
        if signer not in self.next_tokens(change):
            raise Refused(f"the token {Certificate(signer).subject} would not be in the CTL file that it signs")
        if present is None or change.start_over:
            return
        if signer not in (each.der for each in tokens_of(present.trust)):
            raise Refused(
                f"the token {Certificate(signer).subject} is not in the present CTL file: an update is signed by "
                "a token that is in it already"
            )
        known = present.trust.list_signer(present.header.signer)
        try:
            present.check(TrustListKind.CTL, known, verify_signature)
        except RefusedFile as refusal:
            raise Refused(f"the present CTL file does not prove itself: {refusal}") from None

    # -- changing -----------------------------------------------------------------------------------------

    def issue(self, key: TokenKey, name: str) -> Certificate:
        """Have the cluster's token CA issue the certificate of a new token."""
        proof = new_token_proof(self.first.challenge, self.first.certificate_hash, name, key.public_key)
        request = IssueTokenCertificate(name, key.public_key, key.sign(proof, HashAlgorithm.SHA256))
        return Certificate(self.first.ask(request, TokenCertificate).certificate)

    def forget_phone(self, device: str) -> None:
        """The CTL file of a phone was erased by hand."""
        self.first.ask(ForgetPhone(device), PhoneForgotten)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A change, from the first look at a token on: one that fails at this end is told to the first server.

        What a server has refused it knows already.
        """
        try:
            yield
        except ProviderRefusal:
            raise
        except RingwardError as error:
            if self._servers:
                with suppress(RingwardError):
                    self.first.ask(ReportFailure(str(error)[:MAX_TEXT]), FailureNoted)
            raise

    def apply(self, change: Change, signer: TokenSigner) -> Result:
        """Sign the next edition and bring it onto all servers.

        Raises :class:`RingwardError` when it is refused before anything was written anywhere. What comes back says
        for each server how it ended.
        """
        self.log_in_everywhere()
        self.check_signer(change, signer.certificate)
        mode = self.mode if change.mode is None else change.mode
        tokens = [listed(der) for der in self.next_tokens(change)]
        self.progress("Signing the CTL file")
        content = self._sign(self._compose(tokens, mode), signer, change.digest)
        for server in self._servers:
            self.progress(f"Proving the token to {server.connection.name}")
            proof = token_proof(server.connection.challenge, server.connection.certificate_hash)
            signature = signer.sign(proof, HashAlgorithm.SHA256)
            server.connection.ask(ProveToken(signer.certificate, signature), TokenProved)
            server.connection.ask(SetClusterMode(mode.value), ModeNoted)
        return self._distribute(content, change)

    def _distribute(self, content: bytes, change: Change) -> Result:
        request = SaveTrustList(
            content,
            sha256(self.content).hexdigest() if self.content else "",
            change.override,
            change.start_over,
            self.cluster.capf_certificate,
        )
        saved: list[tuple[_Server, str]] = []
        for server in self._servers:
            self.progress(f"Writing to {server.connection.name}")
            try:
                saved.append((server, server.connection.ask(request, Saved).location))
            except RingwardError as error:
                return self._given_up(saved, server, error)
        return self._commit(saved, content)

    def _given_up(self, saved: Sequence[tuple[_Server, str]], failed: _Server, error: RingwardError) -> Result:
        """One server did not take the file: all keep the old one."""
        for server, _ in saved:
            with suppress(RingwardError):
                server.connection.ask(Abort(), Aborted)
        rows = [
            ServerResult(server.connection.name, location, "kept the old file", False)
            for server, location in saved
        ]
        rows.append(ServerResult(failed.connection.name, self.location, f"failed: {error}", False))
        return Result(tuple(rows), problem=str(error))

    def _commit(self, saved: Sequence[tuple[_Server, str]], content: bytes) -> Result:
        rows, steps, problem = [], dict[str, None](), ""
        for server, location in saved:
            try:
                done = server.connection.ask(Commit(), Committed)
            except RingwardError as error:
                rows.append(ServerResult(server.connection.name, location, f"failed: {error}", False))
                problem = f"{server.connection.name} did not take the new file: mend it, then run an update"
            else:
                rows.append(ServerResult(server.connection.name, done.location, "success", True))
                steps |= dict.fromkeys(done.next_steps)
        if rows and rows[0].written:
            self.content = content
            self.cluster = self.first.ask(DescribeCluster(), Cluster)
        return Result(tuple(rows), tuple(steps), problem)

    # -- how ----------------------------------------------------------------------------------------------

    def _logged_in(self, address: str, port: int) -> ProviderConnection:
        connection = ProviderConnection(address, port, self.confirm)
        try:
            self._log_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _log_in(self, connection: ProviderConnection) -> None:
        """A code is good once, so each server that wants one is given its own."""
        user, password = self.account.user, self.account.password.reveal()
        try:
            connection.ask(LogIn(user, password), LoggedIn)
        except ProviderRefusal as refusal:
            if refusal.code != RefusalCode.CODE_WANTED.value or self.account.ask_code is None:
                raise
            connection.ask(LogIn(user, password, self.account.ask_code(connection.server).reveal()), LoggedIn)

    def _compose(self, tokens: Iterable[ListedCertificate], mode: ClusterSecurityMode) -> TrustList:
        first = self._servers[0]
        servers = [each for server in self._servers if (each := _listed_server(server)) is not None]
        capf = None
        if first.capf:
            capf = ListedServer(
                first.entry.address, _resolved(first.entry.address), TrustListRole.CAPF, listed(first.capf)
            )
        trust = compose(tokens, servers, capf, mode)
        return without_signatures(trust)

    def _sign(self, trust: TrustList, signer: TokenSigner, digest: HashAlgorithm) -> bytes:
        present = self.present()
        now = max(int(self.clock()), present.timestamp + 1 if present is not None else 0)
        return trust_list.build(TrustListKind.CTL, trust, signer, listed(signer.certificate), now, digest)


def _identity(record: Record) -> tuple[TrustListRole, str, IPv4Address | None, bytes]:
    """By what two records are the same server with the same certificate."""
    certificate = record.certificate
    return record.role, record.host or "", record.address, certificate.der if certificate is not None else b""


def _listed_server(server: _Server) -> ListedServer | None:
    entry = server.entry
    role = server_role(call_manager=entry.runs_call_manager, tftp=entry.runs_tftp)
    if role is None:
        return None
    return ListedServer(entry.address, _resolved(entry.address), role, listed(server.certificate))


def _resolved(address: str) -> IPv4Address:
    """The IPv4 address of a server. Raises :class:`Unavailable` for a name that does not resolve (CLUSTER-25)."""
    try:
        return IPv4Address(address)
    except AddressValueError:
        pass
    try:
        return IPv4Address(socket.gethostbyname(address))
    except (OSError, AddressValueError):
        raise Unavailable(
            f"the name {address!r} of a server does not resolve to an IPv4 address here; nothing was written"
        ) from None
