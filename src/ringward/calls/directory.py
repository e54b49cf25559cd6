"""What the call engine knows of the configuration: plain values in memory, replaced whole on every change.

Built by the call manager service from the database; the hot path reads it and never waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ringward.calls.digit_analysis import DialPlan, Treatment
from ringward.calls.media_negotiation import narrower
from ringward.domain.region import AUDIO_CODECS
from ringward.domain.vocabulary import DeviceSecurityMode, DoNotDisturb, Protocol, TransportType


@dataclass(frozen=True, slots=True)
class LineAppearance:
    """A directory number on a button of a device."""

    device: str
    index: int
    """Button, from 1."""
    number: str
    partition: str
    display_name: str
    """Name shown to those who are called from here."""
    search_space: tuple[str, ...]
    """Partitions that calls from here may reach, in order: the line's, then the device's (AUTHZ-02)."""
    max_calls: int = 4
    busy_trigger: int = 2
    """Further calls are refused as busy once this many are there."""
    pickup_group: str = ""
    """The pickup group of the number; empty if it is in none."""
    do_not_disturb: DoNotDisturb = DoNotDisturb.OFF


@dataclass(frozen=True, slots=True)
class Device:
    """A configured device as calls see it."""

    name: str
    description: str
    model: str
    protocol: Protocol
    region: str
    security_mode: DeviceSecurityMode
    """The effective mode, after the cluster mode is applied (CLUSTER-07)."""
    transport: TransportType
    lines: tuple[LineAppearance, ...]
    digest_required: bool = False
    digest_user: str = ""
    nonce_validity: int = 600
    """Seconds (PSP-18)."""
    wideband_when_encrypted: bool = True
    """Whether the model can encrypt its wideband codec (MEDIA-17, MODEL-14)."""
    srtp: bool = True
    """Whether the model can encrypt media (MODEL-02, MODEL-03)."""


@dataclass(frozen=True, slots=True)
class RegionCodecs:
    """Codec limits of a region; names as in :data:`ringward.domain.region.AUDIO_CODECS`."""

    within: str
    between: str


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything calls are decided by."""

    devices: Mapping[str, Device]
    numbers: Mapping[tuple[str, str], tuple[LineAppearance, ...]]
    """(number or pattern, partition) to the lines that ring."""
    regions: Mapping[str, RegionCodecs]
    dial_plan: DialPlan
    """The numbers, compiled for digit analysis."""
    pickup_groups: Mapping[str, tuple[LineAppearance, ...]]
    """The lines of each pickup group."""

    def codec_limit(self, one: str, other: str) -> str:
        """The widest codec that calls between two regions (or inside one) may use.

        A region that is gone, of a device in an old call, allows only the narrowest.
        """
        first, second = self.regions.get(one), self.regions.get(other)
        if first is None or second is None:
            return AUDIO_CODECS[-1]
        return first.within if first is second else narrower(first.between, second.between)


def build_directory(
    devices: Iterable[Device],
    regions: Mapping[str, RegionCodecs],
    treatments: Mapping[tuple[str, str], Treatment] | None = None,
) -> Directory:
    """Make a directory of devices with their lines; ``treatments``: the features of (number, partition).

    Raises ``ValueError`` if a device names a region that is not there, or a line has a number that is no pattern.
    """
    by_name = {device.name: device for device in devices}
    lines: dict[tuple[str, str], list[LineAppearance]] = {}
    for device in by_name.values():
        if device.region not in regions:
            raise ValueError(f"device {device.name!r} is in region {device.region!r}, which does not exist")
        for line in device.lines:
            lines.setdefault((line.number, line.partition), []).append(line)
    numbers = {key: tuple(found) for key, found in lines.items()}
    groups: dict[str, list[LineAppearance]] = {}
    for found in lines.values():
        for line in found:
            if line.pickup_group:
                groups.setdefault(line.pickup_group, []).append(line)
    return Directory(
        by_name,
        numbers,
        dict(regions),
        DialPlan(numbers, treatments),
        {name: tuple(found) for name, found in groups.items()},
    )
