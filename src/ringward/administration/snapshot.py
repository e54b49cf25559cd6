"""The whole configuration at one moment, as the services keep it in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from ringward.administration import enrolment, message_waiting, trust_stores
from ringward.administration.operation import View
from ringward.administration.stored_parameters import enterprise_parameters, service_parameters
from ringward.domain.application_user import ApplicationUser
from ringward.domain.certificate import TrustPurpose
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
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
V = TypeVar("V")

_OF_ONE_PHONE = frozenset({Phone.noun, enrolment.NOUN})
"""Nouns whose key is the phone at which alone they are seen."""
_READ_ANYWAY = frozenset({trust_stores.REVOKED_NOUN, message_waiting.NOUN})
"""Nouns that make no other reading necessary: the first is read each time, the second not at all."""
_MANY = 1_000
"""Phones; to read all the others as well takes little longer then."""


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


def read_configuration(view: View, before: ClusterConfiguration | None = None) -> ClusterConfiguration:
    """Read everything in one transaction, with a number of queries that does not grow with the records.

    What has changed since ``before`` is all that is read where it is about single phones, as while many enrol.
    """
    changed = _changed_phones(view, before) if before is not None else None
    if before is not None and changed is not None:
        return _with_phones_read(view, before, *changed)
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


def _changed_phones(view: View, before: ClusterConfiguration) -> tuple[set[str], set[str]] | None:
    """The phones whose records may be otherwise than ``before``, and those whose certificates may.

    None if that is not all.
    """
    changes = feed.since(view.connection, before.sequence)
    if not {change.noun for change in changes} <= _OF_ONE_PHONE | _READ_ANYWAY:
        return None
    records = {change.key for change in changes if change.noun == Phone.noun}
    certificates = {change.key for change in changes if change.noun in _OF_ONE_PHONE}
    return (records, certificates) if len(certificates) < _MANY else None


def _with_phones_read(
    view: View, before: ClusterConfiguration, records: Collection[str], certificates: Collection[str]
) -> ClusterConfiguration:
    view.gather(Phone, records)
    phones = {device: phone for device in records if (phone := view.find(Phone, device)) is not None}
    used = device_certificates.used(view.connection, certificates)
    lscs = device_certificates.lscs(view.connection, certificates)
    all_phones = _renewed(before.of(Phone), records, phones, ordered=True) if records else before.of(Phone)
    return replace(
        before,
        sequence=feed.last_sequence(view.connection),
        phone_certificates=_renewed(before.phone_certificates, certificates, used),
        lscs=_renewed(before.lscs, certificates, lscs),
        records=MappingProxyType({**before.records, Phone.noun: all_phones}),
        revoked=trusted_certificates.revoked_fingerprints(view.connection),
    )


def _renewed(
    before: Mapping[str, V], keys: Collection[str], found: Mapping[str, V], *, ordered: bool = False
) -> Mapping[str, V]:
    """What there was, but under these keys what was found."""
    after = dict(before)
    for key in keys:
        if key in found:
            after[key] = found[key]
        else:
            after.pop(key, None)
    if ordered and any(key not in before for key in found):
        after = dict(sorted(after.items(), key=lambda each: each[0]))
    return MappingProxyType(after)


def _trusted(view: View) -> dict[TrustPurpose, tuple[bytes, ...]]:
    rows = trusted_certificates.trusted(view.connection)
    return {purpose: tuple(row.certificate for row in rows if row.purpose is purpose) for purpose in TrustPurpose}
