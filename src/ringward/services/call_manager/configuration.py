"""From the cluster's records to what the line side decides by."""

from __future__ import annotations

from collections.abc import Iterator

from ringward.administration.snapshot import ClusterConfiguration
from ringward.calls.directory import Device, LineAppearance, RegionCodecs, build_directory
from ringward.calls.features.forward import ForwardRules
from ringward.domain.calling_search_space import CallingSearchSpace
from ringward.domain.device_pool import DevicePool
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.parameters import CallManagerParameters
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.region import Region
from ringward.domain.rules.device_security import mode_in_effect, transport_in_effect
from ringward.domain.vocabulary import Protocol
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
    treatments = {key: rules for key, rules in _forwards(configuration, parameters) if rules.is_any}
    directory = build_directory(_devices(configuration), regions, treatments)
    return build_stations(directory, credentials, parameters)


def _forwards(
    configuration: ClusterConfiguration, parameters: CallManagerParameters
) -> Iterator[tuple[tuple[str, str], ForwardRules]]:
    for number in configuration.every(DirectoryNumber):
        rules = ForwardRules(
            number.forward_all,
            number.forward_busy,
            number.forward_no_answer,
            number.forward_unregistered,
            float(number.no_answer_ring_duration or parameters.forward_no_answer_timer),
            _partitions(configuration, number.forward_search_space or number.calling_search_space),
        )
        yield (number.number, number.partition), rules


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
            *_partitions(configuration, number.calling_search_space),
            *_partitions(configuration, phone.calling_search_space),
        ),
        line.max_calls,
        line.busy_trigger,
    )


def _partitions(configuration: ClusterConfiguration, name: str | None) -> tuple[str, ...]:
    """The line's search space comes before the device's (AUTHZ-02); the partition ``<None>`` is always reached."""
    found = configuration.find(CallingSearchSpace, name) if name else None
    return found.partitions if found is not None else ()
