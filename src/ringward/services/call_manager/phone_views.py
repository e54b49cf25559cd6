"""The phones of a call manager, as tables and pages show them: registered, refused, or not even let in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain, islice

from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode
from ringward.services.call_manager.device_trust import DeviceDoor
from ringward.services.call_manager.line_side import LineSide
from ringward.services.call_manager.registrations import Binding


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """A registered line, for tables and pages."""

    device: str
    description: str
    model: str
    line: int
    number: str
    partition: str
    address: str
    transport: str
    security_mode: str
    """What the phone is registered in now: less than its profile says until it has been reset."""
    registered_since: float
    """Seconds since the epoch."""
    expires_in: int
    user_agent: str


@dataclass(frozen=True, slots=True)
class RefusalView:
    """A device that was refused, and why."""

    device: str
    at: float
    address: str
    reason: str


class PhoneViews:
    """See the module. To be asked in the call manager's event loop."""

    def __init__(self, side: LineSide, door: DeviceDoor | None) -> None:
        """``door``: where TLS connections come in, if there is one."""
        self._side = side
        self._door = door

    def registrations(
        self, devices: Collection[str] | None = None, most: int | None = None
    ) -> list[RegistrationView]:
        """All registered lines, or those of some devices, by device and button; or so many, the latest ones."""
        now, wall = asyncio.get_running_loop().time(), time.time()
        side = self._side.registrations
        bindings = side.latest() if devices is None else chain.from_iterable(map(side.of_device, devices))
        views = [self._view(binding, now, wall) for binding in islice(bindings, most)]
        return sorted(views, key=lambda view: (view.device, view.line, view.address))

    @property
    def registered(self) -> Collection[str]:
        """The devices that are registered."""
        return self._side.registrations.device_names()

    @property
    def registered_count(self) -> int:
        """How many devices are registered."""
        return len(self.registered)

    def security_classes(self) -> list[CallSecurityClass]:
        """That of each registered device: what charts count, often, while thousands make calls."""
        side = self._side
        proven = {
            binding.appearance.device: binding.flow for binding in side.registrations if binding.flow.peer_subject
        }
        devices = side.stations.directory.devices
        others = [CallSecurityClass.NONSECURE] * (self.registered_count - len(proven))
        return others + [side.security_of(devices[name], flow) for name, flow in proven.items()]

    def less_secure(self) -> dict[str, DeviceSecurityMode]:
        """The mode of each registered device that is less secure than its configuration says (CLUSTER-05)."""
        side, nonsecure = self._side, DeviceSecurityMode.NONSECURE
        devices = side.stations.directory.devices
        found = (
            (device, side.security_of(device, binding.flow))
            for binding in side.registrations
            if (device := devices[binding.appearance.device]).security_mode > nonsecure
        )
        return {device.name: DeviceSecurityMode(mode) for device, mode in found if mode < device.security_mode}

    def _view(self, binding: Binding, now: float, wall: float) -> RegistrationView:
        line = binding.appearance
        device = self._side.stations.directory.devices[line.device]
        return RegistrationView(
            device.name,
            device.description,
            device.model,
            line.index,
            line.number,
            line.partition,
            f"{binding.flow.remote[0]}:{binding.flow.remote[1]}",
            binding.source.transport.value,
            DeviceSecurityMode(self._side.security_of(device, binding.flow)).label,
            wall - (now - binding.since),
            max(0, round(binding.expires_at - now)),
            binding.user_agent,
        )

    @property
    def refusal_count(self) -> int:
        """How many devices were refused and have not registered since."""
        return len(self._side.registrations.refusals)

    def refusals(self, devices: Collection[str] | None = None, most: int | None = None) -> list[RefusalView]:
        """Devices that were refused and have not registered since, or some of them, the latest first."""
        now, wall = asyncio.get_running_loop().time(), time.time()
        refused = reversed(self._side.registrations.refusals.items())
        return [
            RefusalView(device, wall - (now - refusal.at), refusal.address, refusal.reason)
            for device, refusal in islice(
                (each for each in refused if devices is None or each[0] in devices), most
            )
        ]

    def departures(self, device: str) -> list[RefusalView]:
        """When and why a device that was registered ceased to be; none if it has come back, or was refused."""
        departure = self._side.registrations.gone.get(device)
        if departure is None:
            return []
        now, wall = asyncio.get_running_loop().time(), time.time()
        return [RefusalView(device, wall - (now - departure.at), departure.address, departure.reason)]

    def others_at(self, device: str, host: str) -> bool:
        """Whether other devices are registered from an address."""
        side = self._side.registrations
        own = sum(binding.source.remote[0] == host for binding in side.of_device(device))
        return side.addresses.get(host, 0) > own

    def failed_handshakes(self) -> list[RefusalView]:
        """Addresses whose TLS handshake failed, the latest first; which device was there, nobody knows."""
        if self._door is None:
            return []
        now, wall = asyncio.get_running_loop().time(), time.time()
        return [
            RefusalView("", wall - (now - failure.at), address, failure.reason)
            for address, failure in reversed(self._door.failures.items())
        ]
