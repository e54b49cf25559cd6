"""From the cluster's records to what is done with calls to a number, beyond ringing its lines."""

from __future__ import annotations

from ringward.administration.snapshot import ClusterConfiguration
from ringward.calls.digit_analysis import Treatment
from ringward.calls.features.forward import ForwardRules
from ringward.calls.features.hunt import HuntGroup, HuntRules
from ringward.calls.features.park import ParkRules
from ringward.calls.features.pickup import DirectedPickup, GroupPickup
from ringward.domain.calling_search_space import CallingSearchSpace
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.hunt_pilot import HuntPilot
from ringward.domain.line_group import LineGroup
from ringward.domain.park_number import ParkNumber
from ringward.domain.partition import NO_PARTITION
from ringward.domain.pickup_group import PickupGroup
from ringward.domain.service_parameters import CallManagerParameters

Treatments = dict[tuple[str, str], Treatment]
"""By number or pattern, and partition."""


def treatments_of(configuration: ClusterConfiguration, parameters: CallManagerParameters) -> Treatments:
    """The features of all numbers that have any."""
    return {
        **_pickups(configuration, parameters),
        **_park_numbers(configuration, parameters),
        **_hunt_pilots(configuration),
        **_forwards(configuration, parameters),
    }


def partitions(configuration: ClusterConfiguration, name: str | None) -> tuple[str, ...]:
    """The partitions of a calling search space; the partition ``<None>`` is always reached."""
    found = configuration.find(CallingSearchSpace, name) if name else None
    return found.partitions if found is not None else ()


def _forwards(configuration: ClusterConfiguration, parameters: CallManagerParameters) -> Treatments:
    found: Treatments = {}
    for number in configuration.every(DirectoryNumber):
        rules = ForwardRules(
            number.forward_all,
            number.forward_busy,
            number.forward_no_answer,
            number.forward_unregistered,
            float(number.no_answer_ring_duration or parameters.forward_no_answer_timer),
            partitions(configuration, number.forward_search_space or number.calling_search_space),
        )
        if rules.is_any:
            found[number.number, number.partition] = rules
    return found


def _hunt_pilots(configuration: ClusterConfiguration) -> Treatments:
    groups = {
        group.name: HuntGroup(
            group.name,
            tuple((number, partition) for number, partition in map(DirectoryNumber.split_key, group.members)),
            group.distribution_algorithm,
            float(group.rna_reversion_timeout),
        )
        for group in configuration.every(LineGroup)
    }
    return {
        (pilot.number, pilot.partition): HuntRules(
            tuple(groups[name] for name in pilot.hunt_list),
            ForwardRules(
                busy=pilot.forward_busy,
                no_answer=pilot.forward_no_answer,
                search_space=partitions(configuration, pilot.forward_search_space),
            ),
            float(pilot.maximum_hunt_timer) if pilot.maximum_hunt_timer else None,
        )
        for pilot in configuration.every(HuntPilot)
    }


def _park_numbers(configuration: ClusterConfiguration, parameters: CallManagerParameters) -> Treatments:
    return {
        (number.number, number.partition): ParkRules(
            float(parameters.call_park_reversion_timer),
            number.reversion_number,
            partitions(configuration, number.reversion_search_space),
        )
        for number in configuration.every(ParkNumber)
    }


def _pickups(configuration: ClusterConfiguration, parameters: CallManagerParameters) -> Treatments:
    """Whoever has no pickup group is spared the pattern of directed pickup."""
    found: Treatments = {
        (group.number, group.partition): GroupPickup(group.key) for group in configuration.every(PickupGroup)
    }
    code = parameters.directed_call_pickup_code
    if found and code:
        found[f"{code}!", NO_PARTITION] = DirectedPickup(code)
    return found
