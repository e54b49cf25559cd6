"""Where the file server gets configurations from: a narrow interface, and the cluster's records behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from ringward.administration.snapshot import ClusterConfiguration
from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.date_time_group import DateTimeGroup
from ringward.domain.device_pool import DevicePool
from ringward.domain.end_user import EndUser
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.phone import Phone
from ringward.domain.phone import PhoneLine as LineRecord
from ringward.domain.phone_models import PhoneCapability, capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import DEFAULT
from ringward.domain.rules.configuration_encryption import (
    carries_digest_credentials,
    certificate_hash,
    has_manual_key,
    method_in_effect,
)
from ringward.domain.rules.device_security import mode_in_effect, transport_in_effect
from ringward.domain.rules.hardening import Hardening
from ringward.domain.server import Server
from ringward.domain.vocabulary import (
    CertificateOperation,
)
from ringward.domain.vocabulary import Protocol as SignallingProtocol
from ringward.files.phone_configuration import (
    CAPF_PORT,
    CallManagerNode,
    CapfAddress,
    CommonConfiguration,
    DefaultConfiguration,
    DigestCredentials,
    FileProtection,
    PhoneConfiguration,
    PhoneLine,
    PhoneUrls,
    SipSettings,
)

_UNPROTECTED = FileProtection()


class ConfigurationSource(Protocol):
    """Answers with plain values; may wait for the database, so it is asked from a worker thread."""

    def phone(self, device_name: str) -> PhoneConfiguration | None:
        """The configuration of one phone, or None when no such phone is configured."""
        ...

    def knows(self, device_name: str) -> bool:
        """Whether such a phone is configured; does not wait."""
        ...

    def defaults(self) -> DefaultConfiguration:
        """What phones without a file of their own get."""
        ...


class ClusterSource:
    """Makes each phone's configuration from the newest :class:`ClusterConfiguration`."""

    def __init__(
        self,
        current: Callable[[], ClusterConfiguration],
        port_offset: int = 0,
        certificate_of: Callable[[str], bytes | None] = lambda device_name: None,
        capf_port: int = CAPF_PORT,
    ) -> None:
        """``current`` tells the newest configuration; ``port_offset`` is what this node adds to every port.

        ``certificate_of`` tells the certificate (DER) of a phone, its LSC before its MIC. ``capf_port`` is where
        CAPF listens, with the offset.
        """
        self._capf_port = capf_port
        self._current = current
        self._port_offset = port_offset
        self._certificate_of = certificate_of
        self._known: _Known | None = None

    def knows(self, device_name: str) -> bool:
        """See :class:`ConfigurationSource`."""
        return self._current().find(Phone, device_name) is not None

    def phone(self, device_name: str) -> PhoneConfiguration | None:
        """The configuration of one phone, its security settings as they are in effect now."""
        cluster = self._current()
        phone = cluster.find(Phone, device_name)
        if phone is None:
            return None
        known = self._known_of(cluster)
        kind = (phone.device_pool, phone.security_profile, phone.model, phone.protocol)
        group = known.groups.get(kind)
        if group is None:
            group = self._group(cluster, *kind)
            if group is None:
                return None
            known.groups[kind] = group
        digest, appearances = _digest(cluster, phone, group), known.appearances
        lines = tuple([_line(each, digest, appearances[each.directory_number] > 1) for each in phone.lines])
        return PhoneConfiguration(
            device_name=phone.device_name,
            common=group.common,
            lines=lines,
            phone_label=lines[0].label or lines[0].number if lines else "",
            phone_password=phone.phone_password if group.capability.phone_password else None,
            hardening=Hardening.of(phone, group.capability),
            load=phone.load_information,
            protection=self._protection(phone, group),
        )

    def defaults(self) -> DefaultConfiguration:
        """Servers, clock and addresses of the device pool that new phones are preset to."""
        return self._pool(self._current(), DEFAULT)

    def _pool(self, cluster: ClusterConfiguration, pool_name: str) -> DefaultConfiguration:
        """What the phones of a device pool have in common."""
        known = self._known_of(cluster).pools
        if pool_name not in known:
            known[pool_name] = self._of_pool(cluster, pool_name)
        return known[pool_name]

    def _of_pool(self, cluster: ClusterConfiguration, pool_name: str) -> DefaultConfiguration:
        pool = cluster.find(DevicePool, pool_name)
        group = cluster.find(CallManagerGroup, pool.call_manager_group) if pool else None
        clock = cluster.find(DateTimeGroup, pool.date_time_group) if pool else None
        found = (cluster.find(Server, name) for name in (group.servers if group else ()))
        servers = [server for server in found if server is not None]
        default = DefaultConfiguration(
            call_managers=tuple(self._node(server) for server in servers),
            urls=_urls(cluster.enterprise),
            sip=_sip(cluster, servers[0].name) if servers else SipSettings(),
        )
        if clock is None:
            return default
        return replace(
            default,
            date_template=clock.date_template,
            time_zone=clock.time_zone,
            ntp_servers=clock.ntp_servers,
        )

    def _group(
        self,
        cluster: ClusterConfiguration,
        pool_name: str,
        profile_name: str,
        model: str,
        protocol: SignallingProtocol,
    ) -> _PhoneGroup | None:
        """None for phones that cannot have a file: without a profile, a call manager, or a model that is known."""
        capability = capability_of(model, protocol)
        profile = cluster.find(PhoneSecurityProfile, profile_name)
        pool = self._pool(cluster, pool_name)
        if capability is None or profile is None or not pool.call_managers:
            return None
        cluster_mode = cluster.enterprise.cluster_security_mode
        mode = mode_in_effect(profile.device_security_mode, cluster_mode, capability)
        first = next((server for server in cluster.every(Server) if server.first_node), None)
        common = CommonConfiguration(
            model=model,
            protocol=protocol,
            call_managers=pool.call_managers,
            security_mode=mode,
            transport=transport_in_effect(profile.transport_type, mode),
            date_template=pool.date_template,
            time_zone=pool.time_zone,
            ntp_servers=pool.ntp_servers,
            urls=pool.urls,
            sip=replace(pool.sip, phone_port=profile.sip_phone_port),
            encryption=method_in_effect(profile.tftp_encrypted_config, cluster_mode, capability),
            capf=(CapfAddress(first.address, self._capf_port),) if first and capability.tls_signalling else (),
        )
        return _PhoneGroup(
            profile,
            capability,
            common,
            carries_digest_credentials(
                capability,
                digest_authentication=profile.digest_authentication,
                exclude_digest_credentials=profile.exclude_digest_credentials,
            ),
        )

    def _protection(self, phone: Phone, group: _PhoneGroup) -> FileProtection:
        certificate = self._certificate_of(phone.device_name) if group.capability.tls_signalling else None
        mode = _capf_mode(phone, group.profile)
        key = phone.symmetric_key if has_manual_key(group.capability) else None
        if not (certificate or mode or key):
            return _UNPROTECTED
        return FileProtection(certificate_hash(certificate) if certificate else "", mode, certificate or b"", key)

    def _node(self, server: Server) -> CallManagerNode:
        return CallManagerNode(
            process_node_name=server.address,
            name=server.name,
            description=server.description,
            ethernet_phone_port=server.ethernet_phone_port + self._port_offset,
            sip_port=server.sip_phone_port + self._port_offset,
            sip_secure_port=server.sip_phone_secure_port + self._port_offset,
        )

    def _known_of(self, cluster: ClusterConfiguration) -> _Known:
        if self._known is None or self._known.cluster is not cluster:
            lines = (line.directory_number for phone in cluster.every(Phone) for line in phone.lines)
            self._known = _Known(cluster, Counter(lines))
        return self._known


@dataclass(frozen=True, slots=True)
class _PhoneGroup:
    """What the phones of one device pool, security profile and model have in common, as it is in effect."""

    profile: PhoneSecurityProfile
    capability: PhoneCapability
    common: CommonConfiguration
    carries_digest: bool


@dataclass(slots=True)
class _Known:
    """What was found out of a configuration once for all its phones."""

    cluster: ClusterConfiguration
    appearances: Counter[str]
    """On how many phones each directory number is."""
    pools: dict[str, DefaultConfiguration] = field(default_factory=dict)
    """By device pool."""
    groups: dict[tuple[str, str, str, SignallingProtocol], _PhoneGroup] = field(default_factory=dict)
    """By device pool, security profile, model and protocol."""


def _capf_mode(phone: Phone, profile: PhoneSecurityProfile) -> int:
    """``capfAuthMode``: how the phone shall prove itself to CAPF, if anything is pending for it."""
    if phone.certificate_operation is CertificateOperation.NONE:
        return 0
    return profile.authentication_mode.number


def _digest(cluster: ClusterConfiguration, phone: Phone, group: _PhoneGroup) -> DigestCredentials | None:
    """The credentials of the phone's digest user, where they are due (SIPD-19, MODEL-12, CFGENC-33)."""
    user = cluster.find(EndUser, phone.digest_user) if group.carries_digest and phone.digest_user else None
    if user is None or user.digest_credentials is None:
        return None
    return DigestCredentials(user.user_id, user.digest_credentials)


def _line(line: LineRecord, digest: DigestCredentials | None, shared: bool) -> PhoneLine:
    return PhoneLine(
        button=line.button,
        number=line.number,
        label=line.label,
        display_name=line.display_name,
        digest=digest,
        max_calls=line.max_calls,
        busy_trigger=line.busy_trigger,
        shared=shared,
    )


def _urls(enterprise: EnterpriseParameters) -> PhoneUrls:
    return PhoneUrls(
        authentication=enterprise.url_authentication,
        directory=enterprise.url_directories,
        idle=enterprise.url_idle,
        idle_seconds=enterprise.url_idle_time,
        information=enterprise.url_information,
        messages=enterprise.url_messages,
        services=enterprise.url_services,
    )


def _sip(cluster: ClusterConfiguration, server: str) -> SipSettings:
    parameters = cluster.call_manager.get(server)
    if parameters is None:
        return SipSettings()
    return SipSettings(
        register_expires=parameters.sip_registration_default,
        keepalive_expires=parameters.sip_keepalive_interval,
        invite_expires=parameters.sip_invite_expires,
        t1_milliseconds=parameters.sip_timer_t1,
        t2_milliseconds=parameters.sip_timer_t2,
    )
