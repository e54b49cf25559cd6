"""The whole configuration at one moment, as the services keep it in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from ringward.administration.operation import View
from ringward.administration.stored_parameters import enterprise_parameters, service_parameters
from ringward.domain.application_user import ApplicationUser
from ringward.domain.certificate import TrustPurpose
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.nouns import NOUNS
from ringward.domain.rules.device_security import IssuedLsc
from ringward.domain.service_parameters import (
    CallManagerParameters,
    CapfParameters,
    CtlProviderParameters,
    TftpParameters,
)
from ringward.domain.setting import Noun
from ringward.store import device_certificates, feed, trusted_certificates

N = TypeVar("N", bound=Noun)


@dataclass(frozen=True, slots=True)
class ClusterConfiguration:
    """All records but the accounts of administrators, with digest credentials that can be revealed.

    It is a :class:`ringward.domain.setting.Lookup`, so that the domain's rules can be asked about it.
    """

    sequence: int
    """The newest change that is in it; the change feed goes on from there."""
    enterprise: EnterpriseParameters
    call_manager: Mapping[str, CallManagerParameters]
    """By server, for every server."""
    tftp: Mapping[str, TftpParameters]
    """By server, for every server."""
    capf: Mapping[str, CapfParameters]
    """By server, for every server."""
    phone_certificates: Mapping[str, bytes]
    """By device, its certificate (DER) as far as it is known, the LSC before the MIC (CAPF-38, CFGENC-25)."""
    records: Mapping[str, Mapping[str, Noun]]
    """By noun and key; :meth:`of` tells the types."""
    trusted: Mapping[TrustPurpose, tuple[bytes, ...]] = field(default_factory=dict)
    """The trust stores: DER certificates by purpose."""
    revoked: frozenset[str] = frozenset()
    """SHA-256 fingerprints of certificates of devices that are refused."""
    lscs: Mapping[str, IssuedLsc] = field(default_factory=dict)
    """By device, the LSC that it has and must show."""
    ctl_provider: Mapping[str, CtlProviderParameters] = field(default_factory=dict)
    """By server, for every server."""

    def of(self, kind: type[N]) -> Mapping[str, N]:
        """The records of a kind by key, in the order of the keys."""
        return self.records[kind.noun]  # type: ignore[return-value]  # the noun names the kind

    def find(self, kind: type[N], key: str) -> N | None:
        """The record with this key, or None."""
        return self.of(kind).get(key)

    def every(self, kind: type[N]) -> Iterable[N]:
        """All records of a kind."""
        return self.of(kind).values()


def read_configuration(view: View) -> ClusterConfiguration:
    """Read everything in one transaction, with a number of queries that does not grow with the records."""
    kinds = [kind for kind in NOUNS.values() if kind is not ApplicationUser]
    records = {kind.noun: MappingProxyType({record.key: record for record in view.every(kind)}) for kind in kinds}
    return ClusterConfiguration(
        sequence=feed.last_sequence(view.connection),
        enterprise=enterprise_parameters(view),
        call_manager=service_parameters(view, CallManagerParameters),
        tftp=service_parameters(view, TftpParameters),
        capf=service_parameters(view, CapfParameters),
        phone_certificates=MappingProxyType(device_certificates.used(view.connection)),
        lscs=MappingProxyType(device_certificates.lscs(view.connection)),
        ctl_provider=service_parameters(view, CtlProviderParameters),
        records=MappingProxyType(records),
        trusted=MappingProxyType(_trusted(view)),
        revoked=trusted_certificates.revoked_fingerprints(view.connection),
    )


def _trusted(view: View) -> dict[TrustPurpose, tuple[bytes, ...]]:
    rows = trusted_certificates.trusted(view.connection)
    return {purpose: tuple(row.certificate for row in rows if row.purpose is purpose) for purpose in TrustPurpose}
