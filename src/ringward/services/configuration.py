"""From records to what services work with: the stations of the call manager, and the contents of phone files.

Everything comes from one reading of the whole configuration, so that a phone's file and the call manager never
differ by a change that only one of them has seen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cached_property

from ringward.administration.snapshot import ClusterConfiguration
from ringward.calls.directory import Device, LineAppearance, RegionCodecs, build_directory
from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.calling_search_space import CallingSearchSpace
from ringward.domain.date_time_group import DateTimeGroup
from ringward.domain.device_pool import DevicePool
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.parameters import CallManagerParameters
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_models import PhoneCapability, capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import CM_LOCAL, DEFAULT
from ringward.domain.region import Region
from ringward.domain.rules.configuration_encryption import carries_digest_credentials
from ringward.domain.rules.device_security import mode_in_effect, transport_in_effect
from ringward.domain.rules.hardening import hardening_of
from ringward.domain.server import Server
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol
from ringward.files import phone_configuration as files
from ringward.services.call_manager.stations import Stations, build_stations


class PresentConfiguration:
    """The configuration as last read, until it is told that something has changed. Safe between threads."""

    def __init__(self, read: Callable[[], ClusterConfiguration], server: str, port_offset: int) -> None:
        self._read = read
        self._server = server
        self._port_offset = port_offset
        self._lock = threading.Lock()
        self._view = ConfigurationView(read(), server, port_offset)

    def refresh(self) -> None:
        """Read everything anew."""
        with self._lock:
            self._view = ConfigurationView(self._read(), self._server, self._port_offset)

    @property
    def view(self) -> ConfigurationView:
        """What was read last."""
        return self._view

    def stations(self) -> Stations:
        """What the call manager service decides by."""
        return self._view.stations()

    def phone(self, device_name: str) -> files.PhoneConfiguration | None:
        """What one phone's files are built from; None if there is no such phone."""
        return self._view.phone(device_name)

    def defaults(self) -> files.DefaultConfiguration:
        """What phones without a file of their own get."""
        return self._view.defaults()


class ConfigurationView:
    """One reading of the configuration, seen from one server."""

    def __init__(self, configuration: ClusterConfiguration, server: str, port_offset: int) -> None:
        self._configuration = configuration
        self._server = server
        self._port_offset = port_offset

    @property
    def sequence(self) -> int:
        """The newest change of the feed that is in it."""
        return self._configuration.sequence

    @property
    def server(self) -> Server:
        """The record of this node."""
        return self._configuration.of(Server)[self._server]

    @property
    def _parameters(self) -> CallManagerParameters:
        return self._configuration.call_manager[self._server]

    # -- for the call manager -----------------------------------------------------------------------------

    def stations(self) -> Stations:
        """Every SIP phone with its lines, and the digest users (SCCP phones come with their own service)."""
        phones = self._configuration.of(Phone).values()
        regions = {
            name: RegionCodecs(region.codec_within, region.codec_between)
            for name, region in self._configuration.of(Region).items()
        }
        devices = [self._device(phone) for phone in phones if phone.protocol is Protocol.SIP]
        users = self._configuration.of(EndUser).values()
        credentials = [
            (user.user_id, user.digest_credentials.reveal()) for user in users if user.digest_credentials
        ]
        return build_stations(build_directory(devices, regions), credentials, self._parameters)

    def _device(self, phone: Phone) -> Device:
        profile = self._profile(phone)
        row = _row(phone)
        mode = self._mode(profile, row)
        return Device(
            name=phone.device_name,
            description=phone.description,
            model=phone.model,
            protocol=phone.protocol,
            region=self._configuration.of(DevicePool)[phone.device_pool].region,
            security_mode=mode,
            transport=transport_in_effect(profile.transport_type, mode),
            lines=tuple(self._appearance(phone, line) for line in phone.lines),
            digest_required=profile.digest_authentication,
            digest_user=phone.digest_user or "",
            nonce_validity=profile.nonce_validity_time,
            wideband_when_encrypted=row.wideband_when_encrypted,
        )

    def _appearance(self, phone: Phone, line: PhoneLine) -> LineAppearance:
        number = self._configuration.of(DirectoryNumber)[line.directory_number]
        spaces = self._configuration.of(CallingSearchSpace)
        partitions = [
            partition
            for space in (number.calling_search_space, phone.calling_search_space)
            if space is not None
            for partition in spaces[space].partitions
        ]
        return LineAppearance(
            device=phone.device_name,
            index=line.button,
            number=line.number,
            partition=line.partition,
            display_name=line.display_name or number.alerting_name,
            search_space=tuple(dict.fromkeys(partitions)),
            max_calls=line.max_calls,
            busy_trigger=line.busy_trigger,
        )

    # -- for phone files ----------------------------------------------------------------------------------

    def phone(self, device_name: str) -> files.PhoneConfiguration | None:
        """What one phone's files are built from; None if there is no such phone."""
        phone = self._configuration.find(Phone, device_name)
        if phone is None:
            return None
        profile, row = self._profile(phone), _row(phone)
        mode = self._mode(profile, row)
        pool = self._configuration.of(DevicePool)[phone.device_pool]
        clock = self._configuration.of(DateTimeGroup)[pool.date_time_group]
        return files.PhoneConfiguration(
            device_name=phone.device_name,
            model=phone.model,
            protocol=phone.protocol,
            call_managers=self._call_managers(pool.call_manager_group),
            security_mode=mode,
            transport=transport_in_effect(profile.transport_type, mode),
            lines=tuple(self._file_line(phone, line, self._digest(phone, profile, row)) for line in phone.lines),
            phone_label=phone.description,
            date_template=clock.date_template,
            time_zone=clock.time_zone,
            ntp_servers=clock.ntp_servers,
            phone_password=phone.phone_password,
            hardening=hardening_of(phone),
            load=phone.load_information,
            urls=self._urls,
            sip=self._sip(profile.sip_phone_port),
        )

    def defaults(self) -> files.DefaultConfiguration:
        """What phones without a file of their own get: the preset group and clock."""
        clock = self._configuration.of(DateTimeGroup)[CM_LOCAL]
        return files.DefaultConfiguration(
            call_managers=self._call_managers(DEFAULT),
            date_template=clock.date_template,
            time_zone=clock.time_zone,
            ntp_servers=clock.ntp_servers,
            urls=self._urls,
            sip=self._sip(files.SIP_PORT),
        )

    def _call_managers(self, group: str) -> tuple[files.CallManagerNode, ...]:
        """The nodes of a group; this machine's port offset is taken to be that of all of them."""
        servers = self._configuration.of(Server)
        members = (servers[name] for name in self._configuration.of(CallManagerGroup)[group].servers)
        return tuple(
            files.CallManagerNode(
                process_node_name=server.address,
                name=server.name,
                description=server.description,
                ethernet_phone_port=server.ethernet_phone_port + self._port_offset,
                sip_port=server.sip_phone_port + self._port_offset,
                sip_secure_port=server.sip_phone_secure_port + self._port_offset,
            )
            for server in members
        )

    def _file_line(self, phone: Phone, line: PhoneLine, digest: files.DigestCredentials | None) -> files.PhoneLine:
        return files.PhoneLine(
            button=line.button,
            number=line.number,
            label=line.label,
            display_name=line.display_name,
            digest=digest,
            max_calls=line.max_calls,
            busy_trigger=line.busy_trigger,
            shared=self._appearances[line.directory_number] > 1,
        )

    def _digest(
        self, phone: Phone, profile: PhoneSecurityProfile, row: PhoneCapability
    ) -> files.DigestCredentials | None:
        """The digest user's credentials, where they go into the file (SIPD-19, CFGENC-33)."""
        user = self._configuration.find(EndUser, phone.digest_user) if phone.digest_user else None
        written = carries_digest_credentials(
            row,
            digest_authentication=profile.digest_authentication,
            exclude_digest_credentials=profile.exclude_digest_credentials,
        )
        if user is None or not user.digest_credentials or not written:
            return None
        return files.DigestCredentials(user.user_id, user.digest_credentials)

    def _sip(self, phone_port: int) -> files.SipSettings:
        parameters = self._parameters
        return files.SipSettings(
            phone_port=phone_port,
            register_expires=parameters.sip_registration_default,
            keepalive_expires=parameters.sip_keepalive_interval,
            invite_expires=parameters.sip_invite_expires,
            t1_milliseconds=parameters.sip_timer_t1,
            t2_milliseconds=parameters.sip_timer_t2,
        )

    @cached_property
    def _urls(self) -> files.PhoneUrls:
        enterprise = self._configuration.enterprise
        return files.PhoneUrls(
            authentication=enterprise.url_authentication,
            directory=enterprise.url_directories,
            idle=enterprise.url_idle,
            idle_seconds=enterprise.url_idle_time,
            information=enterprise.url_information,
            messages=enterprise.url_messages,
            services=enterprise.url_services,
        )

    @cached_property
    def _appearances(self) -> Mapping[str, int]:
        """On how many phones each number is."""
        counts: dict[str, int] = {}
        for phone in self._configuration.of(Phone).values():
            for line in phone.lines:
                counts[line.directory_number] = counts.get(line.directory_number, 0) + 1
        return counts

    def _profile(self, phone: Phone) -> PhoneSecurityProfile:
        return self._configuration.of(PhoneSecurityProfile)[phone.security_profile]

    def _mode(self, profile: PhoneSecurityProfile, row: PhoneCapability) -> DeviceSecurityMode:
        cluster = self._configuration.enterprise.cluster_security_mode
        return mode_in_effect(profile.device_security_mode, cluster, row)


def _row(phone: Phone) -> PhoneCapability:
    """The phone's row of the capability table; a stored phone has one, as its rules were checked."""
    row = capability_of(phone.model, phone.protocol)
    if row is None:
        raise ValueError(f"there is no {phone.model} with {phone.protocol.value}")
    return row
