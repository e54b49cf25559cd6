"""What a new CTL file must contain here, whose tokens may be in it, and which phones would take it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address

from sqlalchemy import Connection

from ringward.domain.errors import Refused, RingwardError
from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.files import trust_list
from ringward.files.envelope import MAX_PHONE_MODULUS, RefusedFile, SignerId
from ringward.files.trust_list import NO_ADDRESS, TrustList, TrustListFile, TrustListRole
from ringward.files.trust_list_edition import (
    UNKNOWN_CERTIFICATE,
    ListedServer,
    compose,
    left_behind,
    server_role,
    tokens_of,
)
from ringward.pki.certificates import BadCertificate, Certificate
from ringward.pki.chain import chain_of
from ringward.pki.lint import Role, check
from ringward.pki.listing import listed
from ringward.store import trust_lists
from ringward.store.trust_lists import TrustListRow


@dataclass(frozen=True, slots=True)
class ClusterServer:
    """A server as the CTL client is told of it."""

    name: str
    address: str
    ctl_port: int
    is_local: bool
    is_first: bool
    runs_call_manager: bool
    runs_tftp: bool
    runs_provider: bool
    certificate: bytes
    """Of the local server; empty for others, whose CTL Providers know it."""

    @property
    def role(self) -> TrustListRole | None:
        """Its function in the list; None if it has none of the services that phones use."""
        return server_role(call_manager=self.runs_call_manager, tftp=self.runs_tftp)

    def listed(self, role: TrustListRole) -> ListedServer:
        """As the list shows it."""
        certificate = listed(self.certificate) if self.certificate else UNKNOWN_CERTIFICATE
        return ListedServer(self.address, ipv4(self.address), role, certificate)


@dataclass(frozen=True, slots=True)
class ClusterView:
    """What the CTL client finds by itself (CTL-03)."""

    mode: ClusterSecurityMode
    servers: tuple[ClusterServer, ...]
    capf_certificate: bytes
    """Known on the first node alone; empty while CAPF has none (CTL-15)."""
    token_authorities: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StrandedPhone:
    """A phone that would not take a new edition, and why."""

    device: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What a new edition would do to the phones."""

    known: int
    """Phones of which it is known what they hold."""
    stranded: tuple[StrandedPhone, ...]


# -- entries --------------------------------------------------------------------------------------------------


def required_entries(cluster: ClusterView, mode: ClusterSecurityMode, told_capf: bytes) -> TrustList:
    """What must be in a list, tokens apart (CTL-03, CTL-12)."""
    return entries(cluster, mode, told_capf, ())


def entries(
    cluster: ClusterView, mode: ClusterSecurityMode, told_capf: bytes, tokens: Iterable[ListedCertificate]
) -> TrustList:
    """Tokens, and what must be in a list besides.

    ``told_capf`` is what the client says of CAPF, which a subsequent node cannot know itself.
    """
    first = next((each for each in cluster.servers if each.is_first), None)
    capf = cluster.capf_certificate if first is None or first.is_local else told_capf
    entry = None
    if capf and first is not None:
        entry = ListedServer(first.address, ipv4(first.address), TrustListRole.CAPF, listed(capf))
    servers = [each.listed(each.role) for each in cluster.servers if each.role is not None]
    return compose(tokens, servers, entry, mode)


def ipv4(address: str) -> IPv4Address:
    """The address, where it is written as one; names are for the client to resolve."""
    try:
        return IPv4Address(address)
    except AddressValueError:
        return NO_ADDRESS


# -- tokens ---------------------------------------------------------------------------------------------------


def token_objections(
    new: TrustListFile, old: TrustListFile | None, authorities: Iterable[Certificate], now: datetime
) -> list[str]:
    """What is wrong with tokens that were not in the list before (TOK-02)."""
    former = {token.der for token in tokens_of(old.trust)} if old else set()
    authorities, found = tuple(authorities), []
    for token in tokens_of(new.trust):
        try:
            if token.der not in former:
                check_token(token.der, authorities, now)
        except RingwardError as error:
            found.append(str(error))
    return found


def check_token(der: bytes, authorities: Iterable[Certificate], now: datetime) -> None:
    """Raise :class:`BadCertificate` or :class:`Refused` unless a token may be added to a CTL file (TOK-02)."""
    certificate = Certificate(der)
    check(certificate, Role.TOKEN, now)
    bits = listed(der).modulus_bits
    if not bits:
        raise BadCertificate(f"the token {certificate.subject} has a key that is not RSA: phones cannot verify it")
    if bits > MAX_PHONE_MODULUS:
        raise BadCertificate(
            f"the token {certificate.subject} has a key of {bits} bits; phones verify at most {MAX_PHONE_MODULUS}"
        )
    if chain_of(certificate, authorities) is None:
        raise Refused(
            f"the certificate of the token {certificate.subject} is issued by {certificate.issuer}, whom nobody "
            "here trusts for tokens; import that authority first: ringward trust import token FILE"
        )


# -- phones ---------------------------------------------------------------------------------------------------


def plan_of(connection: Connection, signer: SignerId) -> ChangePlan:
    """Which phones would not take a list that is signed by this token."""
    reasons = reasons_by_list(connection, signer)
    stranded = [
        StrandedPhone(device, reasons[hash])
        for device, hash in sorted(trust_lists.held(connection, reasons).items())
    ]
    return ChangePlan(sum(trust_lists.holders(connection).values()), tuple(stranded))


def reasons_by_list(connection: Connection, signer: SignerId) -> dict[str, str]:
    """Why the phones that hold a CTL file would not take one that is signed by this token, by the hash of the file
    that they hold; those that would take it are left out."""
    present = trust_lists.current(connection)
    reasons = {hash: _reason(connection, hash, signer, present) for hash in trust_lists.holders(connection)}
    return {hash: reason for hash, reason in reasons.items() if reason}


def takes(connection: Connection, held: str, content: bytes) -> bool:
    """Whether a phone that holds the edition with this hash takes another one."""
    own = trust_lists.by_hash(connection, held)
    try:
        return own is None or not left_behind(_parsed(own), trust_list.parse(content).header.signer)
    except RefusedFile:
        return False


def _reason(connection: Connection, hash: str, signer: SignerId, present: TrustListRow | None) -> str:
    content = trust_lists.by_hash(connection, hash)
    if content is None:
        return "it holds a CTL file that this cluster did not make"
    reason = left_behind(_parsed(content), signer)
    if reason and present is not None and present.hash != hash:
        newer = trust_list.parse(present.content)
        if not left_behind(_parsed(content), newer.header.signer) and not left_behind(newer.trust, signer):
            reason += "; it would take the present CTL file, which does: reset it first"
    return reason


@lru_cache(16)
def _parsed(content: bytes) -> TrustList:
    return trust_list.parse(content).trust
