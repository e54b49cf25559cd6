"""Who is it: which configured device a request comes from.

A request claims an identity in its From (or, for REGISTER, its To); the claim alone is never enough. A
registration is tied to a device by what the device says of itself and, where its profile asks for it, by digest
credentials; any other request must come from where the device is registered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ringward.calls.directory import Device, LineAppearance
from ringward.protocols.sip.digest import parse_digest
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.header import NameAddress, parse_name_address
from ringward.protocols.sip.message import Request
from ringward.services.call_manager.registrations import Binding, Registrations
from ringward.services.call_manager.stations import Stations

DEVICE_PARAMETER = "+u.sip!devicename.ccm.cisco.com"
"""Parameter of Contact by which a phone says which device it is."""
_INSTANCE = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{12})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Station:
    """A device's line that a request belongs to."""

    device: Device
    appearance: LineAppearance
    binding: Binding | None = None
    """Where it is registered; None for the one that is just registering."""


def registering_station(stations: Stations, request: Request) -> Station | None:
    """The line that a REGISTER is for; None if there is none, or it cannot be told which device's."""
    address = request.address("To")
    number = address.uri.user if address is not None else ""
    lines = stations.by_number.get(number, ())
    named = _device_named_by(request)
    if named:
        lines = tuple(line for line in lines if line.device == named) or lines
    if len(lines) > 1:
        user = _digest_user(request)
        devices = stations.directory.devices
        lines = tuple(line for line in lines if devices[line.device].digest_user == user)
    if len(lines) != 1:
        return None
    return Station(stations.directory.devices[lines[0].device], lines[0])


def _device_named_by(request: Request) -> str:
    """The device name that a phone states in its Contact, if any."""
    for value in request.values("Contact"):
        if value == "*":
            continue
        contact = parse_name_address(value)
        stated = contact.parameter(DEVICE_PARAMETER)
        if stated:
            return stated.upper()
        instance = _INSTANCE.search(contact.parameter("+sip.instance") or "")
        if instance:
            return f"SEP{instance[1].upper()}"
    return ""


def _digest_user(request: Request) -> str:
    value = request.get("Authorization")
    if value is None:
        return ""
    try:
        return parse_digest(value).get("username", "")
    except MalformedMessage:
        return ""


def calling_station(
    stations: Stations, registrations: Registrations, request: Request, flow: Flow
) -> Station | None:
    """The registered line that a request outside of a dialog comes from; None if it comes from nowhere known."""
    address = request.address("From")
    if address is None:
        return None
    number = address.uri.user
    host = flow.remote[0]
    near: list[Binding] = []
    for binding in registrations.of_number(number):
        if binding.source is flow or (not flow.reliable and binding.source.remote == flow.remote):
            return _station(stations, binding)
        if not flow.reliable and not binding.source.reliable and binding.source.remote[0] == host:
            near.append(binding)
    if len(near) > 1:
        contact = request.address("Contact")
        near = [each for each in near if contact is not None and _same_place(each.contact, contact)]
    # A phone may send from another port than it registered from, but not from another address.
    return _station(stations, near[0]) if len(near) == 1 else None


def _same_place(registered: str, contact: NameAddress) -> bool:
    one, other = parse_name_address(registered).uri, contact.uri
    return (one.host, one.port) == (other.host, other.port)


def _station(stations: Stations, binding: Binding) -> Station | None:
    """The station of a binding, unless its device or line is no longer configured."""
    device = stations.directory.devices.get(binding.appearance.device)
    line = line_like(device, binding.appearance) if device is not None else None
    return Station(device, line, binding) if device is not None and line is not None else None


def line_like(device: Device, appearance: LineAppearance) -> LineAppearance | None:
    """The device's line with the number and partition of another appearance; None if it has no such line."""
    for line in device.lines:
        if line.number == appearance.number and line.partition == appearance.partition:
            return line
    return None
