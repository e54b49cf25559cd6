"""Where the file server gets configurations from: a narrow interface, and the cluster's records behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from ringward.administration.snapshot import ClusterConfiguration
from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.date_time_group import DateTimeGroup
from ringward.domain.device_pool import DevicePool
from ringward.domain.end_user import EndUser
from ringward.domain.parameters import EnterpriseParameters
from ringward.domain.phone import Phone
from ringward.domain.phone import PhoneLine as LineRecord
from ringward.domain.phone_models import PhoneCapability, capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import DEFAULT
from ringward.domain.rules.configuration_encryption import carries_digest_credentials, method_in_effect
from ringward.domain.rules.device_security import mode_in_effect, transport_in_effect
from ringward.domain.rules.hardening import hardening_of
from ringward.domain.server import Server
from ringward.domain.vocabulary import ConfigurationEncryption
from ringward.files.phone_configuration import (
    CallManagerNode,
    CapfAddress,
    DefaultConfiguration,
    DigestCredentials,
    FileProtection,
    PhoneConfiguration,
    PhoneLine,
    PhoneUrls,
    SipSettings,
)


class ConfigurationSource(Protocol):
    """Answers with plain values; may wait for the database, so it is asked from a worker thread."""

    def phone(self, device_name: str) -> PhoneConfiguration | None:
        """The configuration of one phone, or None when no such phone is configured."""
        ...

    def defaults(self) -> DefaultConfiguration:
        """What phones without a file of their own get."""
        ...


class ClusterSource:
    """Makes each phone's configuration from the newest :class:`ClusterConfiguration`."""

    def __init__(self, current: Callable[[], ClusterConfiguration], port_offset: int = 0) -> None:
        """``current`` tells the newest configuration; ``port_offset`` is what this node adds to every port."""
        self._current = current
        self._port_offset = port_offset
        self._counted: tuple[ClusterConfiguration, Counter[str]] | None = None

    def phone(self, device_name: str) -> PhoneConfiguration | None:
        """The configuration of one phone, its security settings as they are in effect now."""
        cluster = self._current()
        phone = cluster.find(Phone, device_name)
        if phone is None:
            return None
        capability = capability_of(phone.model, phone.protocol)
        profile = cluster.find(PhoneSecurityProfile, phone.security_profile)
        if capability is None or profile is None:
            return None
        common = self._common(cluster, phone.device_pool)
        if not common.call_managers:
            return None
        mode = mode_in_effect(profile.device_security_mode, cluster.enterprise.cluster_security_mode, capability)
        digest = _digest(cluster, phone, profile, capability)
        shared = self._appearances(cluster)
        return PhoneConfiguration(
            device_name=phone.device_name,
            model=phone.model,
            protocol=phone.protocol,
            call_managers=common.call_managers,
            security_mode=mode,
            transport=transport_in_effect(profile.transport_type, mode),
            lines=tuple(_line(each, digest, shared=shared[each.directory_number] > 1) for each in phone.lines),
            phone_label=phone.lines[0].label or phone.lines[0].number if phone.lines else "",
            date_template=common.date_template,
            time_zone=common.time_zone,
            ntp_servers=common.ntp_servers,
            phone_password=phone.phone_password if capability.phone_password else None,
            hardening=hardening_of(phone),
            load=phone.load_information,
            urls=common.urls,
            sip=replace(common.sip, phone_port=profile.sip_phone_port),
            protection=_protection(cluster, profile, capability),
        )

    def defaults(self) -> DefaultConfiguration:
        """Servers, clock and addresses of the device pool that new phones are preset to."""
        return self._common(self._current(), DEFAULT)

    def _common(self, cluster: ClusterConfiguration, pool_name: str) -> DefaultConfiguration:
        """What the phones of a device pool have in common."""
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

    def _node(self, server: Server) -> CallManagerNode:
        return CallManagerNode(
            process_node_name=server.address,
            name=server.name,
            description=server.description,
            ethernet_phone_port=server.ethernet_phone_port + self._port_offset,
            sip_port=server.sip_phone_port + self._port_offset,
            sip_secure_port=server.sip_phone_secure_port + self._port_offset,
        )

    def _appearances(self, cluster: ClusterConfiguration) -> Counter[str]:
        """On how many phones each directory number is; counted once for each configuration."""
        counted = self._counted
        if counted is None or counted[0] is not cluster:
            lines = (line.directory_number for phone in cluster.every(Phone) for line in phone.lines)
            counted = self._counted = (cluster, Counter(lines))
        return counted[1]


def _digest(
    cluster: ClusterConfiguration, phone: Phone, profile: PhoneSecurityProfile, capability: PhoneCapability
) -> DigestCredentials | None:
    """The credentials of the phone's digest user, where they are due (SIPD-19, MODEL-12, CFGENC-33)."""
    due = carries_digest_credentials(
        capability,
        digest_authentication=profile.digest_authentication,
        exclude_digest_credentials=profile.exclude_digest_credentials,
    )
    user = cluster.find(EndUser, phone.digest_user) if due and phone.digest_user else None
    if user is None or user.digest_credentials is None:
        return None
    return DigestCredentials(user.user_id, user.digest_credentials)


def _line(line: LineRecord, digest: DigestCredentials | None, *, shared: bool) -> PhoneLine:
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


def _protection(
    cluster: ClusterConfiguration, profile: PhoneSecurityProfile, capability: PhoneCapability
) -> FileProtection:
    mode = cluster.enterprise.cluster_security_mode
    method = method_in_effect(profile.tftp_encrypted_config, mode, capability)
    first = next((server for server in cluster.every(Server) if server.first_node), None)
    return FileProtection(
        encrypted=method is not ConfigurationEncryption.NONE,
        capf=(CapfAddress(first.address),) if first is not None and capability.tls_signalling else (),
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
