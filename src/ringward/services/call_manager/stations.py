"""What the line side knows of the configuration: devices, their digest checksums, and the node's parameters.

Plain values in memory, replaced whole when the configuration changes; the hot path reads them and never waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ringward.calls.directory import Device, Directory, LineAppearance, build_directory
from ringward.domain.rules.device_security import IssuedLsc
from ringward.domain.service_parameters import CallManagerParameters
from ringward.protocols.sip.digest import Algorithm, credentials_hash
from ringward.services.call_manager.device_trust import DeviceTrust

_NOBODY = DeviceTrust()
_NO_LSCS: Mapping[str, IssuedLsc] = MappingProxyType({})
_NO_NUMBERS: Mapping[str, tuple[LineAppearance, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Stations:
    """Everything the line side decides by."""

    directory: Directory
    by_number: Mapping[str, tuple[LineAppearance, ...]]
    """All lines with a number, in whatever partition: who may register as it."""
    by_digest_user: Mapping[str, tuple[Device, ...]]
    checksums: Mapping[tuple[str, Algorithm], str]
    """Digest user and algorithm to the checksum of user, realm and password (SIPD-10)."""
    parameters: CallManagerParameters
    device_trust: DeviceTrust = _NOBODY
    lscs: Mapping[str, IssuedLsc] = field(default_factory=dict)
    """By device."""
    auto_registration: bool = False
    """Whether phones that nobody has configured are taken in here."""


def build_stations(
    directory: Directory,
    credentials: Iterable[tuple[str, str]],
    parameters: CallManagerParameters,
    device_trust: DeviceTrust = _NOBODY,
    lscs: Mapping[str, IssuedLsc] = _NO_LSCS,
    *,
    auto_registration: bool = False,
) -> Stations:
    """Index a directory for the line side; ``credentials`` are digest users with their passwords."""
    by_number: dict[str, list[LineAppearance]] = {}
    by_user: dict[str, list[Device]] = {}
    for device in directory.devices.values():
        for line in device.lines:
            by_number.setdefault(line.number, []).append(line)
        if device.digest_user:
            by_user.setdefault(device.digest_user, []).append(device)
    realm = parameters.sip_station_realm
    return Stations(
        directory,
        {number: tuple(lines) for number, lines in by_number.items()},
        {user: tuple(devices) for user, devices in by_user.items()},
        {
            (user, algorithm): credentials_hash(algorithm, user, realm, password)
            for user, password in credentials
            for algorithm in Algorithm
        },
        parameters,
        device_trust,
        lscs,
        auto_registration,
    )


def no_stations() -> Stations:
    """A node that knows no phone yet."""
    return Stations(
        build_directory((), {}), _NO_NUMBERS, MappingProxyType({}), MappingProxyType({}), CallManagerParameters()
    )
