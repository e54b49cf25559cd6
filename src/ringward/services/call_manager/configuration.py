"""From the cluster's records to what the line side decides by."""

from __future__ import annotations

from collections.abc import Iterator

from ringward.administration.snapshot import ClusterConfiguration
from ringward.calls.directory import Device, Directory, LineAppearance, RegionCodecs, build_directory
from ringward.domain.auto_registration import AutoRegistration
from ringward.domain.certificate import TrustPurpose
from ringward.domain.device_pool import DevicePool
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.region import Region
from ringward.domain.rules.device_security import mode_in_effect, transport_in_effect
from ringward.domain.vocabulary import ClusterSecurityMode, Protocol
from ringward.pki.tls import Suites
from ringward.services.call_manager.device_trust import DeviceTrust
from ringward.services.call_manager.dial_plan import partitions, treatments_of
from ringward.services.call_manager.stations import Stations, build_stations


def stations_of(configuration: ClusterConfiguration, server: str) -> Stations:
    """What the node ``server`` needs to know of the configuration."""
    regions = {
        region.name: RegionCodecs(region.codec_within, region.codec_between)
        for region in configuration.every(Region)
    }
    credentials = (
        (user.user_id, user.digest_credentials.reveal())
        for user in configuration.every(EndUser)
        if user.digest_credentials
    )
    parameters = configuration.call_manager[server]
    directory = build_directory(_devices(configuration), regions, treatments_of(configuration, parameters))
    trust = _device_trust(configuration, directory)
    return build_stations(
        directory,
        credentials,
        parameters,
        trust,
        configuration.lscs,
        auto_registration=_takes_newcomers(configuration, server),
    )


def _takes_newcomers(configuration: ClusterConfiguration, server: str) -> bool:
    its = configuration.find(AutoRegistration, server)
    mode = configuration.enterprise.cluster_security_mode
    return its is not None and its.enabled and mode is ClusterSecurityMode.NONSECURE


def _device_trust(configuration: ClusterConfiguration, directory: Directory) -> DeviceTrust:
    """Only suites are open that some device needs, by its mode in effect."""
    modes = {device.security_mode for device in directory.devices.values()}
    return DeviceTrust(
        configuration.trusted.get(TrustPurpose.CAPF, ()),
        configuration.revoked,
        Suites.of_modes(modes),
        configuration.enterprise.admit_old_phones,
    )


def _devices(configuration: ClusterConfiguration) -> Iterator[Device]:
    profiles, pools = configuration.of(PhoneSecurityProfile), configuration.of(DevicePool)
    cluster = configuration.enterprise.cluster_security_mode
    for phone in configuration.every(Phone):
        if phone.protocol is not Protocol.SIP:
            continue  # SCCP phones come by a service of their own
        profile, capability = profiles[phone.security_profile], capability_of(phone.model, phone.protocol)
        if capability is None:
            continue  # a model that this release does not know any more has no calls
        mode = mode_in_effect(profile.device_security_mode, cluster, capability)
        yield Device(
            phone.device_name,
            phone.description,
            phone.model,
            phone.protocol,
            pools[phone.device_pool].region,
            mode,
            transport_in_effect(profile.transport_type, mode),
            tuple(_line(configuration, phone, line) for line in phone.lines),
            profile.digest_authentication,
            phone.digest_user or "",
            profile.nonce_validity_time,
            capability.wideband_when_encrypted,
            capability.srtp,
        )


def _line(configuration: ClusterConfiguration, phone: Phone, line: PhoneLine) -> LineAppearance:
    number = configuration.of(DirectoryNumber)[line.directory_number]
    return LineAppearance(
        phone.device_name,
        line.button,
        line.number,
        line.partition,
        line.display_name or number.alerting_name,
        (
            *partitions(configuration, number.calling_search_space),
            *partitions(configuration, phone.calling_search_space),
        ),
        line.max_calls,
        line.busy_trigger,
        number.pickup_group or "",
        phone.do_not_disturb,
    )
