"""What the call engine knows of the configuration: plain values in memory, replaced whole on every change.

Built by the call manager service from the database; the hot path reads it and never waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ringward.domain.vocabulary import DeviceSecurityMode, Protocol, TransportType


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
