"""The next edition of the CTL file: composed of tokens, servers and CAPF, and judged by the rules for changes.

CTL client and CTL Provider share this page, so what the client makes is what every provider checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.files.envelope import RefusedFile, SignerId, Verifier
from ringward.files.trust_list import NO_ADDRESS, Record, TrustList, TrustListFile, TrustListKind, TrustListRole

MINIMUM_TOKENS = 2
"""At all times (CTL-11): with one alone, its loss would be the loss of every phone (TOK-04)."""


@dataclass(frozen=True, slots=True)
class ListedServer:
    """A server as the list shows it."""

    host: str
    """Name or address as entered."""
    address: IPv4Address
    role: TrustListRole
    certificate: ListedCertificate

    def record(self) -> Record:
        """Its record."""
        return Record(self.role, self.certificate, self.host, self.address)


def server_role(*, call_manager: bool, tftp: bool) -> TrustListRole | None:
    """The function of a server with these services (CTL-03); None if it is in no list."""
    if call_manager:
        return TrustListRole.CCM_TFTP if tftp else TrustListRole.CCM
    return TrustListRole.TFTP if tftp else None


def compose(
    tokens: Iterable[ListedCertificate],
    servers: Iterable[ListedServer],
    capf: ListedServer | None,
    mode: ClusterSecurityMode,
) -> TrustList:
    """All records: tokens, servers, CAPF; those of servers without certificate in nonsecure mode (CTL-13)."""
    records = [Record(TrustListRole.SAST, token, "", NO_ADDRESS) for token in tokens]
    records += [server.record() for server in servers]
    if capf is not None:
        records.append(capf.record())
    trust = TrustList(tuple(records))
    return trust if mode is ClusterSecurityMode.MIXED else trust.emptied()


def without_signatures(trust: TrustList) -> TrustList:
    """The list as whoever holds tokens signs it: without the certificates' own signatures (phone files, 4.2)."""
    return TrustList(tuple(map(_without_signature, trust.records)))


def _without_signature(record: Record) -> Record:
    if record.certificate is None:
        return record
    return replace(record, certificate=replace(record.certificate, signature=b""))


def tokens_of(trust: TrustList) -> tuple[ListedCertificate, ...]:
    """The certificates of the security tokens in a list."""
    return tuple(record.certificate for record in trust.having(TrustListRole.SAST) if record.certificate)


def objections(
    new: TrustListFile,
    former: TrustListFile | None,
    required: TrustList,
    verify: Verifier,
    now: int,
    *,
    start_over: bool = False,
) -> Iterator[str]:
    """Why a new edition must not take the place of the former one; nothing if it may.

    ``required`` is what the provider itself would compose, tokens apart; where it does not know a server's
    certificate, it asks only that there is one. ``now`` is in seconds.
    """
    tokens = tokens_of(new.trust)
    if len({token.public_key for token in tokens}) < MINIMUM_TOKENS:
        yield f"at least {MINIMUM_TOKENS} security tokens must be in the CTL file"
    try:
        new.check(TrustListKind.CTL, new.trust.list_signer(new.header.signer), verify)
    except RefusedFile as refusal:
        yield f"the CTL file does not prove itself: {refusal}"
        return
    if former is not None:
        if not start_over and not _vouched(new, former, verify):
            yield "it is not signed by a security token that is in the present CTL file"
        if new.timestamp <= former.timestamp:
            yield "it is not newer than the present CTL file; check the clock of the CTL client"
    if new.timestamp > now + _CLOCK_TOLERANCE:
        yield "it is dated in the future; check the clock of the CTL client"
    yield from _missing(new.trust, required)


_CLOCK_TOLERANCE = 3600
"""Seconds that the client's clock may be fast; later editions must be later still."""


def _vouched(new: TrustListFile, former: TrustListFile, verify: Verifier) -> bool:
    """Whether phones that hold the former edition take the new one."""
    known = former.trust.list_signer(new.header.signer)
    try:
        new.check(TrustListKind.CTL, known, verify)
    except RefusedFile:
        return False
    return True


def _missing(trust: TrustList, required: TrustList) -> Iterator[str]:
    """Servers and CAPF can neither be deleted nor edited (CTL-12, CTL-17)."""
    others = [record for record in trust.records if not record.role.signs_lists]
    found = {(record.role.value, record.host): record for record in others}
    if len(found) < len(others):
        yield "a server is in it twice with the same function"
    for wanted in required.records:
        have = found.pop((wanted.role.value, wanted.host), None)
        what = f"{wanted.role.label} {wanted.host}"
        if have is None:
            yield f"the entry {what} is missing: entries of servers and CAPF cannot be deleted"
        elif have.address != wanted.address and wanted.address != NO_ADDRESS:
            yield f"the entry {what} has the address {have.address}, but it is {wanted.address}"
        elif not _same(have, wanted):
            yield f"the entry {what} does not have the certificate of that server"
    for role, host in found:
        yield f"the entry {TrustListRole(role).label} {host} is of no server of this cluster"


def _same(have: Record, wanted: Record) -> bool:
    if wanted.certificate is None or have.certificate is None:
        return wanted.certificate is have.certificate
    return not wanted.certificate.der or wanted.certificate.der == have.certificate.der


UNKNOWN_CERTIFICATE = ListedCertificate(b"", "", "", b"", b"")
"""Stands in a required record for a certificate that only its server knows."""


def left_behind(held: TrustList, signer: SignerId) -> str:
    """Why a phone that holds this list would not take one signed by that token; empty if it would (CTL-16)."""
    if held.list_signer(signer) is not None:
        return ""
    names = ", ".join(token.subject for token in tokens_of(held)) or "none"
    return f"it does not know the token {signer.name}; the tokens in its CTL file: {names}"
